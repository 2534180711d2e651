"""The doctor looks at everything once, says what to do about each thing that is missing, and falls over nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.cli import main
from inspector.doctor import Finding, examine, training_runs
from inspector.domain import Box
from inspector.errors import RecipeError, StoreError
from inspector.recipe import LocateMode, LocateSettings, Recipe
from inspector.settings import Device
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.ready import ready_workspace, settle
from tests.unit.third_party import install_third_party


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return ready_workspace(tmp_path)


@pytest.fixture
def workspace(place: Path) -> Iterator[Workspace]:
    with Workspace.open(place) as opened:
        yield opened


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(install_third_party(tmp_path / "theirs")))


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings}


def test_a_pc_that_lacks_nothing_is_good_throughout(workspace: Workspace) -> None:
    settled = by_name(examine(workspace))
    for what in ("program", "processor", "training", "window", "disk", "ledger", f"recipe {RECIPE}"):
        assert settled[what].ok, settled[what]
    assert settled["inspector.cameras simulated"].detail == "loads"
    assert "line-1" in settled["cameras of simulated"].detail
    assert settled[f"recipe {RECIPE}"].detail.startswith(workspace.recipes.load(RECIPE).model_id)


def test_each_thing_is_told_once_and_what_is_missing_comes_with_what_to_do(workspace: Workspace) -> None:
    workspace.recipes.save(Recipe("gone", model_id="v1-00000000"))
    findings = examine(workspace)
    assert len(findings) == len(by_name(findings))
    for finding in findings:
        assert finding.detail
        assert bool(finding.action) == (not finding.ok), finding


def test_without_a_workspace_the_program_itself_is_examined() -> None:
    found = by_name(examine(None))
    assert "program" in found and "cameras of simulated" in found
    assert not {"disk", "ledger"} & set(found)


# What a training is computed on


@pytest.mark.parametrize("lacking", [[], ["NVIDIA driver", "inspector[gpu]"]])
def test_settings_that_keep_to_the_processor_are_kept_to_whatever_is_here(lacking: list[str]) -> None:
    assert training_runs(Device.CPU, lacking) == 'on the processor: device = "cpu" in the settings'


@pytest.mark.parametrize("wish", [Device.AUTO, Device.GPU])
def test_a_gpu_that_is_here_is_taken_where_the_settings_allow_it(wish: Device) -> None:
    assert training_runs(wish, []) == "on the NVIDIA GPU, if TensorFlow can use it, else on the processor"


def test_without_a_gpu_the_processor_is_used_and_it_is_said_why() -> None:
    assert training_runs(Device.AUTO, ["NVIDIA driver"]) == "on the processor (not here: NVIDIA driver)"
    words = 'on the processor, although device = "gpu" in the settings (not here: inspector[gpu])'
    assert training_runs(Device.GPU, ["inspector[gpu]"]) == words


def test_the_settings_of_the_workspace_decide(place: Path) -> None:
    settle(place, device="cpu")
    with Workspace.open(place) as workspace:
        found = by_name(examine(workspace))["training runs"]
    assert (found.ok, found.detail) == (True, 'on the processor: device = "cpu" in the settings')


# Plug-ins


@pytest.mark.usefixtures("third_party")
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("inspector.cameras no-import", "no_such_module_at_all"),
        ("inspector.cameras no-make", "their licence ran out"),
        ("cameras of no-discover", "KeyError: 'their bug in discover'"),
        ("cameras of away", "their driver is not running; start it"),
    ],
)
def test_a_plug_in_that_breaks_anywhere_is_a_finding(what: str, words: str) -> None:
    found = by_name(examine(None))
    assert not found[what].ok
    assert words in found[what].detail
    assert found[what].action


@pytest.mark.usefixtures("third_party")
def test_broken_plug_ins_hide_no_good_one() -> None:
    found = by_name(examine(None))
    assert found["inspector.cameras theirs"].ok
    assert found["cameras of theirs"].detail == "their camera (17)"
    assert found["cameras of simulated"].ok


@pytest.mark.usefixtures("third_party")
def test_the_command_tells_of_broken_plug_ins_and_ends_well(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--workspace", str(place)]) == 0
    said = capsys.readouterr()
    assert "MISSING cameras of no-discover" in said.out
    assert "-> mend the plug-in" in said.out
    assert "Traceback" not in said.err


# The workspace


def test_a_disk_that_is_too_full_for_the_line_is_a_finding(place: Path) -> None:
    settle(place, free_space_mb=1_000_000)
    with Workspace.open(place) as workspace:
        disk = by_name(examine(workspace))["disk"]
    assert not disk.ok
    assert "stops below 1000000 MB" in disk.detail and "free some space" in disk.action


def test_a_recipe_whose_model_is_away_is_a_finding(workspace: Workspace) -> None:
    workspace.recipes.save(replace(workspace.recipes.load(RECIPE), model_id="v7-0badc0de"))
    finding = by_name(examine(workspace))[f"recipe {RECIPE}"]
    assert not finding.ok and "v7-0badc0de" in finding.detail


def test_a_recipe_whose_region_was_changed_after_training_is_a_finding(workspace: Workspace) -> None:
    workspace.recipes.save(replace(workspace.recipes.load(RECIPE), roi=Box(0, 0, 20, 20)))
    finding = by_name(examine(workspace))[f"recipe {RECIPE}"]
    assert not finding.ok and "train again" in finding.detail


def test_a_recipe_whose_template_is_away_is_a_finding(workspace: Workspace) -> None:
    locate = LocateSettings(LocateMode.TEMPLATE, "ab" * 32, Box(0, 0, 20, 20))
    workspace.recipes.save(Recipe("aligned", roi=Box(0, 0, 40, 40), locate=locate))
    finding = by_name(examine(workspace))["recipe aligned"]
    assert not finding.ok and "not in this workspace" in finding.detail


def test_a_model_that_was_tampered_with_is_a_finding(workspace: Workspace) -> None:
    version = workspace.versions.load(RECIPE, workspace.recipes.load(RECIPE).model_id)
    version.model.chmod(0o644)
    version.model.write_bytes(version.model.read_bytes() + b"\0")
    finding = by_name(examine(workspace))[f"recipe {RECIPE}"]
    assert not finding.ok and "publish or copy the whole folder again" in finding.detail


def test_a_recipe_file_of_another_name_is_a_finding(workspace: Workspace) -> None:
    path = workspace.recipes.path(RECIPE)
    path.with_name("copy.toml").write_bytes(path.read_bytes())
    found = by_name(examine(workspace))
    assert not found["recipe copy"].ok and "as in the file's name" in found["recipe copy"].detail
    assert found[f"recipe {RECIPE}"].ok


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        ("invoke_threads = 0", RecipeError, "invoke_threads"),
        ("[[", RecipeError, "not a readable TOML file"),
        (None, StoreError, "no workspace here"),
    ],
)
def test_a_workspace_that_does_not_open_is_a_finding_and_the_rest_is_told(
    place: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    kind: type[RecipeError] | type[StoreError],
    words: str,
) -> None:
    there = place if content is not None else tmp_path / "nowhere"
    if content is not None:
        (place / "settings.toml").write_text(content, encoding="utf-8")
    assert main(["doctor", "--json", "--workspace", str(there)]) == kind.exit_code
    findings = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert not findings["workspace"]["ok"]
    assert words in findings["workspace"]["detail"] and findings["workspace"]["action"]
    assert findings["program"]["ok"]
