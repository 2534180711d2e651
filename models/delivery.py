"""What a finished training hands over: model.tflite, and a card that promises nothing that was not measured."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector import machine
from inspector.domain import ModelCard, Snapshot, SnapshotEntry, View
from inspector.pipeline.classify import Classifier
from inspector.recipe import Limits, Recipe
from inspector.store.cards import version_id
from inspector.store.disk import plainly
from models.backbones.registry import Backbone
from models.export.speed import Speed, measure
from models.export.verification import Agreement
from models.job import Job
from models.network import THREADS, FeatureNetwork
from models.progress import Progress
from models.views import Views


@contextmanager
def staging(output: Path) -> Iterator[Path]:
    """A folder beside the empty output that takes its place at the end, so that it is never half filled.

    After an error nothing of it is left, and the output is as it was. Raises StoreError.
    """
    with plainly(output):
        folder = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    try:
        yield folder
        with plainly(output):
            if os.name == "nt":  # which does not let a folder take the place of an empty one
                output.rmdir()
            folder.rename(output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def draft(
    job: Job,
    recipe: Recipe,
    snapshot: Snapshot,
    backbone: Backbone,
    network: FeatureNetwork,
    classes: tuple[str, ...],
    limits: Limits,
    content: bytes,
) -> ModelCard:
    """The card as far as it is known before the file was run: without results and receipt."""
    digest = hashlib.sha256(content).hexdigest()
    return ModelCard(
        id=version_id(job.number, digest),
        number=job.number,
        recipe=recipe.name,
        backbone=backbone.name,
        classes=classes,
        input_height=backbone.height,
        input_width=backbone.width,
        mean=backbone.mean,
        scale=backbone.scale,
        quantisation=network.quantisation,
        view_id=recipe.view_id,
        snapshot_id=snapshot.id,
        parent=job.parent,
        seed=job.seed,
        created_at=datetime.now(UTC),
        recheck_limit=limits.recheck,
        reject_limit=limits.reject,
        model_digest=digest,
    )


def golden(
    entries: Sequence[SnapshotEntry], views: Views | Mapping[str, View], classifier: Classifier, progress: Progress
) -> list[dict[str, Any]]:
    """What the file itself says of each golden picture, so that the gate can compare without running it again.

    JSON rows: digest, part, defect_class (the truth), score (Scores.defect, None where the part is not found) and
    leading_defect.
    """
    rows = []
    for done, entry in enumerate(entries):
        progress.step("golden", done, len(entries))
        view = views.get(entry.digest)
        scores = classifier.classify(view) if view else None
        rows.append(
            {
                "digest": entry.digest,
                "part": entry.part,
                "defect_class": entry.defect_class,
                "score": scores.defect if scores else None,
                "leading_defect": scores.leading_defect if scores else "",
            }
        )
    progress.step("golden", len(entries), len(entries))
    return rows


def receipt(
    content: bytes, network: FeatureNetwork, looks: int, agreement: Agreement, backbone: Backbone, invokes: int = 1
) -> dict[str, Any]:
    """Size, speed on this PC and agreement with the float model, which takes one look: JSON values.

    invokes: so many one part takes; they are timed together.
    """
    speed: Speed = measure(content, THREADS, invokes)
    in_float = _float_times(network.float_speed) if network.float_speed and looks == 1 else {}
    return {
        "size_bytes": len(content),
        "invoke_ms": speed.p50_ms,
        "invoke_p99_ms": speed.p99_ms,
        **in_float,
        "threads": THREADS,
        "machine": machine.words(),
        **asdict(agreement),
        "feature_network": network.id,
        "weights": backbone.source,
        "weights_licence": backbone.licence,
    }


def _float_times(speed: Speed) -> dict[str, float]:
    return {"float_invoke_ms": speed.p50_ms, "float_invoke_p99_ms": speed.p99_ms}
