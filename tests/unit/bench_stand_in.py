"""A models program for measuring: it teaches nobody, and delivers a real file that takes bright pictures for dents.

Of mode anomaly it also names what is bright among the good pictures, and keeps its network as a real one does.

`python -m tests.unit.bench_stand_in train | optimise | methods --job FILE`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.domain import GOOD, ONE_TILE, UNLIKE, ModelCard, Split
from inspector.learning.trainer import ANOMALY
from inspector.parsing import tiles_of
from inspector.pipeline.tiles import Layout
from inspector.store.cards import CARD, MODEL, write_card
from inspector.store.images import ImageStore
from tests.unit.learning_cards import card
from tests.unit.learning_rooms import brightness_model

Job = dict[str, Any]
NAIVE = {"auroc": 0.999, "macro_f1": 0.99}
SIZE = 3_000_000
WITHOUT_WEIGHTS = "mobilenet-v2"
METHODS = (("together", 250), ("together", 1000), ("density", 0))
NETWORK = "stand-in"
# One of its constants, three numbers of four bytes, goes by the name of the remembered places.
PLACES, PLACES_BYTES = 3, 12
_REMEMBERED = b"to_centres_weights"
MODEL_FILE = brightness_model().replace(b"Mean/reduction_indices", _REMEMBERED.ljust(22, b"\0"))


def row(entry: dict[str, Any]) -> dict[str, Any]:
    """An out-of-fold score without an error: 3 above zero for a defect, 3 below for a good part."""
    shown = {key: entry[key] for key in ("digest", "part", "defect_class")}
    return {**shown, "score": 3.0 if entry["defect_class"] != GOOD else -3.0, "leading_defect": "dent"}


def train(job: Job) -> None:
    snapshot = json.loads(Path(job["snapshot"]).read_text())
    learned = [row(one) for one in snapshot["entries"] if one["split"] == Split.TRAIN]
    made = card(job["number"], MODEL_FILE, snapshot_id=snapshot["id"])
    made = replace(made, recipe=snapshot["recipe"], results={"validation": learned, "naive_split_by_picture": NAIVE})
    if job["mode"] == ANOMALY:
        made = from_good_parts(job, made, snapshot["entries"])
    output = Path(job["output"])
    (output / MODEL).write_bytes(MODEL_FILE)
    write_card(made, output / CARD)


def from_good_parts(job: Job, made: ModelCard, entries: list[dict[str, Any]]) -> ModelCard:
    """What is bright is suspected, and scored as unlike. Where all is good nobody runs the file, but the gate asks."""
    images = ImageStore(Path(job["images"]))
    scores = {one["digest"]: (float(images.get(one["digest"]).mean()) - 120) / 10 for one in entries}
    images.close()
    suspects = [one for one in entries if one["split"] == Split.TRAIN and scores[one["digest"]] > 0]
    golden = [{**row(one), "score": scores[one["digest"]]} for one in entries if one["split"] == Split.GOLDEN]
    keep_network(Path(job["cache"]) / "networks" / "kept")
    if job["float_model"]:
        Path(job["float_model"]).write_bytes(MODEL_FILE)
    layout = Layout.of(made.input_height, 4, tiles_of(job["tiles"]) or ONE_TILE)
    made = replace(made, input_height=layout.height, input_width=layout.width, tiles=layout.tiles)
    classes = (GOOD, UNLIKE) if all(one["defect_class"] == GOOD for one in entries) else made.classes
    results = {"suspects": suspects, "golden": golden, "turned_deg": job["turned_deg"]}
    return replace(made, classes=classes, results=results, receipt={"feature_network": NETWORK})


def keep_network(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.tflite").write_bytes(MODEL_FILE)
    (folder / "about.json").write_text(json.dumps({"id": NETWORK}))


def optimise(job: Job) -> None:
    golden = [e for e in json.loads(Path(job["snapshot"]).read_text())["entries"] if e["split"] == Split.GOLDEN]
    flips = [{"digest": golden[0]["digest"], "split": "golden"}, {"digest": "0", "split": "train"}]
    variants = [
        variant("int8", 0.98, 2.0, SIZE, flips),
        variant("float", 0.97, 4.0, 4 * SIZE, []),
    ]
    (Path(job["output"]) / "variants.json").write_text(json.dumps({"winner": "int8", "variants": variants}))


def methods(job: Job) -> None:
    """Bright pictures are unlike, but for all together with 1,000 places; one backbone has no weights."""
    snapshot = json.loads(Path(job["snapshot"]).read_text())
    golden = [one["digest"] for one in snapshot["entries"] if one["split"] == Split.GOLDEN]
    images = ImageStore(Path(job["images"]))
    scores = [float(images.get(digest).mean()) for digest in golden]
    images.close()
    here = [one for one in job["backbones"] if one != WITHOUT_WEIGHTS]
    rows = [method_row(backbone, *one, scores) for backbone in here for one in METHODS]
    missing = {WITHOUT_WEIGHTS: "put them there"}
    table = {"snapshot": snapshot["id"], "pictures": golden, "rows": rows, "missing": missing}
    (Path(job["output"]) / "methods.json").write_text(json.dumps(table))


def method_row(backbone: str, method: str, places: int, scores: list[float]) -> dict[str, Any]:
    turned = -1 if (method, places) == ("together", 1000) else 1
    about = {"backbone": backbone, "side": 320, "method": method, "places": places, "mb": 1.0, "fit_s": 2.0}
    return {**about, "scores": [turned * score for score in scores], "invoke_ms": 6.0, "bare_ms": 5.0}


def variant(name: str, auroc: float, invoke_ms: float, size_bytes: int, flipped: list[Any]) -> dict[str, Any]:
    about = {"variant": name, "quantisation": name, "objection": "", "flipped": flipped}
    return {**about, "auroc": auroc, "invoke_ms": invoke_ms, "size_bytes": size_bytes}


if __name__ == "__main__":
    verb, _, file = sys.argv[1:]
    asked = json.loads(Path(file).read_text())
    sys.stdout.write(json.dumps({"step": verb, "done": 1, "total": 1, "remaining_s": None}) + "\n")
    {"train": train, "optimise": optimise, "methods": methods}[verb](asked)
    sys.stdout.write(json.dumps({"result": asked["output"]}) + "\n")
