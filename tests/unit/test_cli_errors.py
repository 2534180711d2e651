"""The command `errors`: a list, figures by kind, and a gallery, from what a model's card holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.domain import GOOD, Example
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room, picture, publish


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A model that misses a dent, rejects a good part, and is right about the rest."""
    with open_room(tmp_path) as opened:
        scores = {"g1": -4.0, "g2": -5.0, "g3": 6.0, "d1": 5.0, "d2": 4.0, "d3": -4.5}
        rows, examples = [], []
        for seed, (part, score) in enumerate(scores.items()):
            word = GOOD if part[0] == "g" else "dent"
            digest = opened.images.put(picture(seed, 60 + 20 * seed))
            leading = {"digest": digest, "part": part, "defect_class": word, "score": score, "leading_defect": "dent"}
            rows.append(leading)
            examples.append(Example(digest, word, part, lot="L1" if seed % 2 else "L2"))
        opened.ledger.add_examples(RECIPE, examples)
        publish(opened, 1, results={"validation": rows})
        yield opened


def run(workspace: Workspace, *further: str) -> int:
    (version,) = workspace.versions.list(RECIPE)
    return main(
        ["errors", "--workspace", str(workspace.path), "--recipe", RECIPE, "--model", version.card.id, *further]
    )


def test_the_worst_errors_come_first_and_are_counted_by_kind(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(workspace, "--json") == 0
    table = json.loads(capsys.readouterr().out)
    assert [(one["part"], one["verdict"]) for one in table["worst"]] == [("g3", "ng"), ("d3", "ok")]
    assert table["by_class"]["dent"]["escapes"]["n"] == 3
    assert set(table["by_lot"]) == {"L1", "L2"}
    assert set(table["by_brightness"]) == {"low", "middle", "high"}
    assert sum(one["pictures"] for one in table["by_score"].values()) == table["pictures"]
    assert {one["part"] for one in table["suspects"]} == {"g3", "d3"}


def test_the_pictures_are_copied_under_names_that_say_what_is_wrong(workspace: Workspace, tmp_path: Path) -> None:
    assert run(workspace, "--gallery", str(tmp_path / "gallery")) == 0
    names = sorted(file.name for file in (tmp_path / "gallery").iterdir())
    assert [name[:20] for name in names] == ["0001_is-good_said-ng", "0002_is-dent_said-ok"]


def test_a_defect_labelled_as_another_is_listed_and_copied_with_what_it_looks_like(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {
            "digest": workspace.images.put(picture(100 + seed, 90)),
            "part": f"p{seed}",
            "defect_class": "dent" if seed < 6 else "scratch",
            "score": 5.0,
            "leading_defect": "dent" if 0 < seed < 6 else "scratch",
            "named_margin": -4.0 if seed else 6.0,
        }
        for seed in range(12)
    ]
    version = publish(workspace, 2, results={"validation": rows})
    words = ["errors", "--workspace", str(workspace.path), "--recipe", RECIPE, "--model", version.card.id]
    assert main([*words, "--json"]) == 0
    (suspect,) = json.loads(capsys.readouterr().out)["suspects"]
    assert (suspect["part"], suspect["truth"], suspect["looks_like"]) == ("p0", "dent", "scratch")
    assert main([*words, "--gallery", str(tmp_path / "gallery")]) == 0
    (doubted,) = (line for line in capsys.readouterr().out.splitlines() if line.endswith("scratch") and "dent" in line)
    assert doubted.split()[1] == "dent"
    (copied,) = (tmp_path / "gallery").iterdir()
    assert copied.name == f"0001_is-dent_looks-scratch_{suspect['digest'][:8]}.png"


def test_a_gallery_is_not_mixed_with_other_files(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert run(workspace, "--gallery", str(tmp_path)) == 6
    assert "expected an empty folder" in capsys.readouterr().err


def test_in_words(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(workspace) == 0
    said = capsys.readouterr().out
    assert "2 errors in 6 pictures of parts that the model never saw." in said
    assert "2 labels that other parts speak against." in said
    assert said.splitlines()[0] == "Errors, the worst first"
    assert "By lot" in said.splitlines()


def test_without_a_model_it_says_so(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors", "--workspace", str(workspace.path), "--recipe", RECIPE]) == 7
    assert "there is no model in use" in capsys.readouterr().err
