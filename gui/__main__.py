"""`python -m gui`: the window over one workspace; also without a screen, for a given number of parts."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from inspector.errors import InspectorError, RecipeError
from inspector.recipe import Recipe
from inspector.settings import default_workspace
from inspector.store.workspace import Workspace

FIRST_RECIPE = "first-recipe"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the window until it is closed; returns the exit code, as the command line documents them."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    if chosen.offscreen or chosen.screenshots:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        with _workspace(chosen.workspace) as workspace:
            return _show(workspace, _recipe(workspace, chosen.recipe), chosen)
    except InspectorError as error:
        sys.stderr.write(f"inspector: {error}\n")
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gui", description="The station's window.")
    parser.add_argument("--workspace", type=Path, default=default_workspace(), metavar="DIR")
    parser.add_argument("--recipe", metavar="R", help="default: the only one there is")
    parser.add_argument("--start", action="store_true", help="start the line at once")
    parser.add_argument("--demo", action="store_true", help="name the parts as the demonstration line does, and start")
    parser.add_argument("--lot", default="", help="the lot that the parts belong to")
    parser.add_argument("--parts", type=int, metavar="N", help="stop after N parts")
    parser.add_argument("--offscreen", action="store_true", help="without a window")
    parser.add_argument("--json", action="store_true", help="the totals as JSON on standard output")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="draw every page into PNG files, and end")
    return parser


def _workspace(path: Path) -> Workspace:
    """A path that somebody typed must be there; the usual place is made at the first start."""
    return Workspace.create(path) if path == default_workspace() else Workspace.open(path)


def _recipe(workspace: Workspace, name: str | None) -> Recipe:
    names = workspace.recipes.list()
    if name is None and not names:  # the first start on this PC: something to look at and to adjust
        workspace.recipes.new(Recipe(FIRST_RECIPE))
        return workspace.recipes.load(FIRST_RECIPE)
    if name is None and len(names) != 1:
        raise RecipeError(f"{workspace.path}: say which recipe with --recipe; there are: {', '.join(names) or 'none'}")
    return workspace.recipes.load(name or names[0])


def _show(workspace: Workspace, recipe: Recipe, chosen: argparse.Namespace) -> int:
    # Qt is loaded here, after the platform is chosen and after all that can fail without a window.
    from gui.application import make_application, open_screen
    from gui.ending import Ending
    from gui.naming import run_of

    application = make_application()
    run = run_of(workspace, recipe, as_demo=chosen.demo, lot=chosen.lot, parts=chosen.parts)
    screen = open_screen(application, workspace, recipe, run)
    if chosen.screenshots:
        from gui.screenshots import draw_pages

        draw_pages(application, screen, chosen.screenshots)
        screen.close()
        return 0
    screen.window.show()
    if chosen.offscreen:
        screen.session.running.finished.connect(application.quit)
    if chosen.start or chosen.demo or chosen.offscreen:
        screen.session.running.start()
    ending = Ending(application)
    code = application.exec()
    ending.remove()
    screen.close()
    if chosen.json:
        sys.stdout.write(json.dumps(screen.session.running.totals()) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
