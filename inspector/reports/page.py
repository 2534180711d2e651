"""A model's report as one HTML page that needs nothing beside it: which sections, in a quality engineer's order."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.reports.gallery import Exhibit
from inspector.reports.markup import Markup, element, join, paragraph
from inspector.reports.report import Report
from inspector.reports.sections.accuracy import accuracy, claim, shown_sets
from inspector.reports.sections.annexes import annexes
from inspector.reports.sections.closing import absent, reproduction, signatures
from inspector.reports.sections.data import data
from inspector.reports.sections.exhibits import Depictions, exhibits
from inspector.reports.sections.gate import gate
from inspector.reports.sections.identity import identity
from inspector.reports.sections.making import delivery, training
from inspector.reports.style import style

MOST_GOLDEN, MOST_VALIDATION, MOST_CHANGED = 12, 8, 8


def page(report: Report, depictions: Depictions) -> str:
    """The whole file. depictions: by digest, of the pictures that `wanted` names."""
    evidence = report.evidence
    card = evidence.card
    sets = shown_sets(report.golden, report.validation)
    body = [
        element("h1", f"Model report {card.id}"),
        paragraph(f"Recipe {card.recipe}, part number {evidence.recipe.part_number or 'not set'}."),
        identity(evidence),
        claim(report.golden),
        accuracy(evidence, sets),
        gate(evidence),
        data(evidence),
        training(evidence),
        delivery(evidence),
        annexes(evidence.annexes or {}, evidence.limits),
        exhibits(groups(report), depictions),
        absent(report.missing),
        reproduction(evidence),
        signatures(),
    ]
    head = [
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"Model report {card.id}, recipe {card.recipe}"),
        element("style", style(f"Model report {card.id}, recipe {card.recipe}")),
    ]
    whole = element("html", element("head", *head), element("body", element("main", *body)), lang="en")
    return join([Markup("<!DOCTYPE html>\n"), whole, Markup("\n")])


def wanted(report: Report) -> list[str]:
    """The digests of the pictures that the page shows, each once."""
    shown = (one.digest for _, _, some, _ in groups(report) for one in some)
    return list(dict.fromkeys(shown))


def groups(report: Report) -> list[tuple[str, str, Sequence[Exhibit], int]]:
    """Title, explanation, what is shown and how many there are."""
    golden, validation = report.golden_errors, report.validation_errors
    typical = "Good parts that pass and defective ones that are rejected, with scores in the middle."
    found: list[tuple[str, str, Sequence[Exhibit], int]] = []
    if report.golden:
        words = "Missed parts first, the lowest score first; then overkill, the highest score first."
        found.append(("Worst errors, golden parts", words, golden[:MOST_GOLDEN], len(golden)))
    if report.validation:
        words = (
            "Missed first, as above. Verdict and score are of a model that never saw the part; the heat map is of the "
            "delivered model, which has learned from it since."
        )
        found.append(("Worst errors, validation parts", words, validation[:MOST_VALIDATION], len(validation)))
    if report.typical:
        found.append(("Typical golden parts", typical, report.typical, len(report.typical)))
    if report.changed:
        words = "Golden parts on which this model and the one before it differ."
        found.append(("Decided otherwise", words, report.changed[:MOST_CHANGED], len(report.changed)))
    return found
