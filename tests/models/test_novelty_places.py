"""How many places are remembered: what is worth it, within the time and the RAM that were stated."""

from __future__ import annotations

import pytest

from inspector.errors import TrainingError
from inspector.learning.anomaly import RAM, SEEN, TIME, WORTH
from models.novelty.graph import attach_novelty
from models.novelty.places import LADDER, Budget, Places, blank_model, ram_mb
from models.novelty.seer import Seer
from models.novelty.sight import Sight
from tests.models.tiny import SIDE, TINY, plate

AMPLE_MS = 60_000.0
NO_TIME_MS = 1e-6
NUMBERS = 12 + 64  # directions of the tiny network's places, and how many places a view has


@pytest.fixture(scope="module")
def seer(tiny_network: bytes) -> Seer:
    return Seer(tiny_network, TINY)


@pytest.fixture(scope="module")
def sight(seer: Seer) -> Sight:
    return seer.see(plate("good", 0))


def chosen(network: bytes, seer: Seer, ms: float, mb: float, pieces: int = 1) -> Places:
    return Places.within(Budget(ms, mb), network, seer, pieces)


def test_where_there_is_room_as_many_are_taken_as_are_worth_it_and_nothing_is_timed_closely(
    tiny_network: bytes, seer: Seer
) -> None:
    found = chosen(tiny_network, seer, AMPLE_MS, 40.0)
    assert (found.count, found.bound, found.ms) == (LADDER[-1], WORTH, None)
    assert found.to_json() == {
        "places": 1000,
        "mb": 0.304,
        "ms": None,
        "bound": "worth",
        "budget_mb": 40.0,
        "budget_ms": AMPLE_MS,
    }


def test_ram_is_that_of_the_places_and_of_the_distances_to_them(sight: Sight) -> None:
    assert ram_mb(1000, sight) == pytest.approx(4 * 1000 * NUMBERS / 1e6)


@pytest.mark.parametrize(("spare", "expected"), [(1.0, LADDER[1]), (1.5, LADDER[1]), (0.99, LADDER[0])])
def test_ram_bounds_them(tiny_network: bytes, seer: Seer, sight: Sight, spare: float, expected: int) -> None:
    budget_mb = ram_mb(LADDER[1], sight) * spare
    found = chosen(tiny_network, seer, AMPLE_MS, budget_mb)
    assert (found.count, found.bound) == (expected, RAM)
    assert found.mb <= budget_mb


def test_ram_for_too_few_is_refused_with_what_the_fewest_take(tiny_network: bytes, seer: Seer) -> None:
    with pytest.raises(TrainingError, match=r"memory_mb: expected at least 0\.08 MB, for the 250 .* received 0\.01"):
        chosen(tiny_network, seer, AMPLE_MS, 0.01)


@pytest.mark.parametrize("budget_mb", [40.0, 0.1])
def test_without_time_the_fewest_are_taken_and_it_is_told(tiny_network: bytes, seer: Seer, budget_mb: float) -> None:
    found = chosen(tiny_network, seer, NO_TIME_MS, budget_mb)
    assert (found.count, found.bound) == (LADDER[0], TIME)
    assert found.ms is not None and found.ms > NO_TIME_MS


def test_the_time_of_a_part_is_that_of_all_its_pieces(tiny_network: bytes, seer: Seer) -> None:
    """A thousand times the work cannot pass for a quarter of it, however busy the PC is."""
    one, thousand = (chosen(tiny_network, seer, NO_TIME_MS, 40.0, pieces).ms or 0 for pieces in (1, 1000))
    assert thousand > 250 * one > 0


def test_between_the_fewest_and_the_most_as_many_are_taken_as_the_time_allows(tiny_network: bytes, seer: Seer) -> None:
    """Of a part of very many pieces, so that it is seconds that count."""
    pieces = 1000
    for share in (0.5, 1.0, 1.5):
        budget_ms = share * (chosen(tiny_network, seer, NO_TIME_MS, 40.0, pieces).ms or 0)
        found = chosen(tiny_network, seer, budget_ms, 40.0, pieces)
        assert found.count in LADDER
        assert found.ms is None or found.ms <= budget_ms or found.count == LADDER[0]
        assert found.bound == (WORTH if found.count == LADDER[-1] else TIME)


def test_a_blank_file_is_as_large_as_one_that_knows_something(tiny_network: bytes, sight: Sight) -> None:
    few, many = (len(attach_novelty(tiny_network, blank_model(count, sight))) for count in (250, 1000))
    assert many - few == pytest.approx(750 * 4 * (12 + 1), abs=64), "places, and a length for each"


def test_where_fewer_were_seen_these_are_all(tiny_network: bytes, seer: Seer) -> None:
    found = chosen(tiny_network, seer, AMPLE_MS, 40.0)
    assert found.at_most(1000) == found.at_most(2000) == found
    fewer = found.at_most(100)
    assert (fewer.count, fewer.bound) == (100, SEEN)
    assert fewer.mb == pytest.approx(found.mb / 10)


def test_the_view_is_the_networks_own(seer: Seer) -> None:
    assert seer.size == (SIDE, SIDE)
