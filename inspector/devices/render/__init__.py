"""Machined parts on a belt, rendered with their ground truth: the camera of the simulated line and its datasets."""

from inspector.devices.render.dataset import GROUPS_FILE, write_dataset
from inspector.devices.render.light import Sensor
from inspector.devices.render.part import RenderedPart, render_part
from inspector.devices.render.program import (
    DEFECT_CLASSES,
    PART_NUMBER,
    DefectShare,
    LineProgram,
    RenderSettings,
    defect_of,
    part_of,
)

__all__ = [
    "DEFECT_CLASSES",
    "GROUPS_FILE",
    "PART_NUMBER",
    "DefectShare",
    "LineProgram",
    "RenderSettings",
    "RenderedPart",
    "Sensor",
    "defect_of",
    "part_of",
    "render_part",
    "write_dataset",
]
