"""What light, blur, shift and noise a model withstands: a certificate from its golden parts."""

from __future__ import annotations

from inspector.learning import robustness
from inspector.learning.robustness import Certificate
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from inspector.studies.answer import Answer, Table
from inspector.studies.chosen import version_of
from inspector.studies.study import Advance, Here, Study

_HEADS = ("disturbance", "in", "from", "below that", "to", "beyond that")
_ENDS = {
    robustness.Broken.ESCAPE: "a defect passes",
    robustness.Broken.OVERKILL: "good parts are rejected",
    robustness.Broken.STOPPED: "good parts are stopped",
    robustness.Broken.END: "not tried",
}


def study(workspace: Workspace, recipe: Recipe) -> Study:
    """Of the model in use, or of the newest; what is found is kept as its certificate."""

    def work(advance: Advance) -> Answer:
        found = robustness.certify(workspace, recipe, version_of(workspace, recipe), on_progress=advance)
        advance(1, 1)  # whoever gave it up has not asked for a certificate
        robustness.save(workspace, found)
        return answer_of(found)

    return Here("certifying", work)


def answer_of(found: Certificate) -> Answer:
    rows = tuple((each.axis, each.unit, *_end(each.low), *_end(each.high)) for each in found.ranges)
    return Answer((found.sentence,), (Table(_HEADS, rows),))


def _end(end: robustness.End) -> tuple[str, str]:
    broken = _ENDS.get(end.broken_by)
    return (f"{end.value:g}", broken) if broken else ("–", "–")
