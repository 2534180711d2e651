"""`inspector bench-learning`: what learning reaches on data sets with known truth, as a table."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from inspector.cli.screen import answer, progress_bar
from inspector.errors import DatasetError
from inspector.machine import machine
from inspector.store.disk import write_whole
from inspector.store.workspace import Workspace


def bench_learning(chosen: argparse.Namespace) -> None:
    from inspector.bench.learning import Bench, measure_all, written

    if not chosen.data.is_dir():
        raise DatasetError(f"--data {chosen.data}: there is no such folder; expected one with the data sets in it")
    here = machine()
    # Models of a measurement belong to nobody's recipe: it leaves nothing behind but its table.
    with TemporaryDirectory() as place, Workspace.create(Path(place)) as workspace, progress_bar() as advance:
        bench = Bench(chosen.data, workspace, advance, chosen.mode, chosen.looks, chosen.folds)
        findings = measure_all(bench, chosen.only)
    text = written(here, _how(chosen), findings)
    if chosen.out:
        write_whole(chosen.out, f"{text}\n".encode())
        for finding in findings.values():
            for name, drawn in finding.pictures.items():
                write_whole(chosen.out.with_name(name), drawn.encode())
    measures = {name: finding.to_json() for name, finding in findings.items()}
    answer(
        chosen.json,
        {"machine": here, "mode": chosen.mode, "looks": chosen.looks, "measures": measures},
        lambda: iter([text]),
    )


def _how(chosen: argparse.Namespace) -> str:
    return chosen.mode if chosen.looks == 1 else f"{chosen.mode}, {chosen.looks} looks"
