"""The page of a report: well formed, nothing outside it, nothing said that was not measured, the same every time."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from inspector.cli.arguments import parser
from inspector.domain import GOOD
from inspector.recipe import Limits, Recipe
from inspector.reports.depiction import Depiction
from inspector.reports.evidence import Evidence
from inspector.reports.page import MOST_GOLDEN, page, wanted
from inspector.reports.report import Report, report_on
from inspector.reports.sections.closing import commands
from tests.laws.documents import codes, table
from tests.unit.learning_cards import RECIPE, card
from tests.unit.report_evidence import ODD, evidence, row, rows
from tests.unit.report_pages import Page

ORDER = [
    *("Identity", "What may be claimed", "How good it is", "Gate", "Data", "Training", "The file that is delivered"),
    *("Robustness certificate", "Annex: comparison.json", "Pictures", "What is missing", "How to see it again"),
    "Signatures",
]


def bare() -> Evidence:
    """A model of which nothing is known but its card."""
    return Evidence(card=card(1, b"model"), recipe=Recipe(RECIPE), program="0.1.0")


def written(report: Report) -> str:
    shown = Depiction(b"\xff\xd8plain", b"\xff\xd8heat")
    return page(report, dict.fromkeys(wanted(report), shown))


def words_of(text: str) -> str:
    return " ".join(" ".join(Page(text).words).split())


@pytest.mark.parametrize("made", [evidence(), bare(), evidence(golden=()), evidence(validation=())])
def test_a_page_is_well_formed_and_stands_alone(made: Evidence) -> None:
    assert Page(written(report_on(made))).faults == []


@pytest.mark.parametrize(
    "text",
    [
        "<p>no end",
        '<!DOCTYPE html><html lang="en"><h1>a</h1><h3>b</h3></html>',
        '<!DOCTYPE html><html lang="en"><h1>a</h1><img src="data:image/jpeg;base64,AA=="></html>',
        '<!DOCTYPE html><html lang="en"><h1>a</h1><img alt="x" src="http://localhost/a.png"></html>',
        '<!DOCTYPE html><html lang="en"><h1>a</h1><style>@import "x"</style></html>',
        '<!DOCTYPE html><html lang="en"><h1 onclick="x">a</h1></html>',
        "<!DOCTYPE html><html><h1>a</h1></html>",
    ],
)
def test_a_page_that_is_not_is_found_out(text: str) -> None:
    assert Page(text).faults


def test_the_sections_stand_in_a_quality_engineers_order() -> None:
    made = Page(written(report_on(evidence())))
    assert [words for level, words in made.headings if level == 2] == ORDER


def test_a_class_with_odd_letters_is_shown_and_not_obeyed() -> None:
    text = written(report_on(evidence()))
    assert ODD in words_of(text) and ODD not in text
    assert "b" not in Page(text).tags and "i" not in Page(text).tags


def test_the_same_evidence_gives_the_same_bytes() -> None:
    first, second = report_on(evidence()), report_on(evidence())
    assert written(first) == written(second)
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())


def test_who_promoted_it_when_and_why_is_said() -> None:
    said = words_of(written(report_on(evidence())))
    assert "2026-03-02 08:30:00 UTC" in said and "Ada <Lovelace>" in said and "the customer waits" in said
    assert evidence().card.model_digest in said and evidence().card.snapshot_id in said


def test_rates_come_with_their_interval_and_their_n() -> None:
    report = report_on(evidence())
    said = words_of(written(report))
    assert report.golden is not None and report.validation is not None
    assert report.golden.claim in said
    for figures, bad, good in ((report.golden, 40, 60), (report.validation, 120, 200)):
        assert f"{100 * figures.escape.value:.1f}% ({100 * figures.escape.low:.1f}" in said
        assert (figures.escape.n, figures.overkill.n) == (bad, good)


def test_the_naive_figure_is_struck_out_beside_the_honest_one() -> None:
    text = written(report_on(evidence()))
    assert "by picture: NOT valid" in text and "<s>0.997</s>" in text and "<td>0.94</td>" in text


def test_what_is_missing_is_said_to_be_missing() -> None:
    report = report_on(bare())
    said = words_of(written(report))
    assert len(report.missing) >= 9 and all(words in said for words in report.missing)
    assert "nothing can be claimed about escapes" in said and "No answer of the gate" in said
    assert report_on(evidence()).missing == ()
    assert "Nothing that this report asks for." in words_of(written(report_on(evidence())))


def test_nothing_is_said_to_be_measured_of_a_bare_card() -> None:
    said = words_of(written(report_on(bare())))
    assert re.findall(r"\d%", said) == [] and "AUROC" not in said


def test_the_limits_are_the_recipes_where_it_runs_the_model_and_else_the_cards() -> None:
    made = evidence()
    assert made.limits == Limits(-0.5, 1.0)
    other = replace(made, recipe=replace(made.recipe, model_id="v9-00000000"))
    assert other.limits == Limits(-1.0, 1.0)
    assert "not in use: the recipe runs v9-00000000" in words_of(written(report_on(other)))


def test_only_the_worst_are_shown_and_the_json_lists_all() -> None:
    made = evidence(golden=tuple(row(f"p{n}", "dent", -5.0 + n / 100) for n in range(30)))
    report = report_on(made)
    assert f"Shown: {MOST_GOLDEN} of 30" in words_of(written(report))
    assert len(report.to_json()["errors"]["golden"]) == 30
    assert wanted(report)[0] == row("p0", "dent", 0.0).digest


def test_every_picture_is_shown_with_and_without_heat_and_says_what_it_shows() -> None:
    report = report_on(evidence())
    images = Page(written(report)).images
    shown = len([one for one in wanted(report)])
    assert len(images) >= 2 * shown > 0
    assert all("verdict" in image["alt"] and "part" in image["alt"] for image in images)


def test_a_picture_that_is_gone_is_said_to_be_gone() -> None:
    report = report_on(evidence())
    gone = Depiction(None, words="The picture is not in this workspace.")
    made = Page(page(report, dict.fromkeys(wanted(report), gone)))
    assert made.images == [] and made.faults == [] and "The picture is not in this workspace." in made.words


def test_the_page_and_the_json_hold_the_same_figures() -> None:
    report = report_on(evidence())
    said, told = words_of(written(report)), json.loads(json.dumps(report.to_json(), allow_nan=False))
    for name in ("golden", "validation"):
        figures = told[name]
        assert f"{figures['auroc']:.3f}" in said and f"{figures['average_precision']:.3f}" in said
        rate = figures["escape_rate"]
        assert f"{100 * rate['value']:.1f}% ({100 * rate['low']:.1f} to {100 * rate['high']:.1f}%" in said
    assert told["claim"] in said
    assert told["gate"]["reasons"][0] in said


@pytest.mark.parametrize("made", [evidence(), bare()])
def test_the_keys_of_the_json_are_those_that_are_written(made: Evidence) -> None:
    rows = table("quality", "key of report.json", "holds")
    told = {key: row_[1] for row_ in rows for key in codes(row_[0])}
    answer: dict[str, Any] = report_on(made).to_json()
    assert list(answer) == list(told)
    assert {*answer["model"]} == {*told["model"].split(", ")}
    if answer["golden"]:
        assert {*answer["golden"]} == {*told["golden"].partition(";")[0].split(", ")}
        assert {*answer["errors"]["golden"][0]} == {*told["errors"].partition("with ")[2].split(", ")}
        assert {*answer["history"][0]} == {*told["history"].partition(": ")[2].split(", ")}


def test_the_commands_to_see_it_again_are_understood() -> None:
    typed = [line.split()[1:] for line in commands(card(3, b"model")) if line.startswith("inspector ")]
    assert [words[0] for words in typed] == ["train", "gate", "report"]
    for words in typed:
        assert parser().parse_args(words).recipe == RECIPE


def test_a_model_without_a_good_part_is_reported_all_the_same() -> None:
    made = evidence(golden=(row("a", "dent", 3.0), row("b", "dent", None)), validation=rows(3, 0))
    report = report_on(made)
    assert Page(written(report)).faults == []
    assert report.golden is not None and report.golden.overkill.n == 0 and report.golden.unfit == 1
    assert "no such part" in words_of(written(report)) and GOOD in words_of(written(report))
