"""A whole training, as the program starts it: what it hands over, what it remembers, and that it repeats itself."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.domain import GOOD, Decision, Split
from inspector.metrics import Outcome, auroc
from inspector.pipeline.assemble import view_of
from inspector.pipeline.classify import Classifier, entry_table
from inspector.pipeline.judge import decide
from inspector.recipe import Limits, Recipe
from inspector.store.cards import CARD, MODEL, read_card
from models.backbones import registry
from models.features import FeatureCache, mirrors
from models.figures import score_of
from models.network import Extractor, load
from models.views import Views
from tests.models.conftest import Trained
from tests.models.plates import CLASSES, RECIPE, furnish, plate, train


def classifier(trained: Trained) -> Classifier:
    return Classifier(trained.model, trained.card, threads=2)


def test_the_output_holds_a_model_and_its_card_and_nothing_else(trained: Trained) -> None:
    assert sorted(path.name for path in trained.folder.iterdir()) == ["card.json", "model.tflite"]
    assert trained.run.last == {"result": str(trained.room.output)}


def test_nothing_is_left_beside_the_output(trained: Trained) -> None:
    assert [path.name for path in trained.room.folder.iterdir() if path.name.startswith(".")] == []


def test_the_process_keeps_its_streams_clean(trained: Trained) -> None:
    assert trained.run.errors == ""
    assert all(message.keys() >= {"step", "done", "total", "remaining_s"} for message in trained.run.messages[:-1])


def test_the_steps_come_in_their_order_and_end_full(trained: Trained) -> None:
    steps = [message["step"] for message in trained.run.messages[:-1]]
    assert list(dict.fromkeys(steps)) == ["network", "features", "fitting", "verification", "golden"]
    last = {message["step"]: message for message in trained.run.messages[:-1]}
    assert all(message["done"] == message["total"] for message in last.values())


def test_the_card_names_what_the_model_was_made_from(trained: Trained) -> None:
    card = trained.card
    assert card.classes == CLASSES
    assert (card.recipe, card.number, card.seed, card.parent) == (RECIPE, 1, 0, None)
    assert card.snapshot_id == trained.room.snapshot.id
    assert card.view_id == Recipe(RECIPE).view_id
    assert card.model_digest == hashlib.sha256(trained.model.read_bytes()).hexdigest()
    assert card.quantisation == "int8"


def test_the_receipt_measures_size_speed_and_agreement(trained: Trained) -> None:
    receipt = trained.card.receipt
    assert receipt["size_bytes"] == trained.model.stat().st_size
    assert 0 < receipt["invoke_ms"] <= receipt["invoke_p99_ms"]
    assert 0 < receipt["float_invoke_ms"] <= receipt["float_invoke_p99_ms"]
    assert receipt["views"] == len(trained.room.snapshot.only(Split.TRAIN))
    assert receipt["agreement"] >= 0.97
    assert 0.9 <= receipt["same_verdict"] <= 1.0
    assert receipt["correlation"] >= 0.97


def test_the_figures_stand_on_parts_and_the_naive_ones_stand_beside(trained: Trained) -> None:
    results = trained.card.results
    assert results["parts"] == {"good": 8, "hole": 4, "scratch": 4}
    assert results["pictures"] == 32
    assert results["not_located"] == 0
    assert results["split_by_part"]["escape_rate"]["n"] == 8  # parts
    assert results["naive_split_by_picture"]["escape_rate"]["n"] == 16  # pictures
    assert results["split_by_part"]["auroc"] > 0.9


def test_the_card_says_of_each_learned_picture_what_a_head_without_its_part_says(trained: Trained) -> None:
    rows = trained.card.results["validation"]
    learned = {entry.digest: entry for entry in trained.room.snapshot.only(Split.TRAIN)}
    assert {row["digest"] for row in rows} == set(learned)
    for row in rows:
        entry = learned[row["digest"]]
        assert (row["part"], row["defect_class"]) == (entry.part, entry.defect_class)
        assert row["leading_defect"] in trained.card.classes[1:]
    scored = [Outcome(row["part"], row["defect_class"], Decision.OK, row["score"]) for row in rows]
    by_picture = auroc([one.defective for one in scored], [score_of(one) for one in scored])
    assert by_picture == pytest.approx(trained.card.results["split_by_part"]["auroc"])


def test_plates_it_never_saw_are_told_apart(trained: Trained) -> None:
    model = classifier(trained)
    kinds = [kind for kind in CLASSES for _ in range(6)]
    scores = []
    for seed, kind in enumerate(kinds, start=50_000):
        view = view_of(plate(kind, seed), Recipe(RECIPE), None, *model.input_size)
        scores.append(model.classify(view))
    assert auroc([kind != GOOD for kind in kinds], [one.defect for one in scores]) > 0.95
    named = [one.leading_defect for one, kind in zip(scores, kinds, strict=True) if kind != GOOD]
    assert sum(name == kind for name, kind in zip(named, kinds[6:], strict=True)) >= 10


def test_most_good_plates_pass_at_the_suggested_limits(trained: Trained) -> None:
    model, card = classifier(trained), trained.card
    limits = Limits(card.recheck_limit, card.reject_limit)
    views = [view_of(plate(GOOD, seed), Recipe(RECIPE), None, *model.input_size) for seed in range(60_000, 60_010)]
    decisions = [decide(model.classify(view).defect, limits) for view in views]
    assert decisions.count(Decision.OK) >= 8


def test_the_card_says_of_golden_pictures_what_the_station_would_say(trained: Trained) -> None:
    model, images = classifier(trained), trained.room.images
    rows = trained.card.results["golden"]
    assert {row["digest"] for row in rows} == {one.digest for one in trained.room.snapshot.only(Split.GOLDEN)}
    for row in rows:
        scores = model.classify(view_of(images.get(row["digest"]), Recipe(RECIPE), None, *model.input_size))
        assert row["score"] == pytest.approx(scores.defect, abs=1e-4)
        assert row["leading_defect"] == scores.leading_defect


def test_the_mean_of_the_heat_is_the_score(trained: Trained) -> None:
    """So the heat map shows exactly what the score was made of."""
    model = classifier(trained)
    for kind in CLASSES:
        scores = model.classify(view_of(plate(kind, 70_000), Recipe(RECIPE), None, *model.input_size))
        leading = CLASSES.index(scores.leading_defect)
        expected = scores.logits[leading] - scores.logits[0]
        assert float(scores.heat.mean()) == pytest.approx(expected, abs=1e-3)


def test_the_heat_is_warmest_where_the_hole_is(trained: Trained) -> None:
    model = classifier(trained)
    pixels = np.full((96, 96), 120, dtype=np.uint8)
    pixels[60:76, 14:30] = 25
    heat = model.classify(view_of(pixels, Recipe(RECIPE), None, *model.input_size)).heat
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    assert abs(row / heat.shape[0] - 68 / 96) < 0.2
    assert abs(column / heat.shape[1] - 22 / 96) < 0.2


def test_training_and_station_see_the_same_pixels(trained: Trained) -> None:
    """One preprocessing: the views are equal bit for bit, and so is what the network makes of them."""
    model, room = classifier(trained), trained.room
    views = Views(room.folder / "images", Recipe(RECIPE), None, *model.input_size)
    network = trained.network
    extractor = Extractor(network.content, np.zeros_like(network.shift), registry.find("efficientnet-lite0"))
    for entry in room.snapshot.entries[:4]:
        learned = views.get(entry.digest)
        assert learned is not None
        inspected = view_of(room.images.get(entry.digest), Recipe(RECIPE), None, *model.input_size)
        assert np.array_equal(learned.pixels, inspected.pixels)
        assert np.array_equal(extractor.features(learned.pixels), model.classify(inspected).embedding)


def test_each_grey_level_enters_the_network_as_itself(trained: Trained) -> None:
    card = trained.card
    model = classifier(trained)
    table = entry_table(model._input, card.mean, card.scale)
    assert table.dtype == np.int8
    assert np.array_equal(table.astype(int), np.arange(256) - 128)


def test_the_file_says_what_keras_says(trained: Trained) -> None:
    """On each view that Keras has seen, through the head that the file itself carries."""
    model, network, room = classifier(trained), trained.network, trained.room
    cache = FeatureCache(trained.network_folder / network.id, len(network.shift))
    views = Views(room.folder / "images", Recipe(RECIPE), None, *model.input_size)
    quantised, keras = [], []
    for digest, reference in network.reference.items():
        remembered = cache.get(digest)
        view = views.get(digest)
        assert remembered is not None and view is not None
        quantised.append(remembered[0])
        keras.append(reference)
        assert np.allclose(model.classify(view).embedding + network.shift, remembered[0], atol=1e-6)
    assert np.corrcoef(np.ravel(quantised), np.ravel(keras))[0, 1] > 0.99
    assert np.abs(np.mean(quantised, axis=0) - np.mean(keras, axis=0)).max() < 1e-4  # the shift is taken out


def test_a_second_training_extracts_nothing_and_makes_the_same_model(trained: Trained) -> None:
    run = train(trained.room.write_job())
    assert run.code == 0, run
    assert run.totals("network") == set()
    assert run.totals("features") == {0}
    assert (trained.room.output / "model.tflite").read_bytes() == trained.model.read_bytes()
    shutil.rmtree(trained.room.output)


def test_a_new_label_looks_at_the_new_picture_only(trained: Trained, tmp_path: Path) -> None:
    room = furnish(tmp_path, {"good": 10, "hole": 6, "scratch": 7}, golden=2)
    shutil.copytree(trained.room.folder / "cache", room.folder / "cache", dirs_exist_ok=True)
    digest = room.snapshot.only(Split.TRAIN)[0].digest
    network = trained.network
    (damaged,) = (room.folder / "cache").rglob(f"{digest}.npy")
    damaged.write_bytes(damaged.read_bytes()[:100])  # as after a power cut on a disk that lies
    run = train(room.write_job(number=2, parent="v1-00000000", seed=3))
    assert run.code == 0, run
    assert run.totals("network") == set()
    assert run.totals("features") == {3}  # two pictures of the new part, and the damaged one
    cache = FeatureCache(damaged.parent.parent, len(network.shift))
    assert cache.get(digest) is not None


def test_a_network_whose_file_was_changed_is_not_used(trained: Trained, tmp_path: Path) -> None:
    folder = tmp_path / "network"
    shutil.copytree(trained.network_folder, folder)
    content = bytearray((folder / "network.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "network.tflite").write_bytes(content)
    assert load(folder) is None


@pytest.mark.parametrize("name", ["network.tflite", "reference.npz", "about.json"])
def test_a_network_with_half_a_file_is_not_used(trained: Trained, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "network"
    shutil.copytree(trained.network_folder, folder)
    (folder / name).write_bytes((folder / name).read_bytes()[:50])
    assert load(folder) is None
    (folder / name).unlink()
    assert load(folder) is None


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_from_nothing_the_same_job_makes_the_same_bytes(trained: Trained) -> None:
    shutil.rmtree(trained.room.folder / "cache")
    (trained.room.folder / "cache").mkdir()
    run = train(trained.room.write_job())
    assert run.code == 0, run
    assert run.totals("network") == {4}
    assert (trained.room.output / "model.tflite").read_bytes() == trained.model.read_bytes()
    shutil.rmtree(trained.room.output)


def test_a_model_that_looks_four_times_is_measured_and_delivered_as_such(trained: Trained, tmp_path: Path) -> None:
    room = replace(trained.room, folder=tmp_path)
    for name in ("cache", "images"):
        shutil.copytree(trained.room.folder / name, tmp_path / name)
    shutil.copy(trained.room.folder / "recipe.toml", tmp_path)
    run = train(room.write_job(looks=4))
    assert run.code == 0, run
    assert run.totals("features") == {0}, "the mirrors were looked at in the first training"
    card = read_card(room.output / CARD)
    assert (card.results["looks"], trained.card.results["looks"]) == (4, 1)
    assert "float_invoke_ms" not in card.receipt
    assert card.receipt["size_bytes"] < trained.card.receipt["size_bytes"] + 20_000
    four, single = Classifier(room.output / MODEL, card), classifier(trained)
    seen = view_of(plate("hole", 95_000), Recipe(RECIPE), None, *four.input_size)
    looks = [single.classify(replace(seen, pixels=pixels)).logits for pixels in mirrors(seen.pixels)]
    assert np.allclose(four.classify(seen).logits, np.mean(looks, axis=0), atol=1e-3)
    assert [row["score"] for row in card.results["golden"]] != [row["score"] for row in trained.card.results["golden"]]
    assert card.results["validation"] != trained.card.results["validation"]
