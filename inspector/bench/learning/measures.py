"""Which measures of learning there are, by name, and in which order they are taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from inspector.bench.learning.cells import cells
from inspector.bench.learning.coldstart import (
    WITHIN_S,
    build,
    cookies,
    eight_bits,
    invoke,
    methods,
    poisoning,
    resolution,
    turned,
    unseen,
    unseen_with_defects,
)
from inspector.bench.learning.finding import Finding
from inspector.bench.learning.operator import operator
from inspector.bench.learning.quantisation import quantisation
from inspector.bench.learning.tiles import tiles
from inspector.bench.learning.trials import Bench
from inspector.errors import RecipeError

MEASURES: Mapping[str, Callable[[Bench], Finding]] = {
    "tiles": tiles,
    "cells": cells,
    "quantisation": quantisation,
    "operator": operator,
    "coldstart-cookies": cookies,
    "coldstart-invoke": invoke,
    "coldstart-int8": eight_bits,
    "coldstart-tiles": unseen,
    "coldstart-defects": unseen_with_defects,
    "coldstart-poisoning": poisoning,
    "coldstart-resolution": resolution,
    "coldstart-turned": turned,
    "coldstart-methods": methods,
    **{f"coldstart-build-{count}": partial(build, pictures=count, within_s=most) for count, most in WITHIN_S.items()},
}


def measure_all(bench: Bench, only: Sequence[str] = ()) -> dict[str, Finding]:
    """Take the measures, all or only some, in the order of MEASURES. Raises RecipeError for a name that is none."""
    unknown = [name for name in only if name not in MEASURES]
    if unknown:
        raise RecipeError(f"bench-learning --only: expected one of {', '.join(MEASURES)}, received {unknown[0]!r}")
    chosen = [name for name in MEASURES if not only or name in only]
    return {name: MEASURES[name](bench) for name in chosen}
