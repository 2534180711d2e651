"""What a model's report says, worked out once for both of its files: the page and the JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from inspector.reports.evidence import GOLDEN, ROBUSTNESS, VALIDATION, Change, Evidence
from inspector.reports.figures import Figures, figures_of
from inspector.reports.gallery import Exhibit, changed, errors, typical

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Report:
    """Evidence with its figures. golden, validation: None where the card holds no such rows. missing: in words."""

    evidence: Evidence
    golden: Figures | None
    validation: Figures | None
    golden_errors: tuple[Exhibit, ...]
    validation_errors: tuple[Exhibit, ...]
    typical: tuple[Exhibit, ...]
    changed: tuple[Exhibit, ...]
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The same figures for a machine; docs/reference.md holds the keys."""
        evidence, card = self.evidence, self.evidence.card
        return {
            "format": FORMAT,
            "program": evidence.program,
            "model": _model(evidence),
            "limits": {"recheck": evidence.limits.recheck, "reject": evidence.limits.reject},
            "claim": self.golden.claim if self.golden else None,
            "golden": self.golden.to_json() if self.golden else None,
            "validation": self.validation.to_json() if self.validation else None,
            "errors": {
                GOLDEN: [one.to_json() for one in self.golden_errors],
                VALIDATION: [one.to_json() for one in self.validation_errors],
            },
            "notes": list(evidence.notes),
            "results": {key: value for key, value in card.results.items() if key not in {GOLDEN, VALIDATION}},
            "receipt": card.receipt,
            "data": _data(evidence),
            "gate": dict(evidence.gate) if evidence.gate is not None else None,
            "gate_words": evidence.gate_words,
            "history": [_change(change) for change in evidence.changes],
            "annexes": dict(evidence.annexes or {}),
            "missing": list(self.missing),
        }


def report_on(evidence: Evidence) -> Report:
    """Work everything out."""
    golden, validation, limits = evidence.golden, evidence.validation, evidence.limits
    return Report(
        evidence=evidence,
        golden=figures_of(golden, limits),
        validation=figures_of(validation, limits),
        golden_errors=tuple(errors(golden, limits)),
        validation_errors=tuple(errors(validation, limits)),
        typical=tuple(typical(golden, limits)),
        changed=tuple(changed(golden, limits, evidence.gate)),
        missing=tuple(_missing(evidence, bool(golden), bool(validation))),
    )


def _model(evidence: Evidence) -> dict[str, Any]:
    card, recipe = evidence.card, evidence.recipe
    plain = ("id", "number", "parent", "backbone", "quantisation", "seed", "view_id", "snapshot_id", "model_digest")
    return {name: getattr(card, name) for name in plain} | {
        "lineage": [one.id for one in evidence.lineage],
        "classes": list(card.classes),
        "input": {"height": card.input_height, "width": card.input_width},
        "created_at": card.created_at.isoformat(),
        "suggested_limits": {"recheck": card.recheck_limit, "reject": card.reject_limit},
        "recipe": recipe.name,
        "recipe_id": recipe.id,
        "part_number": recipe.part_number,
        "in_use": evidence.in_use,
    }


def _data(evidence: Evidence) -> dict[str, Any] | None:
    snapshot = evidence.snapshot
    if snapshot is None:
        return None
    classes: dict[str, dict[str, dict[str, int]]] = {}
    for name in snapshot.classes:
        own = [entry for entry in snapshot.entries if entry.defect_class == name]
        classes[name] = {
            str(split): {
                "parts": len({entry.part for entry in own if entry.split is split}),
                "pictures": sum(entry.split is split for entry in own),
            }
            for split in sorted({entry.split for entry in snapshot.entries})
        }
    known = evidence.examples or {}
    lots = sorted({known[entry.digest].lot for entry in snapshot.entries if entry.digest in known} - {""})
    return {"classes": classes, "lots": lots, "remarks": list(evidence.remarks)}


def _change(change: Change) -> dict[str, Any]:
    return asdict(change) | {"happened_at": change.happened_at.isoformat()}


def _missing(evidence: Evidence, golden: bool, validation: bool) -> list[str]:
    card = evidence.card
    asked = [
        (golden, "Golden parts with their scores: nothing can be claimed of this model."),
        (validation, "Validation parts with held-out scores: figures by class rest on the golden parts alone."),
        (evidence.snapshot is not None, "The list of pictures that the model learned from."),
        (evidence.gate is not None, "An answer of the gate."),
        ("mode" in card.results, "The mode of training, on the card."),
        ("split_by_part" in card.results, "The cross-validation by part, on the card."),
        ("size_bytes" in card.receipt, "Size, speed and agreement of the delivered file, on the card."),
        ("machine" in card.receipt, "Which PC the times were measured on."),
        ("variants" in card.receipt, "A comparison of export variants, on the card."),
        (ROBUSTNESS in (evidence.annexes or {}), "A robustness certificate."),
        (card.parent is None or bool(evidence.lineage), f"The card of the parent {card.parent}."),
    ]
    return [words for there, words in asked if not there]
