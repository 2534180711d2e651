"""What a camera must do, whoever made it; `inspector.testing.CameraContract` is this text as tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from inspector.domain import Frame
from inspector.recipe import CameraSettings, TriggerMode


class CameraState(StrEnum):
    """CLOSED before open and after close; READY open; ARMED expects triggers; LOST gone until opened again."""

    CLOSED = "closed"
    READY = "ready"
    ARMED = "armed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """One camera that can be opened: `source` goes into the recipe, `label` is for people."""

    backend: str
    source: str
    label: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One adjustable number of a camera, in the unit its name says (exposure_us, gain_db, ...)."""

    name: str
    value: float
    minimum: float
    maximum: float
    increment: float
    locked: bool


class Camera(Protocol):
    """One open camera. All calls come from one thread; leaving the `with` block closes it.

    Every Frame owns its pixels. A frame that is incomplete or failed is delivered with its status, never swallowed;
    frames that the camera lost are counted in the next one's `skipped`.
    """

    @property
    def name(self) -> str:
        """What Frame.camera says."""
        ...

    @property
    def state(self) -> CameraState: ...

    def parameters(self) -> Sequence[Parameter]:
        """The adjustable numbers, with the camera's own limits."""
        ...

    def set_parameter(self, name: str, value: float) -> float:
        """Set one and return what the camera made of it. Raises DeviceError naming the range."""
        ...

    def arm(self, trigger: TriggerMode) -> None:
        """Begin to expect triggers. Raises CameraLost."""
        ...

    def disarm(self) -> None:
        """Stop expecting triggers; frames under way are dropped."""
        ...

    def trigger(self, number: int) -> None:
        """Ask for one frame (software trigger); the Frame bears `number` as its trigger. Raises CameraLost."""
        ...

    def next_frame(self, timeout_s: float) -> Frame:
        """Wait for the next frame. Raises TriggerTimeout when none came, CameraLost when none can come."""
        ...

    def close(self) -> None:
        """Give the camera back; may be called twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class CameraBackend(Protocol):
    """A plug-in of the group inspector.cameras: a class made without arguments."""

    def discover(self) -> Sequence[CameraInfo]:
        """The cameras that could be opened now; empty where there are none."""
        ...

    def open(self, settings: CameraSettings) -> Camera:
        """Open settings.source and apply exposure and gain. Raises CameraLost with what to do."""
        ...
