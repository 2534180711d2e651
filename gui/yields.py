"""The numbers behind the p-chart: parts judged in each hour and the limits that chance alone keeps to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HourCount:
    """Parts judged in one hour: `accepted` (OK) of `judged` (all but UNFIT). hour: its start, UTC."""

    hour: datetime
    accepted: int
    judged: int

    @property
    def share(self) -> float:
        """Accepted parts / judged parts; judged must not be 0."""
        return self.accepted / self.judged


def control_limits(hours: Sequence[HourCount]) -> list[tuple[float, float]]:
    """Lower and upper three-sigma limits of the accepted share in each hour, 0 to 1.

    Source: the p-chart of W. A. Shewhart, "Economic Control of Quality of Manufactured Product" (1931), with a
    limit for each hour's own number of parts. An hour without parts gets 0 and 1.
    """
    total = sum(hour.judged for hour in hours)
    mean = sum(hour.accepted for hour in hours) / total if total else 0.0
    reaches = [3 * math.sqrt(mean * (1 - mean) / hour.judged) if hour.judged else 1.0 for hour in hours]
    return [(max(0.0, mean - reach), min(1.0, mean + reach)) for reach in reaches]


def out_of_control(hours: Sequence[HourCount]) -> tuple[HourCount, ...]:
    """The hours whose yield lies outside their limits: something other than chance was at work."""
    pairs = zip(hours, control_limits(hours), strict=True)
    return tuple(hour for hour, (low, high) in pairs if hour.judged and not low <= hour.share <= high)
