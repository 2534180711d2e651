"""A comparison of backbones as the workspace knows it: kept whole, told in words, and drawn."""

from __future__ import annotations

import json
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from inspector.cli.comparing import _lines
from inspector.domain import GOOD, Snapshot
from inspector.errors import TrainingError
from inspector.learning import comparison
from inspector.learning.comparison import Compared, ComparisonRun
from inspector.learning.snapshot import take
from inspector.reports.tradeoff import tradeoff
from inspector.store.workspace import Workspace
from tests.unit.comparison_stand_in import ABSENT, row
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, teach

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        teach(opened, {GOOD: ["g1", "g2", "g3"], "dent": ["d1", "d2", "d3"]})
        yield opened


@pytest.fixture
def snapshot(workspace: Workspace) -> Snapshot:
    return take(workspace, RECIPE)


def start(workspace: Workspace, snapshot: Snapshot, mode: str, *backbones: str) -> ComparisonRun:
    command = (sys.executable, "-m", "tests.unit.comparison_stand_in", mode)
    return comparison.start(workspace, workspace.recipes.load(RECIPE), snapshot, backbones, command=command)


def failure(run: ComparisonRun) -> str:
    with pytest.raises(TrainingError) as caught:
        _ = run.result
    return str(caught.value)


# Kept


def test_the_table_is_kept_for_the_recipe(workspace: Workspace, snapshot: Snapshot) -> None:
    assert comparison.last(workspace, RECIPE) is None
    run = start(workspace, snapshot, "works", "fast", "best")
    assert [step.step for step in run.progress()] == ["fast: probe"]
    found = run.result
    assert [one["backbone"] for one in found.ranked] == ["best", "fast"]
    assert json.loads(found.not_ranked[1]["reason"]) == ["fast", "best"]
    assert comparison.last(workspace, RECIPE) == found
    assert [path.name for path in found.file.parent.iterdir()] == [f"{RECIPE}.json"]


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("other-snapshot", "its program does not fit this one"),
        ("half", "the comparison process left no table"),
        ("no-rows", "the comparison process left no table"),
        ("writes-nothing", "the comparison process left no table"),
    ],
)
def test_a_result_that_is_none_changes_nothing(workspace: Workspace, snapshot: Snapshot, mode: str, words: str) -> None:
    kept = start(workspace, snapshot, "works").result
    assert words in failure(start(workspace, snapshot, mode))
    assert comparison.last(workspace, RECIPE) == kept


def test_a_damaged_table_counts_as_none(workspace: Workspace, snapshot: Snapshot) -> None:
    file = start(workspace, snapshot, "works").result.file
    file.write_bytes(file.read_bytes()[:100])
    assert comparison.last(workspace, RECIPE) is None


def test_a_cancel_takes_less_than_two_seconds_and_changes_nothing(workspace: Workspace, snapshot: Snapshot) -> None:
    run = start(workspace, snapshot, "hangs")
    under_way = threading.Event()

    def watch() -> None:
        for _ in run.progress():
            under_way.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert under_way.wait(30)
    began = time.monotonic()
    run.cancel()
    watcher.join(10)
    assert time.monotonic() - began < 2.0
    assert failure(run) == "the comparison was cancelled; nothing was changed"
    assert comparison.last(workspace, RECIPE) is None
    assert list((workspace.cache / "comparison").iterdir()) == []


# In words


def compared(*ranked: dict[str, Any], suggested: str | None = None) -> Compared:
    table = {"recipe": RECIPE, "snapshot": "", "suggested": suggested, "ranked": ranked, "not_ranked": [ABSENT]}
    return Compared(Path("cap.json"), table)


def test_a_faster_one_is_suggested_where_the_parts_cannot_tell_it_from_the_best() -> None:
    words = compared(row("best", 0.93, 9.0), row("fast", 0.92, 2.0), suggested="fast").sentence()
    assert words == (
        "start from fast: it takes 2.0 ms and best 9.0, and 30 parts cannot tell whether that is better "
        "(AUROC 0.920, 0.870 to 0.970 against 0.930, 0.880 to 0.980)"
    )


def test_the_best_is_suggested_where_it_is_also_the_fastest_of_those_that_count() -> None:
    words = compared(row("best", 0.93, 2.0), row("slow", 0.92, 9.0), suggested="best").sentence()
    assert words == "start from best: none is better: AUROC 0.930, 0.880 to 0.980 on 30 parts"


def test_where_nothing_was_measured_nothing_is_suggested() -> None:
    assert compared().sentence() == "no backbone could be measured on these parts"
    assert list(_lines(compared(), None)) == [
        "Not compared",
        "backbone  why",
        "vgg16     its weights are not on this PC; put vgg16.h5 into /keras",
        "no backbone could be measured on these parts",
    ]


def test_a_person_reads_every_figure_with_its_interval_and_what_is_missing() -> None:
    lines = list(_lines(compared(row("fast", 0.92, 2.0), suggested="fast"), Path("cap.svg")))
    text = "\n".join(lines)
    for words in (
        "0.920 (0.870 to 0.970)",
        "0.920 (no interval)",
        "10.0% (2.0% to 30.0%)",
        "2.00 ms",
        "3.2 MB",
        "346",
        "put vgg16.h5 into /keras",
        "18 good, 12 dent",
    ):
        assert words in text
    assert lines[-1] == "accuracy against time: cap.svg"


def test_names_that_are_none_are_refused_before_anything_is_started(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", "--recipe", RECIPE, "--workspace", str(workspace.path), "--backbones", "vgg16,,resnet50"]
    assert main(words) == TrainingError.exit_code
    assert "--backbones: expected names with commas between them" in capsys.readouterr().err
    assert not (workspace.cache / "comparison").exists()


# Drawn


def words_of(picture: str) -> list[ET.Element]:
    return list(ET.fromstring(picture).iter(f"{SVG}text"))


def test_the_picture_is_a_file_of_its_own_with_axes_in_units() -> None:
    picture = tradeoff([row("best", 0.93, 9.0), row("fast", 0.92, 2.0)], "fast")
    root = ET.fromstring(picture)
    assert root.tag == f"{SVG}svg"
    said = [element.text for element in words_of(picture)]
    assert {"time of one invoke on this PC [ms]", "AUROC, parts held out", "best", "fast"} <= set(said)
    assert "95 % interval over parts" in said


def test_the_suggested_backbone_has_a_mark_of_its_own() -> None:
    root = ET.fromstring(tradeoff([row("best", 0.93, 9.0), row("fast", 0.92, 2.0)], "fast"))
    assert len(list(root.iter(f"{SVG}circle"))) == 1
    assert len(list(root.iter(f"{SVG}polygon"))) == 1


def test_a_slower_one_stands_further_right_and_a_better_one_higher() -> None:
    picture = tradeoff([row("slow", 0.95, 9.0), row("fast", 0.80, 2.0)], None)
    slow, fast = sorted(ET.fromstring(picture).iter(f"{SVG}circle"), key=lambda mark: -float(mark.attrib["cx"]))
    assert float(slow.attrib["cx"]) > float(fast.attrib["cx"])
    assert float(slow.attrib["cy"]) < float(fast.attrib["cy"])


def test_no_two_names_lie_on_each_other() -> None:
    """Neither where all marks are on top, nor where all but one are at the bottom."""
    names = [f"backbone-{place}" for place in range(10)]
    for first, others in ((0.999, 0.999), (0.99, 0.7)):
        rows = [row(name, others if place else first, 3.0) for place, name in enumerate(names)]
        picture = tradeoff(rows, names[0])
        places = [float(words.attrib["y"]) for words in words_of(picture) if words.text in names]
        assert len(places) == 10
        assert min(right - left for left, right in pairwise(places)) >= 14.0
        assert max(places) < 290.0


def test_perfect_scores_can_be_drawn_as_well() -> None:
    perfect = {"value": 1.0, "low": 1.0, "high": 1.0, "n": 30}
    assert "perfect" in tradeoff([row("perfect", 1.0, 3.0, auroc=perfect)], "perfect")
