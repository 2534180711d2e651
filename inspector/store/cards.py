"""What a model's card must say: JSON in, a validated ModelCard out; and back."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from inspector.domain import GOOD, ONE_TILE, ModelCard, Tiles
from inspector.errors import ModelError, RecipeError
from inspector.parsing import Section, tiles_of

CARD = "card.json"
MODEL = "model.tflite"
VERSION_ID = re.compile(r"v[1-9][0-9]*-[0-9a-f]{8}")

_TILES = "tiles"  # left out of the card of a model that has one tile, which is as old as models are
_FIELDS = frozenset(field.name for field in dataclasses.fields(ModelCard)) - {_TILES}


def version_id(number: int, model_digest: str) -> str:
    """The id of a ModelVersion: its number, and the start of its model's digest."""
    return f"v{number}-{model_digest[:8]}"


def write_card(card: ModelCard, path: Path) -> None:
    """Write and sync; NaN is refused, since JSON does not know it."""
    table = dataclasses.asdict(card) | {"created_at": card.created_at.isoformat(), _TILES: str(card.tiles)}
    if card.tiles == ONE_TILE:
        del table[_TILES]
    with path.open("w", encoding="utf-8") as file:
        json.dump(table, file, indent=2, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def read_card(path: Path) -> ModelCard:
    """Read and validate a card. Raises ModelError with file, key, expected and received."""
    table = _table(path)
    section = Section(table, str(path))
    try:
        card = _parse(section, table, path)
    except RecipeError as error:  # the section reader's word for a wrong key or value
        raise ModelError(str(error)) from error
    _check_together(card, path)
    return card


def _table(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no such card; a model's folder holds {MODEL} and {CARD}") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not a readable JSON file: {error}") from error
    if not isinstance(table, dict):
        raise _wrong(path, "the file", "a JSON object", table)
    if table.keys() - {_TILES} != _FIELDS:
        missing, unknown = sorted(_FIELDS - table.keys()), sorted(table.keys() - _FIELDS - {_TILES})
        key = (missing or unknown)[0]
        raise ModelError(f"{path}: {key}: {'missing' if missing else 'unknown key; a newer Inspector may know it'}")
    return table


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number in JSON")


def _parse(section: Section, table: dict[str, Any], path: Path) -> ModelCard:
    return ModelCard(
        id=section.text("id", ""),
        number=section.integer("number", 0, 1, 10**9),
        recipe=section.slug("recipe"),
        backbone=section.text("backbone", ""),
        classes=_classes(table["classes"], path),
        input_height=section.integer("input_height", 0, 1, 10_000),
        input_width=section.integer("input_width", 0, 1, 10_000),
        mean=section.number("mean", 0.0, -1e6, 1e6),
        scale=section.number("scale", 0.0, 1e-6, 1e6),
        quantisation=section.text("quantisation", ""),
        view_id=section.text("view_id", ""),
        snapshot_id=section.text("snapshot_id", ""),
        parent=None if table["parent"] is None else section.text("parent", ""),
        seed=section.integer("seed", 0, 0, 2**63 - 1),
        created_at=_moment(table["created_at"], path),
        recheck_limit=section.number("recheck_limit", 0.0, -1000.0, 1000.0),
        reject_limit=section.number("reject_limit", 0.0, -1000.0, 1000.0),
        model_digest=_digest(table["model_digest"], path),
        results=dict(section.table("results")),
        receipt=dict(section.table("receipt")),
        tiles=_tiles(table.get(_TILES, str(ONE_TILE)), path),
    )


def _classes(value: Any, path: Path) -> tuple[str, ...]:
    whole = isinstance(value, list) and all(isinstance(name, str) and name for name in value)
    if not whole or len(value) < 2 or len(set(value)) != len(value) or value[0] != GOOD:
        raise _wrong(path, "classes", f"at least 2 different names, {GOOD!r} first", value)
    return tuple(value)


def _tiles(value: Any, path: Path) -> Tiles:
    tiles = tiles_of(value)
    if tiles is None:
        raise _wrong(path, _TILES, 'rows and columns, such as "2x3"', value)
    return tiles


def _moment(value: Any, path: Path) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _wrong(path, "created_at", "a date and time as in ISO 8601", value) from None
    if moment.tzinfo is None:
        raise _wrong(path, "created_at", "a time with its offset from UTC", value)
    return moment


def _digest(value: Any, path: Path) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise _wrong(path, "model_digest", "a SHA-256 (64 hex digits)", value)
    return value


def _check_together(card: ModelCard, path: Path) -> None:
    expected = version_id(card.number, card.model_digest)
    if card.id != expected:
        raise _wrong(path, "id", f"{expected} (its number and its model's digest)", card.id)
    if card.recheck_limit > card.reject_limit:
        raise _wrong(path, "recheck_limit", f"at most reject_limit ({card.reject_limit})", card.recheck_limit)


def _wrong(path: Path, key: str, expected: str, received: Any) -> ModelError:
    return ModelError(f"{path}: {key}: expected {expected}, received {received!r}")
