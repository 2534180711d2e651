"""The nouns of the program: frozen values without I/O, made once and never filled in later."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

GOOD = "good"
# A person saw a defect and has not said which: it waits in the review and is never trained on.
UNNAMED = "unnamed"
# A person took a word back: the record counts as not labelled again, and both words stay on file.
WITHDRAWN = "withdrawn"
# What a model calls a part that looks like no good one it was shown; never a person's word.
UNLIKE = "unlike"


def picture_digest(pixels: Pixels) -> str:
    """SHA-256 (64 hex digits) of a picture's shape and pixels: its name in the ledger, on disk and in every cache.

    Two files with the same pixels are the same picture, whatever their format.
    """
    hasher = hashlib.sha256("x".join(map(str, pixels.shape)).encode() + b"\n")
    hasher.update(np.ascontiguousarray(pixels).data)
    return hasher.hexdigest()


@dataclass(frozen=True, slots=True)
class Part:
    """One physical unit. `serial` is unique within its `lot`; `group` names the unit across pictures."""

    serial: str
    lot: str = ""
    part_number: str = ""

    @property
    def group(self) -> str:
        """What a split must never cut: all pictures with one group show one physical part."""
        return f"{self.lot}/{self.serial}" if self.lot else self.serial


class Affine(NamedTuple):
    """Where a point (x, y) goes: the rows of a 2 x 3 matrix, one after the other."""

    xx: float
    xy: float
    x0: float
    yx: float
    yy: float
    y0: float

    @classmethod
    def turning(cls, turn_deg: float, about: tuple[float, float], to: tuple[float, float]) -> Affine:
        """Turns clockwise on the screen about one point, and takes that point to another."""
        cos, sin = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
        (x, y), (to_x, to_y) = about, to
        return cls(cos, -sin, to_x - cos * x + sin * y, sin, cos, to_y - sin * x - cos * y)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.xx * x + self.xy * y + self.x0, self.yx * x + self.yy * y + self.y0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int

    @property
    def to_frame(self) -> Affine:
        """Takes a point (x, y), in pixels right and down from the upper left corner, to the Frame."""
        return Affine(1.0, 0.0, float(self.x), 0.0, 1.0, float(self.y))


@dataclass(frozen=True, slots=True)
class TurnedBox(Box):
    """A Box that lies turned about its middle: clockwise on the screen; its four numbers are those of it upright."""

    turn_deg: float

    @property
    def to_frame(self) -> Affine:
        half = self.width / 2, self.height / 2
        return Affine.turning(self.turn_deg, half, (self.x + half[0], self.y + half[1]))


@dataclass(frozen=True, slots=True)
class Stroke:
    """What a round brush went over: the pixels (x, y) it came by, in order, and its width in pixels."""

    points: tuple[tuple[int, int], ...]
    width: int


Region = Box | Stroke


class FrameStatus(StrEnum):
    """What became of the picture that a trigger asked for."""

    OK = "ok"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Pixels plus how and when they were taken.

    pixels: (height, width) grey or (height, width, 3) RGB, uint8; owned by the Frame and read-only. Empty (0, 0)
        where no picture came.
    sequence: the camera's own count of frames; trigger: the station's count of triggers.
    exposure_us, gain_db: as the camera reports them, None where it does not.
    taken_at: UTC; taken_ns: monotonic. skipped: frames the camera lost since the last one it delivered.
    """

    pixels: Pixels
    camera: str
    sequence: int
    trigger: int
    taken_at: datetime
    taken_ns: int
    exposure_us: float | None = None
    gain_db: float | None = None
    status: FrameStatus = FrameStatus.OK
    skipped: int = 0

    def __post_init__(self) -> None:
        owned = self.pixels
        if owned.base is not None or owned.flags.writeable:
            # A borrowed buffer would change under the verdict when the driver reuses it.
            owned = np.array(owned, dtype=np.uint8, order="C") if owned.base is not None else owned
            owned.flags.writeable = False
            object.__setattr__(self, "pixels", owned)

    @property
    def digest(self) -> str:
        return picture_digest(self.pixels)


@dataclass(frozen=True, slots=True)
class Tiles:
    """In how many rows and columns of tiles a model looks at a View; neighbours overlap.

    pieces: what it looks at one after the other: more tiles than one come behind the whole, shrunk to the size of one.
    """

    rows: int = 1
    columns: int = 1

    @property
    def count(self) -> int:
        return self.rows * self.columns

    @property
    def pieces(self) -> int:
        return 1 if self.count == 1 else 1 + self.count

    def __str__(self) -> str:
        return f"{self.rows}x{self.columns}"


ONE_TILE = Tiles()


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One aligned region of a Frame at the model's input size.

    pixels: (height, width, 3) RGB, uint8. box: the region in the Frame. to_frame: the 2 x 3 affine matrix
    (row by row) that takes a point (x, y) of the View to the Frame; pixels have their middles at whole numbers.
    """

    pixels: Pixels
    box: Box
    to_frame: tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Scores:
    """Raw numbers by one ModelVersion for one View; never clipped.

    classes: names in the model's own order; logits: one raw score per class, same order.
    defect: log-odds that the part is defective, logsumexp(defect logits) - good logit; larger is worse. Of a model that
    knows good parts alone it is how unlike them the part is, in deviations of good parts' own scores.
    heat: (rows, columns) float32, where the leading defect class was seen, same unit as a logit.
    embedding: (n,) float32. The two arrays take no part in comparisons.
    """

    model_id: str
    classes: tuple[str, ...]
    logits: tuple[float, ...]
    defect: float
    leading_defect: str
    heat: Floats = field(compare=False, repr=False)
    embedding: Floats = field(compare=False, repr=False)


class Decision(StrEnum):
    """Only OK opens the gate. UNFIT says that the station, not the part, is at fault."""

    OK = "ok"
    NG = "ng"
    RECHECK = "recheck"
    UNFIT = "unfit"


class Reason(StrEnum):
    """Why a Verdict is what it is; the screen puts it into the reader's language."""

    BELOW_LIMITS = "below_limits"
    ABOVE_REJECT_LIMIT = "above_reject_limit"
    BETWEEN_LIMITS = "between_limits"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    OUT_OF_FOCUS = "out_of_focus"
    EMPTY_VIEW = "empty_view"
    NOT_LOCATED = "not_located"
    FRAME_MISSING = "frame_missing"
    FRAME_INCOMPLETE = "frame_incomplete"
    FRAME_FAILED = "frame_failed"
    PROGRAM_FAULT = "program_fault"
    NO_MODEL = "no_model"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the station says of one part. score is the raw defect score, limit the one it was held against."""

    decision: Decision
    reason: Reason
    defect_class: str | None = None
    score: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Fitness:
    """What a Frame itself shows of light, focus and presence.

    brightness: mean grey level, 0 to 255. dark, bright: share of pixels at the ends of the range, 0 to 1.
    contrast: standard deviation of grey levels. focus: mean squared Laplacian divided by the grey variance
    (Pech-Pacheco et al. 2000, normalised so that light does not look like focus).
    """

    brightness: float
    dark: float
    bright: float
    contrast: float
    focus: float


@dataclass(frozen=True, slots=True)
class Inspection:
    """One Part from start to end. Timings ride beside it, so that a replay compares equal."""

    id: str = field(compare=False)
    part: Part
    station: str
    recipe_id: str
    model_id: str
    frame_digest: str
    frame_status: FrameStatus
    fitness: Fitness | None
    scores: Scores | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Timing:
    """When one Inspection happened: UTC for the record, monotonic nanoseconds for durations."""

    inspected_at: datetime
    trigger: int
    trigger_ns: int
    frame_ns: int
    verdict_ns: int

    @property
    def cycle_ms(self) -> float:
        """Milliseconds from the trigger to the verdict."""
        return (self.verdict_ns - self.trigger_ns) / 1e6


class Misfire(StrEnum):
    """A Verdict contradicted by a Label."""

    OVERKILL = "overkill"
    ESCAPE = "escape"


@dataclass(frozen=True, slots=True)
class Label:
    """A person's word on a Record; appended, never edited; the latest counts.

    defect_class: GOOD, the name of a defect, UNNAMED or WITHDRAWN. regions: where, in pixels of the Frame.
    """

    inspection_id: str
    who: str
    labelled_at: datetime
    defect_class: str
    regions: tuple[Region, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """An Inspection read back from the ledger, with its Labels in the order they were given.

    The scores come back without heat map and embedding (empty arrays): a replay of the picture gives them.
    recipe: the recipe's name (recipe_id pins its exact content).
    """

    inspection: Inspection
    timing: Timing
    recipe: str
    labels: tuple[Label, ...] = ()

    @property
    def label(self) -> Label | None:
        """The word that counts; None where none was given or the last one was taken back."""
        latest = self.labels[-1] if self.labels else None
        return None if latest is None or latest.defect_class == WITHDRAWN else latest

    @property
    def misfire(self) -> Misfire | None:
        if self.label is None:
            return None
        decision = self.inspection.verdict.decision
        if decision is Decision.NG and self.label.defect_class == GOOD:
            return Misfire.OVERKILL
        if decision is Decision.OK and self.label.defect_class != GOOD:
            return Misfire.ESCAPE
        return None


class Split(StrEnum):
    """On which side of the learning a part stands; the golden set is never trained on."""

    TRAIN = "train"
    GOLDEN = "golden"


class Origin(StrEnum):
    """Where an Example's word comes from."""

    IMPORTED = "import"
    LABELLED = "label"


@dataclass(frozen=True, slots=True)
class Example:
    """A picture with a person's word on it, to learn from: imported from a folder or a labelled Record.

    part: the group that a split must not cut. mask_digest: the stored region mask, where one was given. regions: where
    the label that counts says that the defect is; a Snapshot makes a mask of them.
    """

    digest: str
    defect_class: str
    part: str
    lot: str = ""
    origin: Origin = Origin.IMPORTED
    mask_digest: str | None = None
    source: str = ""
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class SnapshotEntry:
    """One picture of a Snapshot. mask: digest of the stored picture that marks the defect, "" where there is none.

    confirmed: a training suspected the picture, and a person said that it is good.
    """

    digest: str
    defect_class: str
    part: str
    split: Split
    mask: str = ""
    confirmed: bool = False

    def __str__(self) -> str:
        """What its snapshot's id is made of; it must never change for what was there before."""
        words = f"{self.digest} {self.split} {self.part} {self.defect_class} {self.mask}".rstrip()
        return f"{words} confirmed" if self.confirmed else words


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen list of what a model may learn from and what it is held against; its id is the hash of its content."""

    recipe: str
    entries: tuple[SnapshotEntry, ...]

    @property
    def id(self) -> str:
        lines = sorted(map(str, self.entries))
        return hashlib.sha256("\n".join([self.recipe, *lines]).encode()).hexdigest()

    @property
    def classes(self) -> tuple[str, ...]:
        """GOOD first, then the defects by name: the order of a model's outputs."""
        return (GOOD, *sorted({e.defect_class for e in self.entries} - {GOOD}))

    def only(self, split: Split) -> tuple[SnapshotEntry, ...]:
        return tuple(e for e in self.entries if e.split is split)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a ModelVersion promises; written once, beside its model.tflite.

    id: "v<number>-<first 8 hex digits of the model file's digest>". classes: output order, GOOD first.
    input_height, input_width: of the View in pixels. tiles: in which the file sees it, an invoke for each piece. mean,
    scale: a pixel enters as (pixel - mean) / scale.
    view_id: hash of the locate and ROI settings that the training pictures were cut with.
    recheck_limit, reject_limit: the suggested operating point on Scores.defect.
    results: measured figures (JSON values), each rate as {value, low, high, n}. receipt: size, speed and agreement.
    model_digest: SHA-256 of model.tflite.
    """

    id: str
    number: int
    recipe: str
    backbone: str
    classes: tuple[str, ...]
    input_height: int
    input_width: int
    mean: float
    scale: float
    quantisation: str
    view_id: str
    snapshot_id: str
    parent: str | None
    seed: int
    created_at: datetime
    recheck_limit: float
    reject_limit: float
    model_digest: str
    results: dict[str, Any] = field(compare=False, default_factory=dict)
    receipt: dict[str, Any] = field(compare=False, default_factory=dict)
    tiles: Tiles = ONE_TILE
