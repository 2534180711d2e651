"""How a model file runs on a GPU: through LiteRT's accelerator, which speaks WebGPU to the graphics driver."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from inspector.domain import Floats
from inspector.errors import ModelError


def in_sight(devices: Path = Path("/dev")) -> bool:
    """Whether this PC shows a GPU at all, in no time. Linux only: elsewhere a GPU is used where the settings ask."""
    if sys.platform != "linux":
        return False
    return any((devices / "dri").glob("renderD*")) or (devices / "nvidiactl").exists()


class Accelerated:
    """One model file on the GPU. Raises ModelError where there is none that LiteRT can use.

    What the GPU cannot compute it leaves to the processor. on: LiteRT's own flag for another accelerator.
    """

    def __init__(self, model_file: Path, signature: str, view: str, outputs: tuple[str, ...], on: int | None = None):
        # Loaded here: a station on its processor has no use for it, and it is to judge its first part soon.
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator

        self._signature, self._view = signature, view
        wanted = HardwareAccelerator.GPU | HardwareAccelerator.CPU if on is None else HardwareAccelerator(on)
        try:
            self._model = CompiledModel.from_file(str(model_file), hardware_accel=wanted)
            details = self._model.get_output_tensor_details(signature)
            self._entry = self._model.create_input_buffer_by_name(signature, view)
            self._buffers = {name: self._model.create_output_buffer_by_name(signature, name) for name in outputs}
        except (RuntimeError, ValueError, KeyError) as error:
            raise ModelError(
                f"{model_file}: LiteRT finds no GPU on this PC that can run it; install the graphics driver with "
                'Vulkan, or set device = "auto" or "cpu" in settings.toml'
            ) from error
        self._shapes = {name: [int(side) for side in details[name]["shape"]] for name in outputs}

    def run(self, entry: Any) -> list[Floats]:
        """The outputs, in their order, for one view as the file takes it: (1, height, width, 3). Raises ModelError."""
        try:
            self._entry.write(np.ascontiguousarray(entry))
            self._model.run_by_name(self._signature, {self._view: self._entry}, self._buffers)
            return [self._read(name) for name in self._buffers]
        except RuntimeError as error:
            raise ModelError(f"the GPU failed in an invoke: {str(error).splitlines()[0]}") from error

    def _read(self, name: str) -> Floats:
        shape = self._shapes[name]
        return np.asarray(self._buffers[name].read(int(np.prod(shape)), np.float32)).reshape(shape).copy()
