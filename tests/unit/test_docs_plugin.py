"""The plug-in that docs/plugins.md shows is a real one: it holds its contracts, and a station finds it by name."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from inspector import plugins
from inspector.cli import main
from inspector.devices.line import LineMessage
from inspector.domain import Decision, Part, Reason, Verdict
from inspector.errors import DeviceError, LineLost
from inspector.recipe import LineSettings
from tests.laws.documents import blocks, text_of

PACKAGE, SUITE = blocks(text_of("plugins"), "python")
PROJECT = tomllib.loads(blocks(text_of("plugins"), "toml")[0])["project"]
MODULE = "inspector_wedge"


def as_module(name: str, code: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(code, "docs/plugins.md", "exec"), module.__dict__)
    return module


WEDGE = as_module(MODULE, PACKAGE)
SHOWN = as_module("test_inspector_wedge", SUITE)
TestWedge, TestRelay = SHOWN.TestWedge, SHOWN.TestRelay  # collected here: the page's own tests are run


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `pip install` leaves it: the module, and beside it the metadata with its entry points."""
    (tmp_path / f"{MODULE}.py").write_text(PACKAGE, encoding="utf-8")
    metadata = tmp_path / f"{MODULE}-{PROJECT['version']}.dist-info"
    metadata.mkdir()
    name = f"Metadata-Version: 2.1\nName: {PROJECT['name']}\nVersion: {PROJECT['version']}\n"
    (metadata / "METADATA").write_text(name, encoding="utf-8")
    lines = [
        line
        for group, points in PROJECT["entry-points"].items()
        for line in (f"[{group}]", *(f"{point} = {target}" for point, target in points.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


def test_the_entry_points_of_the_page_lead_to_its_classes(installed: None) -> None:
    assert set(PROJECT["entry-points"]) == {plugins.CAMERAS, plugins.LINES}
    assert type(plugins.load(plugins.CAMERAS, "wedge")).__name__ == "WedgeBackend"
    assert type(plugins.load(plugins.LINES, "relay")).__name__ == "RelayBackend"
    assert {"wedge", "simulated"} <= set(plugins.names(plugins.CAMERAS))


def test_a_station_runs_the_camera_of_the_page(
    installed: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--workspace", str(tmp_path / "workspace")]
    assert main(["recipe", "new", "wiring", "--camera", "wedge", *place]) == 0
    recipe = tmp_path / "workspace" / "recipes" / "wiring.toml"
    words = recipe.read_text(encoding="utf-8").replace("trigger_interval_s = 1.0", "trigger_interval_s = 0.01")
    recipe.write_text(words, encoding="utf-8")
    assert main(["recipe", "check", "wiring", *place]) == 0
    capsys.readouterr()
    assert main(["station", "--recipe", "wiring", "--headless", "--parts", "2", *place]) == 0
    assert "records 2" in capsys.readouterr().out


def test_a_camera_of_the_page_that_is_not_installed_is_named() -> None:
    with pytest.raises(DeviceError, match="wedge"):
        plugins.load(plugins.CAMERAS, "wedge")


def test_a_relay_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LineLost, match="check its cable"):
        WEDGE.RelayBackend().open(LineSettings("relay", str(tmp_path / "no" / "tty")))


def test_a_relay_that_takes_nothing_is_lost() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that refuses every byte")
    gate = WEDGE.RelayBackend().open(LineSettings("relay", str(full)))
    verdict = Verdict(Decision.OK, Reason.BELOW_LIMITS)
    with pytest.raises(LineLost, match="did not take a verdict"):
        gate.send(LineMessage(1, Part("1"), verdict, expires_ns=2**62))
    gate.close()
