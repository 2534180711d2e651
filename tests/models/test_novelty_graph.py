"""The LiteRT file says what the arithmetic says, in one invoke, whatever the network's number format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import GOOD, UNLIKE, Floats, Pixels, Scores
from inspector.pipeline.classify import Classifier
from models.export.conversion import FLOAT32, INT8, KerasNetwork
from models.head import Head, defect_scores
from models.novelty.graph import attach_novelty
from models.novelty.heat import DIRECTIONS, Heat, Scale
from models.novelty.in_float import write_in_float
from models.novelty.model import Model
from models.novelty.novelty import Novelty, Projection, density, projection, remember
from models.novelty.seer import Seer
from models.novelty.sight import Sight
from models.novelty.sightings import DRAWN_AT_LEAST, NONE_LABELLED, drawn_of_each, look, look_at_defects
from tests.models.tiny import SIDE, TINY, Drawn
from tests.unit.learning_cards import card

CARD = replace(
    card(1, b"m"), classes=(GOOD, UNLIKE), input_height=SIDE, input_width=SIDE, mean=TINY.mean, scale=TINY.scale
)
DRAWN = Drawn()
FEATURES = 108  # the averages, deviations and peaks of the tiny network's channels
NONE_KNOWN = Head(np.zeros((0, FEATURES), np.float32), np.zeros(0, np.float32))


def views(kind: str, count: int) -> list[Pixels]:
    return [DRAWN.get(f"{kind}-{number}").pixels for number in range(count)]


@pytest.fixture(scope="module")
def keras() -> KerasNetwork:
    return KerasNetwork(TINY, Path("none"), True, SIDE, SIDE)


@pytest.fixture(scope="module", params=[INT8, FLOAT32])
def network(request: pytest.FixtureRequest, keras: KerasNetwork) -> bytes:
    return keras.convert(request.param, views("good", 8))


def model_of(seer: Seer, known: Head = NONE_KNOWN, share: float = 0.0) -> Model:
    seen = [seer.see(pixels) for pixels in views("good", 12)]
    summaries, places = np.stack([one.summary for one in seen]), np.concatenate([one.places for one in seen])
    directions = projection(places)
    random = np.random.default_rng(0)
    head = Head(random.normal(0, 1, (1, summaries.shape[1])).astype(np.float32), np.array([0.4], np.float32))
    memory = remember(directions.of(places), 0, centres=40)
    shares = np.array([0.5, 0.02, 0.3], np.float32)
    novelty = Novelty(directions, memory, density(summaries, 0), head, shares, -1.25)
    damage = Projection(random.normal(0, 0.1, (36, 1)).astype(np.float32), np.array([0.3], np.float32))
    return Model(novelty, known, Heat(damage, Scale(near=0.7, damage=1.3, offset=-0.2, share=share, middle=0.9)))


def scores(content: bytes, pixels: Pixels, folder: Path, classes: tuple[str, ...] = (GOOD, UNLIKE)) -> Scores:
    (folder / "model.tflite").write_bytes(content)
    return Classifier(folder / "model.tflite", replace(CARD, classes=classes), threads=1).classify(
        replace(DRAWN.get("good-0"), pixels=pixels)
    )


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("kind", ["good", "faulty"])
def test_the_file_scores_as_the_arithmetic_does(network: bytes, tmp_path: Path, kind: str, share: float) -> None:
    seer = Seer(network, TINY)
    model = model_of(seer, share=share)
    content = attach_novelty(network, model)
    for pixels in views(kind, 3):
        seen = seer.see(pixels)
        found = scores(content, pixels, tmp_path)
        score = model.novelty.score(seen.summary, model.novelty.distances(seen.places))
        assert found.logits[1] == pytest.approx(score, abs=1e-3)
        assert np.allclose(found.logits, model.logits(seen), atol=1e-3)
        assert (found.logits[0] == 0.0) == (share == 0.0), "what is hot counts against good where its share says so"
        assert found.leading_defect == UNLIKE


def test_known_classes_stand_beside_unlike_in_the_same_invoke(network: bytes, tmp_path: Path) -> None:
    seer, random = Seer(network, TINY), np.random.default_rng(1)
    known = Head(random.normal(0, 1, (2, FEATURES)).astype(np.float32), np.array([3.0, -2.0], np.float32))
    model = model_of(seer, known, share=0.5)
    content = attach_novelty(network, model)
    leading = set()
    for pixels in [*views("good", 3), *views("faulty", 3)]:
        expected = model.logits(seer.see(pixels))
        found = scores(content, pixels, tmp_path, (GOOD, "hole", "scratch", UNLIKE))
        assert np.allclose(found.logits, expected, atol=1e-3)
        assert found.defect == pytest.approx(float(defect_scores(expected[np.newaxis])[0]), abs=1e-3)
        leading.add(found.leading_defect)
    assert leading <= {"hole", "scratch", UNLIKE}


def test_the_heat_is_what_every_place_amounts_to_whichever_defect_leads(network: bytes, tmp_path: Path) -> None:
    seer = Seer(network, TINY)
    model = model_of(seer)
    known = Head(np.zeros((1, FEATURES), np.float32), np.array([99.0], np.float32))
    pixels = views("faulty", 1)[0]
    seen = seer.see(pixels)
    expected = model.heat.of(seen.levels, model.novelty.distances(seen.places))
    heat = scores(attach_novelty(network, model), pixels, tmp_path).heat
    assert heat.shape == (SIDE // 8, SIDE // 8)
    assert np.allclose(heat.ravel(), expected, atol=1e-3)
    named = scores(attach_novelty(network, replace(model, known=known)), pixels, tmp_path, (GOOD, "hole", UNLIKE))
    assert named.leading_defect == "hole"
    assert np.allclose(named.heat, heat, atol=1e-5)


def test_the_embedding_stays_what_it_is_in_any_other_model(network: bytes, tmp_path: Path) -> None:
    seer = Seer(network, TINY)
    pixels = views("good", 1)[0]
    summary = seer.see(pixels).summary
    embedding = scores(attach_novelty(network, model_of(seer)), pixels, tmp_path).embedding
    assert np.allclose(embedding, summary[: len(summary) // 3], atol=1e-5)


def test_behind_the_float_network_stands_the_same_novelty(keras: KerasNetwork, tmp_path: Path) -> None:
    """Learned on the eight-bit network; both files speak of the same places alike."""
    eight_bits = keras.convert(INT8, views("good", 8))
    model = model_of(Seer(eight_bits, TINY))
    file = tmp_path / "new" / "float.tflite"
    write_in_float(file, TINY, None, model)
    assert Interpreter(str(file)).get_input_details()[0]["dtype"] == np.float32
    in_float = Seer(keras.convert(FLOAT32, ()), TINY)
    for pixels in views("faulty", 3):
        one, other = (
            scores(file.read_bytes(), pixels, tmp_path),
            scores(attach_novelty(eight_bits, model), pixels, tmp_path),
        )
        expected = model.logits(in_float.see(pixels))
        assert one.defect == pytest.approx(float(defect_scores(expected[np.newaxis])[0]), abs=1e-3)
        assert one.defect != other.defect
        assert np.corrcoef(one.heat.ravel(), other.heat.ravel())[0, 1] > 0.95


def test_what_keras_sees_is_reckoned_as_the_graph_reckons(keras: KerasNetwork) -> None:
    seer = Seer(keras.convert(FLOAT32, ()), TINY)
    pixels = views("faulty", 2)
    for view, *maps in zip(pixels, *keras.maps(pixels), strict=True):
        seen, reckoned = seer.see(view), Sight.of(maps)
        assert np.allclose(reckoned.summary, seen.summary, atol=1e-3)
        for mine, other in zip(seen.levels, reckoned.levels, strict=True):
            assert np.allclose(mine, other, atol=1e-4)


def test_a_place_at_the_edge_is_averaged_over_the_neighbours_it_has() -> None:
    places: Floats = np.arange(9, dtype=np.float32).reshape(3, 3, 1)
    found = Sight.of([places]).levels[0][..., 0]
    assert found[1, 1] == pytest.approx(4.0)
    assert found[0, 0] == pytest.approx((0 + 1 + 3 + 4) / 4)
    assert found[0, 1] == pytest.approx((0 + 1 + 2 + 3 + 4 + 5) / 6)


def test_a_strange_part_scores_far_above_the_good_ones(network: bytes, tmp_path: Path) -> None:
    seer = Seer(network, TINY)
    model = model_of(seer)
    novelty = replace(model.novelty, shares=np.array([1.0, 0.0, 0.0], np.float32))
    content = attach_novelty(network, replace(model, novelty=novelty))
    good = [scores(content, DRAWN.get(f"good-{number}").pixels, tmp_path).defect for number in range(20, 26)]
    bad = [scores(content, pixels, tmp_path).defect for pixels in views("faulty", 6)]
    assert min(bad) > max(good)


def test_the_file_has_one_invoke_for_everything(network: bytes) -> None:
    content = attach_novelty(network, model_of(Seer(network, TINY)))
    runner = Interpreter(model_content=content).get_signature_runner("serving_default")
    shapes = {name: tuple(about["shape"]) for name, about in runner.get_output_details().items()}
    assert shapes == {"logits": (1, 2), "embedding": (1, 36), "heat": (1, SIDE // 8, SIDE // 8, 2)}


def test_looking_sees_every_picture_in_mirrors_and_light_and_draws_enough_defects(network: bytes) -> None:
    told: list[tuple[int, int]] = []
    pixels = views("good", 5)
    names = [f"part-{number}" for number in range(5)]
    found, directions = look(Seer(network, TINY), pixels, names, 0, lambda done, total: told.append((done, total)))
    assert found.looks.shape == (5, 5, FEATURES)
    assert found.places.shape == (5, (SIDE // 8) ** 2, directions.places.count)
    assert found.columns.shape == (5, (SIDE // 8) ** 2, directions.columns.count)
    assert directions.columns.count == min(DIRECTIONS, 36)
    assert len(found.drawn) == len(found.drawn_on) == DRAWN_AT_LEAST
    assert np.array_equal(np.unique(found.drawn_on, return_counts=True)[1], np.full(5, DRAWN_AT_LEAST // 5))
    assert len(np.unique(found.drawn, axis=0)) > 0.9 * DRAWN_AT_LEAST, "no two on a picture are the same"
    assert told == [(done, 5) for done in range(6)]
    again, _ = look(Seer(network, TINY), pixels, names, 0, lambda *_: None)
    assert np.array_equal(again.drawn, found.drawn)
    other, _ = look(Seer(network, TINY), pixels, names, 1, lambda *_: None)
    assert not np.array_equal(other.drawn, found.drawn)


def test_few_pictures_get_more_defects_each_and_very_many_fewer() -> None:
    assert [drawn_of_each(count) for count in (5, 20, 100, 800, 2_400, 100_000)] == [64, 16, 12, 12, 4, 1]


def test_of_many_pictures_only_some_defects_keep_their_places(network: bytes) -> None:
    count = 200
    found, _ = look(Seer(network, TINY), views("good", count), [str(one) for one in range(count)], 0, lambda *_: None)
    assert (len(found.drawn), len(found.judged), len(found.drawn_places)) == (12 * count, 8 * count, 8 * count)
    assert np.array_equal(np.unique(found.drawn_on[found.judged], return_counts=True)[1], np.full(count, 8))
    assert np.isin(found.damaged_by, found.judged).all()


def test_what_is_drawn_on_a_picture_stays_where_others_come(network: bytes) -> None:
    seer, pixels, names = Seer(network, TINY), views("good", 6), list("abcdef")
    before, _ = look(seer, pixels[1:], names[1:], 0, lambda *_: None)
    after, _ = look(seer, pixels, names, 0, lambda *_: None)
    earlier, later = (found.drawn.reshape(len(found.parts), -1, FEATURES) for found in (before, after))
    drawings = min(earlier.shape[1], later.shape[1])
    same = (earlier[:, :drawings] == later[1:, :drawings]).all(axis=2)
    assert 0.7 < same.mean() < 1, "but for a few, for which the new picture lent a piece"


def test_labelled_defects_are_seen_in_mirrors_as_the_good_parts_are(network: bytes) -> None:
    seer, pixels = Seer(network, TINY), views("faulty", 3)
    seen, directions = look(seer, pixels, ["a", "b", "c"], 0, lambda *_: None)
    marked = np.zeros((SIDE, SIDE), np.uint8)
    marked[:8, -8:] = 255
    found = look_at_defects(seer, pixels, ["a", "b", "c"], [1, 0, 1], directions, [None, marked, None])
    assert (found.classes, found.truth.tolist(), found.parts.tolist()) == (2, [1, 0, 1], ["a", "b", "c"])
    assert np.array_equal(found.looks, seen.looks[:, :4])
    assert np.array_equal(found.places, seen.places)
    assert np.array_equal(found.columns, seen.columns)
    assert [np.flatnonzero(one).tolist() for one in found.marks] == [[], [SIDE // 8 - 1], []]
    assert look_at_defects(seer, [], [], [], directions, []) is NONE_LABELLED


def test_places_under_a_drawn_defect_are_kept_with_the_defect_that_covers_them(network: bytes) -> None:
    seer = Seer(network, TINY)
    found, directions = look(seer, views("good", 5), list("abcde"), 0, lambda *_: None)
    assert found.damaged.shape == (len(found.damaged_by), directions.columns.count)
    of_each = np.bincount(found.damaged_by, minlength=DRAWN_AT_LEAST)
    assert len(of_each) == DRAWN_AT_LEAST
    assert (of_each > 0).mean() > 0.7, "few are so faint that they cover nothing"
    assert of_each.max() <= 60
