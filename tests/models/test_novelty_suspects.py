"""Which good parts are asked about: by numbers that are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from models.novelty.novelty import Scores
from models.novelty.suspects import unlike_the_rest

USUAL = np.array([5.0, 70.0, -2.0])  # of memory, density and head
DEVIATION = np.array([0.1, 9.0, 2.0])


def raw(pictures: int = 60, pieces: int = 1) -> Scores:
    return np.asarray(np.random.default_rng(0).normal(USUAL, DEVIATION, (pictures, pieces, 3)))


def test_of_good_parts_alone_none_is_suspected() -> None:
    assert unlike_the_rest(raw()).size == 0


@pytest.mark.parametrize("way", [0, 1], ids=["memory", "density"])
def test_what_shows_no_part_is_suspected_though_it_is_least_like_a_drawn_defect(way: int) -> None:
    found = raw()
    found[7, 0, way] = USUAL[way] + 20 * DEVIATION[way]
    found[7, 0, 2] = USUAL[2] - 8 * DEVIATION[2]
    assert unlike_the_rest(found).tolist() == [7]


def test_a_rare_good_part_is_not_suspected() -> None:
    found = raw()
    found[7, 0] = USUAL + np.array([7, 12, -4]) * DEVIATION
    assert unlike_the_rest(found).size == 0


def test_what_is_a_little_strange_in_every_way_is_suspected() -> None:
    found = raw()
    found[7, 0] = USUAL + 4 * DEVIATION
    assert unlike_the_rest(found).tolist() == [7]
    found[7, 0] = USUAL + np.array([4, 0, 0]) * DEVIATION
    assert unlike_the_rest(found).size == 0, "so much in one way is nothing"


def test_the_strangest_come_first_and_what_was_confirmed_not_at_all() -> None:
    found = raw()
    for place, far in ((3, 8.0), (9, 20.0), (21, 12.0)):
        found[place, 0] = USUAL + far * DEVIATION
    assert unlike_the_rest(found).tolist() == [9, 21, 3]
    assert unlike_the_rest(found, [place == 21 for place in range(60)]).tolist() == [9, 3]


def test_a_picture_is_what_its_strangest_piece_is() -> None:
    found = raw(30, pieces=5)
    found[4, 3] = USUAL + 9 * DEVIATION
    assert unlike_the_rest(found).tolist() == [4]


def test_more_than_a_tenth_are_no_exceptions() -> None:
    found = raw(30)
    found[:6] += 20 * DEVIATION
    assert len(unlike_the_rest(found)) <= 3
