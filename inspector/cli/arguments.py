"""The words of the command line: what each sub-command takes, and which function runs it."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TypeAlias

from inspector import __version__


def parser() -> argparse.ArgumentParser:
    """The whole command line; `runs` of the parsed result names module:function in inspector.cli."""
    top = argparse.ArgumentParser(prog="inspector", description="Visual inspection by transfer learning.")
    top.add_argument("--version", action="version", version=f"inspector {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_line_commands(commands)
    _add_recipe_commands(commands)
    _add_learning_commands(commands)
    _add_offline_commands(commands)
    _add_shadow(commands)
    _add_operating_point(commands)
    _add_report(commands)
    _add_errors(commands)
    _add_optimise(commands)
    _add_device(commands)
    _add_compare(commands)
    _add_watching(commands)
    _add_bench_learning(commands)
    return top


_MOST = 10_000_000  # of parts, hours or steps: beyond it a calendar and a database have no numbers
_DEAREST = 1e15  # in no currency more; sums of costs stay numbers
_LONGEST_SIDE = 100_000  # of a picture, in pixels
_MODES = ("features", "finetune", "adapter", "anomaly")
_LARGEST_SEED = 2**32 - 1  # what every random generator takes
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # what add_subparsers returns


def _command(commands: Commands, name: str, runs: str, text: str, *aliases: str) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=text, description=text, aliases=list(aliases))
    made.add_argument(
        "--workspace",
        type=Path,
        default=argparse.SUPPRESS,  # found when it is wanted: for --help alone, settings need not be loaded
        metavar="DIR",
        help="default: the variable INSPECTOR_WORKSPACE, else the user's data folder",
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
    capture = _command(commands, "capture", "capturing:capture", "Show parts to the recipe's camera, to learn from.")
    _recipe_of(capture)
    capture.add_argument("--good", action="store_true", required=True, help="all of them are good parts")
    capture.add_argument("--parts", type=_count, metavar="N", help="stop after N parts")
    capture.add_argument("--lot", default="", help="the lot that the parts belong to")
    _add_train(commands)
    shown = _command(commands, "augmentations", "preview:augmentations", "Draw what a network is shown in adapting.")
    _recipe_of(shown)
    shown.add_argument("--augment", default="", metavar="WORDS", help="as for train")
    shown.add_argument("--out", type=Path, required=True, metavar="FILE.png")
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
    review.add_argument("--samples", metavar="INSPECTION", help="the good part and the defect that it looks most like")
    review.add_argument("--label", nargs=2, metavar=("INSPECTION", "CLASS"), help='CLASS is "good" or a defect')
    box = "where it is, in pixels of the picture: left, top, width, height; may be repeated"
    review.add_argument("--box", type=_box, action="append", default=[], metavar="X,Y,W,H", help=box)
    review.set_defaults(complain=review.error)
    text = "say what a picture shows; one that is said to be good is not suspected again"
    review.add_argument("--picture", nargs=2, metavar=("DIGEST", "CLASS"), help=text)
    review.add_argument("--suspects", action="store_true", help="list the pictures that the newest model left out")


def _add_train(commands: Commands) -> None:
    train = _command(commands, "train", "learning:train", "Train a candidate from all labelled pictures.")
    _recipe_of(train)
    default = "default: that of the model in use, or efficientnet-lite0"
    train.add_argument("--backbone", metavar="B", help=default)
    train.add_argument("--weights", type=Path, metavar="FILE", help="the backbone's weights, where it brings none")
    train.add_argument("--seed", type=_seed, default=0, metavar="N")
    train.add_argument("--mode", choices=_MODES, default="features", help="what is learned (default: %(default)s)")
    train.add_argument("--augment", default="", metavar="WORDS", help="such as gain=0.2,mirror=no (not for features)")
    train.add_argument("--tensorboard", type=Path, metavar="DIR", help="write its course there (not for features)")
    text = "at each part: 4 are it and its mirrors, surer for four times the work (as the model in use, else 1)"
    train.add_argument("--looks", type=int, choices=(1, 4), help=text)
    text = "see small defects: rows and columns of tiles, or auto (anomaly alone; as the model in use, else 1x1)"
    train.add_argument("--tiles", metavar="RxC", help=text)
    text = "time for looking at one part (anomaly alone; default: half of the line's deadline_ms)"
    train.add_argument("--budget-ms", type=float, metavar="MS", help=text)
    text = "parts lie turned by so much, either way: learn turned copies (anomaly alone; as the model in use, else 0)"
    train.add_argument("--turned", type=float, metavar="DEG", help=text)
    text = "RAM for the places of good parts that it remembers (anomaly alone; default: 40)"
    train.add_argument("--memory-mb", type=float, metavar="MB", help=text)
    train.add_argument("--fresh", action="store_true", help="build on the pretrained network, not on an adapted one")
    train.add_argument("--no-promote", action="store_true", help="keep the candidate even if it is the first model")


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


def _add_operating_point(commands: Commands) -> None:
    text = "Choose the limits by a target, and say what may be claimed. P is a percentage such as 2.5 or 0.5%%."
    point = _command(commands, "operating-point", "operating:operating_point", text)
    _recipe_of(point)
    point.add_argument("--model", metavar="ID", help="another version than the recipe's")
    target = point.add_mutually_exclusive_group()
    target.add_argument("--max-escape", type=percent, metavar="P", help="at most P of the defective parts pass")
    target.add_argument("--max-overkill", type=percent, metavar="P", help="at most P of the good parts are rejected")
    target.add_argument("--cost-escape", type=_cost, metavar="C", help="the least cost; C is that of an escape")
    point.add_argument("--bound", action="store_true", help="hold --max-escape by its exact upper bound at 95%%")
    point.add_argument("--cost-overkill", type=_cost, metavar="C", help="cost of a good part that is rejected")
    point.add_argument("--cost-recheck", type=_cost, metavar="C", help="cost of a part that a person looks at")
    point.add_argument("--defect-rate", type=percent, metavar="P", help="share of defective parts on the line")
    review = "at most P of the good parts to a person, of all parts where --defect-rate is stated (default: 10)"
    point.add_argument("--review-budget", type=percent, metavar="P", help=review)
    point.add_argument("--set", action="store_true", help="write the limits into the recipe")
    point.add_argument("--reason", default="", help="set them although golden parts newly pass; kept in the ledger")
    point.set_defaults(complain=point.error)


def _add_report(commands: Commands) -> None:
    report = _command(commands, "report", "reporting:report", "Write a model's report, to be read and filed.")
    _recipe_of(report)
    report.add_argument("--model", metavar="ID", help="default: the model in use, or the newest where none is")
    report.add_argument("--out", type=Path, metavar="DIR", help="default: reports/<recipe>/<model> in the workspace")


def _add_errors(commands: Commands) -> None:
    text = "List where a model is wrong on parts it never saw, and which labels may be the error."
    errors = _command(commands, "errors", "errors:errors", text)
    _recipe_of(errors)
    errors.add_argument("--model", metavar="ID", help="another version than the recipe's")
    errors.add_argument("--gallery", type=Path, metavar="DIR", help="copy their pictures here, the worst first")


def _add_device(commands: Commands) -> None:
    device = _command(commands, "device", "device:device", "Measure a model on the processor and on the GPU.")
    _recipe_of(device)
    device.add_argument("--model", metavar="ID", help="another version than the recipe's")


def _add_optimise(commands: Commands) -> None:
    text = "Make smaller and faster variants of a model, measure them here, and keep the best as a candidate."
    optimise = _command(commands, "optimise", "optimising:optimise", text)
    _recipe_of(optimise)
    optimise.add_argument("--model", metavar="ID", help="another version than the recipe's")
    optimise.add_argument("--variants", metavar="LIST", help="default: float,dynamic,int8,qat,pruned")
    drop = "golden parts whose verdict may turn to the worse against the float model (default: 0)"
    optimise.add_argument("--max-drop", type=percent, default=0.0, metavar="P", help=drop)
    optimise.add_argument("--steps", type=_count, default=40, metavar="N", help="of fine-tuning (default: %(default)s)")
    optimise.add_argument("--weights", type=Path, metavar="FILE", help="the backbone's weights, where it brings none")
    optimise.add_argument("--gallery", type=Path, metavar="DIR", help="the pictures whose verdict differs, as a page")


def _add_watching(commands: Commands) -> None:
    certify = _command(commands, "certify", "watching:certify", "Find out what light, blur and shift a model bears.")
    _recipe_of(certify)
    certify.add_argument("--model", metavar="ID", help="another version than the recipe's")
    certify.add_argument("--parts", type=_count, default=60, metavar="N", help="at most N golden parts (%(default)s)")
    watch = _command(commands, "watch", "watching:watch", "Say what has changed on a line since its model was taught.")
    _recipe_of(watch)
    newest = watch.add_mutually_exclusive_group()
    newest.add_argument("--parts", type=_count, default=200, metavar="N", help="the newest N parts (%(default)s)")
    newest.add_argument("--hours", type=_count, metavar="N", help="the parts of the last N hours")


def _dataset(command: argparse.ArgumentParser) -> None:
    command.add_argument("dataset", type=Path, metavar="DATASET")
    _recipe_of(command)
    command.add_argument("--layout", choices=("auto", "mvtec", "classes", "csv"), default="auto")
    command.add_argument("--groups", type=Path, metavar="FILE", help="CSV with the columns image,part")


def _count(text: str) -> int:
    return _whole(text, 1, _MOST)


def _folds(text: str) -> int:
    return _whole(text, 2, 100)


def _seed(text: str) -> int:
    return _whole(text, 0, _LARGEST_SEED)


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"expected a whole number from {least} to {most}, received {text!r}")
    return int(text)


def _box(text: str) -> tuple[int, ...]:
    """Left, top, width, height."""
    numbers = text.split(",")
    if len(numbers) != 4:
        raise argparse.ArgumentTypeError(f"expected four whole numbers X,Y,W,H such as 40,60,32,24, received {text!r}")
    return tuple(_whole(number, place // 2, _LONGEST_SIDE) for place, number in enumerate(numbers))


def _add_compare(commands: Commands) -> None:
    compare = _command(commands, "compare", "comparing:compare", "Rank pretrained networks on the recipe's own parts.")
    _recipe_of(compare)
    compare.add_argument(
        "--backbones", metavar="A,B", help="only these (default: every one whose weights are on this PC)"
    )
    compare.add_argument("--seed", type=_seed, default=0, metavar="N")


def _add_bench_learning(commands: Commands) -> None:
    text = "Measure what learning reaches on data sets with known truth, on parts that were never seen."
    bench = _command(commands, "bench-learning", "measuring:bench_learning", text)
    bench.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder of data sets")
    bench.add_argument("--only", nargs="+", default=(), metavar="NAME", help="these measures instead of all")
    bench.add_argument("--mode", choices=_MODES, default="features", help="how models are trained (%(default)s)")
    bench.add_argument("--looks", type=int, choices=(1, 4), default=1, help="as for train (%(default)s)")
    bench.add_argument("--folds", type=_folds, metavar="K", help="default: as many as the published figures have")
    bench.add_argument("--out", type=Path, metavar="FILE.md", help="write the table there, and its pictures beside it")


def _add_shadow(commands: Commands) -> None:
    text = "Try a model on the live line beside the one in use, or say how its trial stands."
    shadow = _command(commands, "shadow", "shadow:shadow", text)
    _recipe_of(shadow)
    change = shadow.add_mutually_exclusive_group()
    change.add_argument("--model", metavar="ID", help="the challenger to try from the next start on")
    change.add_argument("--off", action="store_true", help="end the trial")


def percent(text: str) -> float:
    """A share from 0 to 1. Without its sign a number between 0 and 1 may be either, and is refused."""
    number = text.removesuffix("%").strip()
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100 or number != text.removesuffix("%"):
        raise argparse.ArgumentTypeError(f"expected a percentage from 0 to 100 such as 2.5 or 0.5%, received {text!r}")
    if 0 < value < 1 and not text.endswith("%"):
        raise argparse.ArgumentTypeError(f"is {text} a share or a percentage? Write {text}% or {100 * value:g}%")
    return value / 100


def _cost(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= _DEAREST:
        raise argparse.ArgumentTypeError(f"expected a cost from 0 to {_DEAREST:.0e}, received {text!r}")
    return value
