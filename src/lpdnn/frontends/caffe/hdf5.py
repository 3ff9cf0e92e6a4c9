"""Trained parameters from Caffe's HDF5 snapshots: the data set /data/<layer>/<index> is one blob.

An HDF5 file can point into other files, into itself and at data that it does not hold, so links are looked at
before they are followed, and nothing is read before its type and size are known to be good.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np

from lpdnn.frontends.caffe.blob import Blob
from lpdnn.frontends.caffe.report import about, plain
from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lpdnn.ir import Array

_LARGEST_BLOB: Final = 2**31 - 1  # values: Caffe counts them in an int
_DEEPEST: Final = 16  # a layer name may hold slashes, and HDF5 makes a group of each part


@contextmanager
def open_layers(path: Path) -> Iterator[dict[str, tuple[Blob, ...]]]:
    """Give the blobs of every layer that has some; they can be loaded until the context ends."""
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise about(path.name, f"not a readable HDF5 file ({_first_line(error)})") from None
    with file:
        found: dict[str, tuple[Blob, ...]] = {}
        try:
            _collect_all(file, found, path.name)
        except LpdnnError:
            raise
        except Exception as error:  # noqa: BLE001 - h5py raises whatever a damaged file leads it to
            raise about(path.name, f"damaged HDF5 file ({_first_line(error)})") from None
        yield found


def _collect_all(file: Any, found: dict[str, tuple[Blob, ...]], source: str) -> None:
    root = _child(file, "data", source)
    if not isinstance(root, h5py.Group):
        raise about(source, "has no group /data, so it is not a Caffe model")
    _collect(root, "", found, source, {root.id})


def _collect(group: Any, name: str, found: dict[str, tuple[Blob, ...]], source: str, seen: set[Any]) -> None:
    if name.count("/") > _DEEPEST:
        raise about(source, f"groups nest deeper than {_DEEPEST} levels at /data/{plain(name)}")
    blobs = {}
    for key in group:
        child = _child(group, key, source)
        inner = f"{name}/{key}" if name else key
        if isinstance(child, h5py.Group):
            if child.id in seen:
                raise about(source, f"the group /data/{plain(inner)} is reached twice")
            seen.add(child.id)
            _collect(child, inner, found, source, seen)
        elif isinstance(child, h5py.Dataset) and key.isascii() and key.isdecimal():
            blobs[int(key)] = _checked(child, f"{source}: layer '{plain(name)}', blob {plain(key)}")
    if blobs:
        if sorted(blobs) != list(range(len(blobs))):
            raise about(source, f"the blobs of layer '{plain(name)}' are not numbered from 0 on")
        found[name] = tuple(blobs[index] for index in range(len(blobs)))


def _child(group: Any, key: str, source: str) -> Any:
    link = group.get(key, getlink=True)
    if link is not None and not isinstance(link, h5py.HardLink):
        where = plain(f"{group.name.rstrip('/')}/{key}")
        raise about(source, f"{where} is a link to elsewhere, which is not followed")
    return group.get(key)


def _checked(data: Any, where: str) -> Blob:
    if data.dtype.kind != "f" or data.dtype.itemsize not in (4, 8):
        raise about(where, f"holds {data.dtype}, not float or double")
    if data.external or data.is_virtual:
        raise about(where, "its values are in another file, which is not followed")
    if data.shape is None or data.size > _LARGEST_BLOB:
        raise about(where, f"its shape {data.shape} is not one a blob can have")
    return Blob(tuple(data.shape), lambda: _values(data, where))


def _values(data: Any, where: str) -> Array:
    try:
        with np.errstate(over="ignore"):
            return np.asarray(data[()], dtype=np.float32)
    except Exception as error:  # noqa: BLE001 - h5py raises whatever a damaged file leads it to
        raise about(where, f"cannot be read ({_first_line(error)})") from None


def _first_line(error: BaseException) -> str:
    return plain(str(error).strip("'\"").split("\n")[0], 120)
