"""Good parts that are shown to the camera on purpose: which pictures become Examples, and the last one taken back."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace

from inspector.domain import GOOD, WITHDRAWN, Example, Frame, Part, Reason
from inspector.learning.duplicates import Sketch, same_shot, sketch_of
from inspector.pipeline.assemble import sight
from inspector.pipeline.fitness import unfit
from inspector.recipe import Recipe
from inspector.store.disk import require_free
from inspector.store.workspace import Workspace

A_START, ENOUGH = 20, 200  # good parts, as docs/good-parts.md says them
_NAMED = re.compile(r"(?:^|/)shown-(\d+)$")
_WHY = {
    Reason.FRAME_MISSING: "no picture came: check the camera's cable and power",
    Reason.FRAME_INCOMPLETE: "the picture is incomplete: check the camera's cable",
    Reason.FRAME_FAILED: "the picture failed: check the camera's cable and power",
    Reason.TOO_DARK: "the picture is too dark: check the lamp and the lens cap",
    Reason.TOO_BRIGHT: "the picture is too bright: check for light from outside, or a reflection",
    Reason.OUT_OF_FOCUS: "the picture is out of focus: check the lens",
    Reason.EMPTY_VIEW: "there is nothing in view: lay a part under the camera",
    Reason.NOT_LOCATED: "the part is not found in the picture: lay it in its place",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of one picture.

    part: the name it was kept under, "" where it was not. why: in plain words, "" where it was kept.
    good_parts: that there are to learn from now. like: the part shown before it, where it looks the very same.
    """

    part: str
    why: str
    good_parts: int
    like: str = ""


class ShownParts:
    """Keeps the pictures of good parts, each as a part of its own, durable before `keep` returns; from any thread.

    What the station would not judge is not learned from either, and one picture never becomes two parts.
    lot: that the parts belong to. good_parts: that there are to learn from now, however they came. Raises StoreError
    where the ledger, or the mark to find parts by, cannot be read.
    """

    def __init__(self, workspace: Workspace, recipe: Recipe, lot: str = "") -> None:
        self._workspace = workspace
        self._recipe = recipe
        self._lot = lot
        mark = recipe.locate.template
        self._template = workspace.images.get(mark) if mark else None
        examples = workspace.ledger.examples(recipe.name, every=True)
        self._known = {example.digest: example for example in examples if example.defect_class != WITHDRAWN}
        self._last = max(
            map(_number, [*(one.part for one in examples), *workspace.ledger.golden(recipe.name)]), default=0
        )
        self.good_parts = len({example.part for example in examples if example.defect_class == GOOD})
        self._kept: list[tuple[Example, Sketch]] = []
        self._guard = threading.Lock()

    @property
    def kept(self) -> int:
        """How many parts were shown here and not taken back."""
        return len(self._kept)

    def keep(self, frame: Frame) -> Shown:
        """Keep a picture as a good part, if it is fit and new. Raises StoreError; what was kept before stays."""
        why = self._unfit(frame)
        with self._guard:
            why = why or self._repeated(frame.digest)
            if why:
                return Shown("", why, self.good_parts)
            one = self._store(frame)
            sketch = sketch_of(frame.pixels, one.digest, one.part)
            before = self._kept[-1:]
            self._last += 1
            self._known[one.digest] = one
            self._kept.append((one, sketch))
            self.good_parts += 1
            like = [example.part for example, earlier in before if same_shot(sketch, earlier)]
            return Shown(one.part, "", self.good_parts, *like)

    def take_back(self) -> str:
        """The last part shown was not good: it is learned from no more. Returns its name, "" where there is none."""
        with self._guard:
            if not self._kept:
                return ""
            last, _ = self._kept[-1]
            self._workspace.ledger.add_examples(self._recipe.name, [replace(last, defect_class=WITHDRAWN)])
            self._kept.pop()
            del self._known[last.digest]
            self.good_parts -= 1
            return last.part

    def _unfit(self, frame: Frame) -> str:
        found, fitness = sight(frame, self._recipe, self._template)
        verdict = unfit(frame, fitness, self._recipe.fitness)
        if verdict:
            return _WHY[verdict.reason]
        return _WHY[Reason.NOT_LOCATED] if found is None else ""

    def _repeated(self, digest: str) -> str:
        known = self._known.get(digest)
        if known is None:
            return ""
        if known.defect_class == GOOD:
            return f"it is the very picture of part {known.part}, which counts once: lay the next part under the camera"
        said = f"the same picture is known as {known.defect_class} (part {known.part})"
        return f"{said}: a person has to say which is right"

    def _store(self, frame: Frame) -> Example:
        workspace, recipe = self._workspace, self._recipe
        require_free(workspace.images.folder, workspace.settings.free_space_mb)
        digest = workspace.images.put(frame.pixels)
        part = Part(f"shown-{self._last + 1:05d}", self._lot, recipe.part_number)
        source = f"shown to {frame.camera} by {workspace.settings.operator}, {frame.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        example = Example(digest, GOOD, part.group, part.lot, source=source)
        workspace.ledger.add_examples(recipe.name, [example])
        return example


def _number(part: str) -> int:
    """Of a part that was shown; 0 for any other, so that no name is given twice."""
    found = _NAMED.search(part)
    return int(found[1]) if found else 0
