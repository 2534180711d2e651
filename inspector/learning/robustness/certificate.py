"""What a model's operating point withstands, as a value, as a sentence and as a file beside the models."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from inspector.errors import StoreError
from inspector.learning.robustness.disturbances import AXES
from inspector.learning.robustness.sweep import Broken, End, HoldRules, Range, Step
from inspector.metrics import Proportion
from inspector.recipe import Limits, Recipe
from inspector.store.disk import write_whole
from inspector.store.workspace import Workspace

_FILE = "robustness.json"
_WORDS = {axis.name: axis for axis in AXES}


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where the operating point of one model at these limits holds.

    good, defective: golden parts that were tried; golden_parts: how many there are. The nearest to the limits go
    first, with as many drawn by their names: where not all were tried, the rates are worse than those of all.
    """

    recipe: str
    model: str
    view_id: str
    limits: Limits
    rules: HoldRules
    golden_parts: int
    good: int
    defective: int
    working: Step
    ranges: tuple[Range, ...]

    @property
    def sentence(self) -> str:
        """The whole certificate in one sentence; * marks an end to which nothing broke."""
        said = ", ".join(_range_words(found) for found in self.ranges)
        return (
            f"{self.model} is valid for {said} (each by itself; * as far as was tried; {self.defective} defective and "
            f"{self.good} good golden parts: no new escape, at most {self.rules.max_overkill_rise:.0%} more of the "
            f"good ones rejected and {self.rules.max_stopped_rise:.0%} more stopped)."
        )

    def fits(self, recipe: Recipe) -> bool:
        """Whether it speaks of what the recipe runs now."""
        return (self.model, self.view_id, self.limits) == (recipe.model_id, recipe.view_id, recipe.limits)

    def range(self, axis: str) -> Range | None:
        return next((found for found in self.ranges if found.axis == axis), None)

    def to_json(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in ("recipe", "model", "view_id")},
            "limits": asdict(self.limits),
            "rules": asdict(self.rules),
            **{name: getattr(self, name) for name in ("golden_parts", "good", "defective")},
            "sentence": self.sentence,
            "working": self.working.to_json(),
            "ranges": [
                asdict(replace(found, steps=())) | {"steps": [step.to_json() for step in found.steps]}
                for found in self.ranges
            ],
        }

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError where the table is not one that `to_json` made."""
        return cls(
            recipe=str(table["recipe"]),
            model=str(table["model"]),
            view_id=str(table["view_id"]),
            golden_parts=int(table["golden_parts"]),
            good=int(table["good"]),
            defective=int(table["defective"]),
            limits=Limits(**table["limits"]),
            rules=HoldRules(**table["rules"]),
            working=_step(table["working"]),
            ranges=tuple(_range(row) for row in table["ranges"]),
        )


def _range_words(found: Range) -> str:
    axis = _WORDS[found.axis]

    def shown(end: End) -> str:
        return axis.shown(end.value) + ("*" if end.broken_by is Broken.END else "")

    return axis.words.format(low=shown(found.low), high=shown(found.high))


def _range(row: dict[str, Any]) -> Range:
    if row["axis"] not in _WORDS:
        raise ValueError(f"unknown axis {row['axis']!r}")
    low, high = (End(float(row[side]["value"]), Broken(row[side]["broken_by"])) for side in ("low", "high"))
    return Range(row["axis"], row["unit"], low, high, tuple(_step(step) for step in row["steps"]))


def _step(row: dict[str, Any]) -> Step:
    return Step(
        value=float(row["value"]),
        escape=_proportion(row["escape"]),
        overkill=_proportion(row["overkill"]),
        recheck=_proportion(row["recheck"]),
        unfit=_proportion(row["unfit"]),
        new_escapes=tuple(row["new_escapes"]),
        broken_by=None if row["broken_by"] is None else Broken(row["broken_by"]),
        brightness=float(row["brightness"]),
        contrast=float(row["contrast"]),
        focus=float(row["focus"]),
    )


def _proportion(row: dict[str, Any]) -> Proportion:
    value = row["value"]
    return Proportion(math.nan if value is None else float(value), float(row["low"]), float(row["high"]), row["n"])


def file_of(workspace: Workspace, recipe: str, model: str) -> Path:
    """Beside the models and not among them: a version's folder is never edited."""
    return workspace.path / "reports" / recipe / model / _FILE


def save(workspace: Workspace, certificate: Certificate) -> Path:
    """Whole or not at all; the same parts and model give the same bytes. Raises StoreError."""
    file = file_of(workspace, certificate.recipe, certificate.model)
    write_whole(file, json.dumps(certificate.to_json(), indent=1, allow_nan=False).encode())
    return file


def load(workspace: Workspace, recipe: str, model: str) -> Certificate | None:
    """None where the model has none yet. Raises StoreError where the file is not readable."""
    file = file_of(workspace, recipe, model)
    try:
        return Certificate.from_json(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise StoreError(
            f"{file}: not a readable certificate: {error!r}; `inspector certify` makes it again"
        ) from error
