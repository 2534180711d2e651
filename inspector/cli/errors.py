"""`inspector errors`: where a model is wrong on parts it never saw, and which labels may be the error."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.cli.screen import answer
from inspector.errors import StoreError
from inspector.learning.errors import Judged, Share, Suspect
from inspector.metrics import to_json
from inspector.pictures import write_picture
from inspector.store.disk import plainly
from inspector.store.workspace import Workspace
from inspector.studies import misjudged

_LONGEST = 28  # of 255 bytes that a file's name may have, a letter taking up to four


def errors(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        found = misjudged.gather(workspace, recipe, chosen.model)
        table = {
            "model": found.card.id,
            "pictures": len(found.pictures),
            "worst": [_row(workspace, one) for one in found.wrong],
            **{name: {value: _share(share) for value, share in kind.items()} for name, kind in found.kinds.items()},
            "suspects": [_suspect_row(workspace, one) for one in found.suspects],
        }
        if chosen.gallery:
            _copy(workspace, _named(found.wrong, found.suspects), chosen.gallery)
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


def _suspect_row(workspace: Workspace, one: Suspect) -> dict[str, Any]:
    return {**_row(workspace, one.picture), "looks_like": one.looks_like, "margin": one.margin}


def _share(share: Share) -> dict[str, Any]:
    return to_json({"pictures": share.pictures, "escapes": share.escapes, "overkill": share.overkill})


def _named(wrong: Sequence[Judged], doubted: Sequence[Suspect]) -> Sequence[tuple[str, str]]:
    """Digest of each picture, once, and words that say what is wrong with it."""
    words = {one.digest: f"is-{_plain(one.truth)}_said-{one.decision}" for one in wrong}
    for suspect in doubted:
        one = suspect.picture
        words.setdefault(one.digest, f"is-{_plain(one.truth)}_looks-{_plain(suspect.looks_like)}")
    return list(words.items())


def _plain(name: str) -> str:
    """Of a class, what a file can be called, and so short that two fit: an edited card may hold anything."""
    return re.sub(r"[^\w-]+", "_", name)[:_LONGEST]


def _copy(workspace: Workspace, pictures: Sequence[tuple[str, str]], into: Path) -> None:
    """The pictures under names that say what is wrong, in their order. Raises StoreError."""
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise StoreError(f"{into}: expected an empty folder or none; choose another one")
    with plainly(into):
        into.mkdir(parents=True, exist_ok=True)
        for number, (digest, words) in enumerate(pictures, start=1):
            write_picture(workspace.images.get(digest), into / f"{number:04}_{words}_{digest[:8]}.png")
