"""`inspector capture`: good parts are shown to a recipe's camera, so that a model can be made of them."""

from __future__ import annotations

import argparse
import logging
import queue
import sys
import threading
from collections.abc import Iterator

from inspector.cli.line import ended_like_ctrl_c
from inspector.cli.screen import answer
from inspector.domain import Frame
from inspector.errors import InspectorError
from inspector.learning.shown import A_START, ENOUGH, Shown
from inspector.showing import Showing
from inspector.store.workspace import Workspace

log = logging.getLogger(__name__)

_LOOK_S = 0.1
_NOT_GOOD = "n"
_BY_HAND = "lay a good part under the camera and press Return; n and Return: the last one was not good; Ctrl+C ends"


def capture(chosen: argparse.Namespace) -> None:
    heard = _Heard()
    with Workspace.open(chosen.workspace) as workspace:
        recipe = workspace.recipes.load(chosen.recipe)
        showing = Showing(workspace, recipe, heard.shown, heard.ended, lot=chosen.lot, most=chosen.parts)
        showing.start()
        try:
            with ended_like_ctrl_c():
                if recipe.camera.by_hand:
                    _ask_for_each(showing, heard)
                else:
                    heard.wait()
        except KeyboardInterrupt:
            log.warning("interrupted: what was shown is kept")
        finally:
            showing.stop()
    kept, there = showing.parts.kept, showing.parts.good_parts
    result = {"recipe": recipe.name, "kept": kept, "refused": heard.refused, "good_parts": there}
    answer(chosen.json, result, lambda: _lines(recipe.name, kept, there))
    if heard.problem is not None:
        raise heard.problem


class _Heard:
    """What a showing tells, said on standard error as it comes."""

    def __init__(self) -> None:
        self.refused = 0
        self.problem: InspectorError | None = None
        self._news: queue.SimpleQueue[Shown | None] = queue.SimpleQueue()
        self._over = threading.Event()

    def shown(self, one: Shown, _frame: Frame) -> None:
        self.refused += not one.part
        again = f"; it looks the same as part {one.like}: if it is that one, take it back" if one.like else ""
        words = f"kept as part {one.part}; good parts: {one.good_parts}{again}" if one.part else f"not kept: {one.why}"
        print(words, file=sys.stderr, flush=True)
        self._news.put(one)

    def ended(self, problem: InspectorError | None) -> None:
        self.problem = problem
        self._over.set()
        self._news.put(None)

    def next(self) -> bool:
        """Wait for what becomes of one picture; False where it has ended instead."""
        return self._news.get() is not None and not self._over.is_set()

    def wait(self) -> None:
        """Until it has ended by itself."""
        while not self._over.wait(_LOOK_S):
            pass


def _ask_for_each(showing: Showing, heard: _Heard) -> None:
    """Each line of standard input is one part; its end is the end."""
    print(_BY_HAND, file=sys.stderr, flush=True)
    for line in sys.stdin:
        if line.strip().casefold() == _NOT_GOOD:
            back = showing.parts.take_back()
            print(f"part {back} is learned from no more" if back else "there is none to take back", file=sys.stderr)
            continue
        showing.take()
        if not heard.next() or showing.full:
            return


def _lines(recipe: str, kept: int, there: int) -> Iterator[str]:
    yield f"good parts shown: {kept}; to learn from: {there}; {A_START} are a start, {ENOUGH} are better"
    yield f"`inspector train --recipe {recipe} --mode anomaly` learns from them"
