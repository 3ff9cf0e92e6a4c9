"""Reads the tensors of a PyTorch checkpoint without PyTorch, and without running what the file says."""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8", "IntStorage": "<i4"}
"""Element types by the names PyTorch gives to runs of them."""
DAMAGE = (AttributeError, EOFError, LookupError, OSError, StopIteration, TypeError, ValueError)
"""What a damaged file can lead to."""


Shape = tuple[int, ...]


class CheckpointError(Exception):
    """A file that is no checkpoint of tensors."""


class Storage(NamedTuple):
    """A run of elements somewhere in the file."""

    key: str
    dtype: str
    count: int


class View(NamedTuple):
    """A tensor: a strided window on a storage."""

    storage: Storage
    offset: int
    shape: Shape
    strides: Shape

    def array(self, data: bytes) -> np.ndarray[Any, Any]:
        """Return the elements; the window must lie within the storage."""
        flat = np.frombuffer(data, self.storage.dtype, self.storage.count)
        last = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))
        elements = math.prod(self.shape)
        if not 0 < elements <= flat.size or min(self.offset, *self.strides, 0) < 0 or last >= flat.size:
            message = f"a tensor of shape {self.shape} does not fit into its {flat.size} elements"
            raise CheckpointError(message)
        steps = tuple(stride * flat.itemsize for stride in self.strides)
        return np.lib.stride_tricks.as_strided(flat[self.offset :], self.shape, steps).copy()


def _rebuild(storage: Storage, offset: int, shape: Shape, strides: Shape, *_: object) -> View:
    return View(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


class _Unpickler(pickle.Unpickler):
    """Knows dictionaries, tensors and storages; whatever else a pickle asks for is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        message = f"it asks for {module}.{name}"
        raise CheckpointError(message)

    def persistent_load(self, pid: Any) -> Storage:
        kind, dtype, key, _location, count = pid[:5]
        if kind != "storage":
            message = f"it refers to a {kind}"
            raise CheckpointError(message)
        return Storage(str(key), dtype, int(count))


def _zipped(path: Path) -> tuple[Any, Callable[[Storage], bytes]]:
    """Return the object in today's format, a zip of one pickle and one file a storage."""
    archive = zipfile.ZipFile(path)
    home = next(name for name in archive.namelist() if name.endswith("/data.pkl")).removesuffix("data.pkl")
    found = _Unpickler(io.BytesIO(archive.read(f"{home}data.pkl"))).load()
    return found, lambda storage: archive.read(f"{home}data/{storage.key}")


def _sequential(path: Path) -> tuple[Any, Callable[[Storage], bytes]]:
    """Return the object in the format before 1.6: pickles one after the other, then the storages."""
    data: dict[str, bytes] = {}
    with path.open("rb") as file:
        if _Unpickler(file).load() != MAGIC:
            message = "it does not begin as a checkpoint"
            raise CheckpointError(message)
        _version, _machine = (_Unpickler(file).load() for _ in range(2))
        found = _Unpickler(file).load()
        sizes = {view.storage.key: view.storage for view in found.values() if isinstance(view, View)}
        for key in _Unpickler(file).load():
            count = int.from_bytes(file.read(8), "little")
            if key not in sizes or sizes[key].count != count:
                message = f"storage {key} has {count} elements, which no tensor expects"
                raise CheckpointError(message)
            data[key] = file.read(count * np.dtype(sizes[key].dtype).itemsize)
    return found, lambda storage: data[storage.key]


def read(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Return the tensors of a checkpoint by name."""
    try:
        found, data = (_zipped if zipfile.is_zipfile(path) else _sequential)(path)
        views = {str(name): view for name, view in found.items() if isinstance(view, View)}
        return {name: view.array(data(view.storage)) for name, view in views.items()}
    except (CheckpointError, pickle.UnpicklingError, zipfile.BadZipFile, *DAMAGE) as error:
        message = f"{path}: no checkpoint that can be read: {error}"
        raise CheckpointError(message) from error
