"""Whether a model can be smaller or faster: its variants side by side, and the best of them as a candidate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inspector.learning import optimising
from inspector.learning.optimising import Optimised
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from inspector.studies.answer import Answer, Shown, Table
from inspector.studies.chosen import version_of
from inspector.studies.study import Advance, InProcess, Study

_HEADS = ("variant", "size", "p50", "p99", "same verdict", "correlation", "worse", "flipped")


def study(workspace: Workspace, recipe: Recipe, command: Sequence[str] | None = None) -> Study:
    """Every variant of the model in use, or of the newest, at no drop. command: stands in for the installed program."""

    def start(_advance: Advance) -> optimising.OptimisationRun:
        return optimising.start(workspace, recipe, version_of(workspace, recipe), command=command)

    return InProcess(start, answer_of)


def answer_of(found: Optimised) -> Answer:
    return Answer(
        tuple(_sentences(found)), (Table(_HEADS, tuple(_row(row) for row in found.variants)),), tuple(_flipped(found))
    )


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    if "size_bytes" not in row:
        return row["variant"], *(("-",) * (len(_HEADS) - 1))
    return (
        row["variant"],
        f"{row['size_bytes'] / 1e6:.2f} MB",
        f"{row['invoke_ms']:.2f} ms",
        f"{row['invoke_p99_ms']:.2f} ms",
        f"{row['same_verdict']:.1%}",
        f"{row['correlation']:.4f}",
        f"{row['worse_parts']} of {row['golden_parts']}",
        str(len(row["flipped"])),
    )


def _sentences(found: Optimised) -> Iterator[str]:
    yield found.sentence()
    for row in found.variants:
        if row["objection"]:
            yield f"{row['variant']} is not to ship: {row['objection']}"


def _flipped(found: Optimised) -> Iterator[Shown]:
    for row in found.variants:
        for flip in row.get("flipped", ()):
            yield Shown(flip["digest"], f"{row['variant']}: {flipped_words(flip)}")


def flipped_words(flip: Mapping[str, Any]) -> str:
    """A picture on which a variant decides otherwise, in plain words."""
    turn = "to the worse" if flip["worse"] else "for the better"
    part = f"{flip['part']} ({flip['defect_class']}, {flip['split']})"
    return f"{part}: {flip['before']} in float, {flip['after']} here, {turn}"
