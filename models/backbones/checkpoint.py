"""What may be read out of a PyTorch checkpoint: plain arrays of numbers, and nothing that runs."""

from __future__ import annotations

import hashlib
import io
import math
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from inspector.errors import TrainingError

# The format before PyTorch 1.6: five pickles (magic number, protocol, sizes of C types, the tensors' table, the
# storages' keys), then each storage as its length and its raw little-endian numbers (torch/serialization.py).
MAGIC = 0x1950A86A20F9469CFC6C
STORAGES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
}

# What a pickle that is none makes the machinery below stumble over.
_MALFORMED = (
    pickle.UnpicklingError,
    struct.error,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    MemoryError,
    AssertionError,
)

Arrays = dict[str, npt.NDArray[Any]]


@dataclass
class _Storage:
    kind: np.dtype[Any]
    numbers: npt.NDArray[Any] | None = None


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> npt.NDArray[Any]:
        """The numbers in C order. A table that reaches outside its storage is refused, not followed."""
        numbers = self.storage.numbers
        if (
            numbers is None
            or min((self.offset, *self.shape, *self.strides)) < 0
            or len(self.shape) != len(self.strides)
        ):
            raise ValueError("a tensor without numbers")
        last = self.offset + sum((n - 1) * stride for n, stride in zip(self.shape, self.strides, strict=True))
        if math.prod(self.shape) > numbers.size or last >= numbers.size:
            raise ValueError("a tensor lies outside its storage")
        bytes_apart = [stride * numbers.itemsize for stride in self.strides]
        view = np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, bytes_apart, writeable=False)
        return np.array(view, order="C")


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle._Unpickler):
    """Knows the few globals that a table of tensors needs and refuses every other one.

    The unpickler written in Python: a wrong number in a file makes the one in C ask for gigabytes.
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Callable[..., Any] | str:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in STORAGES:
            return name
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which a weights file has no use for")

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, *_rest = pid
        return self.storages.setdefault(key, _Storage(STORAGES[kind]))


def read_checkpoint(path: Path, sha256: str | None = None) -> Arrays:
    """Arrays by parameter name. sha256: what the whole file must hash to, where that is known.

    Raises TrainingError where the file is missing, cut short, altered, or holds anything but numbers.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TrainingError(
            f"{path}: the weights cannot be read ({error.strerror}); put the file there, or name another one"
        ) from error
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise TrainingError(
            f"{path}: the weights file is not the one that was published (its SHA-256 differs): "
            "it was altered or cut short; install its package again"
        )
    try:
        return _parse(io.BytesIO(content))
    except _MALFORMED as error:
        raise TrainingError(
            f"{path}: expected a PyTorch checkpoint of plain arrays, received something else "
            f"or a part of one ({error}); put the original file in its place"
        ) from error


def _parse(file: IO[bytes]) -> Arrays:
    if _Unpickler(file).load() != MAGIC:
        raise ValueError("the magic number is missing")
    for _ in ("protocol", "sizes of C types"):
        _Unpickler(file).load()
    table = _Unpickler(file)
    tensors = table.load()
    for key in _Unpickler(file).load():
        storage = table.storages[key]
        count = int.from_bytes(file.read(8), "little")
        raw = file.read(count * storage.kind.itemsize)
        if len(raw) != count * storage.kind.itemsize:
            raise EOFError("the file ends before its numbers do")
        storage.numbers = np.frombuffer(raw, storage.kind)
    return {name: tensor.array() for name, tensor in tensors.items()}
