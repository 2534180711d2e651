"""The Python that the pages show does what they say of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.cli import main
from inspector.clock import SystemClock
from inspector.commission import setup_for
from inspector.domain import Frame, Part, Timing
from inspector.pictures import write_picture
from inspector.pipeline.assemble import inspect
from inspector.store.entry import Entry
from inspector.store.workspace import Workspace
from tests.laws.documents import blocks, text_of
from tests.unit.learning_cards import LIMITS, RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, publish

[STORE] = blocks(text_of("reference"), "python")
DENT, GOOD_PART = 200, 60  # grey levels that the model takes for a dent and for nothing


def run_code(code: str, **names: object) -> None:
    """Run a page's code with the names in capitals replaced by real ones."""
    for name, value in names.items():
        code = code.replace(f'"{name}"', repr(str(value)))
    exec(compile(code, "docs", "exec"), {})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workspace with two inspections by a real model."""
    with open_room(tmp_path) as workspace:
        version = publish(workspace, 1, brightness_model())
        recipe = replace(workspace.recipes.load(RECIPE), model_id=version.card.id, limits=LIMITS)
        workspace.recipes.save(recipe)
        setup = setup_for(workspace, recipe)
        clock = SystemClock()
        for number, level in enumerate((DENT, GOOD_PART), start=1):
            noise = np.random.default_rng(number).integers(-20, 20, (48, 64))
            frame = Frame((level + noise).astype(np.uint8), "test", number, number, clock.now(), clock.ns())
            workspace.images.put(frame.pixels)
            inspection = inspect(frame, Part(f"{number}", "L1"), setup, "line-1", f"{number:032x}")
            timing = Timing(clock.now(), number, clock.ns(), clock.ns(), clock.ns())
            workspace.ledger.append([Entry(inspection, timing, RECIPE, frame.pixels)])
    return tmp_path / "workspace"


def change(place: Path, statement: str) -> None:
    """What somebody with another program and the right to write could do."""
    with closing(sqlite3.connect(place / "ledger.db")) as ledger:
        ledger.execute("DROP TRIGGER inspections_no_update")
        ledger.execute(statement)
        ledger.commit()


def verified(place: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The quality page's command, and what it says first."""
    [command] = [line for line in text_of("quality").splitlines() if line.startswith("inspector verify --")]
    main([*command.split()[1:], "--workspace", str(place)])
    return capsys.readouterr().out


def test_an_untouched_ledger_holds_and_its_verdicts_repeat(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = verified(place, capsys)
    assert said.startswith("2 inspections: every seal holds\n2 replayed, 0 with another result")


def test_a_changed_verdict_is_found_named_and_contradicted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(place, "UPDATE inspections SET decision = 'ok' WHERE number = 1")
    said = verified(place, capsys)
    assert f"the seal of inspection {1:032x} is broken" in said
    assert f"differs: {1:032x}" in said


def test_a_mark_is_stored_and_its_digest_printed(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = np.arange(32 * 32, dtype=np.uint8).reshape(32, 32)
    write_picture(mark, tmp_path / "mark.png")
    run_code(STORE.replace('"mark.png"', repr(str(tmp_path / "mark.png"))), WORKSPACE=place)
    digest = capsys.readouterr().out.strip()
    with Workspace.open(place) as workspace:
        assert np.array_equal(workspace.images.get(digest), mark)
