"""Opens a file of trained parameters: binary or HDF5, told apart by the first bytes, not by the name."""

from __future__ import annotations

import mmap
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

from lpdnn.frontends.caffe import binaryproto, hdf5
from lpdnn.frontends.caffe.report import about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lpdnn.frontends.caffe.blob import Blob

_HDF5_MAGIC: Final = b"\x89HDF\r\n\x1a\n"
_LARGEST_FILE: Final = 2**31 - 1  # protobuf's own limit for a message


@contextmanager
def open_weights(path: Path) -> Iterator[Mapping[str, tuple[Blob, ...]]]:
    """Give the blobs of every layer that has some; they can be loaded until the context ends."""
    data = map_file(path)
    if bytes(data[: len(_HDF5_MAGIC)]) == _HDF5_MAGIC:
        with hdf5.open_layers(path) as layers:
            yield layers
    else:
        yield binaryproto.read_blobs(data, path.name)


def map_file(path: Path) -> memoryview:
    """Return the bytes of a file, mapped rather than read."""
    with _open(path) as file:
        size = path.stat().st_size
        if size == 0:
            raise about(path.name, "the file is empty")
        if size > _LARGEST_FILE:
            raise about(path.name, f"{size} bytes are more than the 2 GB a caffemodel can have")
        try:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError) as error:
            raise about(path.name, f"cannot be read ({error})") from None


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise about(str(path), f"cannot be opened ({getattr(error, 'strerror', error)})") from None
    with file:
        yield file
