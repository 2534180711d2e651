"""How the tests attack the command line: type something, expect one plain line and a workspace that is as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from inspector.cli import main
from inspector.domain import GOOD
from inspector.learning.promotion import promote
from inspector.learning.snapshot import golden_set, take
from inspector.recipe import Limits
from inspector.store.cards import CARD
from inspector.store.versions import ModelVersion
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, publish, teach

LIMITS = Limits(-1.0, 1.0)
Captured = pytest.CaptureFixture[str]


def typed(place: Path, command: str, *words: str, recipe: str = RECIPE) -> list[str]:
    """The words of a command on one recipe of a workspace."""
    return [*command.split(), "--workspace", str(place), "--recipe", recipe, *words]


def refused(capsys: Captured, code: int, words: Sequence[str]) -> str:
    """Run what must fail; its one plain line, which names this program, holds no Python, and says nothing on stdout."""
    capsys.readouterr()
    assert main(words) == code
    said = capsys.readouterr()
    steps = [line for line in said.err.splitlines() if not line.startswith("inspector: ")]
    assert all(line.endswith(")") and line.rpartition("(")[2][:-1].isdigit() for line in steps), said.err
    (line,) = set(said.err.splitlines()) - set(steps)
    assert said.out == "" and "Traceback" not in line
    return line.removeprefix("inspector: ")


def misused(capsys: Captured, words: Sequence[str]) -> str:
    """Run what is wrong usage; what is said about it."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def told(capsys: Captured, words: Sequence[str], code: int = 0) -> Any:
    """Run what must work; its answer."""
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return json.loads(said.out)


def state(place: Path) -> dict[str, str]:
    """What a workspace holds: each file by its digest, each table by its rows; the cache does not count."""
    kept: dict[str, str] = {}
    for file in sorted(path for path in place.rglob("*") if path.is_file()):
        name = file.relative_to(place).as_posix()
        if not name.startswith(("cache/", "ledger.db")):
            kept[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    if (place / "ledger.db").exists():
        with closing(connect(place / "ledger.db")) as ledger:
            for (table,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                kept[f"ledger: {table}"] = repr(ledger.execute(f'SELECT * FROM "{table}"').fetchall())
    return kept


def taught(place: Path, good: int = 10, dent: int = 10) -> Workspace:
    """A workspace with dark good parts and bright dents, a fifth of them golden; there is no model yet."""
    workspace = open_room(place)
    teach(workspace, {GOOD: [f"g{number}" for number in range(good)], "dent": [f"d{number}" for number in range(dent)]})
    return workspace


def modelled(workspace: Workspace, in_use: bool = True, **results: Any) -> ModelVersion:
    """A version that really runs, whose card holds these results; it is put in use whatever the gate says."""
    number = len(workspace.versions.list(RECIPE)) + 1
    snapshot = take(workspace, RECIPE)
    version = publish(workspace, number, brightness_model(), limits=LIMITS, snapshot_id=snapshot.id, results=results)
    if in_use:
        promote(workspace, RECIPE, version.card.id, "anna", force_reason="a test")
    return version


def edited(version: ModelVersion, old: str, new: str) -> None:
    """Change a version's card as an editor does; its model's digest is still right."""
    card = version.folder / CARD
    text = card.read_text(encoding="utf-8")
    assert old in text
    card.chmod(0o644)
    card.write_text(text.replace(old, new), encoding="utf-8")


def rows(workspace: Workspace, **more: Any) -> list[dict[str, Any]]:
    """A card's rows for today's golden pictures: good ones at -4, defective ones at 4; `more` is put into each."""
    return [
        {
            "digest": one.digest,
            "part": one.part,
            "defect_class": one.defect_class,
            "score": -4.0 if one.defect_class == GOOD else 4.0,
            "leading_defect": "dent",
            **more,
        }
        for one in golden_set(workspace, RECIPE).entries
    ]
