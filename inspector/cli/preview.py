"""`inspector augmentations`: see what a network would be shown while it is adapted, before it is."""

from __future__ import annotations

import argparse

from inspector.cli.screen import answer
from inspector.learning import augmentation, variants
from inspector.pictures import write_picture
from inspector.store.disk import plainly
from inspector.store.workspace import Workspace


def augmentations(chosen: argparse.Namespace) -> None:
    how = augmentation.parse_words(chosen.augment)
    with Workspace.open(chosen.workspace) as workspace:
        drawn = variants.draw(workspace, workspace.recipes.load(chosen.recipe), how)
    with plainly(chosen.out):
        write_picture(drawn.pixels, chosen.out)
    result = {"picture": str(chosen.out), "rows": list(drawn.rows), "augmentation": how.to_json()}
    answer(chosen.json, result, lambda: iter([f"{chosen.out}: {len(drawn.rows)} rows: {', '.join(drawn.rows)}"]))
