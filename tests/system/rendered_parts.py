"""Rendered parts as the features that a head is fitted on: rendered and looked at once, learned from many times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from inspector.devices.render import render_part
from inspector.devices.render.program import DEFECT_CLASSES, DefectShare, LineProgram, RenderSettings
from inspector.domain import GOOD, Box, Floats, Pixels
from inspector.learning.operating_point import NO_EXPERIENCE
from inspector.metrics import Outcome
from inspector.pipeline.judge import decide
from inspector.pipeline.view import make_view
from inspector.recipe import Limits
from models import network as networks
from models.backbones import registry
from models.crossvalidation import STRENGTHS, Examples, Indices, out_of_fold
from models.export.verification import Agreement, Numbers, agreement_of
from models.figures import outcomes, suggest
from models.head import Head, defect_scores, fitting
from models.network import Extractor

CLASSES = (GOOD, *sorted(DEFECT_CLASSES))
POOL, UNTOUCHED = 500, 600
LINE = RenderSettings(
    seed=77,
    program=LineProgram(defects=tuple(DefectShare(name, 0.1) for name in DEFECT_CLASSES), parts_per_lot=25),
)
REGION = Box(110, 30, 420, 420)
CALIBRATION = 100

# What a station does to a picture that nobody meant it to do, as a table of grey levels.
LEVELS = np.arange(256.0)
WRONG_LEVELS = {
    "half the light": LEVELS * 0.5,
    "scaled by 255 instead of 128": 127 + (LEVELS - 127) * 128 / 255,
    "a negative": 255 - LEVELS,
    "another mean": LEVELS - 40,
}


@dataclass(frozen=True, eq=False)
class Model:
    """A head at its limits, with the rows of its card: what heads that had not seen the learned parts said of them.

    written: the head that the file holds instead, where writing it went wrong. seen_as: (parts, n) what the file sees
    instead of the right features, where that went wrong.
    """

    head: Head
    limits: Limits
    classes: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    written: Head | None = None
    seen_as: Floats | None = None


@dataclass(frozen=True, eq=False)
class RenderedParts:
    """features: (parts, n). wrong: by what was done to the picture, (parts, n).

    reference: of the first CALIBRATION parts, from Keras. truth: (parts,) indices into CLASSES. Each picture shows a
    part of its own; the first POOL of them may be learned from, the others nobody touches.
    """

    features: Floats
    wrong: dict[str, Floats]
    reference: Floats
    noise: Floats
    truth: Indices

    @property
    def untouched(self) -> Indices:
        return np.arange(POOL, len(self.truth))

    def examples(self, chosen: Indices, labels: Indices | None = None) -> Examples:
        """What is known of the chosen parts; labels: what somebody says they are, instead of the truth."""
        said = self.truth[chosen] if labels is None else labels
        present = np.unique(said)
        return Examples(
            features=self.features[chosen, np.newaxis],
            noise=self.noise,
            digests=tuple(str(part) for part in chosen),
            truth=np.searchsorted(present, said),
            parts=chosen.astype(np.str_),
            classes=tuple(CLASSES[place] for place in present),
        )

    def learned(self, chosen: Indices, seed: int, labels: Indices | None = None) -> Model:
        """A training as the product does it, on the pictures alone, at one penalty: it takes a fraction of a second."""
        examples = self.examples(chosen, labels)
        logits = out_of_fold(examples, STRENGTHS[0], seed, lambda: None)
        limits = suggest(outcomes(examples, logits, NO_EXPERIENCE))
        rows = tuple(
            {"digest": digest, "part": digest, "defect_class": examples.classes[truth], "score": float(score)}
            for digest, truth, score in zip(examples.digests, examples.truth, defect_scores(logits), strict=True)
        )
        with fitting():
            return Model(examples.fit(STRENGTHS[0]), limits, examples.classes, rows)

    def outcomes(self, chosen: Indices, model: Model) -> list[Outcome]:
        return [
            Outcome(f"{part:05d}", CLASSES[self.truth[part]], decide(float(score), model.limits), float(score))
            for part, score in zip(chosen, self._scores(chosen, model), strict=True)
        ]

    def checked(self, model: Model) -> Agreement:
        """The check of its file against Keras, as a training makes it before there is a candidate."""
        expected = defect_scores(model.head.logits(self.reference))
        received = self._scores(np.arange(len(self.reference)), model)
        return agreement_of(expected, received, model.limits, [row["score"] for row in model.rows])

    def _scores(self, chosen: Indices, model: Model) -> Numbers:
        features = self.features if model.seen_as is None else model.seen_as
        return defect_scores((model.written or model.head).logits(features[chosen]))


def render() -> RenderedParts:
    """Render all parts and let a quantised EfficientNet-Lite0, calibrated on the first of them, look at each."""
    backbone = registry.find("efficientnet-lite0")
    views, truth = [], []
    for number in range(POOL + UNTOUCHED):
        part = render_part(LINE, number)
        views.append(make_view(part.pixels, REGION, backbone.height, backbone.width).pixels)
        truth.append(CLASSES.index(part.defect_class))
    first = {str(number): views[number] for number in range(CALIBRATION)}
    network = networks.build(backbone, None, "int8", first, list(first), lambda _done: None)
    extractor = Extractor(network.content, network.shift, backbone)

    def seen(table: Pixels) -> Floats:
        return np.stack([extractor.features(table[view]) for view in views])

    right = seen(np.arange(256, dtype=np.uint8))
    wrong = {name: seen(np.clip(levels, 0, 255).astype(np.uint8)) for name, levels in WRONG_LEVELS.items()}
    reference = np.stack([network.reference[digest] for digest in first])
    return RenderedParts(right, wrong, reference, network.noise, np.array(truth))
