"""Files that others left, damaged or took away: in cache/, in reports/, among the pictures, and where answers go."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector import placement
from inspector.errors import StoreError
from inspector.learning import comparison, leakage
from inspector.learning.impressions import Impressions
from inspector.learning.robustness import load
from inspector.learning.snapshot import golden_set, take
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.attack import Captured, modelled, refused, rows, state, taught, told, typed
from tests.unit.comparison_stand_in import row as backbone
from tests.unit.learning_cards import RECIPE
from tests.unit.report_pages import Page

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to write to")
NO_TABLES = ["", "{", "null", "[]", "7", '"words"', "{}", '{"a": 1}', "\x00\x01"]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with taught(tmp_path_factory.mktemp("original")) as workspace:
        take(workspace, RECIPE)
        modelled(workspace, golden=rows(workspace), validation=rows(workspace))
        return workspace.path


@pytest.fixture
def workspace(original: Path, tmp_path: Path) -> Iterator[Workspace]:
    """Labelled parts and a model in use."""
    with Workspace.open(shutil.copytree(original, tmp_path / "workspace")) as made:
        yield made


@pytest.fixture
def version(workspace: Workspace) -> ModelVersion:
    return workspace.versions.list(RECIPE)[0]


def table(workspace: Workspace, **changed: Any) -> dict[str, Any]:
    """A comparison on the pictures that the model in use learned from."""
    snapshot = workspace.versions.list(RECIPE)[0].card.snapshot_id
    ranked = [backbone("best", 0.93, 9.0), backbone("fast", 0.92, 2.0)]
    told_now = {"recipe": RECIPE, "snapshot": snapshot, "seed": 0, "suggested": "fast", "not_ranked": []}
    return told_now | {"ranked": ranked} | changed


def filed(workspace: Workspace, version: ModelVersion, name: str, content: str) -> Path:
    """Somebody's file beside a model's report."""
    folder = workspace.path / "reports" / RECIPE / version.card.id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


# reports/: a certificate that is none


@pytest.mark.parametrize("content", NO_TABLES, ids=lambda content: content[:8])
def test_a_certificate_that_is_none_is_named_and_how_to_make_it_again(
    content: str, workspace: Workspace, version: ModelVersion, capsys: Captured
) -> None:
    file = filed(workspace, version, "robustness.json", content)
    line = refused(capsys, StoreError.exit_code, typed(workspace.path, "watch"))
    assert line.startswith(f"{file}: not a readable certificate: ")
    assert line.endswith("`inspector certify` makes it again")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("golden_parts", "Infinity"),
        ("good", "many"),
        ("limits", {"luck": 0}),
        ("rules", {"luck": 1}),
        ("working", None),
        ("ranges", [{}]),
        ("ranges", [{"axis": ["light"]}]),
    ],
)
def test_a_certificate_with_a_wrong_value_is_named_and_certifying_again_heals_it(
    key: str, value: Any, workspace: Workspace, version: ModelVersion, capsys: Captured
) -> None:
    certify = typed(workspace.path, "certify", "--parts", "2")
    file = Path(told(capsys, certify)["file"])
    good = file.read_bytes()
    changed = json.dumps(json.loads(good) | {key: value}).replace('"Infinity"', "Infinity")
    file.write_text(changed, encoding="utf-8")
    line = refused(capsys, StoreError.exit_code, typed(workspace.path, "watch"))
    assert line.startswith(f"{file}: not a readable certificate: ")
    told(capsys, certify)
    assert file.read_bytes() == good


def test_a_certificate_of_another_model_says_nothing_of_this_one(
    workspace: Workspace, version: ModelVersion, capsys: Captured
) -> None:
    file = Path(told(capsys, typed(workspace.path, "certify", "--parts", "2"))["file"])
    file.write_text(file.read_text().replace(version.card.id, "v7-00000000"), encoding="utf-8")
    kept = load(workspace, RECIPE, version.card.id)
    assert kept is not None and not kept.fits(workspace.recipes.load(RECIPE))
    assert told(capsys, typed(workspace.path, "watch"))["calm"] is True


@pytest.mark.parametrize(
    "content",
    [*NO_TABLES, '{"sentence": 7, "ranges": 7}', '{"ranges": [7]}', '{"ranges": [{}]}'],
    ids=lambda content: content[:24],
)
def test_a_report_is_made_whatever_lies_beside_it(
    content: str, workspace: Workspace, version: ModelVersion, capsys: Captured
) -> None:
    file = filed(workspace, version, "robustness.json", content)
    filed(workspace, version, "mine.json", content)
    found = told(capsys, typed(workspace.path, "report"))
    assert Page(Path(found["html"]).read_text(encoding="utf-8")).faults == []
    assert file.read_text(encoding="utf-8") == content


# cache/: what can be made again


@pytest.mark.parametrize(
    "ranked",
    [
        [{"backbone": "best"}],
        [backbone("best", 0.9, 2.0, auroc=None)],
        [backbone("best", 0.9, 2.0, auroc={"value": "high", "low": 0, "high": 1})],
        [backbone("best", 0.9, 2.0, parts=7)],
        [backbone("best", 0.9, 9.0), backbone("fast", 0.9, 2.0) | {"invoke_ms": "slow"}],
        [7],
        7,
    ],
    ids=str,
)
def test_a_comparison_of_which_a_row_is_damaged_counts_as_none(
    ranked: Any, workspace: Workspace, capsys: Captured
) -> None:
    file = comparison.file_of(workspace, RECIPE)
    file.parent.mkdir(parents=True)
    suggested = "fast" if isinstance(ranked, list) and len(ranked) == 2 else "best"
    file.write_text(json.dumps(table(workspace, ranked=ranked, suggested=suggested)), encoding="utf-8")
    assert comparison.last(workspace, RECIPE) is None
    assert told(capsys, typed(workspace.path, "report"))["model"]


def test_a_whole_comparison_is_told_in_the_report(workspace: Workspace, capsys: Captured) -> None:
    file = comparison.file_of(workspace, RECIPE)
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(table(workspace)), encoding="utf-8")
    page = Path(told(capsys, typed(workspace.path, "report"))["html"]).read_text(encoding="utf-8")
    assert "start from fast" in page


@pytest.mark.parametrize(
    "content",
    [
        *NO_TABLES,
        '{"method": "1"}',
        '{"method": "1", "searched": [], "found": [1]}',
        '{"method": "1", "searched": 7, "found": []}',
    ],
    ids=lambda content: content[:24],
)
def test_what_was_compared_before_and_is_damaged_is_compared_again(content: str, workspace: Workspace) -> None:
    examples = workspace.ledger.examples(RECIPE)
    before = take(workspace, RECIPE)
    file = workspace.cache / "same-parts" / f"{RECIPE}.json"
    whole = file.read_bytes()
    file.write_text(content, encoding="utf-8")
    assert leakage.found(workspace, RECIPE) == []
    assert leakage.look(workspace, RECIPE, examples) == []
    assert file.read_bytes() == whole
    assert take(workspace, RECIPE) == before


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"half of an array", None])
def test_what_a_model_said_of_a_picture_and_is_damaged_is_asked_again(
    damage: bytes | None, workspace: Workspace, version: ModelVersion
) -> None:
    digests = [entry.digest for entry in golden_set(workspace, RECIPE).entries]
    recipe = workspace.recipes.load(RECIPE)
    first = Impressions(workspace, recipe, version).of(digests)
    files = sorted((workspace.cache / "impressions").rglob("*.npz"))
    assert len(files) == len(digests)
    for file in files:
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2] if damage is None else damage)
    again: list[tuple[int, int]] = []
    second = Impressions(workspace, recipe, version).of(digests, lambda done, total: again.append((done, total)))
    assert again[-1] == (len(digests), len(digests))
    assert [one and one.score for one in second.values()] == [one and one.score for one in first.values()]


def test_a_cache_that_was_deleted_costs_time_only(workspace: Workspace, capsys: Captured) -> None:
    words = [typed(workspace.path, "operating-point"), typed(workspace.path, "errors")]
    before = [told(capsys, each) for each in words]
    shutil.rmtree(workspace.cache)
    assert [told(capsys, each) for each in words] == before


def test_a_cache_of_which_a_folder_is_a_file_is_named(workspace: Workspace, version: ModelVersion) -> None:
    (workspace.cache / "impressions").write_text("mine")
    digests = [entry.digest for entry in golden_set(workspace, RECIPE).entries]
    with pytest.raises(StoreError, match="impressions"):
        Impressions(workspace, workspace.recipes.load(RECIPE), version).of(digests)


def test_where_a_model_runs_is_noted_although_the_cache_was_deleted(
    workspace: Workspace, version: ModelVersion, tmp_path: Path
) -> None:
    shutil.rmtree(workspace.cache)
    file = workspace.cache / "placement" / "note.json"
    found = placement._ask(workspace, workspace.recipes.load("cap"), version, file)
    assert found.device == "cpu" and placement._kept(file) == found


@pytest.mark.parametrize(
    "content",
    [
        *NO_TABLES,
        '{"device": "cpu"}',
        '{"device": "cpu", "why": "", "luck": 1}',
        '{"device": "tpu", "why": "fast"}',
        '{"device": 7, "why": "fast"}',
    ],
    ids=lambda content: content[:24],
)
def test_a_note_of_where_a_model_runs_that_is_none_is_measured_again(content: str, tmp_path: Path) -> None:
    (tmp_path / "note.json").write_text(content, encoding="utf-8")
    assert placement._kept(tmp_path / "note.json") is None


# Pictures that are gone


def gone(workspace: Workspace) -> Path:
    """Take away the picture of a good golden part."""
    file = workspace.images.path(golden_set(workspace, RECIPE).entries[0].digest)
    file.unlink()
    return file


def test_errors_are_listed_without_the_picture_and_a_gallery_names_the_one_it_lacks(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    whole = told(capsys, typed(workspace.path, "errors"))
    gone(workspace)
    less = told(capsys, typed(workspace.path, "errors"))
    assert less["pictures"] == whole["pictures"] and less["by_class"] == whole["by_class"]
    assert less["by_brightness"][""]["pictures"] == 1


def test_a_certificate_over_a_picture_that_is_gone_is_none(workspace: Workspace, capsys: Captured) -> None:
    file = gone(workspace)
    before = state(workspace.path)
    line = refused(capsys, StoreError.exit_code, typed(workspace.path, "certify"))
    assert line.startswith(f"{file}: the picture is not in this workspace")
    assert state(workspace.path) == before


def test_a_sheet_of_changes_over_a_damaged_picture_is_not_half_written(
    workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    for example in workspace.ledger.examples(RECIPE):
        workspace.images.path(example.digest).write_bytes(b"\x89PNG\r\n half")
    words = typed(workspace.path, "augmentations", "--out", str(tmp_path / "sheet.png"))
    line = refused(capsys, StoreError.exit_code, words)
    assert line.endswith("put its copy from a backup of the workspace in its place")
    assert not (tmp_path / "sheet.png").exists()


def test_a_snapshot_that_was_edited_is_refused_by_those_who_rest_on_it(
    workspace: Workspace, version: ModelVersion, capsys: Captured
) -> None:
    file = workspace.snapshots / f"{version.card.snapshot_id}.json"
    file.write_text(file.read_text().replace('"train"', '"golden"'), encoding="utf-8")
    for command in ("report", "watch", "optimise"):
        line = refused(capsys, StoreError.exit_code, typed(workspace.path, command))
        assert line.startswith(f"{file}: changed since it was saved"), command


def test_a_snapshot_that_is_gone_is_missed_only_where_it_is_needed(
    workspace: Workspace, version: ModelVersion, capsys: Captured
) -> None:
    file = workspace.snapshots / f"{version.card.snapshot_id}.json"
    file.unlink()
    assert told(capsys, typed(workspace.path, "report"))["missing"]
    assert told(capsys, typed(workspace.path, "watch"))["calm"] is True
    line = refused(capsys, StoreError.exit_code, typed(workspace.path, "optimise"))
    assert line.startswith(f"{file}: ")


# Where answers go


@pytest.mark.parametrize("command", ["augmentations --out", "report --out", "errors --gallery"])
def test_a_place_for_answers_that_lies_under_a_file_is_named(
    command: str, workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "file").write_text("mine")
    name, option = command.split()
    digest = workspace.ledger.examples(RECIPE)[0].digest
    wrong = {"digest": digest, "part": "p", "defect_class": "dent", "score": -9.0, "leading_defect": "dent"}
    other = modelled(workspace, in_use=False, golden=[wrong]).card.id
    more = ["--model", other] if name != "augmentations" else []
    place = tmp_path / "file" / "answer"
    line = refused(capsys, StoreError.exit_code, typed(workspace.path, name, option, str(place), *more))
    assert line.startswith(str(place))
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("name", ["sheet.png", "sheet", "away/sheet.png"])
def test_a_sheet_is_written_where_it_was_asked_for_or_the_place_is_named(
    name: str, workspace: Workspace, tmp_path: Path, capsys: Captured
) -> None:
    words = typed(workspace.path, "augmentations", "--out", str(tmp_path / name))
    if "/" in name:
        assert refused(capsys, StoreError.exit_code, words).startswith(str(tmp_path / name))
    else:
        assert told(capsys, words)["picture"] == str(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


@FULL
def test_a_disk_that_is_full_leaves_no_half_sheet(workspace: Workspace, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / f".sheet.png.{os.getpid()}.new").symlink_to("/dev/full")
    words = typed(workspace.path, "augmentations", "--out", str(tmp_path / "sheet.png"))
    line = refused(capsys, StoreError.exit_code, words)
    assert line.startswith(f"{tmp_path / 'sheet.png'}: the disk is full (")
    assert not (tmp_path / "sheet.png").exists()
