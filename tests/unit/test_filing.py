"""A report of a real model in a real workspace: its pictures, its gate, its promotion, and the two files on disk."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.domain import GOOD, Box, Example, SnapshotEntry, Split
from inspector.errors import ModelError, StoreError
from inspector.filing import Filed, file_report, folder_of
from inspector.learning import comparison
from inspector.learning import snapshot as snapshots
from inspector.learning.evaluation import scores_of
from inspector.learning.gate import hold_against_champion
from inspector.learning.limits import use_limits
from inspector.learning.promotion import promote, rollback
from inspector.pictures import decode_picture
from inspector.pipeline.classify import Classifier
from inspector.recipe import Limits
from inspector.reports.evidence import ROBUSTNESS
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE, card
from tests.unit.learning_rooms import brightness_model, compare_once, open_room, picture, publish, teach
from tests.unit.report_pages import Page

LIMITS = Limits(-0.5, 0.5)
BRIGHTNESS = Path(__file__).parents[1] / "data" / "brightness.tflite"
MISSED, OVERKILLED = "missed", "overkilled"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Workspace]:
    """Taught with bright dents and dark good parts, and one golden part of each that is the other way round."""
    with open_room(tmp_path) as workspace:
        teach(workspace, {GOOD: [f"g{n}" for n in range(12)], "dent": [f"d{n}" for n in range(12)]})
        odd = {MISSED: ("dent", 60), OVERKILLED: (GOOD, 180)}
        examples = [
            Example(workspace.images.put(picture(9000 + n, level)), truth, part)
            for n, (part, (truth, level)) in enumerate(odd.items())
        ]
        workspace.ledger.add_examples(RECIPE, examples)
        workspace.ledger.add_golden(RECIPE, {part: truth for part, (truth, _) in odd.items()})
        compare_once(workspace)
        yield workspace


def model(workspace: Workspace, number: int, parent: str | None = None, **results: Any) -> ModelVersion:
    """A version of today's snapshot, whose card says what its file makes of the golden parts."""
    snapshot = snapshots.take(workspace, RECIPE)
    golden = [scored(workspace, entry) for entry in snapshot.only(Split.GOLDEN)]
    return publish(
        workspace,
        number,
        brightness_model(),
        limits=LIMITS,
        parent=parent,
        snapshot_id=snapshot.id,
        results={"golden": golden, **results},
    )


def scored(workspace: Workspace, entry: SnapshotEntry) -> dict[str, Any]:
    classifier = Classifier(BRIGHTNESS, card(1, brightness_model()))
    seen = scores_of(workspace.images.get(entry.digest), workspace.recipes.load(RECIPE), classifier, None)
    assert seen is not None
    word = {"digest": entry.digest, "part": entry.part, "defect_class": entry.defect_class}
    return {**word, "score": seen.defect, "leading_defect": seen.leading_defect}


def told(filed: Filed) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(filed.json.read_text(encoding="utf-8"))
    return content


def opened(filed: Filed) -> Page:
    page = Page(filed.html.read_text(encoding="utf-8"))
    assert page.faults == []
    return page


def test_errors_are_shown_with_their_pictures_and_what_the_model_saw(room: Workspace) -> None:
    version = model(room, 1)
    seen: list[tuple[int, int]] = []
    filed = file_report(room, RECIPE, version.card.id, on_progress=lambda done, total: seen.append((done, total)))
    assert [one["part"] for one in told(filed)["errors"]["golden"]] == [MISSED, OVERKILLED]
    images = opened(filed).images
    assert len(images) == 2 * len(seen) and seen[-1] == (len(seen), len(seen))
    assert [MISSED in image["alt"] for image in images[:3]] == [True, True, False]


def test_a_picture_in_the_page_is_the_region_itself(room: Workspace) -> None:
    filed = file_report(room, RECIPE, model(room, 1).card.id)
    content = base64.b64decode(opened(filed).images[0]["src"].partition(",")[2])
    shown = decode_picture(content, "in the page")
    assert shown.shape == (24, 32, 3)
    assert abs(float(shown.mean()) - 60) < 8  # the missed part is dark


def test_the_files_lie_beside_the_models_and_the_same_again_is_the_same(room: Workspace) -> None:
    version = model(room, 1)
    first = file_report(room, RECIPE, version.card.id)
    before = first.html.read_bytes(), first.json.read_bytes()
    assert first.html.parent == folder_of(room, version.card) == room.path / "reports" / RECIPE / version.card.id
    again = file_report(room, RECIPE, version.card.id)
    assert (again.html.read_bytes(), again.json.read_bytes()) == before
    assert [path.name for path in sorted(first.html.parent.iterdir())] == ["report.html", "report.json"]


def test_the_claim_is_the_gates_own(room: Workspace) -> None:
    version = model(room, 1)
    filed = file_report(room, RECIPE, version.card.id)
    report = hold_against_champion(room, RECIPE, version.card.id)
    assert told(filed)["claim"] == report.notes[0]
    assert told(filed)["gate"] == json.loads(json.dumps(report.to_json()))
    assert told(filed)["golden"]["escape_rate"] == report.after.escape.to_json()


def test_a_promotion_is_told_with_who_when_why_and_the_gates_answer_of_then(room: Workspace) -> None:
    version = model(room, 1)
    answer = hold_against_champion(room, RECIPE, version.card.id)
    promote(room, RECIPE, version.card.id, "Ada", report=answer, force_reason="the line stands still")
    filed = file_report(room, RECIPE)
    (change,) = told(filed)["history"]
    assert (change["who"], change["reason"], change["after"]["model"]) == (
        "Ada",
        "the line stands still",
        version.card.id,
    )
    assert told(filed)["model"]["in_use"] and told(filed)["gate"]["candidate"] == version.card.id
    assert "past the gate; the reason given: the line stands still" in told(filed)["gate_words"]


def test_a_model_that_was_taken_back_says_so_and_names_its_ancestors(room: Workspace) -> None:
    first = model(room, 1).card.id
    second = model(room, 2, parent=first).card.id
    for each in (first, second):
        promote(room, RECIPE, each, "Ada", force_reason="a test")
    rollback(room, RECIPE, "Grace")
    filed = file_report(room, RECIPE, second)
    assert [(one["kind"], one["who"]) for one in told(filed)["history"]] == [
        ("promoted", "Ada"),
        ("rolled_back", "Grace"),
    ]
    assert told(filed)["model"]["lineage"] == [first] and not told(filed)["model"]["in_use"]


def test_golden_parts_that_came_later_are_scored_now(room: Workspace) -> None:
    version = model(room, 1)
    room.ledger.add_examples(RECIPE, [Example(room.images.put(picture(9999, 200)), "dent", "late")])
    room.ledger.add_golden(RECIPE, {"late": "dent"})
    filed = file_report(room, RECIPE, version.card.id)
    report = hold_against_champion(room, RECIPE, version.card.id)
    assert told(filed)["golden"]["escape_rate"] == report.after.escape.to_json()
    assert any("scored for this report: 1" in note for note in told(filed)["notes"])


def test_a_word_that_was_corrected_counts(room: Workspace) -> None:
    version = model(room, 1)
    digest = next(e.digest for e in room.ledger.examples(RECIPE) if e.part == MISSED)
    room.ledger.add_examples(RECIPE, [Example(digest, GOOD, MISSED)])
    filed = file_report(room, RECIPE, version.card.id)
    assert MISSED not in [one["part"] for one in told(filed)["errors"]["golden"]]
    assert any("another label" in note for note in told(filed)["notes"])


def test_validation_parts_are_reported_beside_the_golden_ones(room: Workspace) -> None:
    rows = [
        {"digest": "0" * 64, "part": "v", "defect_class": "dent", "score": -3.0, "leading_defect": "dent"},
        {"digest": "1" * 64, "part": "w", "defect_class": GOOD, "score": None, "leading_defect": ""},
    ]
    filed = file_report(room, RECIPE, model(room, 1, validation=rows).card.id)
    assert told(filed)["validation"]["escape_rate"]["n"] == 1 and told(filed)["validation"]["unfit"] == 1
    assert "Worst errors, validation parts" in [words for _, words in opened(filed).headings]
    assert any("not in this workspace" in words for words in opened(filed).words)


def test_what_others_filed_beside_it_is_shown(room: Workspace) -> None:
    version = model(room, 1)
    folder = folder_of(room, version.card)
    folder.mkdir(parents=True)
    (folder / ROBUSTNESS).write_text('{"sentence": "Light may change by 20%.", "limit": NaN}', encoding="utf-8")
    (folder / "broken.json").write_text("{", encoding="utf-8")
    filed = file_report(room, RECIPE, version.card.id)
    words = " ".join(opened(filed).words)
    assert "Light may change by 20%." in words and "cannot be read" in words
    assert "A robustness certificate." not in told(filed)["missing"]


@pytest.mark.parametrize("same", [True, False])
def test_a_comparison_of_backbones_is_shown_where_it_looked_at_the_same_pictures(room: Workspace, same: bool) -> None:
    version = model(room, 1)
    area = {"value": 0.91, "low": 0.85, "high": 0.95, "n": 24}
    ranked = {"backbone": "efficientnet-lite0", "auroc": area, "invoke_ms": 2.5, "parts": {GOOD: 20, "dent": 4}}
    table = {"recipe": RECIPE, "snapshot": version.card.snapshot_id if same else "0" * 64}
    file = comparison.file_of(room, RECIPE)
    file.parent.mkdir(parents=True)
    content = {**table, "suggested": "efficientnet-lite0", "ranked": [ranked], "not_ranked": []}
    file.write_text(json.dumps(content), encoding="utf-8")
    words = " ".join(opened(file_report(room, RECIPE, version.card.id)).words)
    assert ("start from efficientnet-lite0" in words) is same
    assert ("0.910 (0.850" in words) is same


def test_a_recipe_that_cuts_another_region_today_costs_the_gate_but_not_the_report(room: Workspace) -> None:
    version = model(room, 1)
    recipe = room.recipes.load(RECIPE)
    room.recipes.save(replace(recipe, roi=Box(0, 0, 20, 20)))
    filed = file_report(room, RECIPE, version.card.id)
    assert told(filed)["gate"] is None and "train a new model" in told(filed)["gate_words"]
    assert opened(filed).images  # the recipe as it was is still known
    assert "this model cannot run" in " ".join(opened(filed).words)


def test_a_golden_picture_that_is_gone_is_named_and_the_report_is_made(room: Workspace) -> None:
    version = model(room, 1)
    digest = next(e.digest for e in room.ledger.examples(RECIPE) if e.part == MISSED)
    room.images.path(digest).unlink()
    filed = file_report(room, RECIPE, version.card.id)
    assert any("not in this workspace, or is damaged" in words for words in opened(filed).words)


def test_a_report_is_refused_where_what_the_model_learned_from_was_changed(room: Workspace) -> None:
    version = model(room, 1)
    file = snapshots.file_of(room, version.card.snapshot_id)
    file.write_text(file.read_text(encoding="utf-8").replace('"dent"', '"good"', 1), encoding="utf-8")
    with pytest.raises(StoreError, match="changed since"):
        file_report(room, RECIPE, version.card.id)
    file.unlink()
    assert "The list of pictures that the model learned from." in told(file_report(room, RECIPE))["missing"]


def test_rows_that_are_none_are_refused_by_name(room: Workspace) -> None:
    version = publish(room, 1, brightness_model(), results={"golden": [{"digest": "x"}]})
    with pytest.raises(ModelError, match=f"{version.card.id}: golden results: expected digest, part"):
        file_report(room, RECIPE)


def test_the_command_writes_both_files_where_it_is_told(
    room: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = model(room, 1)
    words = ["report", "--recipe", RECIPE, "--workspace", str(room.path), "--out", str(tmp_path / "out")]
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["model"] == version.card.id
    assert Path(answer["html"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert json.loads(Path(answer["json"]).read_text(encoding="utf-8"))["claim"] == answer["claim"]
    assert main(words) == 0
    assert answer["claim"] in capsys.readouterr().out


@pytest.mark.parametrize("wanted", [[], ["--model", "v7-00000000"]])
def test_a_model_that_is_not_there_is_a_plain_message(
    room: Workspace, wanted: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "--recipe", RECIPE, "--workspace", str(room.path), *wanted]
    assert main(words) == ModelError.exit_code
    said = capsys.readouterr().err
    assert "model" in said and not (room.path / "reports").exists()


def test_a_place_that_cannot_be_written_is_a_plain_message(
    room: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model(room, 1)
    (tmp_path / "file").write_text("", encoding="utf-8")
    words = ["report", "--recipe", RECIPE, "--workspace", str(room.path), "--out", str(tmp_path / "file")]
    assert main(words) == StoreError.exit_code
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_limits_that_a_person_set_are_told_and_are_those_of_the_report(room: Workspace) -> None:
    version = model(room, 1)
    promote(room, RECIPE, version.card.id, "Ada", force_reason="a test")
    use_limits(room, RECIPE, Limits(-4.0, 4.0), "Grace", reason="fewer escapes")
    filed = file_report(room, RECIPE)
    change = told(filed)["history"][-1]
    assert (change["kind"], change["who"], change["reason"]) == ("limits_set", "Grace", "fewer escapes")
    assert change["after"] == {"model": version.card.id, "recheck": -4.0, "reject": 4.0}
    assert told(filed)["limits"] == {"recheck": -4.0, "reject": 4.0}
    assert "limits set" in " ".join(opened(filed).words)


def test_a_model_that_was_put_in_use_by_hand_has_no_answer_of_the_gate(room: Workspace) -> None:
    version = model(room, 1)
    room.recipes.save(replace(room.recipes.load(RECIPE), model_id=version.card.id, limits=LIMITS))
    filed = file_report(room, RECIPE)
    assert told(filed)["gate"] is None and "knows of no promotion" in told(filed)["gate_words"]
    assert "An answer of the gate." in told(filed)["missing"]


def test_what_happened_to_the_station_is_no_change_of_the_model(room: Workspace) -> None:
    version = model(room, 1)
    before = told(file_report(room, RECIPE, version.card.id))
    room.ledger.log_event("station", RECIPE, {"state": "running", "recipe": RECIPE, "model": version.card.id})
    room.ledger.log_event("fault", RECIPE, {"message": "the camera is lost"})
    assert told(file_report(room, RECIPE, version.card.id)) == before


def test_an_ancestor_that_is_gone_ends_the_lineage_and_is_missing(room: Workspace) -> None:
    filed = file_report(room, RECIPE, model(room, 2, parent="v1-00000000").card.id)
    assert told(filed)["model"]["lineage"] == []
    assert "The card of the parent v1-00000000." in told(filed)["missing"]
    assert any("v1-00000000 is not in this workspace any more" in words for words in opened(filed).words)


def test_a_damaged_ancestor_is_no_reason_to_have_no_report(room: Workspace) -> None:
    first = model(room, 1)
    first.model.chmod(0o644)
    first.model.write_bytes(b"changed")
    filed = file_report(room, RECIPE, model(room, 2, parent=first.card.id).card.id)
    assert told(filed)["model"]["lineage"] == []


def test_a_damaged_model_is_not_reported(room: Workspace) -> None:
    version = model(room, 1)
    version.model.chmod(0o644)
    version.model.write_bytes(b"changed")
    with pytest.raises(ModelError, match="not the one on its card"):
        file_report(room, RECIPE, version.card.id)
    assert not folder_of(room, version.card).exists()


def test_a_report_that_cannot_be_written_leaves_the_old_one(room: Workspace) -> None:
    version = model(room, 1)
    filed = file_report(room, RECIPE, version.card.id)
    before = filed.html.read_bytes()
    filed.json.unlink()
    filed.json.mkdir()  # the second file cannot take its place
    with pytest.raises(StoreError, match=r"report\.json"):
        file_report(room, RECIPE, version.card.id)
    assert filed.html.read_bytes() == before
    assert [path.name for path in sorted(filed.html.parent.iterdir())] == ["report.html", "report.json"]


def test_without_a_model_in_use_the_newest_is_reported(room: Workspace) -> None:
    model(room, 1)
    second = model(room, 2)
    assert told(file_report(room, RECIPE))["model"]["id"] == second.card.id
