"""Law of the locks: they hold what pyproject.toml asks for, each file by its hashes, and name no host."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.laws.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {
    "station.txt": ("gui", "basler"),
    "installer.txt": ("gui", "basler", "installer"),
    "run.txt": ("gui", "basler", "train"),
    "test.txt": ("gui", "basler", "train", "dev"),
}
ENTRY = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))?(?P<rest> \\.*)?$")


@dataclass(frozen=True)
class Locked:
    """One package of a lock: its version, for which machines, and the hashes of its files."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def read_lock(file: str) -> list[Locked]:
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8").replace("\\\n", "\\")
    entries = []
    for line in text.splitlines():
        entry = ENTRY.match(line)
        assert entry, f"{file}: not a locked package: {line[:80]}"
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
        entries.append(Locked(entry["name"], entry["version"], entry["marker"] or "", hashes))
    return entries


def asked(file: str) -> list[Requirement]:
    groups = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in EXTRAS[file])]
    return [Requirement(line) for group in groups for line in group]


def test_every_extra_is_in_a_lock_but_the_gpus() -> None:
    """Its packages fit one operating system and one maker's cards (docs/decisions/devices.md)."""
    locked = {extra for extras in EXTRAS.values() for extra in extras}
    assert locked == set(PROJECT["optional-dependencies"]) - {"gpu"}


@pytest.mark.parametrize("file", EXTRAS)
def test_what_is_asked_for_is_locked_within_its_range(file: str) -> None:
    locked = read_lock(file)
    for requirement in asked(file):
        versions = [entry.version for entry in locked if entry.name == canonicalize_name(requirement.name)]
        assert versions, f"{file}: {requirement.name} is not locked; run requirements/lock.sh"
        assert all(Version(version) in requirement.specifier for version in versions), f"{file}: {requirement}"


@pytest.mark.parametrize("file", EXTRAS)
def test_every_package_has_its_hashes_and_no_host_is_named(file: str) -> None:
    assert [entry.name for entry in read_lock(file) if not entry.hashes] == []
    assert "://" not in (ROOT / "requirements" / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("file", EXTRAS)
def test_what_builds_the_project_is_locked_too(file: str) -> None:
    assert "setuptools" in {entry.name for entry in read_lock(file)}


def test_a_package_has_one_version_in_all_locks() -> None:
    versions: dict[tuple[str, str], set[str]] = {}
    for file in EXTRAS:
        for entry in read_lock(file):
            versions.setdefault((entry.name, entry.marker), set()).add(entry.version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_the_test_lock_holds_all_of_the_run_lock() -> None:
    """run.py relies on it: where the tests are set up, the program starts without another set-up."""
    assert set(read_lock("run.txt")) <= set(read_lock("test.txt"))
    assert set(read_lock("station.txt")) <= set(read_lock("run.txt"))


def test_the_station_is_locked_without_training() -> None:
    assert not {"tensorflow", "keras", "tf-keras"} & {entry.name for entry in read_lock("installer.txt")}
