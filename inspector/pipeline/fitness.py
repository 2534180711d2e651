"""Whether a Frame is fit to judge at all: light, focus, and something in view."""

from __future__ import annotations

import numpy as np

from inspector.domain import Box, Decision, Fitness, Frame, FrameStatus, Pixels, Reason, Verdict
from inspector.opencv import cv2
from inspector.recipe import FitnessLimits

DARK_LEVEL = 4
BRIGHT_LEVEL = 251
_LIGHT_SAMPLES = 256
_FOCUS_BANDS = 3
_FOCUS_ROWS = 64

_STATUS_REASONS = {
    FrameStatus.MISSING: Reason.FRAME_MISSING,
    FrameStatus.INCOMPLETE: Reason.FRAME_INCOMPLETE,
    FrameStatus.FAILED: Reason.FRAME_FAILED,
}


def measure(pixels: Pixels, region: Box | None = None) -> Fitness:
    """Light, contrast and focus of a picture, or of the part of a region, taken upright, that lies inside it.

    pixels: (height, width) or (height, width, 3), uint8. Light is read from a grid of about 256 x 256 samples, focus
    from three bands at full resolution: enough to see a lamp fail or a lens turn, at a tenth of a verdict's time.
    Focus is the mean squared Laplacian over the grey variance (Pech-Pacheco et al., ICPR 2000), so that dimmer light
    alone does not look like blur.
    """
    if region is not None:
        inside = pixels[max(0, region.y) : region.y + region.height, max(0, region.x) : region.x + region.width]
        pixels = inside if inside.size else pixels
    grey = pixels if pixels.ndim == 2 else pixels[:, :, 1]
    row_step = max(1, grey.shape[0] // _LIGHT_SAMPLES)
    column_step = max(1, grey.shape[1] // _LIGHT_SAMPLES)
    sample = np.ascontiguousarray(grey[::row_step, ::column_step])
    counts = cv2.calcHist([sample], [0], None, [256], [0, 256]).ravel()
    mean, deviation = cv2.meanStdDev(sample)
    return Fitness(
        brightness=float(mean[0, 0]),
        dark=float(counts[: DARK_LEVEL + 1].sum() / sample.size),
        bright=float(counts[BRIGHT_LEVEL:].sum() / sample.size),
        contrast=float(deviation[0, 0]),
        focus=_focus(grey),
    )


def _focus(grey: Pixels) -> float:
    height = grey.shape[0]
    sharpness = 0.0
    variance = 0.0
    for band in range(_FOCUS_BANDS):
        middle = height * (band + 1) // (_FOCUS_BANDS + 1)
        rows = np.ascontiguousarray(grey[max(0, middle - _FOCUS_ROWS // 2) : middle + _FOCUS_ROWS // 2])
        _, edges = cv2.meanStdDev(cv2.Laplacian(rows, cv2.CV_16S))
        _, levels = cv2.meanStdDev(rows)
        sharpness += float(edges[0, 0]) ** 2
        variance += float(levels[0, 0]) ** 2
    return sharpness / variance if variance > 0 else 0.0


def unfit(frame: Frame, fitness: Fitness | None, limits: FitnessLimits) -> Verdict | None:
    """The UNFIT Verdict of a Frame that must not be judged, or None for one that may.

    fitness is None exactly when the Frame brought no pixels to measure.
    """
    if frame.status is not FrameStatus.OK or fitness is None:
        return Verdict(Decision.UNFIT, _STATUS_REASONS.get(frame.status, Reason.FRAME_FAILED))
    return outside(fitness, limits)


def outside(fitness: Fitness, limits: FitnessLimits) -> Verdict | None:
    """The UNFIT Verdict of a picture that shows too little, or None for one that shows enough to be judged."""
    checks = (
        (fitness.brightness < limits.min_brightness, Reason.TOO_DARK, fitness.brightness, limits.min_brightness),
        (fitness.dark > limits.max_dark, Reason.TOO_DARK, fitness.dark, limits.max_dark),
        (fitness.brightness > limits.max_brightness, Reason.TOO_BRIGHT, fitness.brightness, limits.max_brightness),
        (fitness.bright > limits.max_bright, Reason.TOO_BRIGHT, fitness.bright, limits.max_bright),
        (fitness.contrast < limits.min_contrast, Reason.EMPTY_VIEW, fitness.contrast, limits.min_contrast),
        (fitness.focus < limits.min_focus, Reason.OUT_OF_FOCUS, fitness.focus, limits.min_focus),
    )
    for failed, reason, value, limit in checks:
        if failed:
            return Verdict(Decision.UNFIT, reason, score=value, limit=limit)
    return None
