"""MobileNetV2 as keras.applications has it, and where its ImageNet weights are looked for."""

from __future__ import annotations

import http.client
import os
import urllib.request
from pathlib import Path
from typing import Any

from inspector.errors import TrainingError

WEIGHTS = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
ADDRESS = f"https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/{WEIGHTS}"
TIMEOUT_S = 20.0


def build(keras: Any, height: int, width: int) -> Any:
    """A keras.Model without weights: normalised float32 (n, height, width, 3) to (n, height/32, width/32, 1280)."""
    return keras.applications.MobileNetV2(input_shape=(height, width, 3), include_top=False, weights=None)


def find_weights(path: Path | None) -> Path:
    """The file that was named, else the one in the folder where Keras keeps its own, fetched once if need be.

    Raises TrainingError where there is neither file nor network, saying where to put it.
    """
    if path is not None:
        return path
    kept = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models" / WEIGHTS
    return kept if kept.exists() else fetch(kept, ADDRESS)


def fetch(target: Path, address: str) -> Path:
    """Bring a file here, whole or not at all. Raises TrainingError with what to do where there is no network."""
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:
            beside.write_bytes(answer.read())
        beside.replace(target)
    except (OSError, http.client.HTTPException) as error:
        beside.unlink(missing_ok=True)
        raise TrainingError(
            f"the weights of MobileNetV2 are not on this PC and cannot be fetched ({error}); on a PC without a network "
            f"put {target.name} into {target.parent}, or name the file with weights"
        ) from error
    return target


def fill(model: Any, file: Path, published: bool) -> None:
    """Load the weights. Raises TrainingError where the file is missing or is another network's."""
    if not file.exists():
        raise TrainingError(f"{file}: there are no weights; put {WEIGHTS} there, or name another file")
    try:
        model.load_weights(file)
    except (ValueError, OSError, KeyError) as error:
        words = str(error).splitlines()[0]
        origin = (
            "the copy that was fetched is damaged: delete it" if published else "name the file that Keras publishes"
        )
        raise TrainingError(f"{file}: not the weights of MobileNetV2 without its top ({words}); {origin}") from error
