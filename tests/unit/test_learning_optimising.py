"""What an optimisation is asked for and taken as: a published variant, the model as it is, or a plain refusal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.cli.arguments import parser
from inspector.cli.optimising import write_gallery
from inspector.domain import GOOD
from inspector.errors import InspectorError, ModelError, TrainingError
from inspector.learning import optimising
from inspector.learning.optimising import OPTIMISED, OptimisationRun
from inspector.learning.snapshot import take
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from inspector.studies.variants import answer_of
from tests.laws.documents import codes, table
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import compare_once, open_room, publish, teach


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        teach(opened, {kind: [f"{kind}-{number}" for number in range(6)] for kind in (GOOD, "dent")})
        compare_once(opened)
        yield opened


@pytest.fixture
def version(workspace: Workspace) -> ModelVersion:
    return publish(workspace, 1, snapshot_id=take(workspace, RECIPE).id)


def start(workspace: Workspace, version: ModelVersion, mode: str, **wishes: Any) -> OptimisationRun:
    words = (sys.executable, "-m", "tests.unit.optimising_stand_in", mode)
    return optimising.start(workspace, workspace.recipes.load(RECIPE), version, command=words, **wishes)


def refusal(run: OptimisationRun) -> str:
    with pytest.raises(InspectorError) as caught:
        _ = run.result
    return str(caught.value)


def test_a_winner_is_published_as_a_version_of_its_own(workspace: Workspace, version: ModelVersion) -> None:
    found = start(workspace, version, "qat-wins", steps=7).result
    assert found.version is not None
    assert found.version.card.parent == version.card.id
    assert found.version.model.read_bytes() == b"7"
    assert [one.card.number for one in workspace.versions.list(RECIPE)] == [1, 2]
    assert found.sentence().startswith(f"{found.version.card.id} is the qat variant of {version.card.id}")


def test_where_the_model_wins_nothing_is_published(workspace: Workspace, version: ModelVersion) -> None:
    found = start(workspace, version, "stays").result
    assert (found.winner, found.version) == ("int8", None)
    assert [one.card.id for one in workspace.versions.list(RECIPE)] == [version.card.id]
    assert "no variant within the allowed drop is faster or agrees better" in found.sentence()


def test_where_nothing_may_ship_the_model_stays(workspace: Workspace, version: ModelVersion) -> None:
    found = start(workspace, version, "nothing-fits").result
    assert (found.winner, found.version) == (None, None)
    assert "there is an objection to every variant" in found.sentence()


def test_what_was_found_is_kept_in_the_ledger(workspace: Workspace, version: ModelVersion) -> None:
    found = start(workspace, version, "qat-wins", variants=("qat",)).result
    (event,) = workspace.ledger.events(OPTIMISED, RECIPE)
    assert found.version is not None
    assert (event.detail["model"], event.detail["published"]) == (version.card.id, found.version.card.id)
    assert [row["variant"] for row in event.detail["variants"]] == ["qat", "pruned"]
    assert "flipped" not in event.detail["variants"][0]


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("other-parent", "made a variant of v9-00000000 for cap; expected one of v1-"),
        ("half", "left no table of variants"),
        ("silent", "left no table of variants"),
    ],
)
def test_a_process_of_another_program_changes_nothing(
    workspace: Workspace, version: ModelVersion, mode: str, words: str
) -> None:
    assert words in refusal(start(workspace, version, mode))
    assert [one.card.id for one in workspace.versions.list(RECIPE)] == [version.card.id]
    assert workspace.ledger.events(OPTIMISED, RECIPE) == []


def test_an_unknown_variant_is_refused_before_anything_starts(workspace: Workspace, version: ModelVersion) -> None:
    with pytest.raises(TrainingError, match="no variant 'int4'; expected some of float, dynamic, int8, qat, pruned"):
        start(workspace, version, "stays", variants=("int8", "int4"))


def test_the_gallery_shows_each_picture_whose_verdict_differs(
    workspace: Workspace, version: ModelVersion, tmp_path: Path
) -> None:
    found = start(workspace, version, "qat-wins", variants=("qat", "dynamic")).result
    write_gallery(found, workspace.images, tmp_path / "gallery")
    (picture,) = (tmp_path / "gallery").glob("*.png")
    page = (tmp_path / "gallery" / "index.html").read_text()
    assert page.count(f'src="{picture.name}"') == 2
    assert "cap-1 (dent, golden): ng in float, ok here, to the worse" in page
    assert "it cannot be pruned" in page


def test_the_lines_say_what_was_measured_and_why_not(workspace: Workspace, version: ModelVersion) -> None:
    head, *rows, last = answer_of(start(workspace, version, "stays", variants=("qat",)).result).lines()
    assert head.split()[:4] == ["variant", "size", "p50", "p99"]
    assert " ".join(rows[0].split()) == "qat 3.20 MB 1.50 ms 2.00 ms 100.0% 0.9990 0 of 12 1"
    assert rows[1].split()[0] == "pruned"
    assert rows[2] == "pruned is not to ship: it cannot be pruned"
    assert version.card.id in last


def test_a_recipe_without_a_model_is_told_so(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["optimise", "--recipe", RECIPE, "--workspace", str(workspace.path)]) == ModelError.exit_code
    assert "it has no model in use; promote one, or name one with --model" in capsys.readouterr().err


def test_the_command_line_has_the_programs_own_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = parser().parse_args(["optimise", "--recipe", RECIPE])
    assert (chosen.steps, chosen.max_drop, chosen.variants) == (optimising.STEPS, 0.0, None)
    with pytest.raises(SystemExit):
        parser().parse_args(["optimise", "--help"])
    assert f"default: {','.join(optimising.VARIANTS)}" in capsys.readouterr().out


def test_the_answer_has_the_documented_keys(workspace: Workspace, version: ModelVersion) -> None:
    found = start(workspace, version, "stays", variants=("qat",)).result.to_json()
    cell = next(row[1] for row in table("reference", "command", "JSON keys") if "optimise" in codes(row[0]))
    top, rows = cell.split(" each with ")
    assert set(found) == set(re.findall(r"[a-z0-9_]+", top))
    assert set().union(*found["variants"]) <= set(re.findall(r"[a-z0-9_]+", rows))
