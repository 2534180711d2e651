"""A whole training from good parts, as the program starts it: what it hands over, and what it finds."""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, UNLIKE, Box, Pixels, Scores, Split
from inspector.errors import TrainingError
from inspector.learning import snapshot as snapshots
from inspector.learning.anomaly import WORTH, told
from inspector.metrics import auroc
from inspector.pipeline.assemble import view_of
from inspector.pipeline.classify import Classifier
from inspector.recipe import FitnessLimits, Recipe
from inspector.store.cards import CARD, MODEL, read_card
from models.job import read_job
from models.novelty.training import SIDE, NoveltyTraining
from models.progress import Progress
from tests.models.conftest import Trained
from tests.models.plates import RECIPE, Room, furnish, plate, train


@dataclass(frozen=True)
class Shown(Trained):
    """The same of good parts alone."""

    def scores(self, pixels: Pixels) -> Scores:
        return Classifier(self.model, self.card).classify(view_of(pixels, Recipe(RECIPE), None, SIDE, SIDE))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    room = furnish(tmp_path_factory.mktemp("good"), {"good": 10}, golden=2)
    run = train(room.write_job(mode="anomaly"))
    assert run.code == 0, run
    folder = room.folder / "model"
    shutil.move(room.output, folder)
    return Shown(room, run, folder)


def test_the_card_says_what_it_is_and_what_good_parts_bear_out(shown: Shown) -> None:
    card, results = shown.card, shown.card.results
    assert card.classes == (GOOD, UNLIKE)
    assert (card.input_height, card.input_width, card.quantisation) == (SIDE, SIDE, "int8")
    assert (results["mode"], results["looks"], results["folds"]) == ("anomaly", 1, 5)
    assert results["parts"] == {GOOD: 8}
    assert results["pictures"] + len(results["suspects"]) == 16
    assert results["split_by_part"]["overkill_rate"]["n"] == 8
    assert results["places_remembered"] == results["memory"]["places"] == 1000
    assert (results["memory"]["mb"], results["memory"]["bound"]) == (1.728, WORTH)
    assert results["synthetic_auroc"] > 0.7
    assert (results["not_located"], results["picture_sizes"]) == (0, []), "nothing to tell of"
    assert card.recheck_limit <= card.reject_limit


def test_every_left_out_picture_has_its_raw_score_on_the_card(shown: Shown) -> None:
    rows = shown.card.results["validation"]
    assert {row["digest"] for row in rows} < {entry.digest for entry in shown.room.snapshot.entries}
    scores = np.array([row["score"] for row in rows])
    assert scores.mean() == pytest.approx(0, abs=0.01)
    assert scores.std() == pytest.approx(1, abs=0.01)


def test_the_golden_good_parts_are_measured(shown: Shown) -> None:
    golden = shown.card.results["golden"]
    assert {row["part"] for row in golden} == {"good-0", "good-1"}
    assert {row["leading_defect"] for row in golden} == {UNLIKE}


def test_the_file_says_what_keras_says(shown: Shown) -> None:
    receipt = shown.card.receipt
    assert receipt["views"] == 16
    assert receipt["correlation"] >= 0.97
    assert "float_invoke_ms" not in receipt, "nobody waits for what was not asked"


def test_it_finds_defects_that_it_has_never_seen(shown: Shown) -> None:
    kinds = ["good", "hole", "scratch"]
    scores = [(kind != "good", shown.scores(plate(kind, seed)).defect) for kind in kinds for seed in range(900, 908)]
    assert auroc([bad for bad, _ in scores], [score for _, score in scores]) > 0.95


def test_the_heat_is_hottest_where_the_defect_is(shown: Shown) -> None:
    hits = 0
    for seed in range(900, 908):
        heat = shown.scores(plate("hole", seed)).heat
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        y, x = hole_at(seed)
        hits += abs((row + 0.5) / heat.shape[0] * 96 - y) < 14 and abs((column + 0.5) / heat.shape[1] * 96 - x) < 14
    assert hits >= 6


def hole_at(seed: int) -> tuple[int, int]:
    """Row and column of the hole that `plate` draws."""
    random = np.random.default_rng(seed)
    random.normal(120.0, 6.0, (96, 1)), random.normal(0.0, 3.0, (96, 96))
    y, x = random.integers(20, 76, 2)
    return int(y), int(x)


def hole_mask(seed: int) -> Pixels:
    y, x = hole_at(seed)
    mask = np.zeros((96, 96), np.uint8)
    mask[y - 6 : y + 7, x - 6 : x + 7] = 255
    return mask


def test_the_steps_come_in_their_order_and_end_full(shown: Shown) -> None:
    steps = [message["step"] for message in shown.run.messages[:-1]]
    assert list(dict.fromkeys(steps)) == ["network", "features", "fitting", "verification", "golden"]
    last = {message["step"]: message for message in shown.run.messages[:-1]}
    assert all(message["done"] == message["total"] for message in last.values())
    assert shown.run.errors == ""


def test_a_person_is_told_what_it_is_worth(shown: Shown) -> None:
    words = told(shown.card)
    assert "of 8 good parts that were left out are rejected" in words[0]
    assert "real defects escape this says nothing" in words[1]
    assert "1000 places" in words[2]
    assert len(words) == 3


@pytest.mark.slow
def test_labelled_defects_become_classes_beside_unlike(shown: Shown) -> None:
    """On the network that is there already."""
    entries = tuple(replace(entry, split=Split.TRAIN) for entry in shown.room.snapshot.entries)
    digests = [shown.room.images.put(plate("hole", seed)) for seed in range(950, 954)]
    masks = [shown.room.images.put(hole_mask(seed)) for seed in range(950, 954)]
    holes = tuple(
        replace(entries[0], digest=digest, defect_class="hole", part=digest, mask=mask)
        for digest, mask in zip(digests, masks, strict=True)
    )
    room = Room(shown.room.folder, replace(shown.room.snapshot, entries=tuple(sorted((*entries, *holes)))))
    room.output.mkdir()
    NoveltyTraining(read_job(room.write_job(mode="anomaly")), Progress(io.StringIO())).run()
    grown = Shown(room, shown.run, room.output)
    assert grown.card.classes == (GOOD, "hole", UNLIKE)
    results = grown.card.results
    good = [row["score"] for row in results["validation"] if row["defect_class"] == GOOD]
    assert grown.card.reject_limit < max(good) + 3 * np.std(good), "four holes far out are no reason to look away"
    rows = {row["digest"]: row for row in results["validation"]}
    assert {rows[digest]["defect_class"] for digest in digests} == {"hole"}
    assert results["split_by_part"]["auroc"] > 0.9
    assert results["split_by_part"]["escape_rate"]["n"] == 4
    assert results["parts"] == {GOOD: 10, "hole": 4}
    found = [grown.scores(plate("hole", seed)) for seed in range(960, 964)]
    assert {one.leading_defect for one in found} == {"hole"}
    good = [grown.scores(plate("good", seed)) for seed in range(960, 964)]
    assert max(one.logits[0] for one in found) < min(one.logits[0] for one in good), "marked places speak against good"
    scores = [(kind != "good", grown.scores(plate(kind, seed)).defect)
              for kind in ("good", "scratch") for seed in range(900, 908)]  # fmt: skip
    assert auroc([bad for bad, _ in scores], [score for _, score in scores]) > 0.9, "nobody has labelled a scratch"


@pytest.mark.slow
def test_the_same_model_in_float_is_written_where_it_was_asked_for(shown: Shown, tmp_path: Path) -> None:
    """On the network that is there already."""
    room, file = Room(shown.room.folder, shown.room.snapshot), tmp_path / "float.tflite"
    shutil.rmtree(room.output, ignore_errors=True)
    NoveltyTraining(read_job(room.write_job(mode="anomaly", float_model=str(file))), Progress(io.StringIO())).run()
    card = read_card(room.output / CARD)
    in_float, shipped = Classifier(file, card), Classifier(room.output / MODEL, card)
    for seed in range(900, 904):
        view = view_of(plate("hole", seed), Recipe(RECIPE), None, SIDE, SIDE)
        one, other = in_float.classify(view), shipped.classify(view)
        assert np.corrcoef(one.heat.ravel(), other.heat.ravel())[0, 1] > 0.95
    assert sorted(path.name for path in room.output.iterdir()) == [CARD, MODEL]
    shutil.rmtree(room.output)


@pytest.mark.parametrize("good", [0, 1, 4])
def test_too_few_good_parts_are_told_at_once(tmp_path: Path, good: int) -> None:
    room = furnish(tmp_path, {"good": good, "hole": 3})
    with pytest.raises(TrainingError, match=f"at least 5 .* received {good} parts in {2 * good} pictures"):
        NoveltyTraining(read_job(room.write_job(mode="anomaly")), Progress(io.StringIO())).run()
    assert list(room.output.iterdir()) == []


@pytest.mark.parametrize(
    "recipe",
    [Recipe(RECIPE, roi=Box(0, 0, 4000, 4000)), Recipe(RECIPE, fitness=FitnessLimits(min_contrast=120.0))],
    ids=["not found", "not fit"],
)
def test_what_the_station_would_not_judge_is_no_good_part(tmp_path: Path, recipe: Recipe) -> None:
    room = furnish(tmp_path, {"good": 6}, recipe=recipe)
    words = "received 0 parts in 0 pictures; in 12 more the part is not found, or they are not fit: check the recipe's"
    with pytest.raises(TrainingError, match=words):
        NoveltyTraining(read_job(room.write_job(mode="anomaly")), Progress(io.StringIO())).run()


def test_a_snapshot_file_is_not_changed(shown: Shown) -> None:
    assert snapshots.load(shown.room.folder / f"{shown.room.snapshot.id}.json") == shown.room.snapshot
