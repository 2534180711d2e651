"""How the model was made and what was delivered: training, and the file with its size, speed and agreement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inspector.reports.evidence import GOLDEN, VALIDATION, Evidence
from inspector.reports.markup import Markup, facts, join, paragraph, section, table
from inspector.reports.words import MISSING, flattened, recorded, spoken

_SAID_ELSEWHERE = {GOLDEN, VALIDATION, "split_by_part", "naive_split_by_picture", "mode", "folds", "parts", "pictures"}
_SAID_OF_RECEIPT = {
    *("size_bytes", "invoke_ms", "invoke_p99_ms", "float_invoke_ms", "float_invoke_p99_ms", "threads", "variants"),
    *(
        "agreement",
        "views",
        "sure",
        "contradicted",
        "correlation",
        "max_difference",
        "weights",
        "weights_licence",
        "machine",
    ),
}


def training(evidence: Evidence) -> Markup:
    card, results, receipt = evidence.card, evidence.card.results, evidence.card.receipt
    rows: list[tuple[str, object]] = [
        ("Mode", results.get("mode", MISSING)),
        ("Backbone", card.backbone),
        ("Weights", receipt.get("weights", MISSING)),
        ("Licence of the weights", receipt.get("weights_licence", MISSING)),
        ("Seed", card.seed),
        ("Folds of the cross-validation", results.get("folds", MISSING)),
    ]
    return section("Training", facts([*rows, *_further(results, _SAID_ELSEWHERE)]))


def delivery(evidence: Evidence) -> Markup:
    card, receipt = evidence.card, evidence.card.receipt
    rows: list[tuple[str, object]] = [
        ("Quantisation", card.quantisation),
        ("Size", _kilobytes(receipt.get("size_bytes"))),
        ("Time for one invoke", _times(receipt, "")),
        ("The same in float", _times(receipt, "float_")),
        ("Threads", receipt.get("threads", MISSING)),
        ("Measured on", receipt.get("machine", f"{MISSING}: the PC that trained it")),
        ("Verdicts as in float", _agreement(receipt)),
        ("Contradicted where float is clear", _contradicted(receipt)),
        ("Correlation with float", receipt.get("correlation", MISSING)),
        ("Largest difference to float", _difference(receipt)),
    ]
    shown = [facts([*rows, *_further(receipt, _SAID_OF_RECEIPT)]), _variants(receipt.get("variants"))]
    return section("The file that is delivered", *shown)


def _further(values: Mapping[str, Any], said: set[str]) -> Iterator[tuple[str, object]]:
    """Whatever else the card says, so that nothing measured is left out of the report."""
    rest = {key: value for key, value in values.items() if key not in said and not _is_table(value)}
    for name, value in flattened(rest):
        yield name[:1].upper() + name[1:], recorded(name, value)


def _is_table(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(item, Mapping) for item in value)


def _kilobytes(size: object) -> str:
    return f"{size / 1e6:.2f} MB ({size} bytes)" if isinstance(size, int) else MISSING


def _times(receipt: Mapping[str, Any], before: str) -> str:
    middle, slow = receipt.get(f"{before}invoke_ms"), receipt.get(f"{before}invoke_p99_ms")
    if middle is None:
        return MISSING
    return f"{middle:g} ms (p50), {slow:g} ms (p99)" if slow is not None else f"{middle:g} ms (p50)"


def _agreement(receipt: Mapping[str, Any]) -> str:
    """Of older models it was counted on the pictures themselves; the receipts of later ones say how many were sure."""
    agreement, views = receipt.get("agreement"), receipt.get("views")
    if not isinstance(agreement, int | float):
        return MISSING
    share = f"{100 * agreement:.1f}%"
    if "sure" in receipt:
        return f"{share} of pictures outside the recheck band, by the differences on {views} pictures"
    return f"{share} of {views} pictures" if views else share


def _contradicted(receipt: Mapping[str, Any]) -> str:
    sure, contradicted = receipt.get("sure"), receipt.get("contradicted")
    if not (isinstance(sure, list) and isinstance(contradicted, list) and len(sure) == len(contradicted) == 2):
        return MISSING
    return f"{contradicted[0]} of {sure[0]} clear rejects, {contradicted[1]} of {sure[1]} clear passes"


def _difference(receipt: Mapping[str, Any]) -> str:
    difference = receipt.get("max_difference")
    return MISSING if difference is None else f"{difference:g} of the score (log-odds)"


def _variants(variants: object) -> Markup:
    rows = _named(variants)
    if not rows:
        return paragraph("The card holds no comparison of other export variants.")
    return grid("Export variants that were measured", rows)


def _named(values: object) -> list[Mapping[str, Any]]:
    """A list of tables, or a table of tables with its keys as their names."""
    if isinstance(values, Mapping):
        return [{"name": key, **value} for key, value in values.items() if isinstance(value, Mapping)]
    return [item for item in values if isinstance(item, Mapping)] if isinstance(values, list) else []


def grid(caption: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Tables of the same keys as one, a column for each key; of a list inside there is only its length."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    if not keys:
        return paragraph(f"{caption}: none.")
    lists = [spoken(key) for key in keys if any(isinstance(row.get(key), list) for row in rows)]
    lines = [[_cell(key, row.get(key)) for key in keys] for row in rows]
    note = paragraph(f"Of {', '.join(lists)}: how many; the JSON file lists them.", class_="note") if lists else ""
    return join([table(caption, [spoken(key) for key in keys], lines, class_="small"), note])


def _cell(key: str, value: object) -> str:
    return str(len(value)) if isinstance(value, list) else recorded(key, value)
