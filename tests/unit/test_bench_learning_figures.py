"""A figure is told with its target and whether it is reached, and nothing is rounded into reaching it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from inspector.bench.learning.cells import accuracy, best_limit
from inspector.bench.learning.finding import Figure, Finding, Target, at_least, at_most, pooled, share
from inspector.bench.learning.table import written
from inspector.cli import main
from inspector.cli.arguments import parser
from inspector.domain import GOOD, Decision
from inspector.errors import DatasetError, RecipeError
from inspector.metrics import Outcome, clopper_pearson
from tests.laws.documents import codes, table
from tests.unit.learning_rooms import open_room, publish


@pytest.mark.parametrize(
    ("target", "value", "holds"),
    [
        (at_least(0.95), 0.95, True),
        (at_least(0.95), 0.9499999, False),
        (at_least(0.95), math.nan, False),
        (at_most(0.15), 0.15, True),
        (at_most(0.15), 0.1500001, False),
        (at_most(0.15), math.nan, False),
    ],
)
def test_a_target_is_reached_or_not(target: Any, value: float, holds: bool) -> None:
    assert Figure(value, "a figure", target).holds is holds


def test_a_figure_without_a_target_neither_holds_nor_fails() -> None:
    told = Figure(0.1, "told")
    assert told.holds is None
    assert Finding("", {"told": told}).holds
    assert not Finding("", {"told": told, "missed": Figure(0.1, "missed", at_least(0.2))}).holds


def test_shares_are_pooled_by_what_stands_behind_them() -> None:
    both = pooled([clopper_pearson(1, 3), clopper_pearson(0, 0), clopper_pearson(6, 7)])
    assert both == clopper_pearson(7, 10)
    assert pooled([]).n == 0


@pytest.mark.parametrize("n", [3, 7, 49, 392, 1749])
def test_nothing_is_lost_in_pooling(n: int) -> None:
    assert all(pooled([clopper_pearson(k, n)]) == clopper_pearson(k, n) for k in range(0, n + 1, max(1, n // 50)))


FINDING = Finding(
    "Parts in 2 folds.",
    {
        "auroc": Figure(0.9494, "AUROC", at_least(0.95)),
        "escapes": share(clopper_pearson(3, 20), "escapes at 5 % overkill", at_most(0.15)),
        "size_mb": Figure(4.25, "size", at_most(6.0), unit="MB"),
        "unknown": Figure(math.nan, "never seen"),
    },
    [{"fold": 0, "auroc": 0.9}, {"fold": 1, "auroc": 0.9988}],
    ["Believe it."],
)


def test_the_table_says_what_is_reached_and_what_is_not() -> None:
    lines = written({"cores": 2}, "features", {"tiles": FINDING}).splitlines()
    assert "Mode `features`; cores 2." in lines
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert ["AUROC", "0.949", "at least 0.95", "NO"] in cells
    assert ["escapes at 5 % overkill", "15.0% of 20 (3.2% to 37.9%)", "at most 15%", "yes"] in cells
    assert ["size", "4.250 MB", "at most 6 MB", "yes"] in cells
    assert ["never seen", "nan", "", ""] in cells
    assert cells[-2:] == [["0", "0.900"], ["1", "0.999"]]
    assert lines[-1] == "* Believe it."
    assert len({len(line) for line in lines if line.startswith("| ") and "fold" not in line and "0" in line}) <= 2


@pytest.mark.parametrize(
    ("value", "target", "said"),
    [
        (0.99464, at_least(0.995), "0.9946"),
        (0.99464, at_least(0.99), "0.995"),
        (0.99464, None, "0.995"),
        (0.00504, at_most(0.005), "0.0050"),
        (1000.0, at_least(1000), "1000"),
        (1405.297, at_most(2000), "1405"),
        (math.nan, at_least(0.5), "nan"),
    ],
)
def test_a_figure_does_not_look_like_a_target_that_it_misses(value: float, target: Target | None, said: str) -> None:
    lines = written({}, "anomaly", {"some": Finding("", {"one": Figure(value, "one", target)})}).splitlines()
    assert [cell.strip() for cell in lines[-1].strip("|").split("|")][1] == said


def test_a_finding_as_json_knows_no_nan() -> None:
    told = json.loads(json.dumps(FINDING.to_json(), allow_nan=False))
    assert told["holds"] is False
    assert told["figures"]["unknown"]["value"] is None
    escapes = told["figures"]["escapes"]
    assert (escapes["value"], escapes["n"], escapes["target"], escapes["at_least"]) == (0.15, 20, 0.15, False)
    assert told["rows"] == [{"fold": 0, "auroc": 0.9}, {"fold": 1, "auroc": 0.9988}]


# Accuracy, and the limit it is at


def outcome(name: str, score: float | None) -> Outcome:
    return Outcome("p", name, Decision.OK, score)


def test_accuracy_counts_both_sides_of_the_limit() -> None:
    shown = [outcome(GOOD, -1.0), outcome(GOOD, 0.0), outcome("defect", 0.0), outcome("defect", -0.1)]
    assert accuracy(shown, 0.0) == clopper_pearson(2, 4)
    assert accuracy(shown, -0.5) == clopper_pearson(3, 4)


def test_what_has_no_score_is_on_no_side() -> None:
    assert accuracy([outcome(GOOD, None), outcome("defect", None)], 0.0) == clopper_pearson(0, 2)


def test_the_limit_is_where_most_of_the_learned_pictures_are_right(tmp_path: Path) -> None:
    scores = [(GOOD, -5.0), (GOOD, -4.0), (GOOD, 1.0), ("dent", -3.0), ("dent", 2.0), ("dent", None)]
    rows = [
        {"digest": str(place), "part": "p", "defect_class": name, "score": score, "leading_defect": "dent"}
        for place, (name, score) in enumerate(scores)
    ]
    with open_room(tmp_path) as workspace:
        version = publish(workspace, 1, results={"validation": rows})
        assert best_limit(version) in (-3.5, 1.5)  # each has four of five on its side
        other = publish(workspace, 2, results={"validation": rows[:2] + rows[3:]})
    assert best_limit(other) == -3.5


def test_without_scores_out_of_fold_the_limit_is_where_both_are_equally_likely(tmp_path: Path) -> None:
    with open_room(tmp_path) as workspace:
        assert best_limit(publish(workspace, 1)) == 0.0


# The command


def test_the_command_needs_its_data_and_two_folds(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--data", "d", "--folds", "1"], ["--data", "d", "--mode", "best"], ["--data", "d", "--only"]):
        with pytest.raises(SystemExit) as caught:
            parser().parse_args(["bench-learning", *words])
        assert caught.value.code == 2
    assert "expected a whole number from 2" in capsys.readouterr().err
    chosen = parser().parse_args(["bench-learning", "--data", "d", "--only", "tiles", "cells"])
    assert (chosen.only, chosen.folds, chosen.mode) == (["tiles", "cells"], None, "features")


def test_a_folder_that_is_not_there_and_a_measure_that_is_none_are_plain_messages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench-learning", "--data", str(tmp_path / "none")]) == DatasetError.exit_code
    assert "there is no such folder" in capsys.readouterr().err
    assert main(["bench-learning", "--data", str(tmp_path), "--only", "speed"]) == RecipeError.exit_code
    assert "expected one of tiles" in capsys.readouterr().err
    assert main(["bench-learning", "--data", str(tmp_path), "--only", "tiles", "--json"]) == DatasetError.exit_code
    out, err = capsys.readouterr()
    assert "magnetic_tile" in err and out == ""


def test_the_keys_of_the_answer_are_those_that_are_written() -> None:
    cell = next(row[1] for row in table("reference", "command", "JSON keys") if codes(row[0]) == ["bench-learning"])
    top, each, figure = cell.split("; ")
    assert top == "machine, mode, measures: by name, each with " + ", ".join(FINDING.to_json())
    assert each == "figures: by name, each with " + ", ".join(FINDING.to_json()["figures"]["auroc"])
    assert figure.startswith("rows: one for each fold")
