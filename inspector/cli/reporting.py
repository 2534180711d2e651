"""`inspector report`: a model's report that a quality engineer can file."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from inspector.cli.screen import answer, progress_bar
from inspector.filing import file_report
from inspector.store.workspace import Workspace


def report(chosen: argparse.Namespace) -> None:
    with Workspace.open(chosen.workspace) as workspace, progress_bar() as advance:
        filed = file_report(
            workspace,
            chosen.recipe,
            chosen.model,
            chosen.out,
            lambda done, total: advance("drawing pictures", done, total),
        )
    golden = filed.report.golden
    result = {
        "model": filed.report.evidence.card.id,
        "html": str(filed.html),
        "json": str(filed.json),
        "claim": golden.claim if golden else None,
        "missing": list(filed.report.missing),
    }

    def lines() -> Iterator[str]:
        yield str(filed.html)
        yield str(filed.json)
        yield golden.claim if golden else "No golden part was scored, so nothing can be claimed about escapes."
        yield from (f"missing: {words}" for words in filed.report.missing)

    answer(chosen.json, result, lines)
