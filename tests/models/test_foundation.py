"""Which feature networks a training may stand on, in which order, and what is kept for the next one."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from inspector.domain import SnapshotEntry, Split
from inspector.recipe import Recipe
from models.foundation import Foundation
from models.progress import Progress
from tests.models.tiny import TINY, Drawn


def entries(count: int, first: int = 0) -> list[SnapshotEntry]:
    names = [f"{kind}-{number}" for number in range(first, first + count) for kind in ("good", "hole")]
    return [SnapshotEntry(name, name.split("-")[0], name, Split.TRAIN) for name in names]


def foundation(cache: Path, known: list[SnapshotEntry]) -> tuple[Foundation, io.StringIO]:
    """And what is told of the work: nothing where what was kept is enough."""
    told = io.StringIO()
    made = Foundation(TINY, None, Recipe("plates"), known, Drawn(), cache, Progress(told))  # type: ignore[arg-type]
    return made, told


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a training was refused in int8 and stands on float16."""
    folder = tmp_path_factory.mktemp("cache")
    first, _ = foundation(folder, entries(4))
    assert [network.quantisation for network in first.networks()] == ["int8", "float16"]
    return folder


def test_after_a_refusal_int8_is_tried_first_again_and_nothing_is_built_anew(cache: Path) -> None:
    again, told = foundation(cache, entries(4))
    assert [network.quantisation for network in again.networks()] == ["int8", "float16"]
    assert told.getvalue() == ""


def test_a_network_of_another_format_in_the_usual_place_does_not_keep_int8_from_being_tried(
    cache: Path, tmp_path: Path
) -> None:
    (usual,) = (folder for folder in (cache / "networks").iterdir() if not folder.name.endswith("float16"))
    shutil.copytree(usual.with_name(f"{usual.name}-float16"), tmp_path / "networks" / usual.name)
    again, told = foundation(tmp_path, entries(4))
    assert next(again.networks()).quantisation == "int8"
    assert told.getvalue()


def test_each_keeps_its_features_with_itself(cache: Path) -> None:
    again, _ = foundation(cache, entries(4))
    for network in again.networks():
        examples = again.examples(network)
        assert len(examples.digests) == 8
    kept = {path.parent.parent.parent.name.endswith("float16") for path in cache.rglob("*-*.npy")}
    assert kept == {True, False}


def test_with_a_few_new_pictures_the_kept_one_comes_first_and_then_a_new_one(cache: Path) -> None:
    more, told = foundation(cache, entries(6))
    offered = more.networks()
    kept = next(offered)
    assert (kept.quantisation, told.getvalue()) == ("int8", "")
    new = next(offered)
    assert new.quantisation == "int8" and len(new.reference) == 12 > len(kept.reference)
    assert "network" in told.getvalue()


def test_for_other_pictures_a_network_is_built_at_once(cache: Path, tmp_path: Path) -> None:
    other, told = foundation(cache, entries(5, first=100))
    assert set(next(other.networks()).reference) == {entry.digest for entry in entries(5, first=100)}
    assert told.getvalue()
