"""Evaluation: a row for every picture, figures over parts, and a warning where the model has seen them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.domain import GOOD, Decision, Snapshot, SnapshotEntry, Split, picture_digest
from inspector.errors import StoreError
from inspector.learning.dataset import read_dataset
from inspector.learning.duplicates import Match
from inspector.learning.evaluation import (
    COLUMNS,
    UNSEEN,
    Evaluation,
    Row,
    evaluate,
    figures,
    score_pictures,
    write_csv,
)
from inspector.learning.layouts import DatasetItem
from inspector.metrics import clopper_pearson
from inspector.pictures import read_picture
from inspector.pipeline.classify import Classifier
from inspector.recipe import FitnessLimits, Limits, Recipe
from tests.unit.learning_cards import RECIPE, card
from tests.unit.learning_rooms import brightness_model, put_file

LIMITS = Limits(recheck=-1.0, reject=1.0)


@pytest.fixture
def classifier(tmp_path: Path) -> Iterator[Classifier]:
    file = tmp_path / "model.tflite"
    file.write_bytes(brightness_model())
    return Classifier(file, card(1, brightness_model()), threads=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Good g1 (two pictures), g2 (bright: overkill); dented d1 (one bright of two), d2 (dark: escape), d3 (between)."""
    folder = tmp_path / "set"
    levels = {"good/g1a": 60, "good/g1b": 90, "good/g2": 200, "dent/d1a": 60, "dent/d1b": 180, "dent/d2": 70}
    for seed, (name, level) in enumerate({**levels, "dent/d3": 122}.items()):
        put_file(folder, f"{name}.png", seed, level)
    (folder / "groups.csv").write_text(
        "image,part\n" + "".join(f"{name}.png,{name.split('/')[1][:2]}\n" for name in (*levels, "dent/d3"))
    )
    return folder


@pytest.fixture
def items(root: Path) -> list[DatasetItem]:
    return read_dataset(root, "classes", root / "groups.csv")


RECIPE_OF_TODAY = Recipe(RECIPE, limits=LIMITS)


def rows_by_name(evaluation: Evaluation) -> dict[str, Row]:
    return {row.path: row for row in evaluation.rows}


def test_each_picture_gets_its_row(items: list[DatasetItem], classifier: Classifier) -> None:
    rows = rows_by_name(evaluate(items, RECIPE_OF_TODAY, classifier))
    assert {path: str(row.decision) for path, row in rows.items()} == {
        "dent/d1a.png": "ok",
        "dent/d1b.png": "ng",
        "dent/d2.png": "ok",
        "dent/d3.png": "recheck",
        "good/g1a.png": "ok",
        "good/g1b.png": "ok",
        "good/g2.png": "ng",
    }
    assert (rows["good/g2.png"].truth, rows["good/g2.png"].defect_class) == (GOOD, "dent")
    assert rows["dent/d2.png"].defect_class == GOOD


def test_rates_are_over_parts_by_their_worst_picture(items: list[DatasetItem], classifier: Classifier) -> None:
    result = evaluate(items, RECIPE_OF_TODAY, classifier)
    assert (result.pictures, result.parts) == (7, 5)
    assert result.escape_rate == clopper_pearson(1, 3)
    assert result.overkill_rate == clopper_pearson(1, 2)
    assert result.recheck_rate == clopper_pearson(1, 5)


def test_picture_wise_and_part_wise_ranking_by_hand(items: list[DatasetItem], classifier: Classifier) -> None:
    result = evaluate(items, RECIPE_OF_TODAY, classifier)
    # pictures: dented 60 180 70 122 against good 60' 90 200; parts: dented 180 70 122 against good 90 200
    rows = rows_by_name(result)
    low = float(rows["dent/d1a.png"].score or 0) > float(rows["good/g1a.png"].score or 0)
    assert result.auroc == pytest.approx((low + 2 + 1 + 2) / 12)
    assert result.part_auroc == pytest.approx(2 / 6)
    assert 0 < result.average_precision < 1


def test_macro_f1_is_that_of_the_csv_file(items: list[DatasetItem], classifier: Classifier) -> None:
    result = evaluate(items, RECIPE_OF_TODAY, classifier)
    # dent: 2 of 4 found, 3 named; good: 2 of 3 found, 4 named
    assert result.macro_f1 == pytest.approx((2 * 2 / (4 + 3) + 2 * 2 / (3 + 4)) / 2)
    assert result.classes["dent"].support == 4


def test_the_json_has_the_promised_keys(items: list[DatasetItem], classifier: Classifier) -> None:
    table = json.loads(json.dumps(evaluate(items, RECIPE_OF_TODAY, classifier).to_json(), allow_nan=False))
    for key in ("pictures", "parts", "auroc", "part_auroc", "average_precision", "macro_f1"):
        assert isinstance(table[key], int | float)
    for key in ("escape_rate", "overkill_rate", "recheck_rate"):
        assert set(table[key]) == {"value", "low", "high", "n"}
    assert table["seen_in_training"] is None
    assert "rows" not in table


def test_one_class_alone_has_no_ranking_and_is_json_still(items: list[DatasetItem], classifier: Classifier) -> None:
    good = [item for item in items if item.defect_class == GOOD]
    table = json.loads(json.dumps(evaluate(good, RECIPE_OF_TODAY, classifier).to_json(), allow_nan=False))
    assert table["auroc"] is None
    assert table["escape_rate"] == {"value": None, "low": 0.0, "high": 1.0, "n": 0}


def test_a_file_that_is_no_picture_keeps_its_row_and_stands_in_no_figure(
    root: Path, items: list[DatasetItem], classifier: Classifier, tmp_path: Path
) -> None:
    (root / "dent/d2.png").write_bytes(b"")
    result = evaluate(items, RECIPE_OF_TODAY, classifier)
    assert (result.pictures, result.unreadable, result.parts) == (7, 1, 4)
    assert result.escape_rate.n == 2
    assert "1 pictures could not be read; they stand in no figure." in result.sentences
    write_csv(result, tmp_path / "out.csv")
    (line,) = (line for line in (tmp_path / "out.csv").read_text().splitlines() if "d2" in line)
    assert line == "dent/d2.png,dent,,,unreadable,not known"


def test_an_unfit_picture_is_no_overkill_and_no_escape_and_keeps_its_place(
    items: list[DatasetItem], classifier: Classifier
) -> None:
    recipe = Recipe(RECIPE, limits=LIMITS, fitness=FitnessLimits(min_brightness=100.0, max_brightness=150.0))
    result = evaluate(items, recipe, classifier)
    assert result.unfit == 6
    assert (result.escape_rate.value, result.overkill_rate.value) == (0.0, 0.0)
    assert all(row.score is not None for row in result.rows)
    assert result.auroc == evaluate(items, RECIPE_OF_TODAY, classifier).auroc


def test_the_csv_file_has_exactly_the_promised_columns(
    items: list[DatasetItem], classifier: Classifier, tmp_path: Path
) -> None:
    rows = score_pictures(items, RECIPE_OF_TODAY, classifier)
    write_csv(figures(rows, None), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        written = list(csv.DictReader(stream))
    assert tuple(written[0]) == COLUMNS == ("path", "truth", "score", "defect_class", "verdict", "met")
    assert [row["path"] for row in written] == [item.name for item in items]
    assert [float(row["score"]) for row in written] == [row.score for row in rows]


def test_a_csv_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        write_csv(figures([], None), tmp_path / "nowhere" / "out.csv")


def test_progress_is_told(items: list[DatasetItem], classifier: Classifier) -> None:
    told: list[tuple[int, int]] = []
    score_pictures(items, RECIPE_OF_TODAY, classifier, None, lambda done, total: told.append((done, total)))
    assert told == [(number, 7) for number in range(1, 8)]


# Seen before


def learned(items: list[DatasetItem], *names: str, part: str | None = None) -> Snapshot:
    """A snapshot that trained on these pictures, under their own parts or under another one."""
    chosen = [item for item in items if item.name in names]
    return Snapshot(
        RECIPE,
        tuple(
            SnapshotEntry(picture_digest(read_picture(i.path)), i.defect_class, part or i.part, Split.TRAIN)
            for i in chosen
        ),
    )


def test_pictures_and_parts_that_were_trained_on_are_counted_and_warned_of(
    items: list[DatasetItem], classifier: Classifier
) -> None:
    result = evaluate(items, RECIPE_OF_TODAY, classifier, learned(items, "good/g1a.png", "dent/d2.png"))
    assert (result.to_json()["seen_in_training"], result.to_json()["seen_parts"]) == (3, 2)
    assert "Warning: the model was trained on 3 of these pictures and on 2 of these parts" in result.sentences[0]
    assert [(one["path"], one["how"], one["part"]) for one in result.to_json()["seen"]] == [
        ("dent/d2.png", "same pixels", "d2"),
        ("good/g1a.png", "same pixels", "g1"),
        ("good/g1b.png", "same part", "g1"),
    ]


def test_the_figures_without_the_parts_it_has_met_stand_beside_the_others(
    items: list[DatasetItem], classifier: Classifier
) -> None:
    result = evaluate(items, RECIPE_OF_TODAY, classifier, learned(items, "good/g1a.png", "dent/d2.png"))
    unseen = result.to_json()["unseen"]
    assert set(unseen) == set(UNSEEN)
    assert (unseen["pictures"], unseen["parts"], unseen["escape_rate"]["n"], unseen["overkill_rate"]["n"]) == (
        4,
        3,
        2,
        1,
    )
    assert any(line.startswith("Over the 3 parts that it has not met: AUROC ") for line in result.sentences)


def test_a_near_repeat_is_listed_with_what_it_repeats(items: list[DatasetItem], classifier: Classifier) -> None:
    snapshot = learned(items, "dent/d2.png", part="other")
    rows = score_pictures(items, RECIPE_OF_TODAY, classifier)
    fresh = next(row for row in rows if row.path == "dent/d3.png")
    match = Match(fresh.digest, snapshot.entries[0].digest, 0.9)
    seen = figures(rows, snapshot, {fresh.digest: match}).to_json()["seen"]
    assert seen[1] == {
        "path": "dent/d3.png",
        "how": "nearly the same",
        "digest": snapshot.entries[0].digest,
        "part": "other",
        "similarity": 0.9,
    }


def test_where_every_part_was_met_it_is_said(items: list[DatasetItem], classifier: Classifier) -> None:
    result = evaluate(items, RECIPE_OF_TODAY, classifier, learned(items, *(item.name for item in items)))
    assert any("nothing here says how good it is" in line for line in result.sentences)
    assert result.to_json()["unseen"]["auroc"] is None


def test_the_same_pixels_under_another_part_are_found_by_their_digest(
    items: list[DatasetItem], classifier: Classifier
) -> None:
    result = evaluate(items, RECIPE_OF_TODAY, classifier, learned(items, "dent/d2.png", part="other"))
    assert (result.to_json()["seen_in_training"], result.to_json()["seen_parts"]) == (1, 0)


def test_golden_parts_were_not_learned_from(items: list[DatasetItem], classifier: Classifier) -> None:
    golden = tuple(SnapshotEntry("0" * 64, GOOD, item.part, Split.GOLDEN) for item in items)
    result = evaluate(items, RECIPE_OF_TODAY, classifier, Snapshot(RECIPE, golden))
    assert (result.to_json()["seen_in_training"], result.to_json()["seen_parts"]) == (0, 0)
    assert not any("Warning" in line for line in result.sentences)


def test_an_unknown_past_is_said(items: list[DatasetItem], classifier: Classifier) -> None:
    assert "these figures may flatter it" in evaluate(items, RECIPE_OF_TODAY, classifier).sentences[0]


def test_nothing_scored_is_no_crash() -> None:
    unreadable = Row("a.png", GOOD, "", "", None, "", None)
    result = figures([unreadable], None)
    assert (result.pictures, result.parts, result.unreadable) == (1, 0, 1)
    assert json.dumps(result.to_json(), allow_nan=False)


def test_the_last_sentence_says_what_may_be_claimed(items: list[DatasetItem], classifier: Classifier) -> None:
    assert evaluate(items, RECIPE_OF_TODAY, classifier).sentences[-1].startswith("1 of 3 defective test parts were mis")


def test_recheck_stops_a_part_without_rejecting_it(items: list[DatasetItem], classifier: Classifier) -> None:
    wide = Recipe(RECIPE, limits=Limits(-100.0, 100.0))
    result = evaluate(items, wide, classifier)
    assert {row.decision for row in result.rows} == {Decision.RECHECK}
    assert (result.escape_rate.value, result.overkill_rate.value, result.recheck_rate.value) == (0.0, 0.0, 1.0)
