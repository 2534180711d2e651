"""What the simulated line makes in each round, what is on the table on its first day, and which parts nobody labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from inspector.devices.render import DefectShare, LineProgram, RenderedPart, RenderSettings, defect_of, render_part
from inspector.domain import GOOD, Box

REGION = Box(110, 30, 420, 420)  # the part and its scatter
_FIRST_DAY, _UNTOUCHED = 1, 2  # added to the line's seed: parts of other lines, so that none of them ever comes by


@dataclass(frozen=True, slots=True)
class Mix:
    """A rendered line whose truth is known.

    known: the classes of defects that the first model is taught. later: the one that nobody knows of before round
    `later_from` (1 = the first). share: of the line's parts that show each of these defects, 0 to 1. taught: parts of
    each class, good ones too, on the first day. untouched: how many parts of each class are kept for measuring.
    """

    seed: int = 900
    rounds: int = 8
    parts_per_round: int = 300
    known: tuple[str, ...] = ("dent", "missing_hole", "scratch", "stain")
    later: str = "burr"
    later_from: int = 4
    share: float = 0.02
    taught: int = 5
    untouched_good: int = 600
    untouched_defective: int = 120
    width: int = 640
    height: int = 480
    region: Box = REGION

    @property
    def defects(self) -> tuple[str, ...]:
        return (*self.known, self.later)

    def older(self, round_: int) -> tuple[str, ...]:
        """The defects that were on the line, or on the table, before this round."""
        return self.defects if round_ > self.later_from else self.known

    def made(self, round_: int) -> Iterator[RenderedPart]:
        """The parts of a round, 1 = the first, as they come by."""
        shares = [DefectShare(name, self.share) for name in self.known]
        begins = (self.later_from - 1) * self.parts_per_round
        line = self._line(0, (*shares, DefectShare(self.later, self.share, from_part=begins)))
        first = (round_ - 1) * self.parts_per_round
        return (render_part(line, number) for number in range(first, first + self.parts_per_round))

    def first_day(self) -> Iterator[RenderedPart]:
        """What the first model is taught from."""
        return self._drawn(_FIRST_DAY, self.known, dict.fromkeys((GOOD, *self.known), self.taught))

    def untouched(self) -> Iterator[RenderedPart]:
        """Parts that no model learns from and no gate sees."""
        wanted = dict.fromkeys(self.defects, self.untouched_defective) | {GOOD: self.untouched_good}
        return self._drawn(_UNTOUCHED, self.defects, wanted)

    def _drawn(self, other: int, defects: tuple[str, ...], wanted: Mapping[str, int]) -> Iterator[RenderedPart]:
        """The first parts of another line, as many of each class as are wanted."""
        line = self._line(other, tuple(DefectShare(name, 0.5 / len(defects)) for name in defects))
        missing = Counter(wanted)
        for number in count():
            if not missing.total():
                return
            name = defect_of(line, number)
            if missing[name]:
                missing[name] -= 1
                yield render_part(line, number)

    def _line(self, other: int, defects: tuple[DefectShare, ...]) -> RenderSettings:
        return RenderSettings(self.seed + other, self.width, self.height, LineProgram(defects))
