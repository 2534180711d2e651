"""What is missing, how to make the report and its model again, and the lines to sign."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.domain import ModelCard
from inspector.reports.evidence import Evidence
from inspector.reports.markup import Markup, bullets, element, paragraph, section, table


def absent(words: Sequence[str]) -> Markup:
    if not words:
        return section("What is missing", paragraph("Nothing that this report asks for."))
    return section("What is missing", paragraph("These were not measured or not kept:"), bullets(words))


def commands(card: ModelCard) -> list[str]:
    """What to type to see the same again."""
    named = f"--recipe {card.recipe} --model {card.id}"
    mode = f" --mode {card.results['mode']}" if "mode" in card.results else ""
    return [
        f"inspector train --recipe {card.recipe} --backbone {card.backbone} --seed {card.seed}{mode} --no-promote",
        f"inspector gate {named}",
        f"inspector report {named}",
        f"sha256sum models/{card.recipe}/{card.id}/model.tflite",
    ]


def reproduction(evidence: Evidence) -> Markup:
    note = (
        "The first line trains anew, from the labels of its day: only the snapshot above holds the same pictures and "
        "words. The report is made from the card, the ledger and the stored pictures; on one PC and with one version "
        "of the program the same ones give the same file, byte for byte. The last line, typed in the workspace, must "
        "print the digest above."
    )
    typed = element("pre", element("code", "\n".join(commands(evidence.card))))
    return section("How to see it again", paragraph(note), typed)


def signatures() -> Markup:
    rows = [(role, "", "", "") for role in ("Prepared", "Checked", "Approved")]
    return section("Signatures", table("To be signed by hand", ("", "name", "signature", "date"), rows, "signatures"))
