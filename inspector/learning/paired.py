"""Whether a challenger beats the model in use, by the parts on which they differ: exact whenever it is looked at."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from inspector.domain import GOOD, Decision
from inspector.metrics import Proportion, clopper_pearson

_COST_OF_GOOD = {Decision.OK: 0, Decision.RECHECK: 1, Decision.NG: 2}  # the worse, the more a good part costs
_FARTHEST = 5000  # labels: a decision beyond that is no help to anybody


class Advice(StrEnum):
    """What the labelled disagreements support by now."""

    PROMOTE = "promote"
    KEEP_WATCHING = "keep_watching"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class TrialRules:
    """When a trial is decided.

    alpha: the chance of promoting a challenger that is no better, and of discarding one that is no worse, however
    often one looks. escape_weight: a new escape counts against promotion as so many lost parts. escape_alpha: the
    chance that is taken of discarding, for its escapes alone, one that has no more of them: larger than alpha, as an
    escape reaches a customer and a discarded model can be trained again.
    """

    alpha: float = 0.05
    escape_weight: int = 10
    escape_alpha: float = 0.2


DEFAULT_RULES = TrialRules()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A part on which the two decide differently. defect_class: the truth. before: by the model in use."""

    part: str
    defect_class: str
    before: Decision
    after: Decision

    @property
    def gain(self) -> int:
        """1: the challenger is right where the other is wrong, or less wrong; -1: the reverse; 0: neither.

        A defective part is right where it is stopped, by NG or RECHECK alike; a good one costs nothing at OK, a look
        at RECHECK, itself at NG.
        """
        if self.defect_class == GOOD:
            was, would = _COST_OF_GOOD[self.before], _COST_OF_GOOD[self.after]
            return (was > would) - (was < would)
        return (self.before is Decision.OK) - (self.after is Decision.OK)

    @property
    def new_escape(self) -> bool:
        return self.defect_class != GOOD and self.gain < 0

    @property
    def newly_stopped(self) -> bool:
        return self.defect_class != GOOD and self.gain > 0


def evidence(wins: int, losses: int) -> float:
    """By how much the wins speak for "more than half", as a natural logarithm.

    The likelihood of each share above one half, all weighed alike, over that of one half itself. While the true share
    is one half or less, its exponential is a supermartingale that starts at 1: it ever reaches 1 / alpha with a chance
    of alpha at most, however often one looks and whenever one stops. Sources: H. Robbins, Annals of Mathematical
    Statistics 41 (1970) 1397-1409; J. Ville, Etude critique de la notion de collectif (1939).
    """
    from scipy.special import betainc, betaln  # here, because a station that only inspects never needs it

    tail = float(betainc(losses + 1, wins + 1, 0.5))  # of the shares above one half
    if tail == 0.0:
        return -math.inf
    return (wins + losses + 1) * math.log(2) + float(betaln(wins + 1, losses + 1)) + math.log(tail)


@dataclass(frozen=True, slots=True)
class Tally:
    """Labelled disagreements by what they say. losses include new_escapes, wins newly_stopped; ties say nothing."""

    wins: int
    losses: int
    ties: int
    new_escapes: int
    newly_stopped: int
    rules: TrialRules = DEFAULT_RULES

    @property
    def share(self) -> Proportion:
        """Parts won by the challenger, of those won by either."""
        return clopper_pearson(self.wins, self.wins + self.losses)

    @property
    def for_it(self) -> float:
        """log evidence for promotion; losses that are counted more than once can only lower it, so alpha holds."""
        return evidence(self.wins, self.losses + (self.rules.escape_weight - 1) * self.new_escapes)

    @property
    def against_it(self) -> float:
        """log evidence for discarding."""
        return evidence(self.losses, self.wins)

    @property
    def advice(self) -> Advice:
        rules = self.rules
        escapes = evidence(self.new_escapes, self.newly_stopped)
        if self.against_it >= math.log(1 / rules.alpha) or escapes >= math.log(1 / rules.escape_alpha):
            return Advice.DISCARD
        return Advice.PROMOTE if self.for_it >= math.log(1 / rules.alpha) else Advice.KEEP_WATCHING

    @property
    def more_needed(self) -> int | None:
        """About how many more labelled disagreements decide it if they go on falling as they did; None: too many."""
        telling = (self.wins + self.losses + 1) / (self.wins + self.losses + self.ties + 1)
        step = 0
        while step <= _FARTHEST:
            if self._after(step).advice is not Advice.KEEP_WATCHING:
                return math.ceil(step / telling)
            step += 1 + step // 20
        return None

    def _after(self, further: int) -> Tally:
        """This one, and as many further wins and losses as have their share today; of nothing yet, wins alone."""
        decided = self.wins + self.losses
        won = round(further * (self.wins + 1) / (decided + 2)) if decided else further
        lost = further - won
        return replace(
            self,
            wins=self.wins + won,
            losses=self.losses + lost,
            new_escapes=self.new_escapes + round(lost * self.new_escapes / max(1, self.losses)),
            newly_stopped=self.newly_stopped + round(won * self.newly_stopped / max(1, self.wins)),
        )

    def sentence(self) -> str:
        """The advice in plain words, with what stands behind it."""
        share, decided = self.share, self.wins + self.losses
        if not decided:
            least = f"It takes at least {self.more_needed} labelled ones."
            return f"No disagreement is labelled yet on which one of the two did better. {least}"
        return (
            f"Of {decided} labelled parts on which one of the two did better, the challenger won {self.wins} "
            f"({share.value:.0%}, 95 % interval {share.low:.0%} to {share.high:.0%}); {self.new_escapes} defective "
            f"parts would pass that are stopped today, {self.newly_stopped} would be stopped that pass today. "
            f"{self._consequence()}"
        )

    def _consequence(self) -> str:
        if self.advice is Advice.PROMOTE:
            return f"That is enough to promote it (chance of error at most {self.rules.alpha:.0%})."
        if self.advice is Advice.DISCARD:
            return "That is enough to discard it."
        more = self.more_needed
        if more is None:
            return f"Keep watching: as it goes, more than {_FARTHEST} further labels would be needed."
        return f"Keep watching: about {more} more labelled disagreements decide it if they fall as until now."


def tally(disagreements: Iterable[Disagreement], rules: TrialRules = DEFAULT_RULES) -> Tally:
    """Count labelled disagreements, one for each part."""
    found = list(disagreements)
    gains = [one.gain for one in found]
    return Tally(
        wins=gains.count(1),
        losses=gains.count(-1),
        ties=gains.count(0),
        new_escapes=sum(one.new_escape for one in found),
        newly_stopped=sum(one.newly_stopped for one in found),
        rules=rules,
    )
