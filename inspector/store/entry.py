"""What a station hands to the ledger's writer: an inspected part, a challenger's word on it, a note beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inspector.domain import Inspection, Pixels, Timing, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One Inspection on its way into the ledger. pixels: the Frame's picture, None where it is not to be kept."""

    inspection: Inspection
    timing: Timing
    recipe: str
    pixels: Pixels | None

    @property
    def picture(self) -> Pixels | None:
        """What is to be stored: a frame that never came has no pixels."""
        return self.pixels if self.pixels is not None and self.pixels.size else None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened beside the inspections. detail: JSON values. happened_at: UTC."""

    happened_at: datetime
    kind: str
    recipe: str | None
    detail: dict[str, Any] = field(hash=False)


# Kinds of notes: which model is tried beside the one in use ("" ends it), and how a trial went.
CHALLENGED, TRIED = "challenged", "tried"


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a model that is only tried beside the one in use would have said of an inspected part. It moved nothing."""

    inspection_id: str
    model_id: str
    verdict: Verdict
