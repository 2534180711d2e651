"""`inspector demo`: teach a first model in front of the user, then let the line run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inspector.cli.line import window
from inspector.cli.screen import progress_bar
from inspector.demo import PARTS_AHEAD, camera_words, prepare
from inspector.settings import default_workspace
from inspector.store.workspace import Workspace

_WATCHED_S = 1.0  # between two parts when somebody looks on
_UNWATCHED_S = 0.1


def demo(chosen: argparse.Namespace) -> int:
    folder: Path = chosen.workspace or default_workspace().with_name("demo")
    unwatched = chosen.offscreen or chosen.screenshots
    interval_s = _UNWATCHED_S if unwatched else _WATCHED_S
    with Workspace.create(folder) as workspace, progress_bar() as advance:
        recipe = prepare(workspace, advance, parts=chosen.parts or PARTS_AHEAD, interval_s=interval_s)
    print(camera_words(recipe), file=sys.stderr)
    words = ["--workspace", str(folder), "--recipe", recipe.name, "--demo"]
    return window([*words, "--screenshots", str(chosen.screenshots)] if chosen.screenshots else words, chosen)
