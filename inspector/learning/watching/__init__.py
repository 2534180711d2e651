"""Watches a line for what has changed since its model was taught: light, focus, scores, product mix, misfires, time."""

from inspector.learning.watching.advice import MIN_PARTS
from inspector.learning.watching.drift import LIFE_ALPHA
from inspector.learning.watching.guard import Guard
from inspector.learning.watching.reference import Reference
from inspector.learning.watching.signals import Signal
from inspector.learning.watching.watch import ALARM, CALM, PARTS, Watch, note, reference_of, standing_alarm, watch

__all__ = [
    "ALARM",
    "CALM",
    "LIFE_ALPHA",
    "MIN_PARTS",
    "PARTS",
    "Guard",
    "Reference",
    "Signal",
    "Watch",
    "note",
    "reference_of",
    "standing_alarm",
    "watch",
]
