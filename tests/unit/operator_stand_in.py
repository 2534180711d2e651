"""A models program that learns nothing: `python -m tests.unit.operator_stand_in train --job FILE` gives the same model.

It takes bright parts for dents, whatever it is taught.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from inspector import recipe as recipes
from inspector.store.cards import CARD, MODEL, write_card
from tests.unit.learning_cards import card
from tests.unit.learning_rooms import brightness_model

if __name__ == "__main__":
    verb, option, file = sys.argv[1:]
    assert (verb, option) == ("train", "--job")
    job = json.loads(Path(file).read_text(encoding="utf-8"))
    recipe = recipes.load(Path(job["recipe"]))
    snapshot = json.loads(Path(job["snapshot"]).read_text(encoding="utf-8"))
    made = card(job["number"], brightness_model(), snapshot_id=snapshot["id"], view_id=recipe.view_id)
    output = Path(job["output"])
    (output / MODEL).write_bytes(brightness_model())
    write_card(replace(made, recipe=recipe.name), output / CARD)
    sys.stdout.write(json.dumps({"result": str(output)}) + "\n")
