"""How known classes stand beside being unlike good parts, by numbers that are known beforehand."""

from __future__ import annotations

import io

import numpy as np
import pytest

from inspector.domain import Floats
from models.crossvalidation import NEVER
from models.head import Head, fitting
from models.novelty.classes import known_head, on_one_scale
from models.novelty.learning import Taught, teach
from models.novelty.novelty import Projection
from models.novelty.sightings import Directions, Labelled, Sightings
from models.progress import Progress

FEATURES, PLACES = 12, 100
AS_THEY_ARE = Projection(np.eye(4, dtype=np.float32), np.zeros(4, np.float32))
PLAIN = Directions(AS_THEY_ARE, AS_THEY_ARE)
HOLE, SCRATCH = 0, 1


def rows(count: int, seed: int, shift: int | None = None) -> Floats:
    """Standard numbers; `shift`: the column that lies 4 higher."""
    found = np.random.default_rng(seed).normal(0, 1, (count, FEATURES)).astype(np.float32)
    if shift is not None:
        found[:, shift] += 4
    return found


def head_of(truth: list[int], classes: int = 2) -> Head:
    labelled = np.concatenate([rows(1, 10 + place, shift=one) for place, one in enumerate(truth)])
    with fitting():
        return known_head(rows(80, 0), rows(80, 1, shift=5), labelled, np.array(truth), classes)


def test_each_known_class_is_told_from_good_and_from_the_other() -> None:
    head = head_of([HOLE, SCRATCH] * 6)
    for mine, other in ((HOLE, SCRATCH), (SCRATCH, HOLE)):
        said = head.logits(rows(50, 2, shift=mine))
        assert (said[:, mine] > said[:, other]).mean() > 0.95
        assert np.median(said[:, mine]) > np.median(head.logits(rows(50, 3))[:, mine]) + 2


def test_synthetic_defects_are_no_known_class() -> None:
    """Beside good parts alone a scratch is whatever is not good; drawn defects show it what else there is."""
    head = head_of([SCRATCH] * 4)
    damaged, scratched = rows(50, 4, shift=5), rows(50, 4, shift=SCRATCH)
    assert np.median(head.logits(damaged)[:, SCRATCH]) < np.median(head.logits(scratched)[:, SCRATCH]) - 2


def test_a_class_without_a_picture_is_never_named() -> None:
    head = head_of([SCRATCH] * 4, classes=3)
    said = head.logits(rows(20, 5))
    assert (said[:, [HOLE, 2]] == NEVER).all()
    assert (said[:, SCRATCH] > NEVER).all()


def test_on_good_parts_novelty_is_brought_to_where_the_known_classes_lie() -> None:
    known = np.random.default_rng(0).normal((-4, -6), (1.5, 1.0), (4000, 2)).astype(np.float32)
    shares, offset = on_one_scale(np.array([2.0, 0.0, 0.0], np.float32), 0.5, known)
    any_known = np.logaddexp(known[:, 0], known[:, 1])
    scores = np.random.default_rng(1).normal(0, 1, 4000)  # of good parts, as weighed
    unlike = (scores - 0.5) / 2 * shares[0] + offset
    assert unlike.mean() == pytest.approx(any_known.mean(), abs=0.1)
    assert unlike.std() == pytest.approx(any_known.std() / 2, rel=0.1), "half its deviation, as was measured best"


@pytest.mark.parametrize("known", [np.zeros((9, 0), np.float32), np.full((9, 2), NEVER, np.float32)])
def test_without_known_classes_the_score_stays_what_it_is(known: Floats) -> None:
    shares = np.array([1.0, 2.0, 3.0], np.float32)
    scaled, offset = on_one_scale(shares, -1.5, known)
    assert (scaled.tolist(), offset) == (shares.tolist(), -1.5)


def test_folds_that_knew_no_class_do_not_move_the_scale() -> None:
    known = np.random.default_rng(0).normal(-4, 1.5, (100, 1)).astype(np.float32)
    some = np.concatenate([known, np.full((50, 1), NEVER, np.float32)])
    shares = np.ones(3, np.float32)
    one, other = on_one_scale(shares, 0.0, known), on_one_scale(shares, 0.0, some)
    assert (one[0].tolist(), one[1]) == (other[0].tolist(), other[1])


def sightings(defects: int, pictures: int = 2, parts: int = 20, marked: bool = False) -> Sightings:
    """Good parts, synthetic defects that are high in column 5, and so many parts with a hole, high in column 0.

    Each hole shows at its first five places, which lie where neither a good part nor a drawn defect does. marked:
    whether a person said so.
    """
    count = parts * pictures
    looks = rows(count * 3, 0).reshape(count, 3, FEATURES)
    places = np.random.default_rng(1).normal(0, 1, (count, PLACES, 4)).astype(np.float32)
    holes = rows(defects * pictures * 3, 3, shift=HOLE).reshape(-1, 3, FEATURES)
    shown = np.random.default_rng(4).normal(0, 1, (defects * pictures, PLACES, 4)).astype(np.float32)
    shown[:, :5, 0] += 5
    labelled = Labelled(
        int(defects > 0),
        np.repeat([f"hole-{number}" for number in range(defects)], pictures),
        np.zeros(defects * pictures, np.intp),
        holes,
        shown,
        shown,
        np.where(np.arange(PLACES) < 5, np.float32(marked), np.zeros((len(shown), 1), np.float32)),
        np.ones(defects * pictures, np.bool_),
    )
    names = np.repeat([f"part-{number}" for number in range(parts)], pictures)
    drawn, on = places.copy(), np.arange(count)
    drawn[:, :5, 1] += 5
    damaged = drawn[:, :5].reshape(-1, 4)
    ours = names, looks, places, places, on, rows(count, 2, shift=5), on, drawn, damaged, np.repeat(on, 5)
    return Sightings(*ours, labelled)


def taught(defects: int, marked: bool = False) -> Taught:
    return teach(sightings(defects, marked=marked), PLAIN, 0, Progress(io.StringIO()))


def test_every_picture_is_given_logits_by_a_model_that_had_not_seen_its_part() -> None:
    found = taught(6)
    assert found.logits.shape == (40 + 12, 3)
    assert (found.logits[:, 0] == 0).all()
    assert np.median(found.logits[40:, 1]) > np.median(found.logits[:40, 1]) + 2
    assert found.model.known.weights.shape == (1, FEATURES)


def test_the_only_part_of_a_class_is_left_to_novelty_when_it_is_left_out() -> None:
    found = taught(1)
    assert (found.logits[40:, 1] == NEVER).all()
    assert np.isfinite(found.scores).all()
    assert found.scores[40:] == pytest.approx(found.logits[40:, 2], abs=1e-6)


def test_labels_do_not_change_which_good_parts_are_suspected() -> None:
    assert taught(6).suspects.tolist() == taught(0).suspects.tolist()


def test_without_labels_there_is_no_known_class() -> None:
    found = teach(sightings(0), PLAIN, 0, Progress(io.StringIO()))
    assert found.logits.shape == (40, 2)
    assert found.model.known.weights.shape == (0, FEATURES)


def test_once_a_person_has_marked_places_the_hottest_ones_count_against_good() -> None:
    marked, unmarked = taught(6, marked=True), taught(6)
    assert (unmarked.logits[:, 0] == 0).all()
    good, holes = marked.logits[:40, 0], marked.logits[40:, 0]
    assert holes.max() < good.min(), "every hole is held against the good class"
    assert np.median(good) == pytest.approx(0, abs=0.5), "good parts stay where they were"
    assert good.std() == pytest.approx(unmarked.scores[:40].std() / 2, rel=0.05)
    assert np.array_equal(marked.logits[:, 1:], unmarked.logits[:, 1:]), "which defect it is, is another question"


def test_marks_draw_the_heat_to_where_the_defect_is() -> None:
    def hotter(found: Taught) -> float:
        """How far a new hole stands out, in deviations of the places beside it."""
        heat = found.model.heat
        places = np.random.default_rng(9).normal(0, 1, (PLACES, 4)).astype(np.float32)
        places[0, 0] += 5
        near = found.model.novelty.distances(places)
        here = heat.scale.heat(near, heat.damage.of(places)[:, 0])
        return float((here[0] - here[1:].mean()) / here[1:].std())

    assert hotter(taught(6, marked=True)) > hotter(taught(6)) + 0.5
