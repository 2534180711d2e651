"""A network is adapted to parts: what is kept stays as it was, what was reached survives a kill, and it gets better."""

from __future__ import annotations

import io
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from inspector.errors import StoreError, TrainingError
from inspector.learning.augmentation import DEFAULT, augment
from models.adaptation import adaptation as adaptations
from models.adaptation.adaptation import Adaptation, best_epoch
from models.adaptation.adapters import LowRank, merge, with_adapters
from models.adaptation.course import Course
from models.adaptation.halves import LOWEST_RATE, LayeredAdamW, averaged, halve, rates
from models.adaptation.places import Places, head
from models.adaptation.stems import AUGMENTED, MOST, Stems, gridded
from models.adaptation.tuning import Fold, Schedule, Tuning, weights_after
from models.adapted import Adapted, load, rounded
from models.crossvalidation import Examples
from models.features import VARIANTS, mirrors
from models.progress import Progress
from tests.models.tiny import SIDE, TINY, Drawn

CUT = (SIDE // 8, SIDE // 8, 8)


def examples(good: int = 12, bad: int = 8) -> Examples:
    names = [*(f"good-{n}" for n in range(good)), *(f"hole-{n}" for n in range(bad))]
    truth = np.array([int(name.startswith("hole")) for name in names])
    blank = np.zeros((len(names), VARIANTS, 1), np.float32)
    return Examples(blank, np.zeros(1, np.float32), tuple(names), truth, np.array(names), ("good", "hole"))


def adaptation(
    folder: Path, mode: str = "finetune", told: io.StringIO | None = None, course: Path | None = None
) -> Adaptation:
    progress = Progress(told or io.StringIO())
    return Adaptation(mode, TINY, None, Drawn(), folder, progress, Course(course))  # type: ignore[arg-type]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three epochs at a rate that moves so small a network."""
    for mode, schedule in adaptations.SCHEDULES.items():
        monkeypatch.setitem(adaptations.SCHEDULES, mode, replace(schedule, epochs=3, rate=5e-3, batch=8))


# Halves


def test_the_network_is_cut_where_least_is_carried_across_and_shares_its_layers() -> None:
    halves = halve(TINY, Path(), True, SIDE, SIDE)
    assert halves.cut.shape[1:] == CUT
    batch = np.random.default_rng(0).normal(size=(2, SIDE, SIDE, 3)).astype(np.float32)
    direct = [np.asarray(level).mean(axis=(1, 2)) for level in halves.whole.predict_on_batch(batch)]
    upper = halves.upper()
    pooled = keras.Model(upper.input, averaged(upper.outputs))
    through = pooled.predict_on_batch(halves.lower.predict_on_batch(batch))
    np.testing.assert_allclose(through, np.concatenate(direct, axis=1), rtol=1e-5)
    halves.whole.get_layer("level2_expand").kernel.assign_add(np.ones((1, 1, 8, 12), np.float32))
    assert np.abs(pooled.predict_on_batch(halves.lower.predict_on_batch(batch)) - through).max() > 0.1


def test_only_what_lies_above_the_cut_is_tuned_and_no_statistics_ever() -> None:
    halves = halve(TINY, Path(), True, SIDE, SIDE)
    tuned = {one.path.split("/")[0] for one in halves.whole.trainable_weights}
    assert tuned == {f"level{n}{role}" for n in range(3) for role in ("", "_expand")} - {"level2"}
    assert not [layer for layer in halves.whole.layers if layer.name.endswith("_bn") and layer.trainable]


def test_a_network_without_a_place_to_cut_is_refused_by_name() -> None:
    with pytest.raises(TrainingError, match="tiny cannot be adapted"):
        halve(replace(TINY, levels=("down0_relu", "down1_relu", "down2_relu")), Path(), True, SIDE, SIDE)


def test_rates_rise_from_the_cut_to_the_top() -> None:
    halves = halve(TINY, Path(), True, SIDE, SIDE)
    table = rates(halves.above)
    by_layer = {path.split("/")[0]: rate for path, rate in table.items()}
    assert LOWEST_RATE <= by_layer["level0_expand"] < by_layer["level1"] < by_layer["level2_expand"] <= 1.0


def test_a_rate_of_zero_keeps_a_variable() -> None:
    kept, moved = (keras.Variable(np.ones(3, np.float32), name=name) for name in ("kept", "moved"))
    optimizer = LayeredAdamW({kept.path: 0.0}, learning_rate=0.1, weight_decay=0.0)
    gradient = keras.ops.ones(3)
    optimizer.apply([gradient, gradient], [kept, moved])
    np.testing.assert_array_equal(np.asarray(kept), np.ones(3))
    assert np.asarray(moved).max() < 0.95


# Stems


def lay_down(folder: Path, names: list[str]) -> Stems:
    """Of pictures whose masks are known."""
    halves = halve(TINY, Path(), True, SIDE, SIDE)
    stems = Stems(folder, CUT, len(names))
    masks = {name: name for name in names}
    stems.lay_down(halves.lower, TINY, Drawn(), names, masks, DEFAULT, 3, lambda *_: None)  # type: ignore[arg-type]
    return stems


def test_stems_hold_each_mirror_and_then_changed_views(tmp_path: Path) -> None:
    stems = lay_down(tmp_path, ["good-0", "hole-1"])
    assert stems.variants == VARIANTS + MOST
    lower = halve(TINY, Path(), True, SIDE, SIDE).lower
    view = Drawn().get("hole-1").pixels
    seen = [(one.astype(np.float32) - 127.0) / 128.0 for one in mirrors(view)]
    expected = lower.predict_on_batch(np.stack(seen))
    for variant in range(VARIANTS):
        kept = stems.of(np.array([1]), np.array([variant]))
        np.testing.assert_allclose(kept[0], expected[variant], atol=5e-3, rtol=1e-3)
    changed = [stems.of(np.array([1]), np.array([variant])) for variant in range(VARIANTS, stems.variants)]
    assert len({one.tobytes() for one in changed}) == MOST


def test_stems_that_are_there_are_not_laid_down_again(tmp_path: Path) -> None:
    lay_down(tmp_path, ["good-0", "hole-1"])
    kept = (tmp_path / "05.npy").stat().st_mtime_ns
    whole = (tmp_path / "07.npy").read_bytes()
    (tmp_path / "07.npy").rename(tmp_path / "07.new")  # as a kill leaves it
    lay_down(tmp_path, ["good-0", "hole-1"])
    assert (tmp_path / "05.npy").stat().st_mtime_ns == kept
    assert (tmp_path / "07.npy").read_bytes() == whole, "the same picture is changed alike"


def test_the_more_pictures_the_fewer_variants_are_kept() -> None:
    assert Stems(Path(), (28, 28, 40), 400).variants == VARIANTS + 20
    assert Stems(Path(), (28, 28, 40), 1_344).variants == VARIANTS + AUGMENTED
    assert Stems(Path(), (28, 28, 40), 10_000).variants == VARIANTS + 2


def test_each_picture_comes_in_its_own_variant(tmp_path: Path) -> None:
    stems = lay_down(tmp_path, ["good-0", "hole-1", "hole-2"])
    pictures, variants = np.array([2, 0, 1, 0]), np.array([5, 0, 11, 3])
    mixed, marks = stems.of(pictures, variants), stems.marks(pictures, variants)
    for place, (picture, variant) in enumerate(zip(pictures, variants, strict=True)):
        alone = np.array([picture]), np.array([variant])
        np.testing.assert_array_equal(mixed[place], stems.of(*alone)[0])
        np.testing.assert_array_equal(marks[place], stems.marks(*alone)[0])


def test_marks_move_as_their_pictures_do(tmp_path: Path) -> None:
    """The chequered patch is where a place differs from the plain plate, in every mirror."""
    stems = lay_down(tmp_path, ["hole-1", "good-0"])
    for variant in range(VARIANTS):
        hole, good = (stems.of(np.array([which]), np.array([variant]))[0] for which in (0, 1))
        marks = stems.marks(np.array([0]), np.array([variant]))[0]
        change = np.abs(hole - good.mean(axis=(0, 1))).mean(axis=2)
        assert change[marks >= 128].mean() > 1.5 * change[marks < 13].mean(), variant
        assert not stems.marks(np.array([1]), np.array([variant])).any()


@pytest.mark.parametrize(("side", "cells"), [(224, 28), (260, 33), (64, 8)])
def test_a_marked_pixel_marks_the_cell_it_is_in(side: int, cells: int) -> None:
    for y, x in ((0, 0), (side // 2, side // 3), (side - 1, side - 1), (side // 5, side - 9)):
        mask = np.zeros((side, side), np.uint8)
        mask[y, x] = 255
        marked = np.argwhere(gridded(mask, cells, cells))
        expected = np.array([y * cells // side, x * cells // side])
        assert len(marked)
        assert np.abs(marked - expected).max() <= (0 if side % cells == 0 else 1), "cells of unequal size share pixels"


# Tuning


def tuning(folder: Path, stems: Stems, epochs: int = 4, *, places: bool = False) -> tuple[Tuning, Any]:
    keras.utils.set_random_seed(1)
    inner = keras.Input(CUT)
    level = keras.layers.Conv2D(6, 1, activation="relu")(inner)
    named = keras.layers.Dense(2, name="classes")(keras.layers.GlobalAveragePooling2D()(level))
    model = keras.Model(inner, [named, head(inner, [level], 2)] if places else named)
    fold = Fold(np.arange(0, stems.count, 2), np.arange(1, stems.count, 2))
    truth = np.arange(stems.count) // 2 % 2

    def optimizer(rate: Any) -> Any:
        return keras.optimizers.AdamW(rate)

    schedule = Schedule(epochs=epochs, batch=8, rate=0.1)
    known = Places(stems, truth, np.ones(stems.count, np.bool_)) if places else None
    return Tuning(model, optimizer, stems, truth, 2, fold, schedule, 5, folder, known), model


@pytest.fixture(scope="module")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Stems:
    names = [f"{'hole' if n // 2 % 2 else 'good'}-{n}" for n in range(32)]
    return lay_down(tmp_path_factory.mktemp("stems"), names)


def test_the_model_can_go_back_to_each_epoch(stems: Stems, tmp_path: Path) -> None:
    run, model = tuning(tmp_path, stems)
    epochs: list[int] = []
    areas = run.run(epochs.append)
    assert epochs == [0, 1, 2, 3, 4]
    for epoch, area in enumerate(areas, start=1):
        model.set_weights(weights_after(tmp_path, epoch))
        assert run._area() == pytest.approx(area)


def test_a_killed_run_goes_on_where_it_was_with_the_same_result(stems: Stems, tmp_path: Path) -> None:
    whole, expected_model = tuning(tmp_path / "whole", stems)
    expected = whole.run(lambda _: None)

    class Killed(Exception):
        pass

    def kill_after_two(epoch: int) -> None:
        if epoch == 2:
            raise Killed

    with pytest.raises(Killed):
        tuning(tmp_path / "cut", stems)[0].run(kill_after_two)
    second, model = tuning(tmp_path / "cut", stems)
    epochs: list[int] = []
    assert second.run(epochs.append) == pytest.approx(expected)
    assert epochs[0] == 2
    for one, other in zip(model.get_weights(), expected_model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_of_few_pictures_each_comes_several_times_in_an_epoch(stems: Stems, tmp_path: Path) -> None:
    run, _ = tuning(tmp_path, stems)
    shown = np.concatenate([pictures for pictures, _ in run._batches(0)])
    assert len(shown) == 512
    assert set(np.bincount(shown)[::2]) == {32} and not np.bincount(shown)[1::2].any()


@pytest.fixture(scope="module")
def after_one(stems: Stems, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of one epoch, which nobody changes."""
    folder = tmp_path_factory.mktemp("one-epoch")
    tuning(folder, stems, epochs=1)[0].run(lambda _: None)
    return folder


def test_a_whole_state_is_gone_on_with(stems: Stems, after_one: Path, tmp_path: Path) -> None:
    shutil.copytree(after_one, tmp_path, dirs_exist_ok=True)
    epochs: list[int] = []
    tuning(tmp_path, stems, epochs=1)[0].run(epochs.append)
    assert epochs == [1]


@pytest.mark.parametrize("name", ["state.npz", "epoch-01.npz"])
@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_damaged_state_is_begun_anew(
    stems: Stems, after_one: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    shutil.copytree(after_one, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_bytes(content)
    epochs: list[int] = []
    tuning(tmp_path, stems, epochs=1)[0].run(epochs.append)
    assert epochs == [0, 1]


def test_a_full_disk_ends_a_run_in_words(stems: Stems, tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")  # a file where the folder should be
    with pytest.raises(StoreError, match="taken"):
        tuning(tmp_path / "taken", stems, epochs=1)[0].run(lambda _: None)


def test_the_head_of_places_learns_where_the_fault_is(stems: Stems, tmp_path: Path) -> None:
    run, model = tuning(tmp_path, stems, epochs=3, places=True)
    run.run(lambda _: None)
    held_out = np.arange(3, 32, 4)  # holes that it was not shown
    as_they_are = np.zeros(len(held_out), np.intp)
    _, logits = model.predict_on_batch(stems.of(held_out, as_they_are))
    marked = stems.marks(held_out, as_they_are) >= 128
    evidence = np.asarray(logits)[..., 1] - np.asarray(logits)[..., 0]
    assert evidence[marked].mean() > evidence[~marked].mean() + 2.0


def test_of_a_defect_without_a_mask_no_place_is_taught(stems: Stems) -> None:
    truth = np.arange(stems.count) // 2 % 2
    places = Places(stems, truth, np.arange(stems.count) != 2)
    classes, weights = places.of(np.array([0, 2, 6]), np.array([0, 0, 0]))
    assert weights[1].max() == 0.0 < weights[0].min()
    assert set(np.unique(classes[0])) == {0} and set(np.unique(classes[2])) == {0, 1}
    assert weights.mean() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("areas", "epoch"),
    [
        ([[0.6, 0.9, 0.8], [0.7, 0.6, 0.9]], 3),
        ([[0.9, 0.6, 0.5], [0.7, 0.7, 0.7]], 1),
        ([[0.8, 0.8, 0.8]], 3),
        ([[math.nan] * 3, [0.9, 0.8, 0.7]], 1),
        ([[math.nan] * 3], 3),
    ],
)
def test_all_folds_stop_after_the_epoch_that_is_best_for_them_together(areas: list[list[float]], epoch: int) -> None:
    assert best_epoch(areas) == epoch


# Adapters


def test_adapters_begin_as_nothing_and_merge_into_the_network() -> None:
    halves = halve(TINY, Path(), True, SIDE, SIDE)
    upper = halves.upper()
    seen = np.random.default_rng(0).normal(size=(3, *CUT)).astype(np.float32)
    before = upper.predict_on_batch(seen)[-1]
    adapted = with_adapters(upper, 0, rank=2)
    np.testing.assert_allclose(adapted.predict_on_batch(seen)[-1], before, rtol=1e-5)
    ranks = [layer for layer in adapted.layers if isinstance(layer, LowRank)]
    assert len(ranks) == 5
    assert {one.name for one in adapted.trainable_weights} == {"down", "up"}
    for layer in ranks:
        layer._up.assign(np.random.default_rng(1).normal(0, 0.2, layer._up.shape))
    changed = adapted.predict_on_batch(seen)[-1]
    assert np.abs(changed - before).max() > 0.05
    merge(adapted)
    np.testing.assert_allclose(halves.upper().predict_on_batch(seen)[-1], changed, rtol=1e-3, atol=1e-4)


def test_adapters_begin_with_weights_that_only_the_seed_decides() -> None:
    def drawn(seed: int) -> list[Any]:
        adapted = with_adapters(halve(TINY, Path(), True, SIDE, SIDE).upper(), seed)
        return [layer._down.numpy() for layer in adapted.layers if isinstance(layer, LowRank)]

    first, again, other = drawn(3), drawn(3), drawn(4)
    for place, weights in enumerate(first):
        np.testing.assert_array_equal(weights, again[place])
        assert np.abs(weights - other[place]).max() > 0.1
    assert len({weights.tobytes() for weights in first}) == len(first), "each adapter has its own"


# The whole


@pytest.mark.usefixtures("quick")
@pytest.mark.slow
def test_the_same_job_teaches_its_adapters_the_same_each_time(tmp_path: Path) -> None:
    first, again = (weights_of_a_run(tmp_path / name) for name in ("first", "again"))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def weights_of_a_run(folder: Path) -> list[Any]:
    """Of all folds after the last epoch."""
    adaptation(folder, "adapter").run(examples(), {}, DEFAULT, 7)
    return [weights for fold in range(adaptations.FOLDS) for weights in weights_after(folder / f"fold-{fold}", 3)]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("mode", "masked"), [pytest.param("finetune", True, marks=pytest.mark.slow), ("adapter", False)]
)
def test_an_adaptation_gives_weights_and_features_that_were_never_seen(tmp_path: Path, mode: str, masked: bool) -> None:
    told = io.StringIO()
    masks = {name: name for name in examples().digests if masked and name.startswith("hole")}
    adapted, words = adaptation(tmp_path, mode, told).run(examples(), masks, DEFAULT, 0)
    assert words["folds"] == 3 and 1 <= words["epoch"] <= 3 and words["masks"] == len(masks)
    assert words["augmentation"] == DEFAULT.to_json()
    assert (adapted is None) == (words["auroc_after"] <= words["auroc_before"])
    assert '"step": "tuning"' in told.getvalue() and '"step": "looking"' in told.getvalue()
    if adapted:
        assert adapted.features.keys() == set(examples().digests)
        pretrained = halve(TINY, Path(), True, SIDE, SIDE).weights()
        assert [one.shape for one in adapted.weights] == [one.shape for one in pretrained]


@pytest.mark.usefixtures("quick")
def test_what_lies_below_the_cut_is_as_it_came_and_the_course_can_be_looked_at(tmp_path: Path) -> None:
    job = adaptation(tmp_path / "adaptation", course=tmp_path / "course")
    job.run(examples(), {}, DEFAULT, 0)
    fresh = halve(TINY, Path(), True, SIDE, SIDE)
    for kept, came in zip(job._halves.lower.get_weights(), fresh.lower.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, came)

    told = {fold.name: sorted(curves(fold).items()) for fold in (tmp_path / "course").iterdir()}
    assert sorted(told) == ["fold-0", "fold-1", "fold-2"]
    for line in told.values():
        assert [name for name, _ in line] == ["AUROC of held-out pictures", "loss while learning"]
        assert all(sorted(points) == [1, 2, 3] for _, points in line)


def curves(folder: Path) -> dict[str, dict[int, float]]:
    """By name, the points of each curve in a folder of event files."""
    found: dict[str, dict[int, float]] = {}
    for file in folder.iterdir():
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                found.setdefault(value.tag, {})[event.step] = float(tf.make_ndarray(value.tensor))
    return found


def test_a_course_is_written_as_it_runs_and_its_faults_are_said_plainly(tmp_path: Path) -> None:
    course = Course(tmp_path / "course")
    course.tell("fold-0", "loss", 1, 0.5)
    course.tell("fold-0", "loss", 2, 0.25)
    assert curves(tmp_path / "course" / "fold-0") == {"loss": {1: 0.5, 2: 0.25}}
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(StoreError, match="taken"):
        Course(tmp_path / "taken").tell("fold-0", "loss", 1, 0.5)
    Course(None).tell("fold-0", "loss", 1, 0.5)


def test_too_few_parts_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="at least two good and two defective parts"):
        adaptation(tmp_path).run(examples(5, 1), {}, DEFAULT, 0)


# What is kept of it


def adapted() -> Adapted:
    random = np.random.default_rng(0)
    features = {f"{n:064x}": rounded(random.normal(size=(VARIANTS, 5)).astype(np.float32)) for n in range(3)}
    return Adapted([random.normal(size=shape).astype(np.float32) for shape in ((3, 2), (4,), (1, 1, 2, 2))], features)


def test_an_adapted_network_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    adapted().save(tmp_path)
    back = load(tmp_path)
    assert back.digest == adapted().digest
    assert back.features.keys() == adapted().features.keys()
    for digest, features in adapted().features.items():
        np.testing.assert_array_equal(back.features[digest], features)


@pytest.mark.parametrize("name", ["backbone.npz", "features.npz"])
def test_a_damaged_adapted_network_is_said_plainly(tmp_path: Path, name: str) -> None:
    adapted().save(tmp_path)
    whole = (tmp_path / name).read_bytes()
    for content in (None, b"", whole[: len(whole) // 2]):
        if content is None:
            (tmp_path / name).unlink()
        else:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(TrainingError, match="copy the whole folder again, or train anew with --fresh"):
            load(tmp_path)


def test_a_view_is_changed_by_its_own_draw() -> None:
    view = Drawn().get("hole-1").pixels
    one, other = (augment(view, DEFAULT, np.random.default_rng(seed)) for seed in (1, 2))
    assert (one != other).any()
