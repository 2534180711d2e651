"""Scores of parts left out: no part on both sides, no fold without both sides, and leakage shown for what it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from inspector.metrics import auroc
from models import crossvalidation
from models.crossvalidation import FOLDS, STRENGTHS, Examples, choose, folds_of, out_of_fold
from models.head import defect_scores

WIDTH = 30


def parts(counts: dict[str, int], shots: int = 3, signal: float = 2.0, seed: int = 0) -> Examples:
    """Parts that each look like nothing but themselves, `signal` being all that their class adds."""
    random = np.random.default_rng(seed)
    classes = tuple(counts)
    features, truth, names = [], [], []
    for index, (kind, count) in enumerate(counts.items()):
        for part in range(count):
            look = random.normal(0.0, 1.0, WIDTH)
            look[index] += signal
            for _ in range(shots):
                features.append(look + random.normal(0.0, 0.05, (2, WIDTH)))
                truth.append(index)
                names.append(f"{kind}-{part}")
    return Examples(
        features=np.array(features, dtype=np.float32),
        noise=np.zeros(WIDTH, dtype=np.float32),
        digests=tuple(f"{number:064x}" for number in range(len(truth))),
        truth=np.array(truth),
        parts=np.array(names),
        classes=classes,
    )


def area(examples: Examples, logits: np.ndarray) -> float:
    return auroc(examples.bad.tolist(), defect_scores(logits).tolist())


def test_no_part_is_on_both_sides_of_a_fold() -> None:
    examples = parts({"good": 12, "dent": 6, "scratch": 5})
    folds = list(crossvalidation.splits_by_part(examples, FOLDS, seed=1))
    assert len(folds) == FOLDS
    for learned, held_out in folds:
        assert not set(examples.parts[learned]) & set(examples.parts[held_out])
    assert Counter(np.concatenate([held_out for _, held_out in folds]).tolist()).most_common(1)[0][1] == 1


def test_every_picture_is_scored_once_and_each_fold_is_told() -> None:
    examples, told = parts({"good": 10, "dent": 7}), []
    logits = out_of_fold(examples, STRENGTHS[0], 0, lambda: told.append(1))
    assert not np.isnan(logits).any()
    assert len(told) == FOLDS


@pytest.mark.parametrize(
    ("good", "bad", "folds"), [(1, 1, 0), (9, 1, 0), (1, 9, 0), (2, 2, 2), (9, 3, 3), (4, 9, 4), (50, 50, FOLDS)]
)
def test_the_folds_are_as_many_as_the_rarer_side_has_parts(good: int, bad: int, folds: int) -> None:
    assert folds_of(parts({"good": good, "dent": bad})) == folds


def test_a_class_with_one_part_is_scored_by_a_head_that_never_saw_it() -> None:
    examples = parts({"good": 8, "dent": 6, "burr": 1}, signal=6.0)
    logits = out_of_fold(examples, max(STRENGTHS), 0, lambda: None)
    burr = examples.truth == 2
    assert np.isfinite(logits).all()
    assert (logits[burr].argmax(axis=1) != 2).all()
    assert (logits[burr, 2] < -20).all()


def test_noise_that_names_each_part_is_seen_through() -> None:
    """Nothing but the part itself can be recognised: by part that is chance, by picture it looks like a fine model."""
    examples = parts({"good": 15, "dent": 15}, shots=6, signal=0.0)
    honest = out_of_fold(examples, max(STRENGTHS), 0, lambda: None)
    careless = out_of_fold(examples.split_by_picture(), max(STRENGTHS), 0, lambda: None)
    assert area(examples, careless) > 0.95
    assert 0.2 < area(examples, honest) < 0.8


def test_a_signal_that_all_parts_share_is_found() -> None:
    examples = parts({"good": 15, "dent": 10, "scratch": 8}, signal=5.0)
    assert area(examples, choose(examples, 0, lambda: None).logits) > 0.95


def test_the_choice_is_among_the_strengths_and_repeats_itself() -> None:
    examples = parts({"good": 9, "dent": 9}, signal=1.0)
    first, second = (choose(examples, 4, lambda: None) for _ in range(2))
    assert first.strength in STRENGTHS
    assert first.strength == second.strength
    assert np.array_equal(first.logits, second.logits)


def test_where_all_do_as_well_the_strongest_penalty_is_kept() -> None:
    assert choose(parts({"good": 9, "dent": 9}, signal=30.0), 0, lambda: None).strength == STRENGTHS[0]


def test_a_model_that_looks_twice_is_measured_by_the_mean_of_both_looks() -> None:
    """Each look alone carries noise of its own; the head is linear, so the mean of features gives that of logits."""
    examples = parts({"good": 12, "dent": 12}, signal=2.0)
    noise = np.random.default_rng(1).normal(0, 1.5, examples.features[..., :2].shape).astype(np.float32)
    examples.features[..., :2] += noise
    twice = replace(examples, looks=2)
    assert np.array_equal(twice.seen, examples.features.mean(axis=1))
    assert np.array_equal(examples.seen, examples.features[:, 0])
    once, both = (out_of_fold(one, max(STRENGTHS), 0, lambda: None) for one in (examples, twice))
    assert area(examples, both) > area(examples, once) + 0.02


def test_the_folds_change_with_the_seed() -> None:
    examples = parts({"good": 12, "dent": 12})
    ones = [held_out.tolist() for _, held_out in crossvalidation.splits_by_part(examples, FOLDS, 1)]
    twos = [held_out.tolist() for _, held_out in crossvalidation.splits_by_part(examples, FOLDS, 2)]
    assert ones != twos


def test_a_class_without_a_picture_is_never_named() -> None:
    examples = parts({"good": 6, "dent": 6, "burr": 3})
    head = examples.fit(STRENGTHS[0], np.flatnonzero(examples.truth != 2))
    assert head.weights.shape == (3, WIDTH)
    assert not head.weights[2].any()
    assert (head.logits(examples.features[:, 0]).argmax(axis=1) != 2).all()


def test_mirror_images_are_learned_from_but_not_scored() -> None:
    examples = parts({"good": 6, "dent": 6}, signal=3.0)
    only_mirrored = Examples(
        np.concatenate([np.zeros_like(examples.features[:, :1]), examples.features[:, 1:]], axis=1),
        examples.noise,
        examples.digests,
        examples.truth,
        examples.parts,
        examples.classes,
    )
    logits = out_of_fold(only_mirrored, max(STRENGTHS), 0, lambda: None)
    for _, held_out in crossvalidation.splits_by_part(only_mirrored, FOLDS, 0):
        assert len(np.unique(logits[held_out], axis=0)) == 1  # each sees the same empty view
