"""Tables, lists and galleries: everything given is shown, in order, and read out."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from gui.look.images import to_image
from gui.widgets.buttons import Button, button
from gui.widgets.classpad import ClassPad
from gui.widgets.comparison import ComparisonTable, Line
from gui.widgets.facts import FactRow
from gui.widgets.findings import FindingsList, Mark
from gui.widgets.gallery import ChangedGallery, ChangedPart
from gui.widgets.keybar import KeyButton
from gui.widgets.texts import ElidedLabel
from inspector.doctor import Finding
from inspector.domain import Decision
from inspector.learning.gate import Changed
from tests.gui.rooms import OK_LEVEL, picture

SMALL = to_image(picture(OK_LEVEL))


def labels(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if not label.isHidden()]


def test_a_comparison_is_shown_and_read_out(qtbot: QtBot) -> None:
    table = ComparisonTable("Models")
    qtbot.addWidget(table)
    table.show_lines(["v1", "v2"], [Line("Escapes", ("2 %", "1 %")), Line("Speed", ("3 ms", "–"))])
    assert table.text() == "Models. v1, v2. Escapes: 2 %, 1 %; Speed: 3 ms, –"


def test_another_comparison_replaces_the_first(qtbot: QtBot) -> None:
    table = ComparisonTable("Models")
    qtbot.addWidget(table)
    table.show_lines(["v1", "v2"], [Line("Escapes", ("2 %", "1 %"))])
    table.show_lines(["There is no model yet."], [])
    table.show()
    qtbot.waitUntil(lambda: labels(table) == ["There is no model yet."])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (Changed("A-7", "dent", Decision.NG, Decision.OK), "Part A-7, dent: NG becomes OK"),
        (Changed("A-8", "good", Decision.OK, Decision.RECHECK), "Part A-8, good: OK becomes RECHECK"),
    ],
)
def test_a_changed_part_says_what_changed(qtbot: QtBot, changed: Changed, said: str) -> None:
    part = ChangedPart(changed, SMALL)
    qtbot.addWidget(part)
    assert part.accessibleName() == said
    assert not part.grab().isNull()


def test_the_gallery_is_there_only_when_something_changed(qtbot: QtBot) -> None:
    gallery = ChangedGallery()
    qtbot.addWidget(gallery)
    gallery.show_parts([(Changed("A-7", "dent", Decision.NG, Decision.OK), SMALL)] * 3)
    assert len(gallery.findChildren(ChangedPart)) == 3
    assert not gallery.isHidden()
    gallery.show_parts([])
    assert gallery.isHidden()


def test_what_needs_somebody_comes_first_with_what_to_do(qtbot: QtBot) -> None:
    findings = FindingsList()
    qtbot.addWidget(findings)
    findings.show_findings(
        [Finding("disk", True, "9 GB free"), Finding("training", False, "keras is missing", "install it")]
    )
    assert labels(findings) == ["training", "keras is missing\n→ install it", "disk", "9 GB free"]
    assert len(findings.findChildren(Mark)) == 2


def test_marks_differ_by_shape(qtbot: QtBot) -> None:
    images = []
    for ok in (True, False):
        mark = Mark(ok)
        qtbot.addWidget(mark)
        mark.resize(20, 20)
        images.append(mark.grab().toImage())
    assert images[0] != images[1]


def test_facts_without_a_value_are_dashes(qtbot: QtBot) -> None:
    row = FactRow(("Part", "Lot"))
    qtbot.addWidget(row)
    row.show_values(("4711", ""))
    assert labels(row) == ["Part", "4711", "Lot", "–"]
    assert [label.accessibleName() for label in row.findChildren(ElidedLabel)] == ["Part: 4711", "Lot: "]


def test_facts_need_a_value_for_each_name(qtbot: QtBot) -> None:
    row = FactRow(("Part", "Lot"))
    qtbot.addWidget(row)
    with pytest.raises(ValueError, match="zip"):
        row.show_values(("4711",))


def test_a_name_that_is_too_long_keeps_both_ends_and_a_tool_tip(qtbot: QtBot) -> None:
    label = ElidedLabel("4711-0032-" + "x" * 100 + "-end")
    qtbot.addWidget(label)
    label.resize(120, 28)
    label.grab()
    assert label.toolTip() == label.text()
    label.setText("4711")
    label.grab()
    assert label.toolTip() == ""


def test_the_pad_shows_a_key_for_each_class(qtbot: QtBot) -> None:
    pad = ClassPad()
    qtbot.addWidget(pad)
    actions = [QAction(name, pad) for name in ("good", "dent", "scratch")]
    pad.show_actions(actions)
    assert [key.text() for key in pad.findChildren(KeyButton)] == ["good", "dent", "scratch"]
    pad.show_actions(actions[:1])
    qtbot.waitUntil(lambda: [key.text() for key in pad.findChildren(KeyButton)] == ["good"])


def test_a_button_calls_without_arguments(qtbot: QtBot) -> None:
    calls: list[tuple[object, ...]] = []
    made = button("Start", lambda *arguments: calls.append(arguments))
    qtbot.addWidget(made)
    made.click()
    assert calls == [()]


def test_a_button_keeps_its_name_with_its_word(qtbot: QtBot) -> None:
    made = Button("Start")
    qtbot.addWidget(made)
    made.relabel("Go on")
    assert (made.text(), made.accessibleName()) == ("Go on", "Go on")
