"""`inspector errors`: where a model is wrong on parts it never saw, and which labels may be the error."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from inspector.cli.screen import answer
from inspector.errors import ModelError, StoreError
from inspector.learning.errors import Judged, Share, Suspect, judged, shares, suspects, terciles, worst
from inspector.metrics import to_json
from inspector.pictures import write_picture
from inspector.recipe import Limits
from inspector.store.disk import plainly
from inspector.store.workspace import Workspace

_LONGEST = 28  # of 255 bytes that a file's name may have, a letter taking up to four


def errors(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        if not (chosen.model or recipe.model_id):
            raise ModelError(f"recipe {recipe.name}: there is no model in use; name one with --model")
        card = workspace.versions.load(recipe.name, chosen.model or recipe.model_id).card
        limits = Limits(card.recheck_limit, card.reject_limit) if chosen.model else recipe.limits
        pictures = judged(card, limits)
        wrong, doubted = worst(pictures, limits), suspects(pictures)
        table = {
            "model": card.id,
            "pictures": len(pictures),
            "worst": [_row(workspace, one) for one in wrong],
            **_by_kind(workspace, recipe.name, pictures),
            "suspects": [_suspect_row(workspace, one) for one in doubted],
        }
        if chosen.gallery:
            _copy(workspace, _named(wrong, doubted), chosen.gallery)
    answer(chosen.json, table, lambda: _lines(len(pictures), wrong, doubted))


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


def _by_kind(workspace: Workspace, recipe_name: str, pictures: Sequence[Judged]) -> dict[str, Any]:
    lots = {example.digest: example.lot for example in workspace.ledger.examples(recipe_name)}
    stored = [one.digest for one in pictures if workspace.images.has(one.digest)]
    light = terciles({digest: float(workspace.images.get(digest).mean()) for digest in stored})
    kinds: dict[str, Callable[[Judged], str]] = {
        "by_class": lambda one: one.truth,
        "by_lot": lambda one: lots.get(one.digest, ""),
        "by_brightness": lambda one: light.get(one.digest, ""),
    }
    return {
        name: {value: _share(share) for value, share in shares(pictures, kind).items()} for name, kind in kinds.items()
    }


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


def _lines(pictures: int, wrong: Sequence[Judged], doubted: Sequence[Suspect]) -> Iterator[str]:
    if not pictures:
        yield "This model's card holds no scores of parts it never saw; train again to have them."
        return
    for one in wrong:
        yield f"{one.part:<24} is {one.truth:<12} said {one.decision:<8} score {one.score:.2f}"
    yield f"{len(wrong)} errors in {pictures} pictures of parts that the model never saw."
    for suspect in doubted:
        one = suspect.picture
        looks = f"labelled {one.truth:<12} looks like {suspect.looks_like:<12}"
        yield f"{one.part:<24} {looks} score {one.score:.2f}: look at this label again"
    yield f"{len(doubted)} labels that other parts speak against."
