"""How a stored picture looks in a report: the judged region as it is, and beside it where the model saw the defect."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np

from inspector.domain import Box, Floats, Pixels, Scores
from inspector.errors import StoreError
from inspector.opencv import cv2
from inspector.pictures import encode_jpeg
from inspector.pipeline.assemble import ScoresViews
from inspector.pipeline.locate import locate
from inspector.pipeline.view import make_view
from inspector.recipe import Recipe
from inspector.store.images import ImageStore

LONGEST_PX = 320
_OPACITY = 0.55
_OUTLINED = 0.65


@dataclass(frozen=True, slots=True)
class Depiction:
    """plain, heat: JPEG files; heat is the same region with what the model saw, None where it was not run.

    words: why something is missing, "" where nothing is.
    """

    plain: bytes | None
    heat: bytes | None = None
    words: str = ""


def data_uri(jpeg: bytes) -> str:
    """A picture inside the page itself."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


class Depicting:
    """Draws stored pictures of one recipe, for the price of one invoke each.

    classifier: None where the model does not fit the region that the recipe cuts; then the whole picture is shown.
    reject_limit: on Scores.defect, what full heat stands for.
    """

    def __init__(
        self,
        images: ImageStore,
        recipe: Recipe,
        classifier: ScoresViews | None,
        template: Pixels | None,
        reject_limit: float,
    ) -> None:
        self._images = images
        self._recipe = recipe
        self._classifier = classifier
        self._template = template
        self._reject_limit = reject_limit

    def of(self, digest: str) -> Depiction:
        """One picture, by its digest; a missing one says so instead of ending the report."""
        try:
            pixels = self._images.get(digest)
        except StoreError:
            return Depiction(None, words="The picture is not in this workspace, or is damaged.")
        if self._classifier is None:
            return Depiction(_shown(_shrunk(pixels)), words="No heat map: the recipe cuts another region today.")
        box = locate(pixels, self._recipe, self._template)
        if box is None:
            return Depiction(
                _shown(_shrunk(pixels)), words="The part is not found in this picture; all of it is shown."
            )
        scores = self._classifier.classify(make_view(pixels, box, *self._classifier.input_size))
        region = _region(pixels, box)
        return Depiction(_shown(region), _shown(_heated(region, scores, self._reject_limit)))


def _shown(pixels: Pixels) -> bytes:
    return encode_jpeg(pixels)


def _region(pixels: Pixels, box: Box) -> Pixels:
    """The box in its own proportions, at most LONGEST_PX long, as RGB."""
    factor = min(1.0, LONGEST_PX / max(box.width, box.height))
    return make_view(pixels, box, max(1, round(box.height * factor)), max(1, round(box.width * factor))).pixels


def _shrunk(pixels: Pixels) -> Pixels:
    return _region(pixels, Box(0, 0, pixels.shape[1], pixels.shape[0]))


def _heated(region: Pixels, scores: Scores, reject_limit: float) -> Pixels:
    """The region with its heat laid over and the hottest places outlined, so that it also reads in black and white.

    What leans to good stays clear. Full colour is the reject limit or the hottest place, whichever is more: a cold
    map never glows.
    """
    share = _share(scores.heat, region.shape[0], region.shape[1], reject_limit)
    levels = (70 + share * 175).astype(np.uint8)
    # The upper part of the inferno map keeps its order in grey and for colour-blind eyes (Smith and van der Walt).
    colour = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    opacity = (np.clip((share - 0.15) / 0.6, 0.0, 1.0) * _OPACITY)[:, :, np.newaxis]
    mixed = np.ascontiguousarray((region * (1 - opacity) + colour * opacity).astype(np.uint8))
    contours, _ = cv2.findContours((share >= _OUTLINED).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(mixed, contours, -1, (0, 0, 0), 3)
    cv2.drawContours(mixed, contours, -1, (255, 255, 255), 1)
    return mixed


def _share(heat: Floats, height: int, width: int, reject_limit: float) -> Floats:
    hottest = max(float(heat.max(initial=0.0)), 0.0)
    full = max(hottest, reject_limit, 1e-6)
    spread = np.asarray(cv2.resize(heat, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.float32)
    return np.clip(spread, 0.0, hottest) / np.float32(full)  # no heat that was not measured
