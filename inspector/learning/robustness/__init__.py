"""How much light, blur, shift and the like may change before a model's operating point no longer holds."""

from inspector.learning.robustness.certificate import Certificate, file_of, load, save
from inspector.learning.robustness.certifying import PARTS, certify
from inspector.learning.robustness.disturbances import AXES, Axis, Scene
from inspector.learning.robustness.sweep import (
    DEFAULT_RULES,
    Broken,
    End,
    HoldRules,
    Range,
    Step,
    explore,
    measure_step,
)

__all__ = [
    "AXES",
    "DEFAULT_RULES",
    "PARTS",
    "Axis",
    "Broken",
    "Certificate",
    "End",
    "HoldRules",
    "Range",
    "Scene",
    "Step",
    "certify",
    "explore",
    "file_of",
    "load",
    "measure_step",
    "save",
]
