"""Measures this PC: each figure beside the bare floor it stands on, taken in the same run."""

from inspector.bench.measures import MEASURES, measure_all

__all__ = ["MEASURES", "measure_all"]
