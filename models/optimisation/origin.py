"""The model that is to be made smaller: its head, the feature network it stands on, and pictures to hold it against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector import recipe as recipes
from inspector.domain import ModelCard, SnapshotEntry, Split, View
from inspector.errors import TrainingError
from inspector.learning import snapshot as snapshots
from inspector.learning.trainer import looks_of
from inspector.recipe import Limits
from inspector.store.cards import CARD, MODEL, read_card
from models import network as networks
from models.backbones import registry
from models.backbones.registry import Backbone
from models.export.graph import head_of
from models.head import Head
from models.network import FeatureNetwork
from models.optimisation.job import INT8, OptimisationJob
from models.views import Views


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """content: the model file as it ships. head: on float features. present: which variant that is.

    golden: all golden pictures. entries, views (by digest): of these and of the network's reference, as far as the part
    is found in them.
    """

    card: ModelCard
    content: bytes
    backbone: Backbone
    network: FeatureNetwork
    head: Head
    golden: tuple[SnapshotEntry, ...]
    entries: tuple[SnapshotEntry, ...]
    views: dict[str, View]
    present: str = INT8

    @property
    def looks(self) -> int:
        return looks_of(self.card)

    @property
    def limits(self) -> Limits:
        return Limits(self.card.recheck_limit, self.card.reject_limit)

    @property
    def learned(self) -> dict[str, View]:
        """The views that Keras has seen: those to learn from, and to hold features against."""
        return {entry.digest: self.views[entry.digest] for entry in self.entries if entry.split is Split.TRAIN}


def read_origin(job: OptimisationJob) -> Origin:
    """Raises TrainingError where the model cannot be optimised, StoreError where a picture cannot be read."""
    card = read_card(job.model / CARD)
    _refuse(card)
    content = (job.model / MODEL).read_bytes()
    network = _network(job.cache, card)
    backbone = registry.find(card.backbone)
    recipe = recipes.load(job.recipe)
    if recipe.view_id != card.view_id:
        raise TrainingError(
            f"{card.id}: it was trained on views cut as {card.view_id}, the recipe cuts them as {recipe.view_id}; "
            "train a new model"
        )
    views = Views(job.images, recipe, job.template, backbone.height, backbone.width)
    snapshot = snapshots.load(job.snapshot)
    golden = snapshot.only(Split.GOLDEN)
    wanted = [*golden, *(entry for entry in snapshot.only(Split.TRAIN) if entry.digest in network.reference)]
    found = {entry.digest: view for entry in wanted if (view := views.get(entry.digest))}
    entries = tuple(entry for entry in wanted if entry.digest in found)
    if not any(entry.split is Split.TRAIN for entry in entries):
        raise TrainingError(
            f"{card.id}: none of the pictures that its network was checked on is here; train a new model"
        )
    return Origin(card, content, backbone, network, head_of(content).behind(-network.shift), golden, entries, found)


def _refuse(card: ModelCard) -> None:
    if "variants" in card.receipt:
        raise TrainingError(f"{card.id}: it is itself an optimised {card.parent}; optimise {card.parent}")


def _network(cache: Path, card: ModelCard) -> FeatureNetwork:
    for folder in sorted((cache / "networks").glob(f"{card.recipe}-*")):
        network = networks.load(folder)
        if network is not None and network.id == card.receipt.get("feature_network"):
            return network
    raise TrainingError(
        f"{card.id}: the feature network it was trained on is not in the cache any more; train a new model and "
        "optimise that one"
    )
