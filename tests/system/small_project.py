"""A project as small as can be, with the real run.py: its one dependency and its build need no network."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
import leaf
def main():
    print("leaf", leaf.NUMBER, *sys.argv[1:])
    sys.exit(7)
"""
BACKEND = """
import zipfile
from pathlib import Path
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "small-1.0-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder) / name, "w") as wheel:
        wheel.writestr("small.py", Path("small.py").read_text())
        wheel.writestr("small-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: small\\nVersion: 1.0\\n")
        wheel.writestr("small-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("small-1.0.dist-info/entry_points.txt", "[console_scripts]\\ninspector = small:main\\n")
        wheel.writestr("small-1.0.dist-info/RECORD", "")
    return name
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "small"
version = "1.0"
"""


def write_wheel(folder: Path, number: int) -> Path:
    """A package `leaf` that holds one number."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "leaf-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("leaf.py", f"NUMBER = {number}\n")
        wheel.writestr("leaf-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: leaf\nVersion: 1.0\n")
        wheel.writestr("leaf-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("leaf-1.0.dist-info/RECORD", "")
    return path


class SmallProject:
    """One copy of it in an empty folder, with the wheel of its dependency beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a project"
        self.index = folder / "index"
        (self.root / "requirements").mkdir(parents=True)
        shutil.copy(ROOT / "run.py", self.root)
        (self.root / "pyproject.toml").write_text(PYPROJECT)
        (self.root / "backend.py").write_text(BACKEND)
        (self.root / "small.py").write_text(PROGRAM)
        self.wheel = write_wheel(self.index / "leaf", 3)
        self.lock(self.wheel)

    def lock(self, wheel: Path) -> None:
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        for name in ("run.txt", "test.txt"):
            (self.root / "requirements" / name).write_text(f"leaf==1.0 \\\n    --hash=sha256:{digest}\n")

    def start(self, *words: str, index_url: str | None = None) -> subprocess.Popen[str]:
        """run.py at work; packages come from the folder, or from an index of one's own."""
        source = (
            {"PIP_INDEX_URL": index_url}
            if index_url
            else {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheel.parent)}
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        return subprocess.Popen(
            [sys.executable, str(self.root / "run.py"), *words],
            env={**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_RETRIES": "1", **source},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, index_url: str | None = None) -> tuple[int, str, str]:
        """The exit code, what was printed and what was said beside it."""
        with self.start(*words, index_url=index_url) as process:
            out, err = process.communicate(timeout=100)
        return process.returncode, out, err


class SlowIndex:
    """A package index that answers the page of links and holds the wheel back until it is released."""

    def __init__(self, wheel: Path) -> None:
        self.asked = threading.Event()
        self.released = threading.Event()
        asked, released = self.asked, self.released

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith(".whl"):
                    asked.set()
                    released.wait(60)
                    body, kind = wheel.read_bytes(), "application/octet-stream"
                else:
                    body, kind = f'<a href="/{wheel.name}">{wheel.name}</a>'.encode(), "text/html"
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                """Say nothing: the test is about what pip and run.py say."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"


@contextmanager
def slow_index(wheel: Path) -> Iterator[SlowIndex]:
    index = SlowIndex(wheel)
    thread = threading.Thread(target=index.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield index
    finally:
        index.released.set()
        index.server.shutdown()
        thread.join()
        index.server.server_close()
