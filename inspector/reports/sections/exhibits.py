"""The pictures of a report: each part as it is and with what the model saw, its truth, its verdict and its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inspector.domain import GOOD
from inspector.reports.depiction import Depiction, data_uri
from inspector.reports.gallery import Exhibit
from inspector.reports.markup import Markup, element, join, paragraph, section

Depictions = Mapping[str, Depiction]
_NO_PICTURE = Depiction(None, words="Not shown.")


def exhibits(groups: Sequence[tuple[str, str, Sequence[Exhibit], int]], depictions: Depictions) -> Markup:
    """groups: title, explanation, the exhibits to show, and how many there are in all."""
    note = (
        "Left: the region that the model judged. Right: the same with the heat map of the delivered model for its "
        "leading defect; the outline marks the hottest places. A score below the recheck limit passes."
    )
    shown = [_group(*group, depictions) for group in groups]
    return section("Pictures", paragraph(note, class_="note"), *shown)


def _group(title: str, words: str, shown: Sequence[Exhibit], total: int, depictions: Depictions) -> Markup:
    head = element("h3", title)
    if not shown:
        return join([head, paragraph("None.")])
    more = f" Shown: {len(shown)} of {total}; the JSON file lists all." if total > len(shown) else ""
    cards = [_card(one, depictions.get(one.digest, _NO_PICTURE)) for one in shown]
    return join([head, paragraph(f"{words}{more}"), element("div", *cards, class_="gallery")])


def _card(exhibit: Exhibit, depiction: Depiction) -> Markup:
    told = f"part {exhibit.part}, truly {exhibit.defect_class}, verdict {exhibit.decision.upper()}"
    pictures = [
        element("img", src=data_uri(jpeg), alt=f"{told}: {view}")
        for jpeg, view in ((depiction.plain, "the judged region"), (depiction.heat, "with the heat map"))
        if jpeg
    ]
    return element(
        "figure",
        element("div", *pictures, class_="pair"),
        element("figcaption", *_caption(exhibit), *([" ", element("em", depiction.words)] if depiction.words else [])),
    )


def _caption(exhibit: Exhibit) -> list[object]:
    score = "no score" if exhibit.score is None else f"score {exhibit.score:.2f}"
    named = f" as {exhibit.named}" if exhibit.named not in {"", GOOD} else ""
    note = f"; {exhibit.note}" if exhibit.note else ""
    verdict = element("strong", f"{exhibit.decision.upper()}{named}")
    return [f"Part {exhibit.part}: is {exhibit.defect_class}, verdict ", verdict, f", {score}{note}."]
