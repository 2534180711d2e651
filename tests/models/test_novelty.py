"""How unlike good parts a part is, by numbers that are known beforehand."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from inspector.domain import GOOD, Decision, Floats
from inspector.errors import TrainingError
from inspector.metrics import Outcome
from models.head import fitting
from models.novelty.learning import MIN_PARTS, careful_limits, limits_of, other_group, teach
from models.novelty.novelty import (
    DIRECTIONS,
    Memory,
    Projection,
    density,
    projection,
    remember,
    strangest,
    synthetic_head,
    tops,
    weigh,
)
from models.novelty.out_of_fold import head_of
from models.novelty.sightings import Directions, Sightings
from models.progress import Progress

PLACES, FEATURES = 100, 12
AS_THEY_ARE = Projection(np.eye(4, dtype=np.float32), np.zeros(4, np.float32))
PLAIN = Directions(AS_THEY_ARE, AS_THEY_ARE)


def silent() -> Progress:
    return Progress(io.StringIO())


def sightings(parts: int, seed: int = 0, odd: int = 0, pictures: int = 2) -> Sightings:
    """So many good parts; the first `odd` pictures hide something far off. One synthetic defect on each picture."""
    random = np.random.default_rng(seed)
    count = parts * pictures
    names = np.repeat([f"part-{number}" for number in range(parts)], pictures)
    looks = random.normal(0, 1, (count, 3, FEATURES)).astype(np.float32)
    places = random.normal(0, 1, (count, PLACES, 4)).astype(np.float32)
    looks[:odd] += 12
    places[:odd, :9] += 12
    drawn = looks[:, 0] + np.float32(2)
    drawn_places = places.copy()
    drawn_places[:, :5] += 6
    damaged = drawn_places[:, :5].reshape(-1, 4)
    on = np.arange(count)
    return Sightings(names, looks, places, places, on, drawn, on, drawn_places, damaged, np.repeat(on, 5))


def test_synthetic_defects_beyond_what_one_fit_takes_teach_as_well() -> None:
    """The true direction is found better from twice as many, which are more than a fit takes."""
    random = np.random.default_rng(0)
    parts, each, features = 400, 15, 60
    looks = random.normal(0, 1, (parts, 3, features)).astype(np.float32)
    drawn = (looks[:, :1] + random.normal(0, 3, (parts, each, features)) + np.eye(features)[0]).astype(np.float16)
    on, places = np.repeat(np.arange(parts), each), np.zeros((parts, 1, 4), np.float32)
    names, nothing = np.arange(parts).astype(str), np.zeros(0, np.intp)
    many = drawn.reshape(-1, features)
    all_of_them = Sightings(names, looks, places, places, on, many, nothing, places[:0], places[:0, 0], nothing)
    some = np.tile(np.arange(each) < each // 2, parts)
    half = replace(all_of_them, drawn_on=on[some], drawn=many[some])
    with fitting():
        heads = [head_of(seen, np.arange(parts), 0).weights[0] for seen in (half, all_of_them)]
    towards = [head[0] / np.linalg.norm(head) for head in heads]
    assert towards[1] > towards[0] > 0.5


def test_the_directions_are_those_of_most_variance_and_no_more_than_there_are() -> None:
    random = np.random.default_rng(0)
    places = random.normal(0, 1, (5000, 6)).astype(np.float32)
    places[:, 1] = places[:, 0] + 0.01 * places[:, 1]  # two channels that say the same
    found = projection(places)
    assert found.weights.shape == (6, 6)
    first = np.abs(found.weights[:, 0])
    assert set(np.argsort(-first)[:2]) == {0, 1}
    assert np.allclose(found.of(places).mean(axis=0), 0, atol=1e-4)
    assert projection(random.normal(0, 1, (200, 80)).astype(np.float32)).weights.shape == (80, DIRECTIONS)


def test_a_channel_that_never_moves_decides_nothing() -> None:
    places = np.random.default_rng(0).normal(0, 1, (500, 5)).astype(np.float32)
    places[:, 2] = 7.0
    assert np.isfinite(projection(places).weights).all()
    moved = places.copy()
    moved[:, 2] += 1e-3
    seen = projection(places)
    assert np.abs(seen.of(moved) - seen.of(places)).max() < 0.01


def test_a_memory_keeps_few_places_as_they_are_and_many_by_their_centres() -> None:
    random = np.random.default_rng(0)
    few = random.normal(0, 1, (50, 3)).astype(np.float32)
    assert {tuple(one) for one in remember(np.repeat(few, 4, axis=0), 0).centres} == {tuple(one) for one in few}
    many = random.normal(0, 1, (3000, 3)).astype(np.float32)
    kept = remember(many, 0, centres=64)
    assert kept.centres.shape == (64, 3)
    assert kept.distances(many).mean() < Memory(many[:64]).distances(many).mean(), "nearer than places by chance"


def test_the_distance_is_the_one_to_the_nearest_remembered_place() -> None:
    random = np.random.default_rng(0)
    memory = Memory(random.normal(0, 1, (40, 5)).astype(np.float32))
    places = random.normal(0, 2, (9000, 5)).astype(np.float32)
    expected = np.linalg.norm(places[:, np.newaxis] - memory.centres, axis=2).min(axis=1)
    assert np.allclose(memory.distances(places), expected, atol=1e-3)
    assert memory.distances(memory.centres).max() < 2e-3


@pytest.mark.parametrize(("places", "count"), [(400, 4), (196, 1), (9, 1)])
def test_the_strangest_hundredth_of_the_places_counts(places: int, count: int) -> None:
    assert tops(places) == count
    distances = np.arange(places, dtype=np.float32)
    assert strangest(distances[::-1].copy()) == pytest.approx(distances[-count:].mean())


def test_the_density_is_the_mahalanobis_distance_under_a_shrunk_covariance() -> None:
    random = np.random.default_rng(0)
    rows = (random.normal(0, 1, (400, 5)) @ random.normal(0, 1, (5, 5))).astype(np.float32)
    found = density(rows, 0)
    spread = np.sqrt(rows.std(axis=0) ** 2 + np.median(rows.std(axis=0)) ** 2)
    standard = (rows - rows.mean(axis=0)) / spread
    covariance = standard.T @ standard / len(rows)
    shrunk = covariance + 0.3 * np.trace(covariance) / 5 * np.eye(5)
    expected = np.sqrt(np.einsum("ni,ij,nj->n", standard, np.linalg.inv(shrunk), standard))
    assert np.allclose(found.distances(rows), expected, rtol=1e-3)


def test_the_density_of_fewer_rows_than_features_is_finite_and_finds_what_is_far() -> None:
    rows = np.random.default_rng(0).normal(0, 1, (10, 300)).astype(np.float32)
    found = density(rows, 0)
    assert found.distances(rows + 5).min() > 2 * found.distances(rows).max()


def test_the_synthetic_head_is_one_row_that_rises_with_damage() -> None:
    random = np.random.default_rng(0)
    good = random.normal(0, 1, (60, 8)).astype(np.float32)
    drawn = good + np.float32([3, 0, 0, 0, 0, 0, 0, 0])
    with fitting():
        head = synthetic_head(good, drawn)
    assert head.weights.shape == (1, 8)
    assert (head.logits(drawn) > head.logits(good)).all()
    assert np.abs(head.weights[0]).argmax() == 0


def test_weights_make_the_left_out_good_parts_scores_standard() -> None:
    raw = np.random.default_rng(0).normal((5, 70, -2), (0.1, 9, 2), (200, 3))
    shares, offset = weigh(raw)
    scores = raw @ shares + offset
    assert scores.mean() == pytest.approx(0, abs=1e-4)
    assert scores.std() == pytest.approx(1, abs=1e-4)
    assert shares * raw.std(axis=0) == pytest.approx(shares[0] * raw.std(axis=0)[0] * np.array([1, 1, 3]), rel=1e-4)


def test_what_is_taught_tells_synthetic_defects_and_scores_good_parts_around_zero() -> None:
    taught = teach(sightings(20), PLAIN, 0, silent())
    assert taught.folds == 5
    assert taught.suspects.size == 0
    assert abs(taught.scores.mean()) < 1e-3
    assert taught.synthetic_auroc > 0.95


def test_the_same_is_taught_again_from_the_same() -> None:
    one, other = (teach(sightings(12), PLAIN, 3, silent()) for _ in range(2))
    assert np.array_equal(one.scores, other.scores)
    assert np.array_equal(one.model.novelty.memory.centres, other.model.novelty.memory.centres)


def test_a_part_is_scored_by_a_novelty_that_has_not_seen_any_picture_of_it() -> None:
    seen = sightings(12, pictures=3)
    places = seen.places.copy()
    places[0, :5] += 30.0
    places[1:3] = places[0]  # the other pictures of this part show the same strange places
    own = replace(seen, places=places)
    alone = replace(own, parts=np.arange(36).astype(np.str_))
    assert teach(own, PLAIN, 0, silent()).scores[0] > teach(alone, PLAIN, 0, silent()).scores[0] + 1


def test_defects_among_the_good_parts_are_suspected_the_strangest_first_and_not_learned() -> None:
    seen = sightings(40, odd=2)
    taught = teach(seen, PLAIN, 0, silent())
    assert set(taught.suspects[:2].tolist()) == {0, 1}
    assert len(taught.suspects) <= 3
    assert taught.model.novelty.memory.distances(seen.places[0, :9]).min() > 5, "as far off as if it had not been shown"
    assert taught.scores[:2].min() > 5
    assert abs(np.delete(taught.scores, taught.suspects).mean()) < 1e-3


def test_what_a_person_has_confirmed_is_learned_however_strange() -> None:
    seen = sightings(40, odd=2)
    taught = teach(seen, PLAIN, 0, silent(), [place == 0 for place in range(len(seen.parts))])
    assert 0 not in taught.suspects
    assert taught.suspects[0] == 1, "what nobody has confirmed is suspected as before"
    assert taught.model.novelty.memory.distances(seen.places[0, :9]).min() < 5, "it is one of those that are remembered"


def test_more_than_a_tenth_are_no_exceptions() -> None:
    assert len(teach(sightings(10, odd=6), PLAIN, 0, silent()).suspects) <= 2


@pytest.mark.parametrize("parts", [1, MIN_PARTS - 1])
def test_too_few_parts_are_told_with_what_to_do(parts: int) -> None:
    with pytest.raises(TrainingError, match=rf"at least {MIN_PARTS} .* received {parts} parts in {2 * parts} pictures"):
        teach(sightings(parts), PLAIN, 0, silent())


@pytest.mark.parametrize("rounding", [0.0, 1e-3])
def test_pictures_that_are_all_the_same_are_told(rounding: float) -> None:
    """Also where they differ by so little that what was scored could not be found again in the file."""
    seen, random = sightings(8), np.random.default_rng(0)
    looks, places = (
        one[:1] + random.normal(0, rounding, one.shape).astype(np.float32) for one in (seen.looks, seen.places)
    )
    same = replace(seen, looks=looks, places=places, columns=places)
    with pytest.raises(TrainingError, match="all the same"):
        teach(same, PLAIN, 0, silent())


def test_the_progress_counts_every_fit() -> None:
    stream = io.StringIO()
    teach(sightings(6), PLAIN, 0, Progress(stream))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["step"], line["done"], line["total"]) for line in lines] == [
        ("fitting", done, 6) for done in range(7)
    ]


def test_two_products_are_two_groups_and_the_smaller_one_is_named() -> None:
    random = np.random.default_rng(0)
    one, other = random.normal(0, 1, (30, 40)), random.normal(0, 1, (10, 40)) + 30
    found = other_group(np.concatenate([one, other]).astype(np.float32), 0)
    assert found.tolist() == list(range(30, 40))


def test_one_product_is_one_group_and_a_few_odd_parts_are_none() -> None:
    random = np.random.default_rng(0)
    one = random.normal(0, 1, (40, 40)).astype(np.float32)
    assert other_group(one, 0).size == 0
    one[:3] += 60
    assert other_group(one, 0).size == 0, "three of forty are exceptions, no product"


def test_of_few_pictures_nothing_is_said_of_groups() -> None:
    both = np.repeat(np.float32([[0, 0], [90, 90]]), 7, axis=0)
    assert other_group(both, 0).size == 0


def scores(count: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(0, 1, count)


def test_of_many_good_parts_the_allowed_share_lies_above_the_limits() -> None:
    parts = scores(200)
    limits = limits_of(parts)
    assert (parts >= limits.reject).sum() == 10
    assert (parts >= limits.recheck).sum() == 20


@pytest.mark.parametrize("count", [5, 9, 19])
def test_of_few_good_parts_the_reject_limit_lies_above_them_all(count: int) -> None:
    parts = scores(count)
    limits = limits_of(parts)
    assert limits.reject > parts.max()
    assert limits.recheck <= limits.reject


def test_of_few_good_parts_the_next_one_is_rejected_no_oftener_than_allowed() -> None:
    random = np.random.default_rng(0)
    drawn = random.normal(0, 1, (4000, 9))
    rejected = np.mean([one[-1] >= limits_of(one[:-1]).reject for one in drawn])
    assert 0.02 < rejected < 0.06


def said(good: Floats, bad: list[float]) -> list[Outcome]:
    parts = [(GOOD, float(score)) for score in good] + [("hole", score) for score in bad]
    return [Outcome(f"p{place}", name, Decision.OK, score) for place, (name, score) in enumerate(parts)]


@pytest.mark.parametrize("count", [9, 200])
def test_a_labelled_defect_that_stands_far_out_raises_no_limit(count: int) -> None:
    """Otherwise whatever is fainter than the one defect that somebody has labelled would pass."""
    good = scores(count)
    assert careful_limits(said(good, [])) == limits_of(good)
    assert careful_limits(said(good, [60.0])) == limits_of(good)


def test_labelled_defects_among_the_good_ones_lower_the_limits() -> None:
    good = scores(200)
    faint = careful_limits(said(good, [1.3] * 20))
    assert faint.recheck < 1.3 < limits_of(good).recheck + 0.5
    assert faint.recheck <= faint.reject <= limits_of(good).reject
    assert (good >= faint.recheck).sum() <= 30
    assert (good >= faint.reject).sum() <= 10
