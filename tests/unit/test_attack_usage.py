"""Each command on what is not there: the workspace, the recipe, the model; and with numbers that nobody means."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.errors import ModelError, RecipeError, StoreError, TrainingError
from inspector.store.workspace import Workspace
from tests.unit.attack import Captured, misused, modelled, refused, state, taught, typed
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import open_room

NEED_A_MODEL = {
    "certify": [],
    "compare": None,  # works on pictures alone
    "device": [],
    "errors": [],
    "gate": [],
    "operating-point": ["--max-escape", "5"],
    "optimise": [],
    "promote": [],
    "report": [],
    "rollback": None,  # names no model
    "shadow": None,  # says that nobody is tried
    "train": None,
    "watch": [],
}
COMMANDS = sorted(NEED_A_MODEL)
NAMING = ("certify", "device", "errors", "gate", "operating-point", "optimise", "promote", "report", "shadow")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with taught(tmp_path_factory.mktemp("original")) as workspace:
        modelled(workspace)
        return workspace.path


@pytest.fixture
def place(original: Path, tmp_path: Path) -> Path:
    """A recipe with labelled parts and a model in use."""
    return Path(shutil.copytree(original, tmp_path / "workspace"))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A recipe without a model, without a picture."""
    with open_room(tmp_path) as workspace:
        return workspace.path


@pytest.mark.parametrize("command", [*COMMANDS, "augmentations"])
def test_without_a_workspace_nothing_is_made_where_one_was_expected(
    command: str, tmp_path: Path, capsys: Captured
) -> None:
    out = ["--out", str(tmp_path / "sheet.png")] if command == "augmentations" else []
    line = refused(capsys, StoreError.exit_code, typed(tmp_path / "away", command, *out))
    assert line.startswith(f"{tmp_path / 'away'}: there is no workspace here: expected a folder with ledger.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_workspace_that_is_a_file_is_refused_and_left_alone(command: str, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_text("mine")
    line = refused(capsys, StoreError.exit_code, typed(tmp_path / "file", command))
    assert line.startswith(str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_recipe_is_named_with_those_there_are(command: str, place: Path, capsys: Captured) -> None:
    before = state(place)
    line = refused(capsys, RecipeError.exit_code, typed(place, command, recipe="cup"))
    assert line.endswith(f"there is no such recipe; this workspace has: {RECIPE}")
    assert state(place) == before


@pytest.mark.parametrize("name", ["../cap", "", "Cap", "cap/..", "c\0p", "a" * 300])
@pytest.mark.parametrize("command", ["errors", "report", "shadow", "watch"])
def test_what_can_be_no_recipes_name_does_not_leave_the_workspace(
    command: str, name: str, place: Path, capsys: Captured
) -> None:
    before = state(place)
    line = refused(capsys, RecipeError.exit_code, typed(place, command, recipe=name))
    assert "recipes" in line and "name" in line
    assert state(place) == before


@pytest.mark.parametrize("command", [name for name, words in NEED_A_MODEL.items() if words is not None])
def test_a_recipe_without_a_model_is_told_so_and_what_to_do(command: str, bare: Path, capsys: Captured) -> None:
    before = state(bare)
    line = refused(capsys, ModelError.exit_code, typed(bare, command, *(NEED_A_MODEL[command] or [])))
    assert RECIPE in line and "model" in line
    assert any(way in line for way in ("--model", "`inspector train`", "train one", "promote", "train")), line
    assert state(bare) == before


@pytest.mark.parametrize("command", NAMING)
def test_a_model_that_is_not_there_is_answered_with_those_that_are(command: str, place: Path, capsys: Captured) -> None:
    before = state(place)
    with Workspace.open(place) as workspace:
        known = workspace.versions.list(RECIPE)[0].card.id
    line = refused(capsys, ModelError.exit_code, typed(place, command, "--model", "v9-00000000"))
    assert line.endswith(f"there is no such model version; this workspace has: {known}")
    assert state(place) == before


@pytest.mark.parametrize("name", ["../../recipes", "v0-00000000", "newest", "v1-1A2B3C4D", " v1-00000000", "v1"])
@pytest.mark.parametrize("command", ["certify", "errors", "report", "shadow"])
def test_what_can_be_no_models_name_is_answered_with_one_that_could(
    command: str, name: str, place: Path, capsys: Captured
) -> None:
    before = state(place)
    line = refused(capsys, ModelError.exit_code, typed(place, command, "--model", name))
    assert line.endswith(f"expected a model version such as v3-1a2b3c4d, received {name!r}")
    assert state(place) == before


@pytest.mark.parametrize("command", NAMING)
def test_a_model_of_which_the_file_was_changed_is_used_for_nothing(command: str, place: Path, capsys: Captured) -> None:
    with Workspace.open(place) as workspace:
        version = workspace.versions.list(RECIPE)[0]
    version.model.chmod(0o644)
    version.model.write_bytes(version.model.read_bytes()[:-1])
    before = state(place)
    line = refused(capsys, ModelError.exit_code, typed(place, command, "--model", version.card.id))
    assert "the model is not the one on its card: expected SHA-256" in line
    assert state(place) == before


@pytest.mark.parametrize(
    "words",
    [
        ["watch", "--hours", "999999999"],
        ["watch", "--parts", "9" * 30],
        ["certify", "--parts", "9" * 30],
        ["optimise", "--steps", "9" * 30],
        ["review", "--limit", "9" * 30],
    ],
)
def test_a_number_beyond_all_reason_is_wrong_usage(words: list[str], place: Path, capsys: Captured) -> None:
    before = state(place)
    line = misused(capsys, typed(place, *words))
    assert line.endswith(f"expected a whole number from 1 to 10000000, received {words[-1]!r}")
    assert state(place) == before


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many", "", "1e3", "0x10", "nan"])
@pytest.mark.parametrize("words", ["watch --hours", "watch --parts", "certify --parts", "optimise --steps"])
def test_what_counts_nothing_is_wrong_usage(words: str, number: str, place: Path, capsys: Captured) -> None:
    command, option = words.split()
    assert f"argument {option}: expected " in misused(capsys, typed(place, command, f"{option}={number}"))


@pytest.mark.parametrize("seed", ["-1", "1.5", "one", str(2**63)])
@pytest.mark.parametrize("command", ["train", "compare"])
def test_a_seed_that_no_card_can_hold_is_found_out_before_the_work(
    command: str, seed: str, place: Path, capsys: Captured
) -> None:
    before = state(place)
    line = misused(capsys, typed(place, command, f"--seed={seed}"))
    assert "argument --seed: expected a whole number from 0 to 4294967295, received " in line and line.endswith(
        f"received {seed!r}"
    )
    assert state(place) == before


@pytest.mark.parametrize("share", ["0.5", "abc", "-1", "nan", "101", "5 %"])
def test_a_drop_is_a_percentage_as_everywhere(share: str, place: Path, capsys: Captured) -> None:
    assert share in misused(capsys, typed(place, "optimise", f"--max-drop={share}"))


@pytest.mark.parametrize("words", [",", "float,", "float,,int8", " "])
def test_variants_with_nothing_between_the_commas_are_refused_by_name(
    words: str, place: Path, capsys: Captured
) -> None:
    before = state(place)
    line = refused(capsys, TrainingError.exit_code, typed(place, "optimise", "--variants", words))
    assert line == "there is no variant ''; expected some of float, dynamic, int8, qat, pruned"
    assert state(place) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "--augment", "light=0.2"], "expected one of"),
        (["train", "--augment", "gain"], "expected words like gain=0.2,mirror=no, received 'gain'"),
        (["train", "--mode", "finetune", "--augment", "gain=nan"], "gain: expected a number from 0 to 2, received nan"),
    ],
)
def test_wrong_words_for_light_are_found_out_before_any_picture_is_set_aside(
    words: list[str], said: str, tmp_path: Path, capsys: Captured
) -> None:
    with taught(tmp_path) as workspace:
        place = workspace.path
    before = state(place)
    assert said in refused(capsys, TrainingError.exit_code, typed(place, *words))
    assert state(place) == before


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["--augment", "gain=0.2"], "--augment"),
        (["--tensorboard", "course", "--mode", "features"], "--tensorboard"),
        (["--augment", "mirror=no", "--tensorboard", "course"], "--augment and --tensorboard"),
        (["--augment", "gain=0.2", "--mode", "anomaly"], "--augment"),
        (["--tensorboard", "course", "--mode", "anomaly"], "--tensorboard"),
    ],
)
def test_what_only_an_adaptation_heeds_is_refused_where_the_network_stays_as_it_is(
    words: list[str], out: str, tmp_path: Path, capsys: Captured
) -> None:
    with taught(tmp_path) as workspace:
        place = workspace.path
    before = state(place)
    line = refused(capsys, TrainingError.exit_code, typed(place, "train", *words))
    mode = words[-1] if "--mode" in words else "features"
    assert line.startswith(f"{words[0]}: expected --mode finetune or adapter, received --mode {mode}")
    assert line.endswith(f"choose one of those modes, or leave {out} out")
    assert state(place) == before


def test_four_looks_at_good_parts_alone_are_refused_before_any_part_is_set_aside(
    tmp_path: Path, capsys: Captured
) -> None:
    with taught(tmp_path) as workspace:
        place = workspace.path
    before = state(place)
    line = refused(capsys, TrainingError.exit_code, typed(place, "train", "--mode", "anomaly", "--looks", "4"))
    assert "looks: expected 1" in line
    assert state(place) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tiles", "2x2"], "tiles: expected 1x1 for a model of mode features, received '2x2'"),
        (["--mode", "anomaly", "--tiles", "2,2"], "tiles: expected auto, or rows and columns such as 2x3"),
        (["--mode", "anomaly", "--tiles", "9x9"], "at most 24 tiles in all; received '9x9'"),
        (["--mode", "anomaly", "--tiles", "auto", "--budget-ms", "0"], "budget_ms: expected a time above 0 ms"),
        (["--turned", "20"], "turned_deg: expected 0 for a model of mode features, received 20"),
        (["--mode", "anomaly", "--turned", "nan"], "turned_deg: expected 0 to 180 degrees, either way, received nan"),
        (["--budget-ms", "50"], "--budget-ms: expected with --mode anomaly"),
        (["--memory-mb", "40"], "memory_mb: expected none for a model of mode features, received 40"),
        (["--mode", "anomaly", "--memory-mb", "0"], "memory_mb: expected a size above 0 MB, received 0.0"),
        (["--mode", "anomaly", "--memory-mb", "nan"], "memory_mb: expected a size above 0 MB, received nan"),
    ],
)
def test_tiles_and_budgets_that_cannot_be_are_refused_before_any_part_is_set_aside(
    words: list[str], said: str, tmp_path: Path, capsys: Captured
) -> None:
    with taught(tmp_path) as workspace:
        place = workspace.path
    before = state(place)
    assert said in refused(capsys, TrainingError.exit_code, typed(place, "train", *words))
    assert state(place) == before


def test_a_mode_that_nobody_knows_is_wrong_usage(place: Path, capsys: Captured) -> None:
    line = misused(capsys, typed(place, "train", "--mode", "transfer"))
    assert "invalid choice: 'transfer'" in line and "adapter" in line


@pytest.fixture
def sealed(place: Path) -> Iterator[Path]:
    """A workspace on a disk that has become read-only."""
    for words in (["--bind", place, place], ["-o", "remount,bind,ro", place]):
        done = subprocess.run(["mount", *map(str, words)], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"a read-only disk cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts as Linux does")
def test_on_a_read_only_disk_each_command_says_so_and_none_half_works(sealed: Path, capsys: Captured) -> None:
    for command in COMMANDS:
        line = refused(capsys, StoreError.exit_code, typed(sealed, command))
        assert line == f"{sealed}: the disk is read-only: make it writable, or choose another workspace", command
