"""What the gate said of the model, and which parts it would decide otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.reports.evidence import Evidence
from inspector.reports.markup import Markup, bullets, element, join, paragraph, section, table
from inspector.reports.words import recorded, spoken


def gate(evidence: Evidence) -> Markup:
    words = paragraph(evidence.gate_words) if evidence.gate_words else Markup()
    if evidence.gate is None:
        return section("Gate", words or paragraph("No answer of the gate is known."))
    return section("Gate", words, _answer(evidence.gate))


def _answer(answer: Mapping[str, Any]) -> Markup:
    against = f"against {answer['champion']}" if answer.get("before") else "by itself"
    verdict = "passed" if answer["passed"] else "refused"
    shown = [paragraph(f"{answer['candidate']} {against}: ", element("strong", verdict), ".")]
    for title, key in (("Why it was refused", "reasons"), ("What else to know", "notes")):
        if answer.get(key):
            shown += [element("h3", title), bullets(answer[key])]
    return join([*shown, _figures(answer), _changed(answer)])


def _figures(answer: Mapping[str, Any]) -> Markup:
    sides = [(name, answer[key]) for name, key in (("before", "before"), ("this model", "after")) if answer.get(key)]
    rates = [(spoken(key), *(recorded(key, side.get(key)) for _, side in sides)) for key in _RATES]
    classes = dict.fromkeys(name for _, side in sides for name in side.get("escapes_by_class", {}))
    missed = [(f"missed, class {name}", *(_missed(side, name) for _, side in sides)) for name in classes]
    return table("On the golden parts", ("figure", *(name for name, _ in sides)), [*rates, *missed])


_RATES = ("escape", "overkill", "recheck_good")


def _missed(side: Mapping[str, Any], name: str) -> str:
    found = side.get("escapes_by_class", {}).get(name)
    return f"{found['missed']} of {found['parts']}" if found else "no such part"


def _changed(answer: Mapping[str, Any]) -> Markup:
    changes = answer.get("changed", ())
    if not changes:
        return paragraph("No golden part is decided otherwise." if answer.get("before") else "")
    rows = [
        (change["part"], change["defect_class"], change["before"].upper(), change["after"].upper(), _note(change))
        for change in changes
    ]
    return table("Golden parts that are decided otherwise", ("part", "is", "before", "now", ""), rows)


def _note(change: Mapping[str, Any]) -> str:
    return "new escape" if change.get("new_escape") else ""
