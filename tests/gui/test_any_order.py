"""Whatever a person presses in whatever order: the ledger's last word is what they see."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from gui.bridge import REJECTS, Glance, Mailbox
from gui.session.labelling import Labelling
from gui.session.watching import Watching
from gui.widgets.picture import PictureView
from inspector.domain import GOOD, UNNAMED, Decision
from inspector.station import Durable, Fault, PartInspected
from inspector.store.entry import Entry
from inspector.store.workspace import Workspace
from tests.gui.rooms import RECIPE, furnish, inspected
from tests.gui.test_watching import Words
from tests.gui.test_widgets import GREY

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PARTS = 3
GIVE = st.tuples(st.integers(0, PARTS - 1), st.sampled_from([GOOD, "dent", "scratch"]))


def parts_in(workspace: Workspace) -> list[str]:
    events = [inspected(Decision.OK, str(number)) for number in range(PARTS)]
    workspace.ledger.append([Entry(event.inspection, event.timing, RECIPE, None) for event in events])
    return [event.inspection.id for event in events]


@settings(FEW, max_examples=10)
@given(steps=st.lists(st.one_of(GIVE, st.none()), max_size=12))
def test_giving_and_taking_back_is_a_stack(qtbot: QtBot, steps: list[tuple[int, str] | None]) -> None:
    """None is undo. What counts in the ledger is what a stack of the words would say."""
    with tempfile.TemporaryDirectory() as folder, furnish(Path(folder), pictures=1) as workspace:
        ids = parts_in(workspace)
        labelling = Labelling(workspace, workspace.recipes.load(RECIPE), lambda _inspection_id: None)
        answered: list[object] = []
        labelling.given.connect(answered.append)
        labelling.undone.connect(answered.append)
        stack: list[tuple[int, str]] = []
        expected = 0
        for step in steps:
            if step is not None:
                labelling.give(ids[step[0]], step[1])
                stack.append(step)
                expected += 1
            elif labelling.undo() is not None:
                stack.pop()
                expected += 1
        qtbot.waitUntil(lambda: len(answered) == expected)
        labelling.close()
        for place, inspection_id in enumerate(ids):
            words = [word for part, word in stack if part == place]
            label = workspace.ledger.record(inspection_id).label
            assert (label.defect_class if label else None) == (words[-1] if words else None)
        assert labelling.today == len(stack)


PRESSES = st.lists(st.sampled_from(["part", "misfire", "good", "dent", "release", "open"]), max_size=25)


@FEW
@given(presses=PRESSES, decisions=st.lists(st.sampled_from(Decision), min_size=25, max_size=25))
def test_no_order_of_keys_labels_another_part_than_the_one_shown(
    qapp: object, presses: list[str], decisions: list[Decision]
) -> None:
    words = Words()
    watching = Watching(cast(Labelling, words))
    rejects: list[PartInspected] = []
    for press, decision in zip(presses, decisions, strict=False):
        shown, given_before = watching.shown, len(words.given)
        if press == "part":
            event = inspected(decision, side=16)
            rejects = ([event] if decision is not Decision.OK else []) + rejects[: REJECTS - 1]
            watching.look(Glance(event, tuple(rejects), None, None, frozenset()))
        elif press == "misfire":
            watching.misfire()
        elif press == "release":
            watching.release()
        elif press == "open" and rejects:
            watching.open(rejects[-1].inspection.id)
        elif press in {"good", "dent"}:
            watching.name(GOOD if press == "good" else "dent")
        for inspection_id, word in words.given[given_before:]:
            assert shown is not None
            assert inspection_id == shown.inspection.id
            accepted = shown.inspection.verdict.decision is Decision.OK
            assert word != GOOD or not accepted, "an accepted part that is good is no misfire"
            assert word != UNNAMED or accepted


@FEW
@given(st.lists(st.sampled_from([*Decision, "durable", "fault", "take"]), max_size=60))
def test_the_mailbox_forgets_nothing_that_is_newest(steps: list[Decision | str]) -> None:
    mailbox = Mailbox()
    mailbox.watch("mine")
    newest: PartInspected | None = None
    rejects: list[PartInspected] = []
    told = watched = False
    for step in steps:
        if step == "take":
            glance = mailbox.take()
            assert glance.newest is newest
            assert list(glance.rejects) == rejects[:REJECTS]
            assert glance.durable == (frozenset({"mine"}) if watched else frozenset())
            newest, told, watched = None, False, False
            mailbox.watch("mine")
        elif isinstance(step, Decision):
            newest = inspected(step, side=16)
            rejects = rejects if step is Decision.OK else [newest, *rejects]
            assert mailbox.put(newest) is not told
            told = True
        elif step == "durable":
            news = mailbox.put(Durable(("mine", "another")))
            assert news is (not told and not watched)
            told, watched = True, True
        else:
            assert mailbox.put(Fault("x")) is not told
            told = True


ZOOMS = st.lists(st.tuples(st.floats(0.2, 5), st.floats(0, 400), st.floats(0, 400)), max_size=12)


@FEW
@given(zooms=ZOOMS)
def test_no_zooming_loses_the_picture(qtbot: QtBot, zooms: list[tuple[float, float, float]]) -> None:
    """The widget's middle always shows some of the part, and the zoom stays within its ends."""
    view = PictureView("picture")
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show_image(GREY)
    for factor, x, y in zooms:
        view.zoom_by(factor, QPointF(x, y))
        assert 1 <= view.zoom <= 16
        spot = view.to_widget().inverted()[0].map(QPointF(200, 200))
        assert -1e-6 <= spot.x() <= 200 + 1e-6
        assert -1e-6 <= spot.y() <= 100 + 1e-6
