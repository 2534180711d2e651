"""Each method alone and all together, fitted on one look: what is said of them is what their own files say."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from inspector.domain import GOOD, Split
from inspector.metrics import auroc
from inspector.pipeline.classify import INPUT, SIGNATURE, entry_table
from models.comparison_job import ComparisonJob, read_job
from models.novelty.graph import DENSITY, HEAD, MEMORY
from models.novelty.methods import RESULT, SIZES, TOGETHER, Methods, Row, Trial
from models.novelty.seer import Seer
from models.progress import Progress
from tests.models.plates import Room, furnish
from tests.models.test_comparison import write_job
from tests.models.tiny import TINY, plate

LEARNED, SHOWN = 18, 6
KINDS = ["good"] * SHOWN + ["faulty"] * SHOWN
VIEWS = [plate(kind, 100 + number) for number, kind in enumerate(KINDS)]


@pytest.fixture(scope="module")
def trial(tiny_network: bytes) -> Trial:
    learned = [plate("good", number) for number in range(LEARNED)]
    parts = [f"good-{number}" for number in range(LEARNED)]
    progress = Progress(io.StringIO())
    progress.plan = {"features": 1.0, "fitting": 1.0}
    return Trial.of(tiny_network, Seer(tiny_network, TINY), learned, parts, VIEWS, 0, progress)


@pytest.fixture(scope="module")
def rows(trial: Trial) -> list[Row]:
    return list(trial.rows(SIZES))


def test_every_method_has_its_row_and_every_size_of_the_memory(rows: list[Row]) -> None:
    assert [row.method for row in rows] == [*[MEMORY] * 3, DENSITY, HEAD, *[TOGETHER] * 3]
    first, second, third = (row.places for row in rows if row.method == MEMORY)
    assert (first, second) == SIZES[:2]
    assert SIZES[1] < third <= LEARNED * 64, "no more than there are"
    assert {row.places for row in rows if row.method in (DENSITY, HEAD)} == {0}


def test_they_are_scored_on_what_was_not_learned_and_find_it(rows: list[Row]) -> None:
    truth = [kind != "good" for kind in KINDS]
    assert all(len(row.scores) == len(VIEWS) for row in rows)
    assert all(auroc(truth, row.scores.tolist()) > 0.8 for row in rows)


def test_a_file_says_the_number_that_stands_in_its_row(rows: list[Row]) -> None:
    for row in rows:
        interpreter = Interpreter(model_content=row.content, num_threads=1)
        run = interpreter.get_signature_runner(SIGNATURE)
        table = entry_table(run.get_input_details()[INPUT], TINY.mean, TINY.scale)
        said = [run(**{INPUT: table[pixels][np.newaxis]}) for pixels in VIEWS]
        numbers = [one["logits"][0, 1] if row.method == TOGETHER else one[row.method][0, 0] for one in said]
        assert np.allclose(numbers, row.scores, rtol=1e-3, atol=1e-3), row.method


def test_more_places_take_more_and_all_together_the_most(rows: list[Row]) -> None:
    taken = {(row.method, row.places): row.mb for row in rows}
    assert taken[MEMORY, SIZES[0]] < taken[MEMORY, SIZES[1]] < taken[TOGETHER, SIZES[1]]
    alone = taken[MEMORY, SIZES[1]] + taken[DENSITY, 0] + taken[HEAD, 0]
    assert taken[TOGETHER, SIZES[1]] == pytest.approx(alone)


def test_a_row_is_told_with_the_time_of_its_file_and_of_the_bare_network(trial: Trial, rows: list[Row]) -> None:
    for row in trial.timed(rows):
        assert row["invoke_ms"] > 0 and row["bare_ms"] > 0
        assert row["fit_s"] >= 0
        assert len(row["scores"]) == len(VIEWS)


def job_of(room: Room, *backbones: str) -> ComparisonJob:
    return read_job(write_job(room, *backbones))


def test_a_backbone_without_weights_is_told_with_what_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    room = furnish(tmp_path, {"good": 3}, golden=1)
    Methods(job_of(room, "vgg16"), Progress(io.StringIO())).run()
    table = json.loads((room.output / RESULT).read_text(encoding="utf-8"))
    assert (table["snapshot"], table["rows"], list(table["missing"])) == (room.snapshot.id, [], ["vgg16"])
    assert "put vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 into" in table["missing"]["vgg16"]
    assert table["pictures"] == [entry.digest for entry in room.snapshot.only(Split.GOLDEN)]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_backbone_is_measured_at_its_resolutions(tmp_path: Path) -> None:
    room = furnish(tmp_path, {"good": 10, "hole": 2}, golden=2)
    stream = io.StringIO()
    Methods(job_of(room, "efficientnet-lite0"), Progress(stream)).run()
    table = json.loads((room.output / RESULT).read_text(encoding="utf-8"))
    truth = [entry.defect_class != GOOD for entry in room.snapshot.only(Split.GOLDEN)]
    assert {(row["backbone"], row["side"], row["quantisation"]) for row in table["rows"]} == {
        ("efficientnet-lite0", side, "int8") for side in (224, 320, 448)
    }
    assert all(auroc(truth, row["scores"]) == 1.0 for row in table["rows"] if row["method"] == TOGETHER)
    steps = [json.loads(line)["step"] for line in stream.getvalue().splitlines()]
    assert list(dict.fromkeys(steps))[:3] == [
        f"efficientnet-lite0 224: {one}" for one in ("network", "features", "fitting")
    ]
