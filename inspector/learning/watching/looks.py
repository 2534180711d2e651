"""Light, contrast and focus on the line, against what a model was taught and what its certificate says it bears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from statistics import median

from inspector.learning.watching import drift
from inspector.learning.watching.reference import Reference, Taught
from inspector.learning.watching.seen import Seen
from inspector.learning.watching.signals import CONTRAST, FOCUS, LIGHT, Signal

# Without a certificate: how far the middle part may lie beyond what was taught, as a factor on either end.
_BEYOND = {LIGHT: (0.95, 1.05), CONTRAST: (0.85, 1.15), FOCUS: (0.8, 1.25)}
_MEASURES = {LIGHT: "brightness", CONTRAST: "contrast", FOCUS: "focus"}


def band(reference: Reference, name: str) -> tuple[float, float]:
    """How far the middle part may move: by the certificate where it says so, else around what was taught."""
    taught = reference.looks[_MEASURES[name]]
    low, high = _BEYOND[name]
    limits = taught.low * low, taught.high * high
    certificate = reference.certificate
    light = certificate.range("light") if certificate else None
    blur = certificate.range("blur") if certificate else None
    if name == LIGHT and light:
        return light.step(light.low.value).brightness, light.step(light.high.value).brightness
    if name == FOCUS and blur:
        return blur.step(blur.high.value).focus, limits[1]
    return limits


def looks(reference: Reference, history: Sequence[Seen], window: Sequence[Seen]) -> Iterator[Signal]:
    """Light, contrast and focus of the newest parts."""
    for name in _MEASURES if reference.looks else ():
        measure = _MEASURES[name]
        taught, (low, high) = reference.looks[measure], band(reference, name)
        values = [value for one in window if (value := one.look(measure)) is not None]
        if not values:
            continue
        since = _since(history, measure, low, high)
        now = median(values)
        yield Signal(
            name=name,
            p=drift.outside_band(values, low, high),
            words=_look_words(reference, name, taught, now, (low, high), since),
            since=since,
            figures={"now": now, "taught_low": taught.low, "taught": taught.middle, "taught_high": taught.high}
            | {"limit_low": low, "limit_high": high},
        )


def _since(history: Sequence[Seen], measure: str, low: float, high: float) -> datetime | None:
    """When the level changed; None where it was outside from the first part on."""
    known = [(one.at, value) for one in history if (value := one.look(measure)) is not None]
    start = drift.change_point([value for _, value in known])
    before = [value for _, value in known[:start]]
    return known[start][0] if before and low <= median(before) <= high else None


def _look_words(
    reference: Reference, name: str, taught: Taught, now: float, limits: tuple[float, float], since: datetime | None
) -> str:
    change = now / taught.middle - 1
    began = f"since {since.astimezone():%A %Y-%m-%d %H:%M}" if since else "since this model came into use"
    certified = reference.certificate is not None and name != CONTRAST
    source = "by its certificate" if certified else "with the usual allowance"
    return (
        f"{name} {'fell' if change < 0 else 'rose'} {abs(change):.0%} {began}: {_shown(now)} now; the model was taught "
        f"between {_shown(taught.low)} and {_shown(taught.high)} and may be used from {_shown(limits[0])} to "
        f"{_shown(limits[1])} {source}"
    )


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.3g}"
