"""Model versions: published whole, never edited, and believed only where model and card agree."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inspector.domain import ModelCard
from inspector.errors import ModelError
from inspector.store.cards import version_id
from inspector.store.versions import VersionStore, read_card, write_card


def card(number: int = 1, content: bytes = b"model 1", recipe: str = "cap") -> ModelCard:
    digest = hashlib.sha256(content).hexdigest()
    return ModelCard(
        id=version_id(number, digest),
        number=number,
        recipe=recipe,
        backbone="efficientnet-lite0",
        classes=("good", "crack", "dent"),
        input_height=224,
        input_width=320,
        mean=127.0,
        scale=128.0,
        quantisation="int8",
        view_id="0123456789ab",
        snapshot_id="f" * 64,
        parent=None if number == 1 else "v1-0123abcd",
        seed=7,
        created_at=datetime(2025, 3, 1, 12, 30, tzinfo=UTC),
        recheck_limit=-0.5,
        reject_limit=1.25,
        model_digest=digest,
        results={"auroc": {"value": 0.98, "low": 0.9, "high": 1.0, "n": 40}},
        receipt={"invoke_ms": 1.4},
    )


@pytest.fixture
def versions(tmp_path: Path) -> VersionStore:
    return VersionStore(tmp_path / "models")


@pytest.fixture
def trained(tmp_path: Path) -> Callable[[bytes], Path]:
    """A folder as the trainer leaves it."""

    def make(content: bytes = b"model 1") -> Path:
        folder = tmp_path / "trained"
        (folder / "plots").mkdir(parents=True, exist_ok=True)
        (folder / "model.tflite").write_bytes(content)
        (folder / "plots" / "loss.json").write_text("[3, 2, 1]")
        return folder

    return make


def published(versions: VersionStore, make: Callable[[bytes], Path], number: int) -> ModelCard:
    content = f"model {number}".encode()
    return versions.publish(make(content), card(number, content)).card


def test_a_version_is_published_and_loaded_as_it_was(versions: VersionStore, trained: Callable[[bytes], Path]) -> None:
    made = versions.publish(trained(b"model 1"), card())
    assert made.folder == versions.folder / "cap" / card().id
    assert made.model.read_bytes() == b"model 1"
    assert (made.folder / "plots" / "loss.json").read_text() == "[3, 2, 1]"
    loaded = versions.load("cap", card().id)
    assert loaded == made
    assert (loaded.card.results, loaded.card.receipt) == (card().results, card().receipt)


def test_a_published_version_is_read_only_and_the_trainers_folder_is_left_alone(
    versions: VersionStore, trained: Callable[[bytes], Path]
) -> None:
    source = trained(b"model 1")
    before = sorted(path.name for path in source.rglob("*"))
    made = versions.publish(source, card())
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o444}
    assert sorted(path.name for path in source.rglob("*")) == before


def test_a_version_is_never_replaced(versions: VersionStore, trained: Callable[[bytes], Path]) -> None:
    published(versions, trained, 1)
    with pytest.raises(ModelError, match="this version exists already"):
        published(versions, trained, 1)


def test_a_model_that_is_not_the_one_on_its_card_is_not_published(
    versions: VersionStore, trained: Callable[[bytes], Path]
) -> None:
    with pytest.raises(ModelError, match=r"model\.tflite: the model is not the one on its card: expected SHA-256"):
        versions.publish(trained(b"another model"), card())
    assert versions.list("cap") == []


def test_a_folder_without_a_model_is_not_published(versions: VersionStore, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.tflite: the model cannot be read: No such file"):
        versions.publish(tmp_path, card())


def test_a_card_that_cannot_be_read_again_is_not_published(
    versions: VersionStore, trained: Callable[[bytes], Path]
) -> None:
    upside_down = dataclasses.replace(card(), recheck_limit=5.0)
    with pytest.raises(ModelError, match="recheck_limit: expected at most reject_limit"):
        versions.publish(trained(b"model 1"), upside_down)
    assert list((versions.folder / "cap").iterdir()) == []


def test_versions_are_listed_by_number(versions: VersionStore, trained: Callable[[bytes], Path]) -> None:
    assert versions.next_number("cap") == 1
    for number in (10, 9, 1):
        published(versions, trained, number)
    assert [version.card.number for version in versions.list("cap")] == [1, 9, 10]
    assert versions.next_number("cap") == 11
    assert versions.list("lid") == [] and versions.next_number("lid") == 1


def test_what_a_crash_left_half_done_is_no_version(versions: VersionStore, trained: Callable[[bytes], Path]) -> None:
    published(versions, trained, 1)
    half = versions.folder / "cap" / ".v2-0123abcd.77.incoming"
    half.mkdir()
    (half / "model.tflite").write_bytes(b"half a mod")
    assert [version.card.number for version in versions.list("cap")] == [1]
    assert versions.next_number("cap") == 2


@pytest.mark.parametrize(
    "version", ["", "..", "v1", "v0-01234567", "v1-0123ABCD", "../cap/v1-01234567", "v1-01234567\n"]
)
def test_what_is_no_version_id_leads_to_no_folder(versions: VersionStore, version: str) -> None:
    with pytest.raises(ModelError, match="expected a model version such as v3-1a2b3c4d"):
        versions.load("cap", version)


def test_an_unknown_version_is_named_with_those_that_exist(
    versions: VersionStore, trained: Callable[[bytes], Path]
) -> None:
    published(versions, trained, 1)
    with pytest.raises(ModelError, match=f"no such model version; this workspace has: {card().id}"):
        versions.load("cap", "v9-00000000")


def test_an_exchanged_model_is_not_loaded(versions: VersionStore, trained: Callable[[bytes], Path]) -> None:
    made = versions.publish(trained(b"model 1"), card())
    made.model.chmod(0o644)
    made.model.write_bytes(b"model 2")
    with pytest.raises(ModelError) as refused:
        versions.load("cap", card().id)
    words = str(refused.value)
    assert str(made.model) in words
    assert f"expected SHA-256 {card().model_digest[:12]}" in words
    assert f"received {hashlib.sha256(b'model 2').hexdigest()[:12]}" in words


def test_a_version_copied_to_another_recipe_is_not_loaded(
    versions: VersionStore, trained: Callable[[bytes], Path]
) -> None:
    made = versions.publish(trained(b"model 1"), card())
    (versions.folder / "lid").mkdir()
    made.folder.rename(versions.folder / "lid" / made.card.id)
    with pytest.raises(ModelError, match="recipe: expected lid"):
        versions.load("lid", made.card.id)


def test_a_card_is_written_and_read_as_it_was(tmp_path: Path) -> None:
    for written in (card(), card(2)):
        write_card(written, tmp_path / "card.json")
        back = read_card(tmp_path / "card.json")
        assert back == written
        assert (back.results, back.receipt) == (written.results, written.receipt)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("id", "v2-00000000", "id: expected v1-"),
        ("number", 0, "number: expected a whole number from 1"),
        ("number", True, "number: expected a whole number"),
        ("recipe", "Cap!", "recipe: expected 1 to 64"),
        ("classes", ["crack", "good"], "classes: expected at least 2 different names, 'good' first"),
        ("classes", ["good"], "classes: expected at least 2"),
        ("classes", ["good", "crack", "crack"], "classes: expected at least 2 different"),
        ("classes", "good", "classes: expected at least 2"),
        ("classes", ["good", 3], "classes: expected at least 2"),
        ("input_height", "224", "input_height: expected a whole number"),
        ("scale", 0.0, "scale: expected a number from 1e-06"),
        ("mean", None, "mean: expected a number"),
        ("seed", -1, "seed: expected a whole number from 0"),
        ("parent", 3, "parent: expected text"),
        ("created_at", "yesterday", "created_at: expected a date and time"),
        ("created_at", "2025-03-01T12:00:00", "created_at: expected a time with its offset"),
        ("recheck_limit", 9.0, "recheck_limit: expected at most reject_limit"),
        ("reject_limit", float("nan"), "not a readable JSON file: NaN is no number"),
        ("model_digest", "abc", "model_digest: expected a SHA-256"),
        ("results", [], "results: expected a table"),
        ("colour", "red", "colour: unknown key; a newer Inspector may know it"),
    ],
)
def test_a_wrong_card_is_said_by_file_and_key(tmp_path: Path, key: str, value: Any, words: str) -> None:
    path = tmp_path / "card.json"
    write_card(card(), path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(ModelError) as refused:
        read_card(path)
    assert f"{path}: {words}" in str(refused.value)


def test_a_card_that_lacks_a_key_is_said(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    write_card(card(), path)
    table = json.loads(path.read_text())
    del table["view_id"]
    path.write_text(json.dumps(table))
    with pytest.raises(ModelError, match="view_id: missing"):
        read_card(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no such card"),
        (b"{", "not a readable JSON"),
        (b"\xff\xfe", "not a readable"),
        (b"[]", "object"),
    ],
)
def test_a_file_that_is_no_card_is_said(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "card.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=words):
        read_card(path)


def test_a_figure_that_is_no_number_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_card(dataclasses.replace(card(), results={"auroc": float("nan")}), tmp_path / "card.json")
