"""The simulated gate: closed unless a timely OK opens it, and honest about what each part got."""

from __future__ import annotations

import pytest

from inspector.devices.line import LineMessage
from inspector.devices.lines import GateAction, NoLineBackend, SimulatedLine, SimulatedLineBackend
from inspector.domain import Decision, Part, Reason, Verdict
from inspector.errors import LineLost, RecipeError
from inspector.recipe import LineSettings
from inspector.testing import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def opened(clock: ManualClock, **options: object) -> SimulatedLine:
    return SimulatedLineBackend(clock, clock.wait).open(LineSettings(backend="simulated", options=options))


def message(clock: ManualClock, trigger: int, decision: Decision = Decision.OK, left_ms: float = 100.0) -> LineMessage:
    verdict = Verdict(decision, Reason.BELOW_LIMITS)
    return LineMessage(trigger, Part(f"{trigger:04d}", "L7"), verdict, clock.ns() + int(left_ms * 1e6))


def test_the_log_reads_like_a_shift_book(clock: ManualClock) -> None:
    line = opened(clock)
    line.send(message(clock, 1))
    line.send(message(clock, 2, Decision.NG))
    line.send(message(clock, 3, left_ms=-1))
    assert [str(event) for event in line.log] == [
        "trigger 1, part L7/0001: ok -> opened",
        "trigger 2, part L7/0002: ng -> kept closed",
        "trigger 3, part L7/0003: ok -> too late, kept closed",
    ]


@pytest.mark.parametrize("decision", [Decision.NG, Decision.RECHECK, Decision.UNFIT])
def test_in_doubt_the_gate_stays_closed(clock: ManualClock, decision: Decision) -> None:
    line = opened(clock)
    line.send(message(clock, 1, decision))
    assert not line.opened_for(1)


def test_a_slow_controller_still_acts_before_the_deadline(clock: ManualClock) -> None:
    line = opened(clock, delay_ms=40)
    line.send(message(clock, 1, left_ms=50))
    assert line.opened_for(1)
    assert line.log[0].acted_ns == clock.ns()


def test_a_verdict_that_expires_on_its_way_never_takes_effect_and_is_reported(clock: ManualClock) -> None:
    line = opened(clock, delay_ms=60)
    with pytest.raises(LineLost, match=r"60 ms.*L7/0001"):
        line.send(message(clock, 1, left_ms=50))
    assert [event.action for event in line.log] == [GateAction.TOO_LATE]
    line.send(message(clock, 2, left_ms=70))
    assert line.opened_for(2)
    assert not line.opened_for(1)


def test_the_moment_of_expiry_is_too_late(clock: ManualClock) -> None:
    line = opened(clock)
    line.send(message(clock, 1, left_ms=0))
    assert not line.opened_for(1)


def test_a_lost_controller_is_reported_for_each_part_and_opens_for_none(clock: ManualClock) -> None:
    line = opened(clock, lose_after=2)
    line.send(message(clock, 1))
    line.send(message(clock, 2))
    for trigger in (3, 4):
        with pytest.raises(LineLost, match=f"L7/000{trigger}.*start the line again"):
            line.send(message(clock, trigger))
    assert [line.opened_for(trigger) for trigger in (1, 2, 3, 4)] == [True, True, False, False]
    assert line.log[-1].action is GateAction.LOST


def test_the_log_keeps_the_newest(clock: ManualClock) -> None:
    line = opened(clock, log_length=3)
    for trigger in range(10):
        line.send(message(clock, trigger))
    assert [event.trigger for event in line.log] == [7, 8, 9]


@pytest.mark.parametrize(
    "options", [{"delay_ms": -1}, {"lose_after": 1.5}, {"log_length": 0}, {"delay": 3}], ids=lambda o: next(iter(o))
)
def test_a_wrong_option_is_named(clock: ManualClock, options: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=next(iter(options))):
        opened(clock, **options)


def test_a_line_without_output_takes_everything(clock: ManualClock) -> None:
    line = NoLineBackend().open(LineSettings())
    for trigger, decision in enumerate(Decision):
        line.send(message(clock, trigger, decision, left_ms=-5))
    line.close()
