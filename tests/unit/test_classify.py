"""The classifier on a real model file whose scores can be told by hand: a View of mean m scores (m - 120) / 10."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from inspector.clock import SystemClock
from inspector.devices.render.part import render_part
from inspector.devices.render.program import RenderSettings
from inspector.domain import GOOD, UNLIKE, Box, Decision, Frame, ModelCard, Part, Pixels, View
from inspector.errors import ModelError
from inspector.pipeline.assemble import Setup, inspect
from inspector.pipeline.classify import Classifier, entry_table, leading_defect
from inspector.pipeline.view import make_view
from inspector.recipe import Limits, Recipe
from tests.unit.learning_cards import CLASSES, card

MODEL = Path(__file__).parent.parent / "data" / "brightness.tflite"
CARD = card(1, MODEL.read_bytes())


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(MODEL, CARD)


def view_of_level(level: int) -> View:
    return make_view(np.full((40, 40), level, np.uint8), Box(0, 0, 40, 40), 16, 16)


def expected(mean: float) -> float:
    """logsumexp(dent, scratch) - good, with the logits that the model gives a View of this mean."""
    return float(np.logaddexp((mean - 120) / 10, -9.0))


# What it says


@pytest.mark.parametrize("level", [0, 1, 60, 119, 120, 121, 200, 254, 255])
def test_a_plain_view_scores_what_can_be_told_by_hand(classifier: Classifier, level: int) -> None:
    scores = classifier.classify(view_of_level(level))
    assert scores.defect == pytest.approx(expected(level), abs=1e-3)
    assert scores.logits == pytest.approx((0.0, (level - 120) / 10, -9.0), abs=1e-3)
    assert (scores.classes, scores.model_id) == (CLASSES, CARD.id)


@pytest.mark.parametrize(("level", "leading"), [(200, "dent"), (31, "dent"), (29, "scratch"), (0, "scratch")])
def test_the_leading_defect_is_the_one_with_the_highest_score(classifier: Classifier, level: int, leading: str) -> None:
    assert classifier.classify(view_of_level(level)).leading_defect == leading


def test_the_heat_is_of_the_leading_defect_against_good(classifier: Classifier) -> None:
    """The model's heat repeats the view's colours: good from red, dent from green, scratch from blue."""
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = 50, 250, 200
    scores = classifier.classify(View(pixels, Box(0, 0, 16, 16), (1, 0, 0, 0, 1, 0)))
    assert scores.leading_defect == "dent"
    assert (scores.heat.shape, scores.heat.dtype) == ((2, 2), np.float32)
    assert scores.heat == pytest.approx(np.full((2, 2), 200.0), abs=0.01)


def test_what_it_gave_once_is_not_changed_by_the_next_part(classifier: Classifier) -> None:
    """A runtime hands out its own buffers; a record that pointed into one would show the next part's heat."""
    first = classifier.classify(view_of_level(40))
    heat, embedding = first.heat.copy(), first.embedding.copy()
    classifier.classify(view_of_level(240))
    assert np.array_equal(first.heat, heat)
    assert np.array_equal(first.embedding, embedding)


@given(st.integers(0, 2**32 - 1))
@hypothesis_settings(max_examples=30, deadline=None)
def test_a_noisy_view_scores_by_its_mean(seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    scores = Classifier(MODEL, CARD, 1).classify(View(pixels, Box(0, 0, 16, 16), (1, 0, 0, 0, 1, 0)))
    assert scores.defect == pytest.approx(expected(float(pixels.mean())), abs=1e-3)


# What it refuses


def wrong(**promises: object) -> ModelCard:
    return replace(CARD, **promises)  # type: ignore[arg-type]


@pytest.mark.parametrize(("height", "width"), [(16, 17), (17, 16), (224, 224), (1, 1), (0, 0)])
def test_a_card_with_another_input_size_is_refused(height: int, width: int) -> None:
    with pytest.raises(ModelError, match=rf"input size: the card promises \[1, {height}, {width}, 3\]") as caught:
        Classifier(MODEL, wrong(input_height=height, input_width=width))
    assert "[1, 16, 16, 3]" in str(caught.value)
    assert str(caught.value).startswith(str(MODEL))


@pytest.mark.parametrize(
    "classes",
    [("good", "dent"), ("good",), (), ("good", "a", "b", "c"), ("a", "b", "c"), ("Good", "dent", "scratch")],
)
def test_a_card_with_other_classes_is_refused(classes: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match=rf"the card names {len(classes)} .* the file scores 3"):
        Classifier(MODEL, wrong(classes=classes))


def test_the_good_class_may_stand_anywhere() -> None:
    scores = Classifier(MODEL, wrong(classes=("dent", "scratch", "good"))).classify(view_of_level(120))
    assert scores.defect == pytest.approx(math.log(2) + 9.0, abs=1e-3)
    assert scores.leading_defect in ("dent", "scratch")


BROKEN = {
    "empty": b"",
    "text": b"this is no model",
    "half": MODEL.read_bytes()[: MODEL.stat().st_size // 2],
    "headless": b"\0" * 8 + MODEL.read_bytes()[8:],
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_is_no_model_is_refused_in_words(tmp_path: Path, case: str) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(BROKEN[case])
    with pytest.raises(ModelError, match=r"model\.tflite: not a model of this program"):
        Classifier(file, CARD)


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.tflite"):
        Classifier(tmp_path / "gone.tflite", CARD)


@pytest.mark.parametrize("folder", ["with a space", "Größe µm", "部品"])
def test_a_model_may_lie_in_any_folder(tmp_path: Path, folder: str) -> None:
    file = tmp_path / folder / "model.tflite"
    file.parent.mkdir()
    file.write_bytes(MODEL.read_bytes())
    assert Classifier(file, CARD).classify(view_of_level(130)).defect == pytest.approx(expected(130), abs=1e-3)


# Twice the same


def rendered(number: int) -> Pixels:
    return render_part(RenderSettings(seed=4, width=160, height=120), number).pixels


def scores_of(numbers: range) -> list[tuple[float, ...]]:
    own = Classifier(MODEL, CARD, threads=2)
    return [own.classify(make_view(rendered(number), Box(0, 0, 160, 120), 16, 16)).logits for number in numbers]


def test_two_classifiers_in_two_threads_give_equal_scores() -> None:
    numbers = range(30)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(scores_of, (numbers, numbers))
    assert one == other == scores_of(numbers)


@pytest.mark.parametrize("threads", [1, 4])
def test_the_number_of_threads_changes_no_score(threads: int) -> None:
    view = make_view(rendered(7), Box(0, 0, 160, 120), 16, 16)
    assert Classifier(MODEL, CARD, threads).classify(view) == Classifier(MODEL, CARD, 2).classify(view)


def test_replaying_a_hundred_frames_repeats_every_inspection(classifier: Classifier) -> None:
    clock = SystemClock()
    frames = [Frame(rendered(number), "test", number, number, clock.now(), clock.ns()) for number in range(100)]
    likely = sorted(float(np.mean(frame.pixels) - 120) / 10 for frame in frames)
    setup = Setup(Recipe("cap", limits=Limits(likely[33], likely[66])), classifier)
    first = [inspect(frame, Part(str(frame.trigger)), setup, "s", "first") for frame in frames]
    fresh = replace(setup, model=Classifier(MODEL, CARD))
    again = [inspect(frame, Part(str(frame.trigger)), fresh, "s", "again") for frame in reversed(frames)]
    assert first == list(reversed(again))
    assert {inspection.verdict.decision for inspection in first} == {Decision.OK, Decision.RECHECK, Decision.NG}


# The entry


@pytest.mark.parametrize("kind", [np.int8, np.uint8])
@given(mean=st.floats(0, 255), scale=st.floats(1, 255), step=st.floats(1e-3, 1.0), zero=st.integers(-128, 127))
@hypothesis_settings(max_examples=40, deadline=None)
def test_every_pixel_value_enters_within_the_tensors_range_and_in_order(
    kind: type, mean: float, scale: float, step: float, zero: int
) -> None:
    table = entry_table({"dtype": kind, "quantization": (step, zero)}, mean, scale)
    assert (table.shape, table.dtype) == ((256,), kind)
    assert (np.diff(table.astype(int)) >= 0).all()
    inside = (table > np.iinfo(kind).min) & (table < np.iinfo(kind).max)
    real = (table.astype(float) - zero) * step
    meant = (np.arange(256) - mean) / scale
    assert np.abs(real - meant)[inside] == pytest.approx(0.0, abs=step / 2 + 1e-9)


@pytest.mark.parametrize(
    ("logits", "named"),
    [
        ((0.0, 2.0, 1.0, 9.0), "hole"),
        ((0.0, -1.0, 1.0, 9.0), "scratch"),
        ((0.0, -1.0, -2.0, 9.0), UNLIKE),
        ((0.0, -1.0, -2.0, -9.0), "hole"),
        ((5.0, 2.0, 1.0, 3.0), UNLIKE),
    ],
)
def test_a_known_defect_that_is_likelier_than_good_is_named_before_being_unlike(
    logits: tuple[float, ...], named: str
) -> None:
    classes = (GOOD, "hole", "scratch", UNLIKE)
    assert classes[leading_defect(np.array(logits), classes)] == named


@pytest.mark.parametrize("classes", [(GOOD, "hole", "scratch"), ("hole", GOOD, "scratch")])
def test_where_there_is_no_unlike_the_highest_defect_is_named(classes: tuple[str, ...]) -> None:
    logits = np.array([{GOOD: 3.0, "hole": -2.0, "scratch": -1.0}[name] for name in classes])
    assert classes[leading_defect(logits, classes)] == "scratch"
