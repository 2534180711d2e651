"""What is found on cookies by a model that was shown whole ones alone, and how well its heat maps say where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inspector.bench.learning.coldstart.good_parts import HOW, Task, cookie_task, suspected, tried
from inspector.bench.learning.coldstart.regions import laid_over, pixel_auroc, pro
from inspector.bench.learning.finding import Figure, Finding, at_least
from inspector.bench.learning.tiles import ranked
from inspector.bench.learning.trials import Bench, Trial, left_out, scores_by
from inspector.domain import GOOD, Floats, Pixels, SnapshotEntry

_ABOUT = "Cookies: {learned} good pictures learned, {unseen} others scored by the shipped file. " + HOW
_REMARKS = (
    "Over pixels stand the good pictures and the defective ones with a mask ({masked} of {defective}); of the others "
    "nobody marked which pixels are good. Heat maps are enlarged to the picture's own size.",
    "PRO: mean overlap of marked regions, at thresholds that up to 30 % of good pixels exceed (Bergmann et al. 2021).",
    "Answered: as a person leaves it who looks at the {suspects} suspected picture(s), which are good, and says so.",
    "The settings of the training were looked at on these same pictures, which flatters.",
)


def cookies(bench: Bench) -> Finding:
    """Raises DatasetError where the data set is not there, and as a training does."""
    task = cookie_task(bench)
    done = tried(bench, task)
    masked = sum(bool(entry.mask) for entry in done.shown)
    defective = sum(one.defective for one in done.unseen)
    about = _ABOUT.format(learned=len(task.learned), unseen=len(done.unseen))
    what = {"masked": masked, "defective": defective, "suspects": len(suspected(done))}
    remarks = [words.format(**what) for words in _REMARKS]
    return Finding(about, _figures(bench, task, done), _rows(done), (*remarks, *left_out([done])))


def _figures(bench: Bench, task: Task, done: Trial) -> Mapping[str, Figure]:
    over_pixels, over_regions = found_where(*seen_again(bench, done))
    answered = tried(bench, task.answered(suspected(done)))
    return {
        "auroc": Figure(ranked(done.unseen), "AUROC over pictures", at_least(0.995)),
        "auroc_answered": Figure(ranked(answered.unseen), "the same, suspects answered", at_least(0.995)),
        "pixel_auroc": Figure(over_pixels, "AUROC over pixels"),
        "pro": Figure(over_regions, "PRO up to 30 % of good pixels hotter"),
    }


def found_where(heats: Sequence[Floats], masks: Sequence[Pixels]) -> tuple[float, float]:
    """AUROC over pixels, and PRO, of what seen_again gives."""
    return pixel_auroc(heats, masks), pro(heats, masks)


def seen_again(bench: Bench, done: Trial) -> tuple[list[Floats], list[Pixels]]:
    """Heat maps at their pictures' own size, and which of these pixels were marked."""
    known = [entry for entry in done.shown if entry.mask or entry.defect_class == GOOD]
    masks = [_mask(bench, entry) for entry in known]
    scored = scores_by(bench, done.recipe, done.version.model, done.version.card, known)
    return [laid_over(one.heat, *mask.shape) for one, mask in zip(scored, masks, strict=True)], masks


def _mask(bench: Bench, entry: SnapshotEntry) -> Pixels:
    """(height, width); of a good picture nothing is marked."""
    if not entry.mask:
        return np.zeros(bench.workspace.images.get(entry.digest).shape[:2], np.uint8)
    mask = bench.workspace.images.get(entry.mask)
    return mask if mask.ndim == 2 else np.asarray(mask.max(axis=2), dtype=np.uint8)


def _rows(done: Trial) -> Sequence[Mapping[str, Any]]:
    """Each class of defects against the good pictures."""
    names = sorted({one.defect_class for one in done.unseen} - {GOOD})
    return [
        {
            "class": name,
            "pictures": sum(one.defect_class == name for one in done.unseen),
            "good": sum(not one.defective for one in done.unseen),
            "auroc": ranked([one for one in done.unseen if one.defect_class in (GOOD, name)]),
        }
        for name in names
    ]
