"""How the findings are written: Markdown that can be read as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inspector.bench.learning.finding import Figure, Finding

_HOLDS = {True: "yes", False: "NO", None: ""}


def written(machine: Mapping[str, Any], mode: str, findings: Mapping[str, Finding]) -> str:
    """All findings as one Markdown text; a target that is not reached says NO."""
    where = ", ".join(f"{key} {value}" for key, value in machine.items())
    lines = ["# What learning reaches", "", f"Mode `{mode}`; {where}."]
    for name, finding in findings.items():
        lines += ["", f"## {name}", "", finding.about, "", *_figures(finding.figures)]
        if finding.rows:
            lines += ["", *_table([list(finding.rows[0]), *([_cell(v) for v in row.values()] for row in finding.rows)])]
        for picture in finding.pictures:
            lines += ["", f"![{name}]({picture})"]
        if finding.remarks:
            lines += ["", *(f"* {remark}" for remark in finding.remarks)]
    return "\n".join(lines)


def _figures(figures: Mapping[str, Figure]) -> Iterator[str]:
    heads = ["figure", "value", "target", "reached"]
    return _table([heads, *([f.means, _value(f), _target(f), _HOLDS[f.holds]] for f in figures.values())])


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    lines.insert(1, ["-" * width for width in widths])
    return (f"| {' | '.join(cells)} |" for cells in lines)


def _value(figure: Figure) -> str:
    if figure.rate is None:
        return f"{_number(figure)} {figure.unit}".strip()
    low, high = figure.rate.low, figure.rate.high
    return f"{figure.value:.1%} of {figure.rate.n} ({low:.1%} to {high:.1%})"


def _number(figure: Figure) -> str:
    """With a fourth digit where three would look like the target that is missed."""
    if figure.value >= 1000:
        return f"{figure.value:.0f}"
    rounded, target = f"{figure.value:.3f}", figure.target
    missed = target is not None and not target.holds(figure.value) and rounded == f"{target.bound:.3f}"
    return f"{figure.value:.4f}" if missed else rounded


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    bound = f"{figure.target.bound:.0%}" if figure.rate else f"{figure.target.bound:g} {figure.unit}".strip()
    return f"at {'least' if figure.target.at_least else 'most'} {bound}"


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
