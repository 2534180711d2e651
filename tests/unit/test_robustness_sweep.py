"""A range ends where the operating point breaks: found to the axis' precision, and for a reason that is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.domain import GOOD, Decision, Fitness
from inspector.learning.robustness import AXES, Axis, HoldRules, Step, explore, measure_step
from inspector.learning.robustness.sweep import Broken, most_steps
from inspector.metrics import Outcome, clopper_pearson

FIT = Fitness(100.0, 0.0, 0.0, 20.0, 0.5)
OK, NG, RECHECK, UNFIT = Decision.OK, Decision.NG, Decision.RECHECK, Decision.UNFIT
AXIS = {axis.name: axis for axis in AXES}


def judged(good: list[Decision], bad: list[Decision]) -> list[tuple[Outcome, Fitness]]:
    parts = [Outcome(f"g{number:02d}", GOOD, decision, 0.0) for number, decision in enumerate(good)]
    parts += [Outcome(f"b{number:02d}", "dent", decision, 0.0) for number, decision in enumerate(bad)]
    return [(part, FIT) for part in parts]


def step(value: float, broken_by: Broken | None = None) -> Step:
    none = clopper_pearson(0, 10)
    return Step(value, none, none, none, none, (), broken_by, 100.0, 20.0, 0.5)


WORKING = judged([OK] * 20, [NG] * 10)


@pytest.mark.parametrize(
    ("good", "bad", "broken_by"),
    [
        ([OK] * 20, [NG] * 10, None),
        ([OK] * 20, [OK] + [NG] * 9, Broken.ESCAPE),
        ([NG] * 20, [OK] + [NG] * 9, Broken.ESCAPE),  # the worse of the two is named
        ([OK] * 20, [RECHECK] * 5 + [UNFIT] * 5, None),  # neither opens the gate
        ([NG] + [OK] * 19, [NG] * 10, None),
        ([NG] * 2 + [OK] * 18, [NG] * 10, Broken.OVERKILL),
        ([UNFIT] * 4 + [OK] * 16, [NG] * 10, None),
        ([UNFIT] * 3 + [RECHECK] * 2 + [OK] * 15, [NG] * 10, Broken.STOPPED),
    ],
)
def test_what_breaks_the_operating_point(good: list[Decision], bad: list[Decision], broken_by: Broken | None) -> None:
    assert measure_step(5.0, judged(good, bad), WORKING).broken_by is broken_by


def test_a_part_that_passes_undisturbed_is_no_new_escape_and_another_in_its_place_is() -> None:
    working = judged([OK] * 5, [OK, NG, NG])
    assert measure_step(1.0, judged([OK] * 5, [OK, NG, NG]), working).broken_by is None
    swapped = measure_step(1.0, judged([OK] * 5, [NG, OK, NG]), working)
    assert swapped.broken_by is Broken.ESCAPE and swapped.new_escapes == ("b01",)
    assert swapped.escape.value == pytest.approx(1 / 3)


def test_a_step_has_exact_rates_over_parts_and_what_the_camera_shows() -> None:
    pictures = judged([OK] * 18 + [NG, UNFIT], [NG] * 8 + [RECHECK, OK])
    pictures.append((Outcome("b09", "dent", NG, 9.0), Fitness(130.0, 0.0, 0.0, 20.0, 0.1)))  # its second picture
    found = measure_step(-10.0, pictures, WORKING)
    assert found.overkill == clopper_pearson(1, 20) and found.escape == clopper_pearson(0, 10)
    assert found.recheck == clopper_pearson(1, 30) and found.unfit == clopper_pearson(1, 30)
    assert (found.value, found.brightness, found.contrast, found.focus) == (-10.0, 100.0, 20.0, 0.5)


def test_with_few_good_parts_one_may_always_fall() -> None:
    working = judged([OK] * 4, [NG] * 4)
    assert measure_step(1.0, judged([NG] + [OK] * 3, [NG] * 4), working).broken_by is None
    assert measure_step(1.0, judged([NG] * 2 + [OK] * 2, [NG] * 4), working).broken_by is Broken.OVERKILL


def test_the_rules_are_the_users() -> None:
    harsh, lenient = HoldRules(0.0, 0.0), HoldRules(0.5, 1.0)
    disturbed = judged([NG] * 8 + [OK] * 12, [NG] * 10)
    assert measure_step(1.0, disturbed, WORKING, lenient).broken_by is None
    assert measure_step(1.0, disturbed, WORKING, harsh).broken_by is Broken.OVERKILL


@given(axis=st.sampled_from(AXES), first_broken=st.integers(1, 200), last_held_below=st.integers(0, 200))
def test_the_last_value_that_holds_is_found_exactly(axis: Axis, first_broken: int, last_held_below: int) -> None:
    looks = 0

    def look(value: float) -> Step:
        nonlocal looks
        looks += 1
        count = round((value - axis.neutral) / axis.precision)
        return step(value, Broken.ESCAPE if count >= first_broken or count < -last_held_below else None)

    found = explore(axis, look)
    for end, side, held in ((found.high, axis.above, first_broken - 1), (found.low, axis.below, -last_held_below)):
        furthest = side[-1] if side else 0
        expected = held if abs(held) < abs(furthest) else furthest
        assert end.value == axis.value(expected)
        none = Broken.END if side else Broken.NONE
        assert end.broken_by is (Broken.ESCAPE if abs(held) < abs(furthest) else none)
    assert looks <= most_steps(axis)
    assert [one.value for one in found.steps] == sorted({one.value for one in found.steps})


def test_what_ends_a_range_is_what_broke_just_beyond_it() -> None:
    def look(value: float) -> Step:
        return step(value, Broken.STOPPED if value > 40 else Broken.OVERKILL if value > 12 else None)

    found = explore(AXIS["light"], look)
    assert (found.high.value, found.high.broken_by) == (12, Broken.OVERKILL)
    assert found.step(13.0).broken_by is Broken.OVERKILL and found.step(0).broken_by is None
    assert max(one.value for one in found.steps) == 20  # nothing is tried beyond what broke


def test_a_model_that_bears_nothing_has_a_range_of_nothing() -> None:
    found = explore(AXIS["light"], lambda value: step(value, Broken.ESCAPE if value else None))
    assert found.low.value == found.high.value == 0
    assert np.isclose([found.steps[0].value, found.steps[-1].value], [-5, 5]).all()
