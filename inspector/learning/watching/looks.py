"""Light, contrast and focus on the line, against what a model was taught and what its certificate says it bears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from inspector.learning.watching import drift
from inspector.learning.watching.reference import Reference, Taught
from inspector.learning.watching.seen import Seen
from inspector.learning.watching.signals import CONTRAST, FOCUS, LIGHT, Signal

# Without a certificate: how far the middle part may lie beyond what was taught, and from the parts before, as factors.
_BEYOND_TAUGHT = {LIGHT: (0.95, 1.05), CONTRAST: (0.85, 1.15), FOCUS: (0.8, 1.25)}
_FROM_BEFORE = {LIGHT: (0.9, 1.1), CONTRAST: (0.8, 1.25), FOCUS: (0.7, 1.4)}
_MIN_BEFORE = 100
_MEASURES = {LIGHT: "brightness", CONTRAST: "contrast", FOCUS: "focus"}


def band(reference: Reference, name: str, before: Sequence[float]) -> tuple[float, float]:
    """How far the middle part may move: by the certificate where it says so, else around what was taught and was seen.

    before: the same measure of the parts before the window; too few of them set no limit.
    """
    taught = reference.looks[_MEASURES[name]]
    low, high = _BEYOND_TAUGHT[name]
    limits = taught.low * low, taught.high * high
    certificate = reference.certificate
    light = certificate.range("light") if certificate else None
    blur = certificate.range("blur") if certificate else None
    if name == LIGHT and light:
        return light.step(light.low.value).brightness, light.step(light.high.value).brightness
    if name == FOCUS and blur:
        return blur.step(blur.high.value).focus, limits[1]
    if len(before) < _MIN_BEFORE:
        return limits
    (less, more), usual = _FROM_BEFORE[name], median(before)
    narrower = max(limits[0], usual * less), min(limits[1], usual * more)
    return narrower if narrower[0] < narrower[1] else limits


def looks(reference: Reference, history: Sequence[Seen], window: Sequence[Seen]) -> Iterator[Signal]:
    """Light, contrast and focus of the newest parts."""
    for name, measure in _MEASURES.items() if reference.looks else ():
        values = [value for one in window if (value := one.look(measure)) is not None]
        if not values:
            continue
        before = [value for one in history[: -len(window)] if (value := one.look(measure)) is not None]
        taught, limits = reference.looks[measure], band(reference, name, before)
        change = _change(history, measure, limits)
        certified = reference.certificate is not None and name != CONTRAST
        now = median(values)
        yield Signal(
            name=name,
            p=drift.outside_band(values, *limits),
            words=(
                f"{_moved(name, now, taught, change)}: {_shown(now)} now; the model was taught between "
                f"{_shown(taught.low)} and {_shown(taught.high)} and may be used from {_shown(limits[0])} to "
                f"{_shown(limits[1])} {'by its certificate' if certified else 'with the usual allowance'}"
            ),
            since=change.at if change else None,
            figures={"now": now, "taught_low": taught.low, "taught": taught.middle, "taught_high": taught.high}
            | {"limit_low": limits[0], "limit_high": limits[1]},
        )


@dataclass(frozen=True, slots=True)
class _Change:
    """When a level changed, and what it was before."""

    at: datetime
    before: float


def _change(history: Sequence[Seen], measure: str, limits: tuple[float, float]) -> _Change | None:
    """None where the level was outside from the first part on: then nothing has changed since."""
    known = [(one.at, value) for one in history if (value := one.look(measure)) is not None]
    start = drift.change_point([value for _, value in known])
    if not start:
        return None
    before = median(value for _, value in known[:start])
    return _Change(known[start][0], before) if limits[0] <= before <= limits[1] else None


def _moved(name: str, now: float, taught: Taught, change: _Change | None) -> str:
    if change is None:
        share = now / taught.middle - 1
        return f"{name} is {abs(share):.0%} {'lower' if share < 0 else 'higher'} than taught since the model runs"
    share = now / change.before - 1
    return f"{name} {'fell' if share < 0 else 'rose'} {abs(share):.0%} since {change.at.astimezone():%A %Y-%m-%d %H:%M}"


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.3g}"
