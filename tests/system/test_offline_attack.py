"""A folder of pictures as people really have them, and results that go to odd places, by the real command."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from inspector.errors import StoreError
from inspector.store.workspace import Workspace
from tests.unit.learning_cards import RECIPE
from tests.unit.ready import pictures, ready_workspace

ROOT = Path(__file__).parents[2]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /dev and symbolic links as Linux has them")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ready_workspace(tmp_path_factory.mktemp("ready"))


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "inspector", *words]


def inspector(
    *words: str, environment: Mapping[str, str] | None = None, **how: object
) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    env = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    return subprocess.run(command(*words), cwd=ROOT, check=False, timeout=50, env=env, **settings)  # type: ignore[call-overload]


def judge(folder: Path, place: Path, out: Path | str, *more: str, **how: object) -> subprocess.CompletedProcess[bytes]:
    words = ["inspect-folder", str(folder), "--recipe", RECIPE, "--out", str(out), "--workspace", str(place)]
    return inspector(*words, *more, **how)


def rows(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def paths(out: Path) -> list[str]:
    return [row["path"] for row in rows(out)]


# Folders


NAMES = ["a b.png", "Größe µm/part.png", "部品.png", "-rf.png", "%20.png", "'; drop.png", "deep/" * 20 + "down.png"]


def test_names_of_every_kind_are_rows_under_their_own_name(place: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures of, today", NAMES)
    done = judge(folder, place, tmp_path / "out.csv")
    assert done.returncode == 0
    assert f"inspecting ({len(NAMES)})\n".encode() in done.stderr
    assert paths(tmp_path / "out.csv") == sorted(NAMES, key=lambda name: (folder / name).parts)
    assert {row["verdict"] for row in rows(tmp_path / "out.csv")} <= {"ok", "ng", "recheck"}


@ON_LINUX
def test_links_are_followed_once_and_a_broken_one_is_a_row(place: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", ["a.png", "sub/b.png"])
    (folder / "sub" / "loop").symlink_to(folder)
    (folder / "again.png").symlink_to(folder / "a.png")
    (folder / "away.png").symlink_to(tmp_path / "unplugged" / "part.png")
    (folder / "self.png").symlink_to(folder / "self.png")
    assert judge(folder, place, tmp_path / "out.csv").returncode == 0
    found = {row["path"]: row for row in rows(tmp_path / "out.csv")}
    assert set(found) == {"a.png", "again.png", "away.png", "self.png", "sub/b.png"}
    assert found["again.png"]["digest"] == found["a.png"]["digest"]
    assert "No such file" in found["away.png"]["reason"]
    assert (found["away.png"]["verdict"], found["self.png"]["verdict"]) == ("unreadable", "unreadable")


@ON_LINUX
def test_what_is_named_like_a_picture_and_is_a_pipe_or_a_folder_is_passed_by(place: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", ["a.png"])
    os.mkfifo(folder / "pipe.png")
    pictures(folder / "folder.png", ["inside.png"])
    assert judge(folder, place, tmp_path / "out.csv").returncode == 0
    assert paths(tmp_path / "out.csv") == ["a.png", "folder.png/inside.png"]


@ON_LINUX
def test_a_name_that_is_no_unicode_is_a_row_of_valid_text(place: Path, tmp_path: Path) -> None:
    """As an old USB stick brings them."""
    folder = pictures(tmp_path / "pictures", ["a.png"])
    (folder / "a.png").rename(folder / os.fsdecode(b"caf\xe9.png"))
    (tmp_path / "pictures" / "broken.png").write_bytes(b"broken")
    done = judge(folder, place, tmp_path / "out.csv", "--json")
    assert done.returncode == 0
    assert [name for name in paths(tmp_path / "out.csv") if name != "broken.png"] == ["caf\\xe9.png"]
    assert json.loads(done.stdout)["pictures"] == 2


def test_a_folder_of_broken_files_is_all_rows_and_reasons(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, content in {"a.png": b"", "b.jpg": b"\xff\xd8\xff", "c.tif": b"II*\0" + bytes(40)}.items():
        (folder / name).write_bytes(content)
    done = judge(folder, place, tmp_path / "out.csv")
    assert done.returncode == 0
    assert [row["verdict"] for row in rows(tmp_path / "out.csv")] == ["unreadable"] * 3
    assert done.stderr.decode().count("inspector: ") == 3
    assert b"Traceback" not in done.stderr


def judge_many(place: Path, tmp_path: Path, count: int) -> None:
    folder = pictures(tmp_path / "pictures", ["0.png"], side=16)
    for number in range(1, count):
        os.link(folder / "0.png", folder / f"{number}.png")
    done = judge(folder, place, tmp_path / "out.csv", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["pictures"] == count
    assert len({row["path"] for row in rows(tmp_path / "out.csv")}) == count
    assert len({(row["score"], row["digest"]) for row in rows(tmp_path / "out.csv")}) == 1


@ON_LINUX
def test_five_hundred_pictures_are_five_hundred_rows(place: Path, tmp_path: Path) -> None:
    judge_many(place, tmp_path, 500)


@ON_LINUX
@pytest.mark.slow
def test_twenty_thousand_pictures_are_twenty_thousand_rows(place: Path, tmp_path: Path) -> None:
    judge_many(place, tmp_path, 20_000)


# Where the result goes


def test_a_folder_for_the_result_is_refused_before_the_work(place: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", ["a.png"])
    done = judge(folder, place, tmp_path)
    assert done.returncode == StoreError.exit_code
    assert b"this is a folder" in done.stderr and b"inspecting" not in done.stderr


@ON_LINUX
def test_a_full_disk_is_a_plain_message(place: Path, tmp_path: Path) -> None:
    done = judge(pictures(tmp_path / "pictures", ["a.png"]), place, "/dev/full")
    assert done.returncode == StoreError.exit_code
    assert b"/dev/full: the result cannot be written: No space left on device" in done.stderr
    assert Path("/dev/full").is_char_device()


@ON_LINUX
@pytest.mark.parametrize("device", ["/dev/null", "/dev/stdout"])
def test_a_device_is_written_into_and_never_replaced(place: Path, tmp_path: Path, device: str) -> None:
    done = judge(pictures(tmp_path / "pictures", ["a.png"]), place, device)
    assert done.returncode == 0
    assert Path("/dev/null").is_char_device() and Path("/dev/stdout").is_symlink()
    assert (b"path,verdict,defect_class,score,reason,digest" in done.stdout) == (device == "/dev/stdout")


def test_the_result_may_lie_among_the_pictures(place: Path, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "pictures", ["a.png"])
    assert judge(folder, place, folder / "out.csv").returncode == 0
    assert judge(folder, place, folder / "out.csv").returncode == 0
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "out.csv"]


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "nowhere/out.csv"])
def test_a_place_that_cannot_be_is_a_plain_message(place: Path, tmp_path: Path, name: str) -> None:
    done = judge(pictures(tmp_path / "pictures", ["a.png"]), place, tmp_path / name)
    assert done.returncode == StoreError.exit_code
    assert b"the result cannot be written" in done.stderr and b"Traceback" not in done.stderr


# Where the words go


@ON_LINUX
@pytest.mark.parametrize("words", [("recipe", "list"), ("doctor",), ("recipe", "show", RECIPE, "--json")])
def test_a_reader_that_has_seen_enough_ends_nothing_badly(place: Path, words: Sequence[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = inspector(*words, "--workspace", str(place), stdout=write)
    finally:
        os.close(write)
    assert done.returncode == 0
    assert b"roken" not in done.stderr and b"Traceback" not in done.stderr


@ON_LINUX
def test_an_answer_that_finds_no_room_is_a_storage_fault(place: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = inspector("recipe", "list", "--workspace", str(place), stdout=full)
    assert done.returncode == StoreError.exit_code
    assert done.stderr == b"inspector: standard output: the answer cannot be written: No space left on device\n"


@ON_LINUX
@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&- <&-"])
def test_closed_streams_change_no_exit_code(place: Path, tmp_path: Path, closed: str) -> None:
    folder = pictures(tmp_path / "pictures", ["a.png"])
    words = command("inspect-folder", str(folder), "--recipe", RECIPE, "--out", str(tmp_path / "out.csv"))
    line = " ".join(f"'{word}'" for word in [*words, "--workspace", str(place)])
    done = subprocess.run(["sh", "-c", f"{line} {closed}"], cwd=ROOT, check=False, timeout=50)
    assert done.returncode == 0
    assert paths(tmp_path / "out.csv") == ["a.png"]


@ON_LINUX
@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
        {"TERM": "dumb", "NO_COLOR": "1"},
    ],
)
def test_any_locale_gets_an_answer(place: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    folder = pictures(tmp_path / "部品 Größe", ["ü.png", "broken.png"])
    (folder / "broken.png").write_bytes(b"broken")
    out = tmp_path / "部品.csv"
    done = judge(folder, place, out, environment=environment)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr.decode(errors="replace")
    assert b"pictures 2" in done.stdout and b".csv" in done.stdout
    assert paths(out) == ["broken.png", "ü.png"]


@ON_LINUX
def test_without_a_home_the_default_workspace_has_a_place(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"HOME", "INSPECTOR_WORKSPACE"}}
    done = subprocess.run(
        command("recipe", "new", "--help"), cwd=ROOT, check=False, timeout=50, env=environment, capture_output=True
    )
    assert done.returncode == 0
    assert b"workspace" in done.stdout


@ON_LINUX
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_workspace_that_may_not_be_written_to_is_said(tmp_path: Path) -> None:
    place = ready_workspace(tmp_path)
    place.chmod(0o500)
    try:
        done = inspector("recipe", "list", "--workspace", str(place))
    finally:
        place.chmod(0o700)
    assert done.returncode == StoreError.exit_code
    assert b"may not write here" in done.stderr


def test_judging_a_folder_leaves_the_ledger_as_it_was(place: Path, tmp_path: Path) -> None:
    with Workspace.open(place) as workspace:
        before = workspace.ledger.counts()
    assert judge(pictures(tmp_path / "pictures", ["a.png", "b.png"]), place, tmp_path / "out.csv").returncode == 0
    with Workspace.open(place) as workspace:
        assert workspace.ledger.counts() == before
        assert workspace.ledger.verify() is None
