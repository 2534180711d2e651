"""How good the model is: what may be claimed, the rates by part, every class, and the curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspector.domain import GOOD, Decision
from inspector.recipe import Limits
from inspector.reports.charts import Sets, histogram_plot, precision_plot, roc_plot
from inspector.reports.evidence import Evidence
from inspector.reports.figures import Figures, class_names
from inspector.reports.markup import Markup, bullets, element, join, paragraph, section, table
from inspector.reports.words import figure, recorded, share, spoken

_HONEST, _NAIVE = "split_by_part", "naive_split_by_picture"
_GOLDEN = "golden"
_WHAT = {
    _GOLDEN: "Golden parts were never trained on. They were scored with the model file that is delivered.",
    "validation": "Validation parts were trained on, but each was scored by a model that never saw it: a model of "
    "the same kind, not the file that is delivered. The suggested limits were chosen on these scores, which flatters "
    "the rates a little.",
}
_ADAPTED = (
    "The network itself was adapted to the parts, in folds that were stopped by the parts they left out, which "
    "flatters a little more; the delivered one is the average of the folds."
)


def claim(golden: Figures | None) -> Markup:
    """The one sentence that may be quoted."""
    sentence = golden.claim if golden else "No golden part was scored, so nothing can be claimed about escapes."
    scope = (
        "The claim speaks of parts and defects such as the golden set holds, under the light and the camera settings "
        "of their pictures, at the limits of this report. It speaks of no others."
    )
    return section("What may be claimed", paragraph(sentence, class_="claim"), paragraph(scope))


def accuracy(evidence: Evidence, sets: Sets) -> Markup:
    limits = evidence.limits
    tables = [_set(name, figures) for name, figures in sets]
    honest = _honest_and_naive(evidence.card.results)
    adapted = [_ADAPTED] if evidence.card.results.get("adapted_by") else []
    return section(
        "How good it is", _rates(sets), bullets([*adapted, *evidence.notes]), _plots(sets, limits), *tables, honest
    )


def _rates(sets: Sets) -> Markup:
    if not sets:
        return paragraph("The card holds no scored parts: nothing was measured.")
    rows = [
        ("parts (good, defective)", *(f"{len(f.parts)} ({f.good}, {f.defective})" for _, f in sets)),
        ("pictures", *(f.pictures for _, f in sets)),
        ("escape rate", *(share(f.escape) for _, f in sets)),
        ("overkill rate", *(share(f.overkill) for _, f in sets)),
        ("sent to a person (RECHECK)", *(share(f.recheck) for _, f in sets)),
        ("could not be judged (UNFIT)", *(f"{f.unfit} of {len(f.parts)}" for _, f in sets)),
        ("AUROC", *(figure(f.auroc) for _, f in sets)),
        ("average precision", *(figure(f.average_precision) for _, f in sets)),
    ]
    heads = ("", *(f"{name} parts" for name, _ in sets))
    words = [paragraph(element("strong", f"{name.capitalize()}: "), _WHAT[name]) for name, _ in sets]
    if len(sets) == 1:
        words.append(paragraph(f"The card holds no {'validation' if sets[0][0] == _GOLDEN else _GOLDEN} parts."))
    note = (
        "Escape rate: accepted defective parts of all defective ones. Overkill rate: rejected good parts of all good "
        "ones. A part is decided by its worst picture. In brackets: the exact 95% interval (Clopper and Pearson, "
        "1934) and the number of parts."
    )
    return join([table("Figures by part", heads, rows), paragraph(note, class_="note"), *words])


def _plots(sets: Sets, limits: Limits) -> Markup:
    drawn = [roc_plot(sets, limits), precision_plot(sets, limits)]
    drawn += [histogram_plot(name, figures.histogram, limits) for name, figures in sets if figures.histogram]
    captions = ["ROC by part.", "Precision over recall by part."]
    captions += [f"Scores of the {name} parts, by worst picture." for name, figures in sets if figures.histogram]
    marked = " Diamond: recheck limit; circle: reject limit."
    framed = [
        element("figure", each, element("figcaption", caption + (marked if place < 2 else "")))
        for place, (each, caption) in enumerate(zip(drawn, captions, strict=True))
        if each
    ]
    return element("div", *framed, class_="plots")


def _set(name: str, figures: Figures) -> Markup:
    heads = ("class", "parts", *(str(each).upper() for each in Decision), "precision", "recall", "F1", "missed")
    rows = [
        (
            one.name,
            one.parts,
            *(one.decisions[each] for each in Decision),
            share(one.precision),
            share(one.recall),
            figure(one.f1, 2),
            share(one.missed) if one.missed else "\u2013",
        )
        for one in figures.classes
    ]
    return join(
        [
            element("h3", f"By class, {name} parts"),
            table(f"Verdicts and figures by true class, {name} parts", heads, rows, class_="small"),
            _confusion(name, figures),
        ]
    )


def _confusion(name: str, figures: Figures) -> Markup:
    names = class_names(figures.parts)
    rows = [
        (truth, *(_count(count, truth == named) for named, count in zip(names, line, strict=True)))
        for truth, line in zip(names, figures.confusion, strict=True)
    ]
    judged = sum(map(sum, figures.confusion))
    out = len(figures.parts) - judged
    words = "Rows: what the part is. Columns: what it was called: good where it passed, else its leading defect."
    left_out = f" {out} parts that could not be judged are left out." if out else ""
    heads = ("is / was called", *(f"{named} (passed)" if named == GOOD else named for named in names))
    return table(f"Confusion, {name} parts. {words}{left_out}", heads, rows, class_="matrix")


def _count(count: int, right: bool) -> Markup:
    return element("strong", count) if right else element("span", count, class_="wrong" if count else "zero")


def _honest_and_naive(results: Mapping[str, Any]) -> Markup:
    honest, naive = results.get(_HONEST), results.get(_NAIVE)
    if not isinstance(honest, Mapping):
        words = paragraph("The card holds no cross-validation by part.")
    else:
        careless = naive if isinstance(naive, Mapping) else {}
        heads = ("figure", "by part: believe this", "by picture: NOT valid")
        rows = [(spoken(key), recorded(key, value), _naive(careless, key)) for key, value in honest.items()]
        note = (
            "The right column shows what a careless split would have reported: with pictures of one part on both "
            "sides, a model recognises the part instead of the defect. It is here to be compared, not to be quoted. "
            "Where each part has one picture the two differ by chance alone."
        )
        words = join([table("Cross-validation in training", heads, rows), paragraph(note, class_="note")])
    return join([element("h3", "Honest beside naive"), words])


def _naive(careless: Mapping[str, Any], key: str) -> Markup:
    return element("s", recorded(key, careless[key])) if key in careless else element("span", "not measured")


def shown_sets(golden: Figures | None, validation: Figures | None) -> Sequence[tuple[str, Figures]]:
    """The sets that are there, by name."""
    return [(name, figures) for name, figures in ((_GOLDEN, golden), ("validation", validation)) if figures]
