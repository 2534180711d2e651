"""What a head is fitted on: a recipe's pictures through one backbone's feature network, both kept for next time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from inspector.domain import SnapshotEntry
from inspector.errors import TrainingError
from inspector.recipe import Recipe
from models import network as networks
from models.adapted import Adapted
from models.backbones import registry
from models.backbones.registry import Backbone
from models.crossvalidation import Examples
from models.features import FeatureCache, collect
from models.learning import gather
from models.network import Extractor, FeatureNetwork
from models.progress import Progress
from models.views import Views, draw

CALIBRATION_VIEWS = 100
REFERENCE_VIEWS = 200
QUANTISATIONS = ("int8", "float16")  # the second only where the first is refused


class Foundation:
    """One backbone under one recipe's pictures. Every method raises InspectorError.

    weights: a file in place of the installed one. adapted: what an adaptation made of the network. cache: the folder
    whose networks and features every job shares. reference_views: how many pictures Keras is asked about,
    too. with_float: whether a new network's speed in float32 is measured. cut: words for how views are cut into the
    tiles that the network sees, where they are: what is quantised on these is of no use to others.
    """

    def __init__(
        self,
        backbone: Backbone,
        weights: Path | None,
        recipe: Recipe,
        entries: Sequence[SnapshotEntry],
        views: Views,
        cache: Path,
        progress: Progress,
        adapted: Adapted | None = None,
        *,
        reference_views: int = REFERENCE_VIEWS,
        with_float: bool = True,
        cut: str = "",
    ) -> None:
        self._adapted = adapted
        self._reference_views = reference_views
        self._with_float = with_float
        self.backbone = backbone
        self._weights = weights
        self._recipe = recipe
        self._entries = entries
        self._views = views
        self._progress = progress
        digest = registry.digest(backbone.find_weights(weights)) + (adapted.digest if adapted else "")
        levels = " ".join(backbone.levels)
        key = f"{backbone.name} {digest} {backbone.height} {backbone.width} {levels} {recipe.view_id}{cut}"
        self._place = cache / "networks" / f"{recipe.name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"

    def networks(self) -> Iterator[FeatureNetwork]:
        """In 8 bits, and in float as the last resort: the kept one where it has seen enough of today's pictures, a new
        one where that would be another.

        Both are kept: limits that lie where int8 is refused today may lie elsewhere after the next labels.
        """
        drawn = {entry.digest for entry in draw(self._entries, self._reference_views)}
        for quantisation in QUANTISATIONS:
            kept = self._kept(quantisation)
            if kept is not None and 2 * len(self.reference(kept)) >= len(drawn):
                yield kept
            if kept is None or kept.reference.keys() != drawn:
                yield self._build(quantisation)

    def _kept(self, quantisation: str) -> FeatureNetwork | None:
        """Not one of another number format, whoever put it there: the usual one would never be tried again."""
        kept = networks.load(self._folder(quantisation))
        return kept if kept is not None and kept.quantisation == quantisation else None

    def _folder(self, quantisation: str) -> Path:
        """A place for each, the usual one without a word."""
        usual = quantisation == QUANTISATIONS[0]
        return self._place if usual else self._place.with_name(f"{self._place.name}-{quantisation}")

    def reference(self, network: FeatureNetwork) -> list[str]:
        """Digests of today's pictures that Keras has seen: what the exported file can be held against."""
        return [entry.digest for entry in self._entries if entry.digest in network.reference]

    def _build(self, quantisation: str) -> FeatureNetwork:
        self._progress.step("network", 0, networks.STEPS)
        drawn = ((entry.digest, self._views.get(entry.digest)) for entry in draw(self._entries, self._reference_views))
        found = {digest: view.pixels for digest, view in drawn if view}
        if not found:
            raise TrainingError(
                f"recipe {self._recipe.name}: the part is found in none of the pictures; check its ROI and its template"
            )
        calibration = list(found)[:CALIBRATION_VIEWS]
        tuned = self._adapted.weights if self._adapted else None
        what = self.backbone, self._weights, quantisation, found, calibration, self._on_step, tuned
        network = networks.build(*what, with_float=self._with_float)
        networks.save(network, self._folder(quantisation))
        return network

    def _on_step(self, done: int) -> None:
        self._progress.step("network", done, networks.STEPS)

    def examples(self, network: FeatureNetwork) -> Examples:
        """Features and truth of the pictures in which the part is found; only new pictures are looked at.

        Of a picture that taught an adapted network this has the features by a network that never saw its part: by
        the adapted one itself it would look better than any new part ever will.
        """
        unseen = self._adapted.features if self._adapted else {}
        features = collect(
            [entry.digest for entry in self._entries if entry.digest not in unseen],
            FeatureCache(self._folder(network.quantisation) / network.id, len(network.shift)),
            self._views,
            lambda: Extractor(network.content, network.shift, self.backbone),
            lambda done, total: self._progress.step("features", done, total),
        )
        return gather(self._entries, {**features, **unseen}, network.noise)
