"""What a model makes of pictures that are stored already: run once for each, and remembered in the cache."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from inspector.domain import Floats, Pixels
from inspector.learning.evaluation import scores_of
from inspector.pipeline.classify import Classifier
from inspector.recipe import LocateMode, Recipe
from inspector.store.disk import beside, plainly
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace

_FOLDER = "impressions"
_UNKNOWN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True, eq=False)
class Impression:
    """One picture as one model sees it. score: Scores.defect. embedding: (n,) float32."""

    score: float
    leading_defect: str
    embedding: Floats


class Impressions:
    """One model's impressions of a workspace's pictures. Raises ModelError where the model cannot be loaded."""

    def __init__(self, workspace: Workspace, recipe: Recipe, version: ModelVersion) -> None:
        self._images = workspace.images
        self._recipe = recipe
        self._version = version
        self._threads = workspace.settings.invoke_threads
        self._folder = workspace.cache / _FOLDER / f"{version.card.id}-{recipe.view_id}"

    @property
    def model_id(self) -> str:
        """Whose impressions they are."""
        return self._version.card.id

    def known(self, digest: str) -> bool:
        """Whether the picture was looked at before, so that asking for it costs no look."""
        return self._path(digest).exists()

    def of(
        self, digests: Iterable[str], on_progress: Callable[[int, int], None] | None = None
    ) -> dict[str, Impression | None]:
        """By digest, in the order asked for; None where the part is not found in the picture.

        on_progress(done, total) counts the new ones.
        Raises StoreError where a picture is missing or damaged.
        """
        asked = list(dict.fromkeys(digests))
        found: dict[str, Impression | None] = {}
        missing = []
        for digest in asked:
            try:
                found[digest] = self._kept(digest)
            except _UNKNOWN:
                missing.append(digest)
        if missing:
            see = self._eyes()
            for done, digest in enumerate(missing, start=1):
                found[digest] = see(self._images.get(digest))
                self._keep(digest, found[digest])
                if on_progress:
                    on_progress(done, len(missing))
        return {digest: found[digest] for digest in asked}

    def of_some(
        self, digests: Iterable[str], new: int, on_progress: Callable[[int, int], None] | None = None
    ) -> dict[str, Impression | None]:
        """As `of`, and at most so many new ones; the others, and what is no longer stored, are left out."""
        asked = list(dict.fromkeys(digests))
        known = [digest for digest in asked if self.known(digest)]
        fresh = [digest for digest in asked if digest not in set(known) and self._images.has(digest)]
        return self.of([*known, *fresh[:new]], on_progress)

    def _eyes(self) -> Callable[[Pixels], Impression | None]:
        classifier = Classifier(self._version.model, self._version.card, self._threads)
        recipe = self._recipe
        by_template = recipe.locate.mode is LocateMode.TEMPLATE
        template = self._images.get(recipe.locate.template) if by_template else None

        def see(pixels: Pixels) -> Impression | None:
            scores = scores_of(pixels, recipe, classifier, template)
            return Impression(scores.defect, scores.leading_defect, scores.embedding) if scores else None

        return see

    def _kept(self, digest: str) -> Impression | None:
        """What is in the cache. Raises one of _UNKNOWN where nothing is, or it is damaged."""
        with self._path(digest).open("rb") as file, np.load(file) as table:
            if not table["located"]:
                return None
            return Impression(float(table["score"]), str(table["leading_defect"]), table["embedding"])

    def _keep(self, digest: str, seen: Impression | None) -> None:
        """Whole or not at all. Raises StoreError."""
        path = self._path(digest)
        unfinished = beside(path)  # not the file of another thread that looks at the same picture
        content = {} if seen is None else asdict(seen)
        with plainly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                np.savez(file, located=seen is not None, **content)
            unfinished.replace(path)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.npz"
