"""`inspector errors`: where a model is wrong on parts it never saw, and which labels may be the error."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.cli.screen import answer
from inspector.errors import StoreError
from inspector.learning.errors import Judged, Share
from inspector.metrics import to_json
from inspector.pictures import write_picture
from inspector.store.disk import plainly
from inspector.store.workspace import Workspace
from inspector.studies import misjudged


def errors(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        found = misjudged.gather(workspace, recipe, chosen.model)
        table = {
            "model": found.card.id,
            "pictures": len(found.pictures),
            "worst": [_row(workspace, one) for one in found.wrong],
            **{name: {value: _share(share) for value, share in kind.items()} for name, kind in found.kinds.items()},
            "suspects": [{**_row(workspace, one.picture), "margin": one.margin} for one in found.suspects],
        }
        if chosen.gallery:
            _copy(workspace, [*found.wrong, *(one.picture for one in found.suspects)], chosen.gallery)
    answer(chosen.json, table, misjudged.answer_of(found).lines)


def _row(workspace: Workspace, one: Judged) -> dict[str, Any]:
    return {
        "digest": one.digest,
        "part": one.part,
        "truth": one.truth,
        "verdict": str(one.decision),
        "score": one.score,
        "defect_class": one.leading_defect,
        "picture": str(workspace.images.path(one.digest)),
    }


def _share(share: Share) -> dict[str, Any]:
    return to_json({"pictures": share.pictures, "escapes": share.escapes, "overkill": share.overkill})


def _copy(workspace: Workspace, pictures: Sequence[Judged], into: Path) -> None:
    """The pictures under names that say what is wrong, in their order. Raises StoreError."""
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise StoreError(f"{into}: expected an empty folder or none; choose another one")
    with plainly(into):
        into.mkdir(parents=True, exist_ok=True)
        for number, one in enumerate({one.digest: one for one in pictures}.values(), start=1):
            truth = re.sub(r"[^\w-]+", "_", one.truth)[:64]  # an edited card may hold what no file can be called
            name = f"{number:04}_is-{truth}_said-{one.decision}_{one.digest[:8]}.png"
            write_picture(workspace.images.get(one.digest), into / name)
