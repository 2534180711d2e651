"""How a Snapshot becomes a published candidate: what a training is asked for, and what its result is taken as."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

from inspector.domain import ONE_TILE, ModelCard, Snapshot
from inspector.errors import TrainingError
from inspector.learning import runs
from inspector.learning.augmentation import DEFAULT, Augmentation
from inspector.learning.runs import Progress, Run, Task
from inspector.parsing import tiles_of
from inspector.pipeline.tiles import MOST_TILES
from inspector.recipe import Recipe
from inspector.store.cards import CARD, read_card
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

__all__ = ["DEFAULT_BACKBONE", "LOOKS", "Progress", "Trainer", "TrainingRun", "looks_of"]

DEFAULT_BACKBONE = "efficientnet-lite0"
# features: a head on the network as it is, in seconds. finetune, adapter: the network itself is adapted, in minutes;
# all of its upper half, or a low-rank change of it.
FEATURES, FINETUNE, ADAPTER = "features", "finetune", "adapter"
# anomaly: from good parts alone, how unlike them a part is.
ANOMALY = "anomaly"
MODES = (FEATURES, FINETUNE, ADAPTER, ANOMALY)
# How often a model looks at each part: as it is, or also in three mirrors, for four times the work
# (docs/decisions/looks.md).
LOOKS = (1, 4)
# In how many tiles a part is looked at: rows and columns, such as "2x3", or as many as the time allows.
AUTO_TILES = "auto"
# Of the time that the line has for its verdict, what looking at the part may take: taking the picture is the rest.
SHARE_OF_DEADLINE = 0.5
# How far parts may lie turned, either way.
MOST_TURNED_DEG = 180.0
# Of RAM, what the places may take that a model of good parts remembers.
MEMORY_MB = 40.0
TRAINING = Task("training", "train")

TrainingRun: TypeAlias = Run[ModelVersion]  # its result is the published candidate


def looks_of(card: ModelCard) -> int:
    """How often the model looks at each part; once, where its card says nothing of it."""
    looks = card.results.get("looks", 1)
    return looks if looks in LOOKS else 1


def check_looks(mode: str, looks: int | None) -> None:
    """Raises TrainingError where a mode does not take so many looks; None: whatever it takes."""
    if mode == ANOMALY and looks not in (None, min(LOOKS)):
        raise TrainingError(
            f"looks: expected {min(LOOKS)} for a model from good parts alone (mode {ANOMALY}), received {looks}"
        )


def check_tiles(mode: str, tiles: str | None, budget_ms: float | None) -> None:
    """Raises TrainingError where a mode does not take such tiles, or the time for them is none; None: what it takes."""
    if budget_ms is not None and not 0 < budget_ms < math.inf:
        raise TrainingError(f"budget_ms: expected a time above 0 ms, received {budget_ms}")
    if tiles is None or tiles == str(ONE_TILE):
        return
    found = tiles_of(tiles)
    if tiles != AUTO_TILES and (found is None or found.count > MOST_TILES):
        raise TrainingError(
            f"tiles: expected {AUTO_TILES}, or rows and columns such as 2x3, at most {MOST_TILES} tiles in all; "
            f"received {tiles!r}"
        )
    if mode != ANOMALY:
        raise TrainingError(
            f"tiles: expected {ONE_TILE} for a model of mode {mode}, received {tiles!r}; only a model of good parts "
            f"alone (mode {ANOMALY}) looks at a part in tiles"
        )


def check_memory(mode: str, memory_mb: float | None) -> None:
    """Raises TrainingError where a mode remembers no places, or the RAM for them is none; None: the usual."""
    if memory_mb is not None and not 0 < memory_mb < math.inf:
        raise TrainingError(f"memory_mb: expected a size above 0 MB, received {memory_mb}")
    if memory_mb is not None and mode != ANOMALY:
        raise TrainingError(
            f"memory_mb: expected none for a model of mode {mode}, received {memory_mb:g}; only a model of good parts "
            f"alone (mode {ANOMALY}) remembers places"
        )


def _of_good_parts(
    mode: str,
    recipe: Recipe,
    in_use: ModelCard | None,
    tiles: str | None,
    budget_ms: float | None,
    memory_mb: float | None,
    turned_deg: float | None,
) -> dict[str, str | float | None]:
    """What a job says of a model of good parts alone. Raises TrainingError where a mode does not take what is asked."""
    check_tiles(mode, tiles, budget_ms)
    check_memory(mode, memory_mb)
    before = in_use if mode == ANOMALY else None
    return {
        "tiles": tiles if tiles is not None else str(before.tiles if before else ONE_TILE),
        "budget_ms": budget_ms or SHARE_OF_DEADLINE * recipe.line.deadline_ms,
        "memory_mb": memory_mb,
        "turned_deg": _turned(mode, in_use, turned_deg),
    }


def check_turned(mode: str, turned_deg: float | None) -> None:
    """Raises TrainingError where a mode does not learn turned copies, or a part cannot lie so; None: what it takes."""
    if turned_deg is not None and not 0 <= turned_deg <= MOST_TURNED_DEG:
        raise TrainingError(
            f"turned_deg: expected 0 to {MOST_TURNED_DEG:g} degrees, either way, received {turned_deg:g}"
        )
    if turned_deg and mode != ANOMALY:
        raise TrainingError(
            f"turned_deg: expected 0 for a model of mode {mode}, received {turned_deg:g}; only a model of good parts "
            f"alone (mode {ANOMALY}) learns turned copies"
        )


def turned_of(card: ModelCard) -> float:
    """How far parts may lie turned, in degrees, as the model was taught; 0 where its card says nothing of it."""
    turned_deg = card.results.get("turned_deg", 0.0)
    known = isinstance(turned_deg, int | float) and 0 <= turned_deg <= MOST_TURNED_DEG
    return float(turned_deg) if known else 0.0


def _turned(mode: str, in_use: ModelCard | None, turned_deg: float | None) -> float:
    """What is asked for, or what the model in use has. Raises as check_turned."""
    check_turned(mode, turned_deg)
    if turned_deg is None:
        return turned_of(in_use) if in_use and mode == ANOMALY else 0.0
    return turned_deg


def check_float_model(mode: str, file: Path | None) -> None:
    """Raises TrainingError where a mode does not write the model in float32."""
    if file and mode != ANOMALY:
        raise TrainingError(
            f"float_model: expected mode {ANOMALY}, received {mode}; `inspector optimise --variants float` makes the "
            "float variant of such a model"
        )


class Trainer:
    """Starts trainings for one workspace. `command` stands in for the program that is installed."""

    def __init__(self, workspace: Workspace, command: Sequence[str] | None = None) -> None:
        self._workspace = workspace
        self._command = command

    def start(
        self,
        recipe: Recipe,
        snapshot: Snapshot,
        backbone: str | None = None,
        seed: int = 0,
        weights: Path | None = None,
        *,
        mode: str = FEATURES,
        looks: int | None = None,
        tiles: str | None = None,
        budget_ms: float | None = None,
        turned_deg: float | None = None,
        memory_mb: float | None = None,
        how: Augmentation = DEFAULT,
        fresh: bool = False,
        tensorboard: Path | None = None,
        float_model: Path | None = None,
    ) -> TrainingRun:
        """Start the process and return at once; the workspace stays as it is until the candidate is published.

        backbone: by name, None: that of the model in use, or DEFAULT_BACKBONE. mode: one of MODES. looks: one of LOOKS,
        None: as the model in use, or 1; ANOMALY takes 1 alone. tiles: rows and columns or AUTO_TILES, of ANOMALY alone;
        None: as the model in use, or one. budget_ms: for ANOMALY to look at one part; None: SHARE_OF_DEADLINE of the
        line's deadline. memory_mb: of RAM for places that ANOMALY remembers; None: MEMORY_MB. turned_deg: of parts,
        either way, of ANOMALY alone; None: as the model in use, or 0. how: what an adaptation shows the network. fresh:
        a head on the pretrained network in any case. tensorboard: folder for the course of an adaptation. float_model:
        file for the same model in float32, of ANOMALY alone. Raises TrainingError where training is missing or a mode
        does not take that, StoreError where no job can be written.
        """
        check_looks(mode, looks)
        check_float_model(mode, float_model)
        in_use = self._workspace.versions.load(recipe.name, recipe.model_id).card if recipe.model_id else None
        chosen = backbone or (in_use.backbone if in_use else DEFAULT_BACKBONE)
        wishes = {
            "backbone": chosen,
            "weights": str(weights) if weights else None,
            "mode": mode,
            "looks": looks or (looks_of(in_use) if in_use and mode != ANOMALY else min(LOOKS)),
            **_of_good_parts(mode, recipe, in_use, tiles, budget_ms, memory_mb, turned_deg),
            "augmentation": how.to_json(),
            "adapted": self._adapted(recipe, in_use, chosen) if in_use and mode == FEATURES and not fresh else None,
            "tensorboard": str(tensorboard.absolute()) if tensorboard else None,
            "float_model": str(float_model.absolute()) if float_model else None,
            "seed": seed,
            "parent": recipe.model_id or None,
            "number": self._workspace.versions.next_number(recipe.name),
        }
        publish = partial(self._publish, snapshot=snapshot)
        return runs.start(self._workspace, TRAINING, recipe, snapshot, wishes, publish, self._command)

    def _adapted(self, recipe: Recipe, in_use: ModelCard, backbone: str) -> str | None:
        """The folder of the version whose adapted network the model in use stands on, where it fits."""
        by = in_use.results.get("adapted_by")
        if not by or (in_use.backbone, in_use.view_id) != (backbone, recipe.view_id):
            return None
        return str(self._workspace.versions.load(recipe.name, by).folder)

    def _publish(self, output: Path, snapshot: Snapshot) -> ModelVersion:
        card = read_card(output / CARD)
        if (card.recipe, card.snapshot_id) != (snapshot.recipe, snapshot.id):
            raise TrainingError(
                f"the training process made a model for {card.recipe}, snapshot {card.snapshot_id[:12]}; expected "
                f"{snapshot.recipe}, {snapshot.id[:12]}; its program does not fit this one"
            )
        return self._workspace.versions.publish(output, card)
