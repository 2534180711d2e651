"""Measures what learning reaches on real parts: each figure beside what it is to reach, on parts it never saw."""

from inspector.bench.learning.measures import MEASURES, measure_all
from inspector.bench.learning.table import written
from inspector.bench.learning.trials import Bench

__all__ = ["MEASURES", "Bench", "measure_all", "written"]
