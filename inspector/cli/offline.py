"""`inspector inspect-folder | verify | bench | doctor`: work without a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from inspector.cli.screen import answer, progress_bar
from inspector.clock import SystemClock
from inspector.commission import setup_for
from inspector.errors import InspectorError, ModelError, StoreError
from inspector.offline import UNREADABLE, Row, judge_pictures, pictures_in, write_rows
from inspector.store.workspace import Workspace


def inspect_folder(chosen: argparse.Namespace) -> None:
    paths = pictures_in(chosen.folder)
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        setup = setup_for(workspace, recipe)
    if setup.model is None:
        raise ModelError(f"recipe {recipe.name}: it has no model yet; train one and promote it")
    seen = 0
    with progress_bar() as advance:

        def on_row(row: Row) -> None:
            nonlocal seen
            seen += 1
            advance("inspecting", seen, len(paths))
            if row.verdict == UNREADABLE:
                print(f"inspector: {row.reason}", file=sys.stderr)

        counts = write_rows(judge_pictures(paths, chosen.folder, setup, SystemClock()), chosen.out, on_row)
    result = {"pictures": len(paths), **dict(sorted(counts.items())), "out": str(chosen.out)}
    answer(chosen.json, result, lambda: iter(["  ".join(f"{name} {value}" for name, value in result.items())]))


def doctor(chosen: argparse.Namespace) -> int:
    from inspector.doctor import Finding, examine

    problem: InspectorError | None = None
    try:
        with Workspace.open(chosen.workspace) as workspace:
            findings = examine(workspace)
    except InspectorError as error:
        problem = error
        action = "correct what it names, or choose another workspace with --workspace DIR"
        findings = [*examine(None), Finding("workspace", False, str(error), action)]

    def lines() -> Iterator[str]:
        for finding in findings:
            yield f"{'good   ' if finding.ok else 'MISSING'} {finding.what:<28} {finding.detail}"
            if finding.action:
                yield f"{'':<36} -> {finding.action}"

    answer(chosen.json, {"findings": [asdict(finding) for finding in findings]}, lines)
    return problem.exit_code if problem else 0


def verify(chosen: argparse.Namespace) -> int:
    from inspector.replay import verify as verified

    with Workspace.open(chosen.workspace) as workspace, progress_bar() as advance:
        found = verified(workspace, chosen.replay, lambda done, total: advance("replaying", done, total))

    def lines() -> Iterator[str]:
        seal = "every seal holds" if found.broken is None else f"the seal of inspection {found.broken} is broken"
        yield f"{found.inspections} inspections: {seal}"
        yield f"{found.replayed} replayed, {len(found.differing)} with another result"
        yield f"not replayed: {found.without_picture} without a picture, {found.unjudged} that were not judged"
        yield from (f"differs: {inspection}" for inspection in found.differing)

    answer(chosen.json, {**asdict(found), "holds": found.holds}, lines)
    return 0 if found.holds else StoreError.exit_code


def bench(chosen: argparse.Namespace) -> None:
    from inspector.bench import measure_all

    with ExitStack() as stack:
        # Without a recipe the model is taught in a place of its own: a measurement leaves nothing behind.
        place = chosen.workspace if chosen.recipe else Path(stack.enter_context(TemporaryDirectory()))
        opened = Workspace.open(place) if chosen.recipe else Workspace.create(place)
        workspace, advance = stack.enter_context(opened), stack.enter_context(progress_bar())
        result = measure_all(workspace, chosen.recipe, chosen.seconds, chosen.only, advance)

    def lines() -> Iterator[str]:
        yield f"on {result['machine']}"
        for name, measure in result["measures"].items():
            figures = f"{measure['value']:>10.3f} {measure['unit']:<4} bare {measure['bare']:>10.3f}"
            yield f"{name:<28} {figures}  {measure['ratio']:.2f} x  {'holds' if measure['holds'] else 'DOES NOT HOLD'}"
            yield from (f"{'':<28} {count} {what}" for what, count in measure["forbidden"].items())

    answer(chosen.json, result, lines)
