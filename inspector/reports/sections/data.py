"""What the model learned from and was held against: parts and pictures by class, lots, and what is thin."""

from __future__ import annotations

from collections import Counter, defaultdict

from inspector.domain import Snapshot, SnapshotEntry, Split
from inspector.reports.evidence import Evidence
from inspector.reports.markup import Markup, bullets, element, facts, join, paragraph, section, table

_MOST_LOTS = 12


def data(evidence: Evidence) -> Markup:
    snapshot = evidence.snapshot
    if snapshot is None:
        gone = f"The list of pictures {evidence.card.snapshot_id} is not in this workspace any more."
        return section("Data", paragraph(gone))
    shown = [_by_class(snapshot), facts(_counts(evidence, snapshot)), bullets(evidence.remarks)]
    return section("Data", *shown)


def _by_class(snapshot: Snapshot) -> Markup:
    rows = []
    for name in snapshot.classes:
        own = [entry for entry in snapshot.entries if entry.defect_class == name]
        rows.append((name, *_sizes(own)))
    rows.append(("all", *_sizes(snapshot.entries)))
    heads = ("class", "parts to learn from", "pictures", "golden parts", "pictures")
    return table("Parts and pictures by class; a golden part is never trained on", heads, rows)


def _sizes(entries: list[SnapshotEntry] | tuple[SnapshotEntry, ...]) -> tuple[int, int, int, int]:
    train, golden = ([entry for entry in entries if entry.split is split] for split in (Split.TRAIN, Split.GOLDEN))
    return _parts(train), len(train), _parts(golden), len(golden)


def _parts(entries: list[SnapshotEntry]) -> int:
    return len({entry.part for entry in entries})


def _counts(evidence: Evidence, snapshot: Snapshot) -> list[tuple[str, object]]:
    golden = _parts(list(snapshot.only(Split.GOLDEN)))
    parts = _parts(list(snapshot.entries))
    known = evidence.examples or {}
    origins = Counter(str(known[e.digest].origin) if e.digest in known else "unknown" for e in snapshot.entries)
    return [
        ("Golden share", f"{golden} of {parts} parts ({100 * golden / parts:.0f}%)"),
        ("Lots", lots_words(evidence, snapshot)),
        ("Where the words come from", ", ".join(f"{name} {count}" for name, count in sorted(origins.items()))),
        ("Snapshot", join([f"{len(snapshot.entries)} pictures, ", element("code", snapshot.id)])),
    ]


def lots_words(evidence: Evidence, snapshot: Snapshot) -> str:
    """How many lots, and the parts in each of the largest."""
    known = evidence.examples or {}
    parts: dict[str, set[str]] = defaultdict(set)
    for entry in snapshot.entries:
        lot = known[entry.digest].lot if entry.digest in known else ""
        parts[lot].add(entry.part)
    named = sorted((lot for lot in parts if lot), key=lambda lot: (-len(parts[lot]), lot))
    if not named:
        return "no picture names its lot"
    listed = ", ".join(f"{lot} {len(parts[lot])}" for lot in named[:_MOST_LOTS])
    more = f" and {len(named) - _MOST_LOTS} more" if len(named) > _MOST_LOTS else ""
    without = f"; parts without a lot: {len(parts[''])}" if parts.get("") else ""
    return f"{len(named)} lots, with their parts: {listed}{more}{without}"
