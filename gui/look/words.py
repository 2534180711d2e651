"""The words for the nouns of the program, in the reader's language."""

from __future__ import annotations

from PySide6.QtCore import QObject

from inspector.domain import GOOD, UNLIKE, Decision, Misfire, Reason, Verdict
from inspector.learning.limit_samples import LimitSample


class Words(QObject):
    """Turns values into what a person reads; defect classes are the user's own words and stay as they are."""

    def decision(self, decision: Decision) -> str:
        words = {
            Decision.OK: self.tr("OK"),
            Decision.NG: self.tr("NG"),
            Decision.RECHECK: self.tr("RECHECK"),
            Decision.UNFIT: self.tr("UNFIT"),
        }
        return words[decision]

    def defect_class(self, name: str) -> str:
        known = {GOOD: self.tr("good"), UNLIKE: self.tr("unlike good parts")}
        return known.get(name) or name.replace("_", " ")

    def misfire(self, misfire: Misfire) -> str:
        return self.tr("overkill") if misfire is Misfire.OVERKILL else self.tr("escape")

    def reason(self, reason: Reason) -> str:
        words = {
            Reason.BELOW_LIMITS: self.tr("no defect found"),
            Reason.ABOVE_REJECT_LIMIT: self.tr("defect found"),
            Reason.BETWEEN_LIMITS: self.tr("a person must look"),
            Reason.TOO_DARK: self.tr("picture too dark"),
            Reason.TOO_BRIGHT: self.tr("picture too bright"),
            Reason.OUT_OF_FOCUS: self.tr("picture out of focus"),
            Reason.EMPTY_VIEW: self.tr("nothing in view"),
            Reason.NOT_LOCATED: self.tr("part not located"),
            Reason.FRAME_MISSING: self.tr("no picture came"),
            Reason.FRAME_INCOMPLETE: self.tr("picture incomplete"),
            Reason.FRAME_FAILED: self.tr("picture failed"),
            Reason.PROGRAM_FAULT: self.tr("program fault"),
            Reason.NO_MODEL: self.tr("no model yet"),
        }
        return words[reason]

    def cause(self, verdict: Verdict) -> str:
        """What stands under the big word: the defect's class, or why there is none."""
        if verdict.defect_class and verdict.decision in {Decision.NG, Decision.RECHECK}:
            return self.defect_class(verdict.defect_class)
        return self.reason(verdict.reason)

    def nearness(self, sample: LimitSample) -> str:
        """How far a limit sample lies, held against how far the taught pictures lie from their nearest."""
        count, of = sample.farther_than
        if count == of:
            rank = self.tr("farther than any taught picture from its nearest")
        elif 2 * count < of:
            rank = self.tr("as near as taught pictures are")
        else:
            rank = self.tr("farther than {0} of {1} taught pictures from their nearest").format(count, of)
        return self.tr("{0} times the usual distance, {1}").format(f"{sample.distance:.1f}", rank)

    def step(self, name: str) -> str:
        """A step of a training as it says it; one that is not known keeps its name."""
        words = {
            "comparing": self.tr("Comparing the pictures"),
            "looking": self.tr("Looking at each part in many lights"),
            "tuning": self.tr("Adapting the network"),
            "network": self.tr("Building the network"),
            "features": self.tr("Describing the pictures"),
            "fitting": self.tr("Telling the classes apart"),
            "verification": self.tr("Checking the finished file"),
            "golden": self.tr("Measuring the golden parts"),
        }
        return words.get(name, name)

    def duration(self, seconds: float) -> str:
        """A remaining time, rounded to what a person needs."""
        whole = max(0, round(seconds))
        if whole < 60:
            return self.tr("{0} s").format(whole)
        if whole < 3600:
            return self.tr("{0} min {1} s").format(whole // 60, whole % 60)
        return self.tr("{0} h {1} min").format(whole // 3600, whole % 3600 // 60)

    def percent(self, share: float) -> str:
        return self.tr("{0} %").format(f"{100 * share:.1f}")

    def interval(self, low: float, high: float) -> str:
        """Both ends of a confidence interval, in percent."""
        return self.tr("{0} to {1} %").format(f"{100 * low:.1f}", f"{100 * high:.1f}")
