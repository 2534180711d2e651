"""`inspector optimise`: smaller and faster variants of a model, side by side, and the best of them as a candidate."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.cli.screen import answer, progress_bar
from inspector.errors import ModelError
from inspector.learning import optimising
from inspector.learning.optimising import Optimised
from inspector.pictures import encode_png
from inspector.recipe import Recipe
from inspector.reports.markup import Markup, element, join, section, text
from inspector.store.disk import plainly
from inspector.store.images import ImageStore
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from inspector.studies import variants
from inspector.studies.variants import flipped_words


def optimise(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace, progress_bar() as advance:
        recipe = workspace.recipes.load(chosen.recipe)
        run = optimising.start(
            workspace,
            recipe,
            _version(workspace, recipe, chosen.model),
            variants=_names(chosen.variants),
            max_drop=chosen.max_drop,
            steps=chosen.steps,
            weights=chosen.weights.resolve() if chosen.weights else None,
        )
        found = run.watched(advance)
        if chosen.gallery:
            write_gallery(found, workspace.images, chosen.gallery)
    answer(chosen.json, found.to_json(), variants.answer_of(found).lines)


def _names(words: str | None) -> Sequence[str]:
    return optimising.VARIANTS if words is None else list(dict.fromkeys(map(str.strip, words.split(","))))


def _version(workspace: Workspace, recipe: Recipe, wanted: str | None) -> ModelVersion:
    """The version that was asked for, or the one in use."""
    if not (wanted or recipe.model_id):
        raise ModelError(f"recipe {recipe.name}: it has no model in use; promote one, or name one with --model")
    return workspace.versions.load(recipe.name, wanted or recipe.model_id)


def write_gallery(found: Optimised, images: ImageStore, folder: Path) -> None:
    """index.html and, beside it, each picture on which a variant decides otherwise. Raises StoreError."""
    with plainly(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for digest in {flip["digest"] for row in found.variants for flip in row.get("flipped", ())}:
            (folder / f"{digest[:16]}.png").write_bytes(encode_png(images.get(digest)))
        (folder / "index.html").write_text(f"<!DOCTYPE html>\n{_page(found)}\n", encoding="utf-8")


def _page(found: Optimised) -> Markup:
    title = f"Verdicts that differ between the variants of {found.model}"
    head = element("head", element("meta", charset="utf-8"), element("title", title))
    body = [element("h1", title), element("p", found.sentence())]
    for row in found.variants:
        flips = [_figure(flip) for flip in row.get("flipped", ())]
        body.append(section(row["variant"], element("p", row["objection"] or "within the allowed drop"), *flips))
    return element("html", head, element("body", *body), lang="en")


def _figure(flip: dict[str, Any]) -> Markup:
    words = flipped_words(flip)
    picture = element("img", src=f"{flip['digest'][:16]}.png", alt=words, width=320)
    return join([element("figure", picture, element("figcaption", text(words)))])
