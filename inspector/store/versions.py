"""Which model versions exist: folders that are published whole, and never edited afterwards."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from inspector.domain import ModelCard
from inspector.errors import ModelError
from inspector.store.cards import CARD, MODEL, VERSION_ID, read_card, write_card
from inspector.store.disk import plainly, sync_file, sync_folder

__all__ = ["ModelVersion", "VersionStore", "read_card", "write_card"]


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A published model: its folder, and what its card promises."""

    folder: Path
    card: ModelCard

    @property
    def model(self) -> Path:
        return self.folder / MODEL


class VersionStore:
    """The model versions under one folder: models/<recipe>/<id>/ with model.tflite and card.json."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def publish(self, folder: Path, card: ModelCard) -> ModelVersion:
        """Copy a finished model folder to its place, all of it or nothing; `folder` itself is left alone.

        Raises ModelError where the model is not the one on the card or the version exists already; StoreError.
        """
        target = self._place(card.recipe, card.id)
        if target.exists():
            raise ModelError(f"{target}: this version exists already, and a version is never edited; train a new one")
        _check_model(folder / MODEL, card)
        incoming = target.with_name(f".{card.id}.{os.getpid()}.incoming")
        with plainly(target):
            try:
                _copy(folder, incoming)
                write_card(card, incoming / CARD)
                _check_model(incoming / MODEL, read_card(incoming / CARD))
                _seal(incoming)
                incoming.rename(target)
            finally:
                shutil.rmtree(incoming, ignore_errors=True)
            sync_folder(target.parent)
        return ModelVersion(target, card)

    def load(self, recipe: str, version: str) -> ModelVersion:
        """Read one version and compare its model with its card. Raises ModelError (file, expected, received)."""
        folder = self._place(recipe, version)
        if not folder.is_dir():
            known = ", ".join(path.name for path in self._folders(recipe)) or "none"
            raise ModelError(f"{folder}: there is no such model version; this workspace has: {known}")
        card = _own_card(folder)
        _check_model(folder / MODEL, card)
        return ModelVersion(folder, card)

    def next_number(self, recipe: str) -> int:
        return max(map(_number, self._folders(recipe)), default=0) + 1

    def _folders(self, recipe: str) -> list[Path]:
        found = (path for path in (self.folder / recipe).glob("v*") if VERSION_ID.fullmatch(path.name))
        return sorted(found, key=_number)

    def _place(self, recipe: str, version: str) -> Path:
        if not VERSION_ID.fullmatch(version):
            raise ModelError(f"{self.folder}: expected a model version such as v3-1a2b3c4d, received {version!r}")
        return self.folder / recipe / version

    def list(self, recipe: str) -> list[ModelVersion]:
        """Every version of a recipe, the oldest first. The cards are read; only `load` compares the models."""
        return [ModelVersion(folder, _own_card(folder)) for folder in self._folders(recipe)]


def _number(folder: Path) -> int:
    return int(folder.name[1:].partition("-")[0])


def _own_card(folder: Path) -> ModelCard:
    """The card in a version's folder, which must be that version's."""
    path = folder / CARD
    card = read_card(path)
    for key, expected, received in (("id", folder.name, card.id), ("recipe", folder.parent.name, card.recipe)):
        if expected != received:
            raise ModelError(f"{path}: {key}: expected {expected} (where it lies), received {received}")
    return card


def _check_model(path: Path, card: ModelCard) -> None:
    try:
        with path.open("rb") as file:
            received = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: the model cannot be read: {error.strerror or error}") from error
    if received != card.model_digest:
        raise ModelError(
            f"{path}: the model is not the one on its card: expected SHA-256 {card.model_digest[:12]}, "
            f"received {received[:12]}; publish or copy the whole folder again"
        )


def _copy(folder: Path, target: Path) -> None:
    """As shutil.copytree, which would wrap the disk's own word for its fault."""
    target.mkdir(parents=True)
    for path in sorted(folder.rglob("*")):
        copy = target / path.relative_to(folder)
        if path.is_dir():
            copy.mkdir()
        else:
            shutil.copyfile(path, copy)


def _seal(folder: Path) -> None:
    """Make a folder durable, and its files read-only: an edited version would no longer be what was measured."""
    paths = sorted(folder.rglob("*"))
    for file in (path for path in paths if path.is_file()):
        sync_file(file)
        file.chmod(0o444)
    for inner in (path for path in paths if path.is_dir()):
        sync_folder(inner)
    sync_folder(folder)
