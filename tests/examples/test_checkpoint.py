"""The demo's reader of PyTorch checkpoints: both formats, and nothing that a pickle could do besides."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "demo"))
import pth

VALUES = np.arange(24, dtype="<f4")


class _Named:
    """Pickles as a reference to a global name."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Pickler(pickle._Pickler):  # noqa: SLF001 (the one in C cannot name what is not there)
    def persistent_id(self, obj: Any) -> Any:
        return obj[1:] if isinstance(obj, tuple) and obj[:1] == ("persistent",) else None

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:  # noqa: FBT002
        if isinstance(obj, _Named):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, _Call):
            self.save(obj.function)
            self.save(obj.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)


class _Call:
    """Pickles as the call of a named function."""

    def __init__(self, function: _Named, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments


def _pickled(thing: Any) -> bytes:
    stream = io.BytesIO()
    _Pickler(stream, protocol=2).dump(thing)
    return stream.getvalue()


def _tensor(offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> _Call:
    storage = ("persistent", "storage", _Named("torch", "FloatStorage"), "7", "cpu", 24, None)
    rebuild = _Named("torch._utils", "_rebuild_tensor_v2")
    return _Call(rebuild, storage, offset, shape, strides, False, _Call(_Named("collections", "OrderedDict")))


def _zipped(path: Path, thing: Any) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", _pickled(thing))
        archive.writestr("net/data/7", VALUES.tobytes())
    return path


def _sequential(path: Path, thing: Any) -> Path:
    heads = b"".join(map(_pickled, (pth.MAGIC, 1001, {"little_endian": True}, thing, ["7"])))
    path.write_bytes(heads + struct.pack("<q", 24) + VALUES.tobytes())
    return path


@pytest.mark.parametrize("write", [_zipped, _sequential])
def test_tensors_are_read(write: Any, tmp_path: Path) -> None:
    tensors = {"whole": _tensor(0, (4, 6), (6, 1)), "turned": _tensor(2, (3, 2), (1, 6)), "step": 3}
    found = pth.read(write(tmp_path / "net.pth", tensors))
    assert list(found) == ["whole", "turned"]
    np.testing.assert_array_equal(found["whole"], VALUES.reshape(4, 6))
    np.testing.assert_array_equal(found["turned"], VALUES.reshape(4, 6)[:2, 2:5].T)


@pytest.mark.parametrize("write", [_zipped, _sequential])
@pytest.mark.parametrize(
    "thing",
    [
        {"x": _Call(_Named("os", "system"), "true")},
        {"x": _Call(_Named("builtins", "eval"), "1")},
        {"x": _Named("torch", "Tensor")},
        {"x": _tensor(0, (5, 6), (6, 1))},
        {"x": _tensor(-1, (4,), (1,))},
        {"x": _tensor(0, (4,), (-1,))},
        {"x": _tensor(0, (2**20, 2**10), (0, 0))},
        ["x"],
    ],
    ids=["system", "eval", "class", "too large", "offset", "stride", "huge", "list"],
)
def test_what_is_no_tensor_is_refused(write: Any, thing: Any, tmp_path: Path) -> None:
    with pytest.raises(pth.CheckpointError):
        pth.read(write(tmp_path / "net.pth", thing))


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    whole = _sequential(tmp_path / "net.pth", {"x": _tensor(0, (4, 6), (6, 1))}).read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "cut.pth").write_bytes(whole[:length])
        with pytest.raises(pth.CheckpointError):
            pth.read(tmp_path / "cut.pth")
