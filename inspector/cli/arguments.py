"""The words of the command line: what each sub-command takes, and which function runs it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from inspector import __version__
from inspector.settings import default_workspace


def parser() -> argparse.ArgumentParser:
    """The whole command line; `runs` of the parsed result names module:function in inspector.cli."""
    top = argparse.ArgumentParser(prog="inspector", description="Visual inspection by transfer learning.")
    top.add_argument("--version", action="version", version=f"inspector {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_line_commands(commands)
    _add_recipe_commands(commands)
    _add_learning_commands(commands)
    _add_offline_commands(commands)
    return top


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # what add_subparsers returns


def _command(commands: Commands, name: str, runs: str, text: str, *aliases: str) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=text, description=text, aliases=list(aliases))
    made.add_argument(
        "--workspace", type=Path, default=default_workspace(), metavar="DIR", help=f"default: {default_workspace()}"
    )
    made.add_argument("--json", action="store_true", help="the result as JSON on standard output")
    made.add_argument("--verbose", action="store_true", help="say more on standard error")
    made.set_defaults(runs=runs)
    return made


def _recipe_of(command: argparse.ArgumentParser) -> None:
    command.add_argument("--recipe", required=True, metavar="R", help="the recipe's name")


def _add_line_commands(commands: Commands) -> None:
    demo = _command(commands, "demo", "demo:demo", "Watch a line at work on rendered parts, with a model trained now.")
    demo.set_defaults(workspace=None)
    demo.add_argument("--offscreen", action="store_true", help="without a window")
    demo.add_argument("--parts", type=_count, metavar="N", help="stop after N parts")
    demo.add_argument("--screenshots", type=Path, metavar="DIR", help="draw every page into PNG files, and end")
    gui = _command(commands, "gui", "line:gui", "Open the window.")
    gui.add_argument("--recipe", metavar="R", help="the recipe to start with")
    station = _command(commands, "station", "line:station", "Run a line with a recipe.")
    _recipe_of(station)
    station.add_argument("--headless", action="store_true", help="without a window")
    station.add_argument("--parts", type=_count, metavar="N", help="stop after N parts")
    station.add_argument("--lot", default="", help="the lot that the parts belong to")
    _command(commands, "doctor", "offline:doctor", "Say what is present, what is missing, and what to do.")


def _add_recipe_commands(commands: Commands) -> None:
    recipe = commands.add_parser("recipe", help="Make, list, show or check recipes.")
    verbs = recipe.add_subparsers(dest="verb", metavar="VERB", required=True)
    new = _command(verbs, "new", "recipes:new", "Make a recipe with the default settings.")
    new.add_argument("name")
    new.add_argument("--camera", default="simulated", metavar="BACKEND", help="camera plug-in (default: %(default)s)")
    new.add_argument("--source", default="", help="the camera's serial number, folder or address")
    new.add_argument("--part-number", default="", help="the part number it inspects")
    _command(verbs, "list", "recipes:list_all", "List the recipes and their models.")
    for verb, text in (("show", "Print a recipe."), ("check", "Check a recipe, its model and its camera's plug-in.")):
        command = _command(verbs, verb, f"recipes:{verb}", text)
        command.add_argument("name", help="a recipe's name, or the path of a recipe file")


def _add_learning_commands(commands: Commands) -> None:
    take_in = _command(commands, "import", "learning:import_pictures", "Take a dataset's pictures and classes in.")
    _dataset(take_in)
    train = _command(commands, "train", "learning:train", "Train a candidate from all labelled pictures.")
    _recipe_of(train)
    train.add_argument("--backbone", default="efficientnet-lite0", metavar="B", help="default: %(default)s")
    train.add_argument("--weights", type=Path, metavar="FILE", help="the backbone's weights, where it brings none")
    train.add_argument("--seed", type=int, default=0, metavar="N")
    train.add_argument("--no-promote", action="store_true", help="keep the candidate even if it is the first model")
    evaluate = _command(commands, "evaluate", "learning:evaluate", "Measure the recipe's model on a labelled dataset.")
    _dataset(evaluate)
    evaluate.add_argument("--out", type=Path, metavar="FILE.csv", help="one row for each picture")
    evaluate.add_argument("--model", metavar="ID", help="another version than the recipe's")
    gate = _command(commands, "gate", "learning:gate", "Hold a candidate against the current model.")
    promote = _command(commands, "promote", "learning:promote", "Put a model that passes the gate on the line.")
    promote.add_argument("--reason", default="", help="promote although the gate refuses; kept in the ledger")
    for command in (gate, promote):
        _recipe_of(command)
        command.add_argument("--model", metavar="ID", help="the candidate (default: the newest)")
    _recipe_of(_command(commands, "rollback", "learning:rollback", "Put the previous model back on the line."))
    review = _command(commands, "review", "learning:review", "List what a person should look at, or label one part.")
    _recipe_of(review)
    review.add_argument("--limit", type=_count, default=20, metavar="N")
    review.add_argument("--label", nargs=2, metavar=("INSPECTION", "CLASS"), help='CLASS is "good" or a defect')


def _add_offline_commands(commands: Commands) -> None:
    folder = _command(commands, "inspect-folder", "offline:inspect_folder", "Judge a folder of pictures.", "batch")
    folder.add_argument("folder", type=Path, metavar="DIR")
    _recipe_of(folder)
    folder.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    verify = _command(commands, "verify", "offline:verify", "Check the ledger's seal and replay stored verdicts.")
    verify.add_argument("--replay", type=_count, default=100, metavar="N", help="how many of the newest (default: 100)")
    bench = _command(commands, "bench", "offline:bench", "Measure this PC: each figure beside its bare floor.")
    bench.add_argument("--recipe", metavar="R", help="the model to measure (default: one trained for the occasion)")
    bench.add_argument("--seconds", type=_count, default=60, metavar="N", help="how long the paced line runs")
    bench.add_argument("--only", metavar="NAME", help="one measure instead of all")


def _dataset(command: argparse.ArgumentParser) -> None:
    command.add_argument("dataset", type=Path, metavar="DATASET")
    _recipe_of(command)
    command.add_argument("--layout", choices=("auto", "mvtec", "classes", "csv"), default="auto")
    command.add_argument("--groups", type=Path, metavar="FILE", help="CSV with the columns image,part")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, received {text!r}")
    return int(text)
