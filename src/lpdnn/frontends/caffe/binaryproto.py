"""Trained parameters from Caffe's binary files, read out of the bytes without parsing the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from lpdnn.frontends.caffe import wire
from lpdnn.frontends.caffe.blob import Blob
from lpdnn.frontends.caffe.report import about, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpdnn.ir import Array

_MOST_AXES: Final = 32  # Caffe's own limit for a blob

# Field numbers in NetParameter, LayerParameter, V1LayerParameter, BlobProto and BlobShape: see caffe.proto.
LAYERS_V1: Final = 2
LAYERS_V2: Final = 100
NET_NAME: Final = 1
TYPE_V2: Final = 2
BLOBS: Final = {LAYERS_V1: 6, LAYERS_V2: 7}
NAME: Final = {LAYERS_V1: 4, LAYERS_V2: 1}
_LAYER_V0: Final = 1
_LEGACY_DIMS: Final = (1, 2, 3, 4)
DATA: Final = 5
SHAPE: Final = 7
_DOUBLE_DATA: Final = 8
_DIFFS: Final = (6, 9)
DIM: Final = 1


def read_blobs(data: memoryview, source: str) -> dict[str, tuple[Blob, ...]]:
    """Return the blobs of every layer that has some. As in Caffe, the last layer of a name counts."""
    found = {}
    try:
        for item in wire.fields(data):
            if item.kind == wire.BYTES and item.number in BLOBS:
                name, blobs = _layer(item, source)
                if blobs:
                    found[name] = blobs
    except wire.WireError as error:
        raise about(source, f"not a caffemodel, or a truncated one ({error})") from None
    return found


def read_blob(data: memoryview, source: str) -> Blob:
    """Return the blob that a whole file is, such as a mean image."""
    try:
        return _blob(data, source)
    except wire.WireError as error:
        raise about(source, f"not a blob of Caffe's, or a truncated one ({error})") from None


def _layer(layer: wire.WireField, source: str) -> tuple[str, tuple[Blob, ...]]:
    name = ""
    blobs = []
    for item in wire.fields(layer.payload):
        if item.kind != wire.BYTES:
            continue
        if item.number == NAME[layer.number]:
            name = wire.text(item.payload)
        elif item.number == BLOBS[layer.number]:
            blobs.append(item.payload)
        elif layer.number == LAYERS_V1 and item.number == _LAYER_V0:
            raise about(
                source,
                "layers of Caffe's first generation (V0); upgrade it with Caffe's upgrade_net_proto_binary",
            )
    place = f"{source}: layer '{plain(name)}', blob"
    return name, tuple(_blob(blob, f"{place} {index}") for index, blob in enumerate(blobs))


def _blob(message: memoryview, where: str) -> Blob:
    legacy = dict.fromkeys(_LEGACY_DIMS, 0)
    legacy_given = False
    shape: tuple[int, ...] | None = None
    runs: dict[int, list[memoryview]] = {DATA: [], _DOUBLE_DATA: []}
    foreign = 0
    for item in wire.fields(message):
        if item.kind == wire.VARINT and item.number in legacy:
            legacy[item.number] = wire.signed(item.value)
            legacy_given = True
        elif item.kind == wire.BYTES and item.number == SHAPE:
            shape = tuple(_dims(item.payload))
        elif item.number in runs and item.kind != wire.VARINT:
            runs[item.number].append(item.payload)
        elif item.number not in _DIFFS:
            foreign = foreign or item.number
    dims = tuple(legacy.values()) if legacy_given or shape is None else shape
    doubles = bool(runs[_DOUBLE_DATA]) and not runs[DATA]
    pieces = runs[_DOUBLE_DATA if doubles else DATA]
    if not pieces and foreign:
        raise about(
            where,
            f"the values are in a form of a Caffe fork (field {foreign}: half precision or quantized);"
            " save them as float from that fork",
        )
    if any(dim < 0 for dim in dims) or len(dims) > _MOST_AXES:
        raise about(where, f"its shape {list(dims[:_MOST_AXES])} is not one a blob can have")
    dtype = np.dtype("<f8" if doubles else "<f4")
    held = sum(map(len, pieces))
    if held != math.prod(dims) * dtype.itemsize:
        wanted = math.prod(dims)
        raise about(
            where, f"holds {held // dtype.itemsize} values, but its shape {list(dims)} wants {wanted}"
        )
    return Blob(dims, lambda: _values(pieces, dtype, dims))


def _dims(message: memoryview) -> Iterator[int]:
    for item in wire.fields(message):
        if item.number == DIM and item.kind == wire.BYTES:
            yield from map(wire.signed, wire.varints(item.payload))
        elif item.number == DIM and item.kind == wire.VARINT:
            yield wire.signed(item.value)


def _values(
    pieces: list[memoryview], dtype: np.dtype[np.float32 | np.float64], dims: tuple[int, ...]
) -> Array:
    # The file aligns nothing and the map is read-only, so this is always a copy.
    joined = np.frombuffer(pieces[0] if len(pieces) == 1 else b"".join(pieces), dtype=dtype)
    with np.errstate(over="ignore"):
        return np.array(joined, dtype=np.float32).reshape(dims)
