"""A network is adapted to parts: what is kept stays as it was, what was reached survives a kill, and it gets better."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from inspector.errors import TrainingError
from inspector.learning.augmentation import DEFAULT, augment
from models.adaptation import adaptation as adaptations
from models.adaptation.adaptation import Adaptation
from models.adaptation.adapters import LowRank, merge, with_adapters
from models.adaptation.halves import LOWEST_RATE, LayeredAdamW, halve, rates
from models.adaptation.stems import AUGMENTED, Stems
from models.adaptation.tuning import Fold, Schedule, Tuning
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


def adaptation(folder: Path, mode: str = "finetune", told: io.StringIO | None = None) -> Adaptation:
    return Adaptation(mode, TINY, None, Drawn(), folder, Progress(told or io.StringIO()))  # type: ignore[arg-type]


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
    through = upper.predict_on_batch(halves.lower.predict_on_batch(batch))
    np.testing.assert_allclose(through, np.concatenate(direct, axis=1), rtol=1e-5)
    halves.whole.get_layer("level2_expand").kernel.assign_add(np.ones((1, 1, 8, 12), np.float32))
    assert np.abs(upper.predict_on_batch(halves.lower.predict_on_batch(batch)) - through).max() > 0.1


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


def lay_down(folder: Path, names: list[str], told: list[tuple[int, int]] | None = None) -> Stems:
    halves = halve(TINY, Path(), True, SIDE, SIDE)
    stems = Stems(folder, CUT, len(names))
    steps = told if told is not None else []
    stems.lay_down(halves.lower, TINY, Drawn(), names, DEFAULT, 3, lambda *step: steps.append(step))  # type: ignore[arg-type]
    return stems


def test_stems_hold_each_mirror_and_then_changed_views(tmp_path: Path) -> None:
    stems = lay_down(tmp_path, ["good-0", "hole-1"])
    assert stems.variants == VARIANTS + AUGMENTED
    lower = halve(TINY, Path(), True, SIDE, SIDE).lower
    view = Drawn().get("hole-1").pixels
    seen = [(one.astype(np.float32) - 127.0) / 128.0 for one in mirrors(view)]
    expected = lower.predict_on_batch(np.stack(seen))
    for variant in range(VARIANTS):
        np.testing.assert_allclose(stems.of(variant, np.array([1]))[0], expected[variant], atol=5e-3, rtol=1e-3)
    changed = [stems.of(variant, np.array([1]))[0] for variant in range(VARIANTS, stems.variants)]
    assert len({one.tobytes() for one in changed}) == AUGMENTED


def test_stems_that_are_there_are_not_laid_down_again(tmp_path: Path) -> None:
    lay_down(tmp_path, ["good-0", "hole-1"])
    kept = (tmp_path / "05.npy").stat().st_mtime_ns
    whole = (tmp_path / "07.npy").read_bytes()
    (tmp_path / "07.npy").rename(tmp_path / "07.new")  # as a kill leaves it
    lay_down(tmp_path, ["good-0", "hole-1"])
    assert (tmp_path / "05.npy").stat().st_mtime_ns == kept
    assert (tmp_path / "07.npy").read_bytes() == whole, "the same picture is changed alike"


def test_of_very_many_pictures_fewer_variants_are_kept() -> None:
    assert Stems(Path(), (28, 28, 40), 1_344).variants == VARIANTS + AUGMENTED
    assert Stems(Path(), (28, 28, 40), 10_000).variants == VARIANTS + 2


# Tuning


def tuning(folder: Path, stems: Stems, epochs: int = 4, patience: int = 9) -> tuple[Tuning, Any]:
    keras.utils.set_random_seed(1)
    inner = keras.Input(CUT)
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(6, 1, activation="relu")(inner))
    model = keras.Model(inner, keras.layers.Dense(2)(pooled))
    fold = Fold(np.arange(0, stems.count, 2), np.arange(1, stems.count, 2))
    truth = np.arange(stems.count) // 2 % 2

    def optimizer(rate: Any) -> Any:
        return keras.optimizers.AdamW(rate)

    schedule = Schedule(epochs=epochs, batch=8, rate=0.02, patience=patience)
    return Tuning(model, optimizer, stems, truth, 2, fold, schedule, 5, folder / "state.npz"), model


@pytest.fixture(scope="module")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Stems:
    names = [f"{'hole' if n // 2 % 2 else 'good'}-{n}" for n in range(32)]
    return lay_down(tmp_path_factory.mktemp("stems"), names)


def test_the_best_epoch_on_the_held_out_parts_is_what_is_kept(stems: Stems, tmp_path: Path) -> None:
    run, model = tuning(tmp_path, stems)
    epochs: list[int] = []
    best = run.run(epochs.append)
    assert epochs == [0, 1, 2, 3, 4]
    assert best.epoch >= 1, "it can be learned"
    for kept, now in zip(best.weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)
    assert run._area() == pytest.approx(best.area)


def test_a_run_that_gets_no_better_is_ended(stems: Stems, tmp_path: Path) -> None:
    run, _ = tuning(tmp_path, stems, epochs=60, patience=2)
    epochs: list[int] = []
    best = run.run(epochs.append)
    assert epochs[-1] == best.epoch + 2 or epochs[-1] == 60


def test_a_killed_run_goes_on_where_it_was_with_the_same_result(stems: Stems, tmp_path: Path) -> None:
    whole, _ = tuning(tmp_path / "whole", stems)
    expected = whole.run(lambda _: None)

    class Killed(Exception):
        pass

    def kill_after_two(epoch: int) -> None:
        if epoch == 2:
            raise Killed

    first, _ = tuning(tmp_path / "cut", stems)
    with pytest.raises(Killed):
        first.run(kill_after_two)
    second, _ = tuning(tmp_path / "cut", stems)
    epochs: list[int] = []
    reached = second.run(epochs.append)
    assert epochs[0] == 2 and reached.epoch == expected.epoch
    assert reached.area == pytest.approx(expected.area)
    for one, other in zip(reached.weights, expected.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_damaged_state_is_begun_anew(stems: Stems, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.npz").write_bytes(content)
    run, _ = tuning(tmp_path, stems, epochs=1)
    epochs: list[int] = []
    run.run(epochs.append)
    assert epochs == [0, 1]


# Adapters


def test_adapters_begin_as_nothing_and_merge_into_the_network() -> None:
    halves = halve(TINY, Path(), True, SIDE, SIDE)
    upper = halves.upper()
    seen = np.random.default_rng(0).normal(size=(3, *CUT)).astype(np.float32)
    before = upper.predict_on_batch(seen)
    adapted = with_adapters(upper, rank=2)
    np.testing.assert_allclose(adapted.predict_on_batch(seen), before, rtol=1e-5)
    ranks = [layer for layer in adapted.layers if isinstance(layer, LowRank)]
    assert len(ranks) == 5
    assert {one.name for one in adapted.trainable_weights} == {"down", "up"}
    for layer in ranks:
        layer._up.assign(np.random.default_rng(1).normal(0, 0.2, layer._up.shape))
    changed = adapted.predict_on_batch(seen)
    assert np.abs(changed - before).max() > 0.05
    merge(adapted)
    np.testing.assert_allclose(halves.upper().predict_on_batch(seen), changed, rtol=1e-3, atol=1e-4)


# The whole


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("mode", ["finetune", "adapter"])
def test_an_adaptation_gives_weights_and_features_that_were_never_seen(tmp_path: Path, mode: str) -> None:
    told = io.StringIO()
    adapted, words = adaptation(tmp_path, mode, told).run(examples(), DEFAULT, 0)
    assert words["folds"] == 3 and len(words["epochs"]) == 3
    assert words["augmentation"] == DEFAULT.to_json()
    assert (adapted is None) == (words["auroc_after"] <= words["auroc_before"])
    assert '"step": "tuning"' in told.getvalue() and '"step": "looking"' in told.getvalue()
    if adapted:
        assert adapted.features.keys() == set(examples().digests)
        pretrained = halve(TINY, Path(), True, SIDE, SIDE).weights()
        assert [one.shape for one in adapted.weights] == [one.shape for one in pretrained]


@pytest.mark.usefixtures("quick")
def test_what_lies_below_the_cut_is_as_it_came(tmp_path: Path) -> None:
    job = adaptation(tmp_path)
    job.run(examples(), DEFAULT, 0)
    fresh = halve(TINY, Path(), True, SIDE, SIDE)
    for kept, came in zip(job._halves.lower.get_weights(), fresh.lower.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, came)


def test_too_few_parts_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="at least two good and two defective parts"):
        adaptation(tmp_path).run(examples(5, 1), DEFAULT, 0)


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
