"""The simulated operator with real trainings, on a line as short as can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inspector.bench.learning import Bench, written
from inspector.bench.learning.operator import Mix, operator
from inspector.store.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_short_line_is_learned_in_both_ways(tmp_path: Path) -> None:
    mix = replace(Mix(), rounds=2, parts_per_round=80, later_from=2, untouched_good=60, untouched_defective=10)
    with Workspace.create(tmp_path / "workspace") as workspace:
        finding = operator(Bench(tmp_path, workspace, lambda _step, _done, _total: None), mix)
        assert not (workspace.path / "operator").exists()
        assert workspace.versions.list("operator") == []
    assert [(row["round"], row["labels"]) for row in finding.rows] == [
        (0, 0), (0, 0), (1, 20), (1, 20), (2, 40), (2, 40)
    ]  # fmt: skip
    first, last = finding.rows[0], finding.rows[-2]
    assert first["way"] == last["way"] == "review"
    assert last["auroc"] > first["auroc"] > 0.5
    assert "![operator](operator.svg)" in written({}, "features", {"operator": finding})
