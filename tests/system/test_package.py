"""The Debian package around a bundle: where things go, which settings are kept, whose work is named."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest

from inspector import settings
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace
from installer.notices import licence, licence_texts, main

ROOT = Path(__file__).resolve().parents[2]
DEB = ROOT / "installer" / "deb"

needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg-deb is on Debian and its kin only")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package made by the real script around a bundle of two empty programs."""
    folder = tmp_path_factory.mktemp("package")
    bundle = folder / "bundle"
    bundle.mkdir()
    for name in ("inspector-station", "inspector-gui"):
        (bundle / name).write_text("#!/bin/sh\n")
        (bundle / name).chmod(0o755)
    subprocess.run([ROOT / "installer" / "pack.sh", "1.2.3", bundle, folder], check=True)
    return folder / "inspector-station_1.2.3_amd64.deb"


def field(package: Path, name: str) -> str:
    done = subprocess.run(["dpkg-deb", "--field", package, name], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def contents(package: Path) -> dict[str, str]:
    """Each path in the package with its permissions and owner."""
    done = subprocess.run(["dpkg-deb", "--contents", package], check=True, capture_output=True, text=True)
    lines = [line.split(maxsplit=5) for line in done.stdout.splitlines()]
    return {words[5].removeprefix("."): f"{words[0]} {words[1]}" for words in lines}


@needs_dpkg
def test_the_package_has_its_version_and_asks_for_a_font(package: Path) -> None:
    assert field(package, "Version") == "1.2.3"
    assert "fonts-dejavu-core" in field(package, "Depends")
    assert int(field(package, "Installed-Size")) > 0


@needs_dpkg
def test_each_thing_is_where_a_debian_system_looks_for_it(package: Path) -> None:
    inside = contents(package)
    for path in (
        "/opt/inspector-station/inspector-gui",
        "/usr/bin/inspector-station",
        "/usr/share/applications/inspector.desktop",
        "/usr/share/icons/hicolor/scalable/apps/inspector-station.svg",
        "/usr/share/doc/inspector-station/copyright",
    ):
        assert path in inside
    assert inside["/usr/bin/inspector-station"] == "-rwxr-xr-x root/root"


@needs_dpkg
def test_settings_are_kept_and_data_belongs_to_no_package(package: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--control", package, tmp_path / "control"], check=True)
    assert (tmp_path / "control" / "conffiles").read_text().split() == ["/etc/inspector-station/settings.toml"]
    assert not [path for path in contents(package) if path.startswith("/var")]
    assert {path.name for path in (tmp_path / "control").iterdir()} == {"conffiles", "control", "postinst"}


def test_the_settings_file_shows_only_settings_that_exist(tmp_path: Path) -> None:
    """Each line that a person may uncomment is accepted by the program."""
    text = (DEB / "settings.toml").read_text()
    assert tomllib.loads(text) == {}
    shown = re.findall(r"^# (\w+ = (?:\"[^\"]*\"|\S+))", text, re.M)
    assert len(shown) >= 5
    (tmp_path / "settings.toml").write_text("\n".join(shown))
    assert settings.load(tmp_path / "settings.toml").station == "cell 7"


def test_an_installed_station_names_its_workspace_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTOR_WORKSPACE", "/var/lib/inspector-station/workspace")
    assert settings.default_workspace() == Path("/var/lib/inspector-station/workspace")
    assert "INSPECTOR_WORKSPACE" in (DEB / "inspector-station").read_text()


def test_a_user_without_the_variable_has_a_workspace_of_his_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INSPECTOR_WORKSPACE", raising=False)
    assert settings.default_workspace().is_relative_to(Path.home())


def test_the_menu_entry_starts_the_window_of_the_installed_program() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(DEB / "inspector.desktop")
    assert entry["Desktop Entry"]["Exec"] == "inspector-station gui"
    assert (DEB / f"{entry['Desktop Entry']['Icon']}.svg").exists()


def test_the_icon_is_a_square_drawing() -> None:
    icon = ET.parse(DEB / "inspector-station.svg").getroot()
    assert icon.get("width") == icon.get("height") == "128"


@pytest.mark.parametrize("script", sorted(ROOT.glob("installer/*.sh")), ids=lambda path: path.name)
def test_each_script_is_readable_by_its_shell(script: Path) -> None:
    shell = "sh" if script.read_text().startswith("#!/bin/sh") else "bash"
    subprocess.run([shell, "-n", script], check=True)


def test_a_licence_is_read_from_each_form_of_metadata() -> None:
    assert licence(distribution("numpy")).startswith("BSD-3-Clause")  # an expression
    assert licence(distribution("opencv-python")) == "Apache Software License"  # a classifier


def test_the_notices_hold_the_full_texts(tmp_path: Path) -> None:
    target = tmp_path / "THIRD-PARTY.txt"
    main(str(target))
    text = target.read_text(encoding="utf-8")
    assert "\nnumpy " in text
    assert next(licence_texts(distribution("rich"))) in text
    assert "\ninspector 0" not in text


def test_the_group_of_a_station_can_write_what_one_of_it_made(tmp_path: Path) -> None:
    """With the umask of the installed program each file is the group's too."""
    assert "umask 002" in (DEB / "inspector-station").read_text()
    before = os.umask(0o002)
    try:
        with Workspace.create(tmp_path / "workspace") as workspace:
            workspace.recipes.save(Recipe("bracket", "P-1"))
            workspace.images.put(np.zeros((32, 32), np.uint8))
    finally:
        os.umask(before)
    made = [path for path in (tmp_path / "workspace").rglob("*") if not path.is_symlink()]
    assert len(made) >= 8
    assert [path.name for path in made if not path.stat().st_mode & 0o020] == []
