"""How a model becomes smaller or faster: which variants are asked for, and what the best of them is taken as."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from inspector.errors import TrainingError
from inspector.learning import runs
from inspector.learning import snapshot as snapshots
from inspector.learning.runs import Run, Task
from inspector.recipe import Recipe
from inspector.store.cards import CARD, read_card
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

OPTIMISED = "optimised"
VARIANTS = ("float", "dynamic", "int8", "qat", "pruned")
STEPS = 40
OPTIMISATION = Task("optimisation", "optimise")
_TABLE, _WINNER = "variants.json", "model"


@dataclass(frozen=True, slots=True)
class Optimised:
    """What became of an optimisation.

    winner: the variant that ships, None where there is an objection to each. version: what was published, None where
    the winner is the model as it is. variants: a row for each, as docs/reference.md has them.
    """

    model: str
    winner: str | None
    version: ModelVersion | None
    variants: tuple[Mapping[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        published = self.version.card.id if self.version else None
        return {
            "model": self.model,
            "winner": self.winner,
            "published": published,
            "variants": [dict(row) for row in self.variants],
        }

    def sentence(self) -> str:
        """What to make of it, in plain words."""
        if self.winner is None:
            return f"{self.model}: there is an objection to every variant, the model as it is among them; it stays"
        if self.version is None:
            return f"{self.model} stays: no variant within the allowed drop is faster or agrees better ({self.winner})"
        made = f"{self.version.card.id} is the {self.winner} variant of {self.model}"
        return f"{made}; `inspector promote` puts it on the line"


OptimisationRun: TypeAlias = Run[Optimised]


def start(
    workspace: Workspace,
    recipe: Recipe,
    version: ModelVersion,
    *,
    variants: Sequence[str] = VARIANTS,
    max_drop: float = 0.0,
    steps: int = STEPS,
    seed: int = 0,
    weights: Path | None = None,
    command: Sequence[str] | None = None,
) -> OptimisationRun:
    """Start the process and return at once; the workspace stays as it is until a winner is published.

    max_drop: the share of golden parts, 0 to 1, whose verdict may turn to the worse against the float model. steps:
    of fine-tuning, where a variant needs it. weights: the backbone's file, where the model was trained from one that
    was named. command: stands in for the program that is installed.
    Raises TrainingError for an unknown variant and where training is not installed here, StoreError where the job
    cannot be written.
    """
    unknown = [name for name in variants if name not in VARIANTS]
    if unknown:
        raise TrainingError(f"there is no variant {unknown[0]!r}; expected some of {', '.join(VARIANTS)}")
    by = version.card.results.get("adapted_by")
    wishes = {
        "model": str(version.folder),
        "weights": str(weights) if weights else None,
        "adapted": str(workspace.versions.load(recipe.name, by).folder) if by else None,
        "variants": list(variants),
        "max_drop": float(max_drop),
        "steps": steps,
        "seed": seed,
        "number": workspace.versions.next_number(recipe.name),
    }
    snapshot = snapshots.load(snapshots.file_of(workspace, version.card.snapshot_id))
    return runs.start(
        workspace,
        OPTIMISATION,
        recipe,
        snapshot,
        wishes,
        lambda output: _take_over(workspace, version, output),
        command,
    )


def _take_over(workspace: Workspace, version: ModelVersion, output: Path) -> Optimised:
    original = version.card
    try:
        table = json.loads((output / _TABLE).read_text(encoding="utf-8"))
        found = Optimised(original.id, table["winner"], None, tuple(table["variants"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"the optimisation process left no table of variants ({error!r}); nothing was changed"
        ) from error
    folder = output / _WINNER
    if folder.is_dir():
        card = read_card(folder / CARD)
        if (card.recipe, card.parent) != (original.recipe, original.id):
            raise TrainingError(
                f"the optimisation process made a variant of {card.parent} for {card.recipe}; expected one of "
                f"{original.id} for {original.recipe}; its program does not fit this one"
            )
        found = Optimised(original.id, found.winner, workspace.versions.publish(folder, card), found.variants)
    summary = [
        {key: row.get(key) for key in ("variant", "objection", "invoke_ms", "size_bytes")} for row in found.variants
    ]
    workspace.ledger.log_event(OPTIMISED, original.recipe, found.to_json() | {"variants": summary})
    return found
