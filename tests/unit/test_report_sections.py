"""Each section of a report by itself: what it says of a model that has everything, and of one that has nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from inspector.domain import GOOD, Decision, Snapshot, Split
from inspector.recipe import Limits, Recipe
from inspector.reports.depiction import Depiction
from inspector.reports.evidence import ROBUSTNESS, Change, Evidence, Running
from inspector.reports.figures import Figures, figures_of
from inspector.reports.gallery import Exhibit, Why
from inspector.reports.markup import Markup, element
from inspector.reports.sections.accuracy import accuracy, claim, shown_sets
from inspector.reports.sections.annexes import annexes
from inspector.reports.sections.closing import absent, reproduction, signatures
from inspector.reports.sections.data import data
from inspector.reports.sections.exhibits import exhibits
from inspector.reports.sections.gate import gate
from inspector.reports.sections.identity import identity
from inspector.reports.sections.making import delivery, grid, training
from inspector.reports.words import MISSING
from tests.unit.learning_cards import RECIPE, card
from tests.unit.report_evidence import RATE, certificate, evidence, row
from tests.unit.report_evidence import gate as answer_of
from tests.unit.report_pages import Page

LIMITS = Limits(-0.5, 1.0)


def bare(**changes: Any) -> Evidence:
    made = Evidence(card=card(1, b"model"), recipe=Recipe(RECIPE), program="0.1.0")
    return replace(made, **changes)


def seen(section: Markup) -> Page:
    """A section in a page of its own, which must be well formed."""
    page = Page(f'<!DOCTYPE html>\n<html lang="en">{element("h1", "x")}{section}</html>')
    assert page.faults == []
    return page


def said(section: Markup) -> str:
    return " ".join(" ".join(seen(section).words).split()).replace("\u00a0", " ")


def cells(section: Markup, head: str) -> list[str]:
    """The cells of the table row with this head, in order."""
    rows = re.findall(r"<tr>(.*?)</tr>", section)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in rows]
    return next([re.sub("<[^>]*>", "", cell) for cell in line[1:]] for line in found if line[0] == head)


def fact(section: Markup, name: str) -> str:
    found = re.search(rf"<dt>{re.escape(name)}</dt><dd>(.*?)</dd>", section)
    assert found, f"no {name}"
    return html.unescape(re.sub("<[^>]*>", "", found[1]))


# -- identity


def test_a_model_in_use_is_told_with_the_limits_of_its_recipe() -> None:
    made = identity(evidence())
    assert fact(made, "State") == "in use: the recipe runs this model"
    assert fact(made, "Limits of this report") == "recheck -0.5, reject 1, as the recipe has them"
    assert fact(made, "Limits on the card") == "-1 and 1 (recheck and reject)"
    assert fact(made, "Part number") == "CAP-1"
    assert fact(made, "Model file").startswith(evidence().card.model_digest)


@pytest.mark.parametrize(
    ("running", "words"), [("", "the recipe runs no model"), ("v9-00000000", "the recipe runs v9-00000000")]
)
def test_a_model_that_is_not_in_use_names_what_is(running: str, words: str) -> None:
    made = identity(bare(recipe=Recipe(RECIPE, model_id=running)))
    assert fact(made, "State") == f"not in use: {words}"
    assert fact(made, "Limits of this report").endswith("as suggested on the model's card")
    assert fact(made, "Part number") == "none is set in the recipe"


def test_a_view_that_the_recipe_no_longer_cuts_is_told() -> None:
    made = bare(card=card(1, b"model", view_id="0123456789ab"))
    assert "the recipe now cuts" in fact(identity(made), "View")
    assert "now cuts" not in fact(identity(bare()), "View")


def test_ancestors_are_listed_or_said_to_be_gone_or_never_to_have_been() -> None:
    assert "It has no parent" in said(identity(bare()))
    orphan = bare(card=card(2, b"model", parent="v1-00000000"))
    assert "v1-00000000 is not in this workspace any more" in said(identity(orphan))
    known = replace(orphan, lineage=(card(1, b"parent"),))
    assert cells(identity(known), card(1, b"parent").id)[0] == "none"


def test_each_change_is_told_with_both_sides() -> None:
    when = datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC)
    first, later = Running("v1-00000000", -1.0, 1.0), Running("v1-00000000", -1.5, 2.0)
    changes = (
        Change("promoted", when, "Ada", Running("", 0.0, 0.0), first),
        Change("limits_set", when, "Grace", first, later, "fewer escapes"),
        Change("rolled_back", when, "Ada", later, Running("", 0.0, 0.0)),
    )
    words = said(identity(bare(changes=changes)))
    assert "promoted: no model \u2192 v1-00000000 at -1 and 1" in words
    assert "limits set: v1-00000000 at -1 and 1 \u2192 v1-00000000 at -1.5 and 2" in words
    assert "rolled back: v1-00000000 at -1.5 and 2 \u2192 no model" in words
    assert "2026-03-01 09:05:07 UTC Ada" in re.sub(r" promoted.*? Ada", " Ada", words)
    assert "knows of no promotion" in said(identity(bare()))


# -- accuracy


def both() -> list[tuple[str, Figures]]:
    made = evidence()
    return list(shown_sets(figures_of(made.golden, LIMITS), figures_of(made.validation, LIMITS)))


def test_the_claim_is_the_sentence_of_the_golden_parts() -> None:
    figures = figures_of(evidence().golden, LIMITS)
    assert figures is not None
    assert figures.claim in said(claim(figures))
    assert "nothing can be claimed about escapes" in said(claim(None))


def test_golden_and_validation_parts_stand_side_by_side() -> None:
    made = accuracy(evidence(), both())
    assert cells(made, "parts (good, defective)") == ["100 (60, 40)", "320 (200, 120)"]
    assert cells(made, "pictures") == ["200", "640"]
    assert all("n\u00a0=\u00a0" in cell for cell in cells(made, "escape rate"))
    assert len(re.findall("<svg", made)) == 4


@pytest.mark.parametrize(("there", "gone"), [("golden", "validation"), ("validation", "golden")])
def test_a_set_that_is_not_there_is_said_not_to_be_there(there: str, gone: str) -> None:
    sets = [each for each in both() if each[0] == there]
    words = said(accuracy(evidence(), sets))
    assert f"The card holds no {gone} parts." in words
    assert f"By class, {there} parts" in words and f"By class, {gone} parts" not in words
    assert "by a model that never saw it" in words if there == "validation" else "never trained on" in words


@pytest.mark.parametrize(("by", "told"), [(None, False), ("v1-00000000", True)])
def test_a_network_that_was_adapted_is_told(by: str | None, told: bool) -> None:
    made = evidence()
    card_ = replace(made.card, results=made.card.results | {"adapted_by": by})
    assert ("the average of the folds" in said(accuracy(replace(made, card=card_), both()))) is told


def test_without_any_set_nothing_was_measured() -> None:
    words = said(accuracy(bare(), []))
    assert "nothing was measured" in words and "no cross-validation by part" in words


def test_a_class_shows_its_verdicts_beside_its_rates() -> None:
    rows = [row("a", GOOD, -2.0), row("b", "dent", 3.0), row("c", "dent", -2.0), row("d", "dent", 0.0)]
    figures = figures_of(rows, LIMITS)
    assert figures is not None
    made = accuracy(bare(), [("golden", figures)])
    dent = cells(made, "dent")
    assert dent[0] == "3"
    assert dict(zip((str(each) for each in Decision), dent[1:5], strict=True)) == {
        "ok": "1",
        "ng": "1",
        "recheck": "1",
        "unfit": "0",
    }
    assert dent[8].startswith("33.3% (0.8\u00a0to\u00a090.6%")
    assert cells(made, GOOD)[8] == "\u2013"  # a good part cannot be missed


def test_the_confusion_marks_what_is_right_and_what_is_wrong() -> None:
    rows = [row("a", GOOD, -2.0), row("b", "dent", 3.0), row("c", "dent", -2.0), row("d", "dent", None)]
    figures = figures_of(rows, LIMITS)
    assert figures is not None
    made = accuracy(bare(), [("golden", figures)])
    assert '<td><strong>1</strong></td><td><span class="zero">0</span></td>' in made
    assert '<th scope="row">dent</th><td><span class="wrong">1</span></td><td><strong>1</strong></td>' in made
    assert "1 parts that could not be judged are left out" in said(made)


def test_a_naive_figure_that_was_not_measured_is_not_invented() -> None:
    honest = bare(card=replace(card(1, b"m"), results={"split_by_part": {"auroc": 0.9, "escape_rate": RATE}}))
    assert cells(accuracy(honest, []), "AUROC") == ["0.9", "not measured"]
    assert cells(accuracy(honest, []), "escape rate")[0].startswith("2.5% (0.5")


# -- gate


def test_a_refusal_is_told_with_its_reasons_its_figures_and_its_parts() -> None:
    made = gate(evidence())
    words = said(made)
    assert "against v1-00000000: refused ." in words
    assert "1 defective part that is stopped today would pass." in words
    assert cells(made, "1-d0")[1:] == ["NG", "OK", "new escape"]
    assert cells(made, "escape") == ["2.5% (0.5\u00a0to\u00a07.1%, n\u00a0=\u00a0120)"] * 2
    assert len(re.findall("1 of 9", words)) == 2


def test_a_first_model_is_told_by_itself() -> None:
    alone = answer_of("v1-00000000") | {"before": None, "champion": None, "passed": True, "reasons": [], "changed": []}
    made = gate(bare(gate=alone))
    assert "v1-00000000 by itself: passed ." in said(made)
    assert len(cells(made, "escape")) == 1
    assert "Why it was refused" not in said(made)


def test_no_answer_is_told_with_its_reason() -> None:
    assert "No answer of the gate is known." in said(gate(bare()))
    assert "set by hand" in said(gate(bare(gate_words="It was set by hand.")))


def test_an_answer_without_changes_says_so() -> None:
    same = answer_of("v2-00000000") | {"changed": []}
    assert "No golden part is decided otherwise." in said(gate(bare(gate=same)))


# -- data


def test_parts_and_pictures_are_counted_by_class_and_side() -> None:
    made = evidence(
        golden=(row("a", GOOD, 0.0), row("b", "dent", 0.0)),
        validation=(row("c", GOOD, 0.0), row("c", GOOD, 0.0, picture=1)),
    )
    section = data(made)
    assert cells(section, GOOD) == ["1", "2", "1", "1"]
    assert cells(section, "dent") == ["0", "0", "1", "1"]
    assert cells(section, "all") == ["1", "2", "2", "2"]
    assert fact(section, "Golden share") == "2 of 3 parts (67%)"
    assert "No part of class stain is in the golden set." in said(section)


def test_lots_are_counted_and_the_largest_named() -> None:
    made = evidence()
    assert made.snapshot is not None and made.examples is not None
    words = fact(data(made), "Lots")
    lots = {example.lot for example in made.examples.values()}
    assert words.startswith(f"{len(lots)} lots, with their parts: L") and f"and {len(lots) - 12} more" in words
    nameless = {digest: replace(example, lot="") for digest, example in made.examples.items()}
    assert fact(data(replace(made, examples=nameless)), "Lots") == "no picture names its lot"
    some = {
        digest: replace(example, lot="L1" if example.part == "1-g0" else "")
        for digest, example in made.examples.items()
    }
    assert (
        fact(data(replace(made, examples=some)), "Lots") == "1 lots, with their parts: L1 1; parts without a lot: 419"
    )


def test_where_the_words_come_from_is_counted() -> None:
    made = evidence(golden=(row("a", GOOD, 0.0),), validation=(row("c", GOOD, 0.0),))
    assert fact(data(made), "Where the words come from") == "import 2"
    assert fact(data(replace(made, examples=None)), "Where the words come from") == "unknown 2"


def test_a_snapshot_that_is_gone_is_said_to_be_gone() -> None:
    assert "not in this workspace any more" in said(data(bare()))


def test_a_snapshot_without_golden_parts_is_counted() -> None:
    made = evidence(golden=())
    assert made.snapshot is not None and made.snapshot.only(Split.GOLDEN) == ()
    assert fact(data(made), "Golden share") == "0 of 320 parts (0%)"
    one = Snapshot(RECIPE, made.snapshot.entries[:1])
    assert fact(data(replace(made, snapshot=one)), "Golden share") == "0 of 1 parts (0%)"


# -- training and delivery


def test_what_a_card_says_of_its_training_is_told() -> None:
    made = training(evidence())
    for name, words in (
        ("Mode", "features"),
        ("Backbone", "efficientnet-lite0"),
        ("Weights", "ImageNet & more"),
        ("Licence of the weights", "Apache-2.0"),
        ("Seed", "0"),
        ("Folds of the cross-validation", "5"),
    ):
        assert fact(made, name) == words


def test_what_a_card_does_not_say_is_not_recorded() -> None:
    for name in ("Mode", "Weights", "Licence of the weights", "Folds of the cross-validation"):
        assert fact(training(bare()), name) == MISSING
    for name in (
        "Size",
        "Time for one invoke",
        "The same in float",
        "Verdicts as in float",
        "Largest difference to float",
    ):
        assert fact(delivery(bare()), name) == MISSING
    assert "no comparison of other export variants" in said(delivery(bare()))


def test_whatever_else_a_card_says_is_told_too() -> None:
    more = {"strength": 0.003, "epochs": {"first": 3, "second": 9}, "rate": RATE, "rows": [{"a": 1}]}
    made = training(bare(card=replace(card(1, b"m"), results=more)))
    assert fact(made, "Strength") == "0.003"
    assert fact(made, "Epochs, first") == "3" and fact(made, "Epochs, second") == "9"
    assert fact(made, "Rate").startswith("2.5%")
    assert "Rows" not in said(made)


def test_the_delivered_file_is_told_with_units() -> None:
    made = delivery(evidence())
    assert fact(made, "Size") == "3.24 MB (3235608 bytes)"
    assert fact(made, "Time for one invoke") == "2.4 ms (p50), 4.6 ms (p99)"
    assert fact(made, "Measured on") == "2 cores <x86>"
    assert fact(made, "Verdicts as in float") == "99.5% of 900 pictures"
    reckoned = evidence().card.receipt | {"sure": [40, 150], "contradicted": [1, 0]}
    later = delivery(bare(card=replace(card(1, b"m"), receipt=reckoned)))
    assert "of pictures outside the recheck band, by the differences on 900" in fact(later, "Verdicts as in float")
    words = fact(later, "Contradicted where float is clear")
    assert words == "1 of 40 clear rejects, 0 of 150 clear passes"


@pytest.mark.parametrize("named", [False, True])
def test_variants_are_a_table_however_a_card_holds_them(named: bool) -> None:
    receipt = evidence().card.receipt
    listed = receipt["variants"]
    found = {each["name"]: {k: v for k, v in each.items() if k != "name"} for each in listed} if named else listed
    made = delivery(bare(card=replace(card(1, b"m"), receipt=receipt | {"variants": found})))
    assert cells(made, "int8") == ["3235608", "2.5% (0.5\u00a0to\u00a07.1%, n\u00a0=\u00a0120)", "2"]
    assert cells(made, "float16")[2] == "0"
    assert "Of flipped: how many" in said(made)


def test_a_grid_has_a_column_for_every_key_of_any_row() -> None:
    made = grid("Rows", [{"name": "a", "x": 1}, {"name": "b", "y": None}])
    assert cells(made, "a") == ["1", "\u2013"] and cells(made, "b") == ["\u2013", "\u2013"]


# -- annexes


def test_a_certificate_is_shown_with_its_sentence_and_its_ranges() -> None:
    made = annexes({ROBUSTNESS: certificate()}, LIMITS)
    assert 'class="claim">Light may change by -30 to 45%.' in made
    assert cells(made, "light") == ["%", "-30", "45", "escape", "1"]
    assert fact(made, "max rise") == "0.05" and fact(made, "working").startswith("2.5%")


def test_a_certificate_of_other_limits_is_found_out() -> None:
    own, other = (certificate() | {"limits": asdict(limits)} for limits in (LIMITS, Limits(0.0, 9.0)))
    assert "other limits" not in said(annexes({ROBUSTNESS: own}, LIMITS))
    assert "other limits than those of this report (recheck 0, reject 9)" in said(annexes({ROBUSTNESS: other}, LIMITS))


def test_without_a_certificate_it_is_said() -> None:
    assert "None is filed for this model" in said(annexes({}, LIMITS))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("cannot be read: x", "cannot be read: x"),
        ([1, 2], "1, 2"),
        ([], "none"),
        ({"a": {"b": {"c": None}}}, "b, c \u2013"),
        ({"sentences": ["One.", "Two."]}, "One. Two."),
        (None, "\u2013"),
        (True, "yes"),
    ],
)
def test_whatever_is_filed_beside_it_can_be_shown(content: Any, words: str) -> None:
    assert words in said(annexes({"other.json": content, ROBUSTNESS: content}, LIMITS))


# -- pictures


def exhibit(**changes: Any) -> Exhibit:
    return replace(Exhibit(Why.MISSED, "0" * 64, "p1", "dent", Decision.OK, GOOD, -2.0), **changes)


def shown(depictions: Mapping[str, Depiction], *some: Exhibit, total: int = 1) -> Markup:
    return exhibits([("Worst", "Words.", some, total)], depictions)


def test_an_exhibit_says_truth_verdict_and_score() -> None:
    both_views = {"0" * 64: Depiction(b"plain", b"heat")}
    made = shown(both_views, exhibit())
    assert "Part p1: is dent, verdict OK , score -2.00." in said(made)
    assert [image["alt"].rpartition(": ")[2] for image in seen(made).images] == [
        "the judged region",
        "with the heat map",
    ]
    rejected = exhibit(decision=Decision.NG, named="scratch", score=3.0, note="ok before, ng now")
    assert "verdict NG as scratch , score 3.00; ok before, ng now." in said(shown(both_views, rejected))
    lost = exhibit(decision=Decision.UNFIT, named="", score=None)
    assert "verdict UNFIT , no score." in said(shown(both_views, lost))


def test_an_exhibit_without_a_picture_says_why() -> None:
    assert "It is gone." in said(shown({"0" * 64: Depiction(None, words="It is gone.")}, exhibit()))
    assert "Not shown." in said(shown({}, exhibit()))
    alone = seen(shown({"0" * 64: Depiction(b"plain", words="No heat map.")}, exhibit()))
    assert len(alone.images) == 1 and "No heat map." in alone.words


def test_a_group_says_how_many_there_are_or_that_there_is_none() -> None:
    assert "Shown: 1 of 7" in said(shown({}, exhibit(), total=7))
    assert "Shown" not in said(shown({}, exhibit()))
    assert "None." in said(shown({}, total=0))


# -- the end


def test_what_is_missing_is_listed() -> None:
    assert said(absent(["A certificate.", "A gate."])).endswith("A certificate. A gate.")
    assert "Nothing that this report asks for." in said(absent([]))


def test_the_mode_of_training_is_repeated_where_the_card_knows_it() -> None:
    assert "--mode features --no-promote" in said(reproduction(evidence()))
    assert "--mode " not in said(reproduction(bare()))


def test_three_people_sign() -> None:
    made = signatures()
    assert all(cells(made, role) == ["", "", ""] for role in ("Prepared", "Checked", "Approved"))
