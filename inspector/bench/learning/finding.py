"""One measure's figures, what each is to reach, and whether it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inspector.metrics import Proportion, clopper_pearson, finite


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure is to reach: at least or at most `bound`."""

    bound: float
    at_least: bool

    def holds(self, value: float) -> bool:
        """A value that is no number reaches nothing."""
        return value >= self.bound if self.at_least else value <= self.bound


def at_least(bound: float) -> Target:
    return Target(bound, at_least=True)


def at_most(bound: float) -> Target:
    return Target(bound, at_least=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. means: what it is, in words. target: None where it is only told.

    rate: where the value is a share, with what stands behind it. unit: "" for a share or a bare number.
    """

    value: float
    means: str
    target: Target | None = None
    rate: Proportion | None = None
    unit: str = ""

    @property
    def holds(self) -> bool | None:
        """None without a target."""
        return None if self.target is None else self.target.holds(self.value)

    def to_json(self) -> dict[str, Any]:
        rate, target = self.rate, self.target
        return {
            "value": finite(self.value),
            "means": self.means,
            "unit": self.unit,
            "low": rate.low if rate else None,
            "high": rate.high if rate else None,
            "n": rate.n if rate else None,
            "target": target.bound if target else None,
            "at_least": target.at_least if target else None,
            "holds": self.holds,
        }


def share(rate: Proportion, means: str, target: Target | None = None) -> Figure:
    return Figure(rate.value, means, target, rate)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one measure found.

    about: what was done, in a sentence or two. figures: by name. rows: what they are made of, one for each fold or
    round, all with the same keys. remarks: what to know before believing them. pictures: SVG files, by their
    names.
    """

    about: str
    figures: Mapping[str, Figure]
    rows: Sequence[Mapping[str, Any]] = ()
    remarks: Sequence[str] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether every figure reaches its target."""
        return all(figure.holds is not False for figure in self.figures.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "holds": self.holds,
            "figures": {name: figure.to_json() for name, figure in self.figures.items()},
            "rows": [dict(row) for row in self.rows],
            "remarks": list(self.remarks),
        }


def pooled(rates: Sequence[Proportion]) -> Proportion:
    """Shares of different things as one share of them all."""
    known = [rate for rate in rates if rate.n]
    return clopper_pearson(sum(round(rate.value * rate.n) for rate in known), sum(rate.n for rate in known))
