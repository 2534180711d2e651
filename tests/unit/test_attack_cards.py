"""What a model's card may hold: nothing, rows of something else, scores that are no numbers, one class, odd names."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector.domain import GOOD, Example
from inspector.errors import DatasetError, InspectorError, ModelError
from inspector.learning.snapshot import golden_set, take
from inspector.store.workspace import Workspace
from tests.unit.attack import Captured, edited, modelled, refused, rows, state, taught, told, typed
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import picture
from tests.unit.report_pages import Page

READERS = ("errors", "operating-point", "report")
MARK = 123456.5  # a score that is put in and then edited
HUGE = 10**400  # JSON knows it, a float does not


def strict(text: str) -> Any:
    """JSON as every other program reads it: NaN and Infinity are no numbers."""

    def no_number(word: str) -> float:
        raise AssertionError(word)

    return json.loads(text, parse_constant=no_number)


def answered(capsys: Captured, place: Path, command: str, *words: str) -> Any:
    told_now = told(capsys, typed(place, command, *words))
    return strict(json.dumps(told_now))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with taught(tmp_path_factory.mktemp("original")) as workspace:
        take(workspace, RECIPE)
        return workspace.path


@pytest.fixture
def workspace(original: Path, tmp_path: Path) -> Iterator[Workspace]:
    """Labelled parts, some of them golden; no model."""
    with Workspace.open(shutil.copytree(original, tmp_path / "workspace")) as made:
        yield made


# Cards of an earlier program


@pytest.mark.parametrize("command", [*READERS, "certify", "device"])
def test_a_card_without_any_rows_is_answered_from_the_model_itself(
    command: str, workspace: Workspace, capsys: Captured
) -> None:
    version = modelled(workspace)
    words = ["--parts", "2"] if command == "certify" else []
    found = answered(capsys, workspace.path, command, "--model", version.card.id, *words)
    assert found["model"] == version.card.id


def test_errors_of_an_older_card_are_none_and_the_reason_is_said(workspace: Workspace, capsys: Captured) -> None:
    modelled(workspace)
    found = answered(capsys, workspace.path, "errors")
    assert (found["pictures"], found["worst"], found["suspects"], found["by_class"]) == (0, [], [], {})


def test_limits_of_an_older_card_are_chosen_on_golden_parts_and_that_is_said(
    workspace: Workspace, capsys: Captured
) -> None:
    modelled(workspace)
    found = answered(capsys, workspace.path, "operating-point", "--max-escape", "5")
    assert found["chosen_on"] == "golden"
    assert found["validation"]["escape"] == {"value": None, "low": 0.0, "high": 1.0, "n": 0}
    assert any("limits are chosen on the golden parts themselves" in line for line in found["sentences"])


def test_a_report_on_an_older_card_names_what_it_lacks(workspace: Workspace, capsys: Captured) -> None:
    modelled(workspace)
    found = answered(capsys, workspace.path, "report")
    assert any("validation" in words.lower() for words in found["missing"])
    assert Page(Path(found["html"]).read_text(encoding="utf-8")).faults == []


# Cards that were edited, or are of another program


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        "rows",
        {"digest": 1},
        [None],
        [7],
        ["row"],
        [[]],
        [{}],
        [{"digest": "a"}],
        [{"digest": "a", "part": "p", "defect_class": "dent", "score": "high", "leading_defect": "dent"}],
        [{"digest": "a", "part": "p", "defect_class": "dent", "score": [1.0], "leading_defect": "dent"}],
        [{"digest": "a", "part": "p", "defect_class": "dent", "score": HUGE, "leading_defect": "dent"}],
    ],
    ids=repr,
)
@pytest.mark.parametrize("command", READERS)
def test_rows_that_are_none_are_refused_with_the_cards_name(
    command: str, wrong: Any, workspace: Workspace, capsys: Captured
) -> None:
    version = modelled(workspace, in_use=False, validation=wrong)
    before = state(workspace.path)
    line = refused(capsys, ModelError.exit_code, typed(workspace.path, command, "--model", version.card.id))
    assert line.startswith(f"{version.card.id}: ") and "expected digest, part, defect_class" in line
    assert state(workspace.path) == before


@pytest.mark.parametrize("digest", [7, "", "../../settings", "A" * 64, "f" * 63])
@pytest.mark.parametrize("kind", ["golden", "validation"])
def test_a_digest_that_is_none_leads_nowhere(
    digest: Any, kind: str, workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    wrong = {"digest": digest, "part": "p", "defect_class": "dent", "score": -9.0, "leading_defect": "dent"}
    version = modelled(workspace, in_use=False, **{kind: [wrong]})
    before = state(workspace.path)
    words = typed(workspace.path, "errors", "--model", version.card.id, "--gallery", str(tmp_path / "gallery"))
    line = refused(capsys, InspectorError.exit_code + 5, words)
    assert "expected a picture's digest (64 hex digits)" in line and repr(str(digest)) in line
    assert state(workspace.path) == before and not (tmp_path / "gallery").exists()


# Scores that say little


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("command", READERS)
def test_a_card_with_what_is_no_number_in_json_is_not_read(
    command: str, score: str, workspace: Workspace, capsys: Captured
) -> None:
    version = modelled(workspace, validation=rows(workspace, score=MARK))
    edited(version, str(MARK), score)
    before = state(workspace.path)
    line = refused(capsys, ModelError.exit_code, typed(workspace.path, command))
    assert line == f"{version.folder / 'card.json'}: not a readable JSON file: {score} is no number in JSON"
    assert state(workspace.path) == before


@pytest.mark.parametrize("command", ["errors", "operating-point"])
def test_a_score_beyond_all_numbers_is_answered_without_one(
    command: str, workspace: Workspace, capsys: Captured
) -> None:
    version = modelled(workspace, validation=[*rows(workspace), *rows(workspace, score=MARK, part="far")])
    edited(version, str(MARK), "1e999")
    found = answered(capsys, workspace.path, command, "--model", version.card.id)
    assert found["model"] == version.card.id


def test_a_score_beyond_all_numbers_has_no_place_in_a_curve(workspace: Workspace, capsys: Captured) -> None:
    version = modelled(workspace, validation=rows(workspace, score=MARK))
    edited(version, str(MARK), "-1e999")
    line = refused(capsys, ModelError.exit_code, typed(workspace.path, "report"))
    assert line.startswith(f"{version.card.id}: validation results: ") and "score -inf is no number" in line


@pytest.mark.parametrize("score", ["-1e999", "null"])
def test_a_defect_whose_score_is_no_number_never_counts_as_passed(
    score: str, workspace: Workspace, capsys: Captured
) -> None:
    golden = rows(workspace)
    for row in golden:
        row["score"] = MARK if row["defect_class"] == "dent" else row["score"]
    edited(modelled(workspace, golden=golden), str(MARK), score)
    found = answered(capsys, workspace.path, "operating-point", "--max-overkill", "50")
    assert found["golden"]["escape"]["value"] == 0.0 and found["golden"]["escape"]["n"] == 2
    wrong = answered(capsys, workspace.path, "errors")
    assert [one for one in wrong["worst"] if one["truth"] == "dent"] == []


def test_scores_that_are_all_the_same_promise_nothing(workspace: Workspace, capsys: Captured) -> None:
    modelled(workspace, golden=rows(workspace, score=0.25), validation=rows(workspace, score=0.25))
    found = answered(capsys, workspace.path, "operating-point", "--max-escape", "0", "--review-budget", "0")
    assert found["golden"]["escape"]["value"] == 0.0
    assert found["golden"]["overkill"]["value"] == 1.0  # the price of that, and it is said
    assert found["limits"]["reject"] <= 0.25


@pytest.mark.parametrize("kind", [GOOD, "dent"])
def test_rows_of_one_class_only_choose_nothing_and_say_so(kind: str, workspace: Workspace, capsys: Captured) -> None:
    one_kind = [row for row in rows(workspace) if row["defect_class"] == kind]
    modelled(workspace, golden=rows(workspace), validation=one_kind)
    found = answered(capsys, workspace.path, "operating-point", "--max-escape", "5")
    assert found["chosen_on"] == "golden"
    assert answered(capsys, workspace.path, "errors")["suspects"] == []
    report = answered(capsys, workspace.path, "report")
    assert strict(Path(report["json"]).read_text(encoding="utf-8"))


@pytest.mark.parametrize("cost", ["1e15", "5e-324"])
def test_costs_at_the_edge_of_the_numbers_still_choose(cost: str, workspace: Workspace, capsys: Captured) -> None:
    modelled(workspace, golden=rows(workspace), validation=rows(workspace))
    costs = ["--cost-escape", cost, "--cost-overkill", cost, "--defect-rate", "50"]
    found = answered(capsys, workspace.path, "operating-point", *costs)
    assert -4.0 < found["limits"]["recheck"] <= found["limits"]["reject"] <= 4.0


# Names as people write them


@pytest.mark.parametrize("name", ["a/b", "..", "con", "dent\n2", "<i>dent</i>", "\u202etned", "d" * 300, "naïve µm"])
def test_a_class_of_any_name_is_listed_copied_and_reported(
    name: str, workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    missed = rows(workspace, defect_class=name, score=-4.0)[:1]
    workspace.ledger.add_examples(RECIPE, [Example(missed[0]["digest"], name, missed[0]["part"])])
    modelled(workspace, golden=missed)
    words = ["--gallery", str(tmp_path / "gallery")]
    found = answered(capsys, workspace.path, "errors", *words)
    assert [one["truth"] for one in found["worst"]] == [name]
    (copied,) = (tmp_path / "gallery").iterdir()
    assert copied.is_file() and copied.name.startswith("0001_is-") and copied.name.endswith(".png")
    assert len(list(tmp_path.iterdir())) == 2  # the workspace and the gallery: nothing beside them
    report = answered(capsys, workspace.path, "report")
    assert Page(Path(report["html"]).read_text(encoding="utf-8")).faults == []


# No golden part of a kind


@pytest.mark.parametrize(("good", "dent"), [(10, 1), (1, 10)])
def test_without_golden_parts_of_a_kind_nothing_is_claimed_of_it(
    good: int, dent: int, tmp_path: Path, capsys: Captured
) -> None:
    with taught(tmp_path, good, dent) as workspace:
        modelled(workspace)
        held = {
            kind: sum(one.defect_class == kind for one in golden_set(workspace, RECIPE).entries)
            for kind in (GOOD, "dent")
        }
        found = answered(capsys, workspace.path, "operating-point")
        assert (found["golden"]["overkill"]["n"], found["golden"]["escape"]["n"]) == (held[GOOD], held["dent"])
        assert 0 in held.values()
        line = refused(capsys, DatasetError.exit_code, typed(workspace.path, "certify"))
        assert f"the golden set has {held['dent']} defective and {held[GOOD]} good parts" in line
        report = answered(capsys, workspace.path, "report")
        if not held["dent"]:
            assert report["missing"] or report["claim"] is None
            assert found["golden"]["escape"]["value"] is None


def test_a_part_that_is_taught_under_two_words_is_one_defective_part(workspace: Workspace, capsys: Captured) -> None:
    golden = rows(workspace)
    part = next(row["part"] for row in golden if row["defect_class"] == GOOD)
    modelled(workspace, golden=golden)
    extra = workspace.images.put(picture(777, 200))
    workspace.ledger.add_examples(RECIPE, [Example(extra, "dent", part)])
    found = answered(capsys, workspace.path, "operating-point")
    assert found["golden"]["escape"]["n"] == 3 and found["golden"]["overkill"]["n"] == 1
