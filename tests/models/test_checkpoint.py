"""What is read out of a PyTorch checkpoint, and that nothing in one is ever run."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import TrainingError
from models.backbones.checkpoint import MAGIC, read_checkpoint

PREFIX = pickle.dumps(MAGIC, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)


def plain(value: Any) -> bytes:
    """A value's opcodes without the pickle's frame around them."""
    return pickle.dumps(value, 2)[2:-1]


def tuple_of(*opcodes: bytes) -> bytes:
    return b"(" + b"".join(opcodes) + b"t"


def glob(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def tensor(key: str, count: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    storage = tuple_of(plain("storage"), glob("torch", "FloatStorage"), plain(key), plain("cpu"), plain(count), b"N")
    arguments = tuple_of(storage + b"Q", plain(offset), plain(shape), plain(strides), b"\x89")
    return glob("torch._utils", "_rebuild_tensor_v2") + arguments + b"R"


def checkpoint(tensors: dict[str, bytes], storages: dict[str, npt.NDArray[np.float32]]) -> bytes:
    """The bytes that torch.save wrote before PyTorch 1.6."""
    items = b"".join(plain(name) + opcodes for name, opcodes in tensors.items())
    table = b"\x80\x02}(" + items + b"u."
    raw = b"".join(len(a).to_bytes(8, "little") + a.astype("<f4").tobytes() for a in storages.values())
    return PREFIX + table + pickle.dumps(list(storages), 2) + raw


NUMBERS = np.arange(12, dtype=np.float32)
WHOLE = checkpoint({"a": tensor("0", 12, 0, (3, 4), (4, 1)), "b": tensor("0", 12, 4, (4, 2), (1, 4))}, {"0": NUMBERS})


def put(folder: Path, content: bytes) -> Path:
    file = folder / "weights.pth"
    file.write_bytes(content)
    return file


def test_arrays_come_out_by_name_and_in_order(tmp_path: Path) -> None:
    arrays = read_checkpoint(put(tmp_path, WHOLE))
    assert np.array_equal(arrays["a"], NUMBERS.reshape(3, 4))
    assert np.array_equal(arrays["b"], NUMBERS[4:].reshape(2, 4).T)  # stored transposed, as channels-last tensors are
    assert all(array.flags.c_contiguous and array.flags.writeable for array in arrays.values())


def test_the_published_digest_is_accepted_and_another_is_refused(tmp_path: Path) -> None:
    file = put(tmp_path, WHOLE)
    assert read_checkpoint(file, hashlib.sha256(WHOLE).hexdigest())
    with pytest.raises(TrainingError, match=r"weights\.pth: .*altered or cut short; install its package again"):
        read_checkpoint(file, hashlib.sha256(WHOLE + b" ").hexdigest())


def evil(folder: Path) -> bytes:
    """Opcodes that, run by an ordinary unpickler, would leave a file behind."""
    return glob("os", "mkdir") + tuple_of(plain(str(folder / "owned"))) + b"R"


@pytest.mark.parametrize("place", ["magic", "table", "keys"])
def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path, place: str) -> None:
    bomb = b"\x80\x02" + evil(tmp_path) + b"."
    content = {
        "magic": bomb + WHOLE,
        "table": checkpoint({"a": evil(tmp_path)}, {}),
        "keys": PREFIX + b"\x80\x02}." + bomb,
    }[place]
    with pytest.raises(TrainingError, match=r"asks for os\.mkdir"):
        read_checkpoint(put(tmp_path, content))
    assert not (tmp_path / "owned").exists()


def test_the_bomb_would_go_off_in_an_ordinary_unpickler(tmp_path: Path) -> None:
    pickle.loads(b"\x80\x02" + evil(tmp_path) + b".")
    assert (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "name", ["builtins.eval", "torch.load", "torch._utils._rebuild_parameter", "numpy.core.multiarray.x"]
)
def test_no_other_global_is_known(tmp_path: Path, name: str) -> None:
    module, _, last = name.rpartition(".")
    with pytest.raises(TrainingError, match="has no use for"):
        read_checkpoint(put(tmp_path, checkpoint({"a": glob(module, last)}, {})))


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (3, 5), (5, 1)),
        (10, (3,), (1,)),
        (0, (3,), (100,)),
        (-1, (3,), (1,)),
        (0, (3,), (-1,)),
        (0, (1_000_000, 1_000_000), (0, 0)),
        (0, (3, 4), (1,)),
    ],
)
def test_a_tensor_that_reaches_outside_its_storage_is_refused(
    tmp_path: Path, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    content = checkpoint({"a": tensor("0", 12, offset, shape, strides)}, {"0": NUMBERS})
    with pytest.raises(TrainingError, match="put the original file in its place"):
        read_checkpoint(put(tmp_path, content))


@pytest.mark.parametrize("kept", [0, 1, 10, len(PREFIX), len(WHOLE) // 2, len(WHOLE) - 1])
def test_a_file_that_was_cut_short_is_refused_by_name(tmp_path: Path, kept: int) -> None:
    with pytest.raises(TrainingError, match=r"weights\.pth: expected a PyTorch checkpoint"):
        read_checkpoint(put(tmp_path, WHOLE[:kept]))


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 a zip", b"<html>not found</html>", bytes(1000), pickle.dumps("text", 2)]
)
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TrainingError, match="received something else"):
        read_checkpoint(put(tmp_path, content))


def test_a_missing_file_says_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"none\.pth: the weights cannot be read .* put the file there"):
        read_checkpoint(tmp_path / "none.pth")


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, len(WHOLE) - 1), value=st.integers(0, 255))
def test_whatever_byte_is_changed_the_fault_is_told_plainly(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    """A changed number is not a fault that can be seen without a digest; a changed structure is."""
    content = bytearray(WHOLE)
    content[place] = value
    file = tmp_path_factory.getbasetemp() / "changed.pth"
    file.write_bytes(content)
    try:
        arrays = read_checkpoint(file)
    except TrainingError:
        return
    assert all(isinstance(array, np.ndarray) for array in arrays.values())
