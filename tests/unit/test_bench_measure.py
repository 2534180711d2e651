"""A figure is only as good as its arithmetic, its camera and its line: each is checked before it measures anything."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.bench import MEASURES, measure_all, outside
from inspector.bench.conveyor import ConveyorCamera
from inspector.bench.inside import frame_to_inspection, paced_line
from inspector.bench.measure import Measure, interleaved_ms, percentile
from inspector.clock import SystemClock
from inspector.commission import classifier_for
from inspector.devices.camera import CameraState
from inspector.domain import Box
from inspector.errors import DeviceError, RecipeError, TriggerTimeout
from inspector.machine import machine
from inspector.pipeline.assemble import Setup
from inspector.recipe import FitnessLimits, TriggerMode
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.ready import ready_workspace

# Arithmetic


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([1.0, 2.0], 0.5, 1.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 101)], 1.0, 100.0),
        ([float(n) for n in range(1, 101)], 0.0, 1.0),
        ([7.0], 0.99, 7.0),
    ],
)
def test_the_percentile_is_the_nearest_rank(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0.01, 1.0))
def test_a_percentile_is_the_smallest_value_that_enough_do_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    smaller = [value for value in values if value < found]
    assert all(sum(value <= each for value in values) < share * len(values) + 1e-9 for each in smaller)


@pytest.mark.parametrize(
    ("measure", "ratio", "holds"),
    [
        (Measure(3.0, 2.0, "ms", limit=1.5), 1.5, True),
        (Measure(3.01, 2.0, "ms", limit=1.5), 1.505, False),
        (Measure(240.0, 80.0, "MB", limit=250, limit_on="value"), 3.0, True),
        (Measure(251.0, 80.0, "MB", limit=250, limit_on="value"), 3.1375, False),
        (Measure(3.0, 2.0, "ms", limit=1.5, forbidden={"lost": 0, "not judged": 0}), 1.5, True),
        (Measure(3.0, 2.0, "ms", limit=1.5, forbidden={"lost": 0, "not judged": 1}), 1.5, False),
    ],
)
def test_a_measure_holds_by_its_ratio_or_its_value_and_by_what_must_not_happen(
    measure: Measure, ratio: float, holds: bool
) -> None:
    assert measure.ratio == pytest.approx(ratio)
    assert measure.holds is holds


def test_a_ratio_to_nothing_is_no_number_and_holds_nothing() -> None:
    measure = Measure(1.0, 0.0, "ms", limit=1.5)
    assert math.isnan(measure.ratio)
    assert not measure.holds


def test_two_calls_are_timed_in_turn_and_equally_often() -> None:
    calls: list[str] = []
    first, second = interleaved_ms(lambda: calls.append("a"), lambda: calls.append("b"), 20)
    assert first >= 0 and second >= 0
    assert calls[-40:] == ["a", "b"] * 20
    assert calls.count("a") == calls.count("b") == 25


# The conveyor


@pytest.fixture
def conveyor() -> ConveyorCamera:
    return ConveyorCamera([np.random.default_rng(seed).integers(0, 256, (20, 30), dtype=np.uint8) for seed in (1, 2)])


def test_the_conveyor_never_shows_a_picture_twice(conveyor: ConveyorCamera) -> None:
    with conveyor:
        conveyor.arm(TriggerMode.SOFTWARE)
        digests = set()
        for number in range(1, 41):
            conveyor.trigger(number)
            frame = conveyor.next_frame(1.0)
            assert frame.trigger == number
            assert not frame.pixels.flags.writeable
            digests.add(frame.digest)
    assert len(digests) == 40
    assert conveyor.state is CameraState.CLOSED


def test_the_conveyor_shows_nothing_unasked(conveyor: ConveyorCamera) -> None:
    conveyor.arm(TriggerMode.SOFTWARE)
    with pytest.raises(TriggerTimeout):
        conveyor.next_frame(0.01)
    conveyor.trigger(1)
    conveyor.disarm()
    with pytest.raises(TriggerTimeout):
        conveyor.next_frame(0.01)


def test_the_conveyor_has_neither_a_trigger_input_nor_settings(conveyor: ConveyorCamera) -> None:
    with pytest.raises(DeviceError, match="software trigger"):
        conveyor.arm(TriggerMode.HARDWARE)
    with pytest.raises(DeviceError, match="exposure_us"):
        conveyor.set_parameter("exposure_us", 100.0)
    assert conveyor.parameters() == ()


# The line


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ready_workspace(tmp_path_factory.mktemp("ready"))


@pytest.fixture
def workspace(place: Path) -> Iterator[Workspace]:
    with Workspace.open(place) as opened:
        yield opened


def ready(workspace: Workspace) -> tuple[Setup, Path]:
    recipe = workspace.recipes.load(RECIPE)
    return Setup(recipe, classifier_for(workspace, recipe)), workspace.versions.load(RECIPE, recipe.model_id).model


def test_a_paced_line_loses_nothing_and_leaves_the_workspace_as_it_was(workspace: Workspace) -> None:
    """Whatever camera the recipe has: this line is paced by software."""
    setup, model = ready(workspace)
    camera = replace(setup.recipe.camera, trigger=TriggerMode.HARDWARE, backend="pylon")
    setup = replace(setup, recipe=replace(setup.recipe, camera=camera))
    before = sorted(workspace.path.iterdir())
    measure = paced_line(setup, model, 1, 1, workspace.path)
    assert measure.extra["triggers"] == 100
    assert measure.forbidden == {"lost": 0, "not judged": 0, "without a stored picture": 0}
    assert measure.extra["median_ms"] <= measure.value <= measure.extra["worst_ms"]
    assert sorted(workspace.path.iterdir()) == before
    assert sum(workspace.ledger.counts().values()) == 0


class Faulty:
    """A model that fails at once."""

    input_size = (16, 16)
    model_id = "v1-faulty"

    def classify(self, view: object) -> None:
        raise ZeroDivisionError("a bug in the model")


def test_a_line_that_faults_ends_the_measure_in_words(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    setup, model = ready(workspace)
    with pytest.raises(DeviceError, match=r"bench: the line stopped: .*ZeroDivisionError"):
        paced_line(replace(setup, model=Faulty()), model, 1, 1, workspace.path)  # type: ignore[arg-type]
    assert "a bug in the model" in caplog.text


def test_what_is_not_judged_is_not_measured(workspace: Workspace) -> None:
    """A part that is unfit is fast, and says nothing of this PC."""
    setup, model = ready(workspace)
    blinded = replace(setup.recipe, fitness=FitnessLimits(min_brightness=254.0, max_brightness=255.0))
    with pytest.raises(RecipeError, match="be judged at all"):
        frame_to_inspection(blinded, classifier_for(workspace, setup.recipe), model, 1, colour=False)


@pytest.mark.parametrize("colour", [False, True])
def test_both_sides_resize_the_whole_frame_whatever_region_the_recipe_has(workspace: Workspace, colour: bool) -> None:
    """A region that fits no frame would end the measure, and a small one would flatter it."""
    setup, model = ready(workspace)
    elsewhere = replace(setup.recipe, roi=Box(2000, 2000, 100, 100))
    measure = frame_to_inspection(elsewhere, classifier_for(workspace, setup.recipe), model, 1, colour=colour)
    assert measure.value > 0 and measure.bare > 0


# The table


@pytest.mark.parametrize("name", ["nonsense", "", "FRAME_TO_INSPECTION"])
def test_a_measure_that_there_is_not_is_named_with_those_that_are(workspace: Workspace, name: str) -> None:
    with pytest.raises(RecipeError, match="expected one of frame_to_inspection") as caught:
        measure_all(workspace, RECIPE, 1, name, lambda *_: None)
    assert all(each in str(caught.value) for each in MEASURES)


def test_one_measure_is_told_with_the_machine_that_it_was_taken_on(workspace: Workspace) -> None:
    told: list[tuple[str, int, int]] = []
    result = measure_all(workspace, RECIPE, 1, "frame_to_inspection", lambda *step: told.append(step))
    assert list(result["measures"]) == ["frame_to_inspection"]
    measure = result["measures"]["frame_to_inspection"]
    assert measure["ratio"] == pytest.approx(measure["value"] / measure["bare"])
    assert measure["holds"] == (measure["ratio"] <= measure["limit"])
    assert (result["machine"], result["recipe"]) == (machine(), RECIPE)
    assert told == [("measuring", 0, 1), ("measuring", 1, 1)]


def test_the_machine_is_told_in_plain_values() -> None:
    told = machine()
    assert set(told) == {"processor", "cores", "system", "python"}
    assert int(told["cores"]) >= 1
    assert all(str(value).strip() for value in told.values())


def test_the_clock_that_measures_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.ns() for _ in range(1000)]
    assert readings == sorted(readings)


def test_a_program_is_not_charged_with_its_starters_memory() -> None:
    large = np.ones(200 * 2**20, np.uint8)
    peak = outside.peak_mb([sys.executable, "-c", "held = bytearray(20 * 2**20)"])
    assert 20 < peak < 100 < large.nbytes / 2**20


def test_a_program_that_fails_is_no_figure() -> None:
    with pytest.raises(DeviceError, match=r"ended with 3: b'it broke"):
        outside.peak_mb([sys.executable, "-c", "import sys; print('it broke', file=sys.stderr); sys.exit(3)"])
