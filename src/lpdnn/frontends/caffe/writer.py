"""Writes Caffe files: networks as text, weights as a binary protobuf."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from google.protobuf import text_format

from lpdnn.frontends.caffe import binaryproto, wire
from lpdnn.frontends.caffe.report import about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lpdnn.frontends.caffe.caffe_pb2 import NetParameter
    from lpdnn.ir import Array

_LARGEST_FILE = 2**31 - 1


def write_prototxt(path: str | Path, net: NetParameter) -> None:
    """Write a network's definition as text."""
    Path(path).write_text(text_format.MessageToString(net, as_utf8=True), encoding="utf-8")


def write_caffemodel(
    path: str | Path,
    weights: Mapping[str, Sequence[Array]],
    *,
    types: Mapping[str, str] | None = None,
    name: str = "",
) -> None:
    """Write the blobs of each layer; `types` may name the layers' Caffe types, `name` the network."""
    layers = [_layer(layer, (types or {}).get(layer, ""), blobs) for layer, blobs in weights.items()]
    size = sum(len(piece) for pieces in layers for piece in pieces)
    if size > _LARGEST_FILE:
        raise about(str(path), f"{size} bytes are more than the 2 GB a caffemodel can have")
    with Path(path).open("wb") as file:
        file.write(_text(binaryproto.NET_NAME, name))
        for pieces in layers:
            file.writelines(pieces)


def _layer(name: str, kind: str, blobs: Sequence[Array]) -> list[bytes | memoryview]:
    """Return a layer in pieces, so that the values are never copied."""
    number = binaryproto.LAYERS_V2
    body: list[bytes | memoryview] = [_text(binaryproto.NAME[number], name), _text(binaryproto.TYPE_V2, kind)]
    for blob in blobs:
        inner = list(_blob(blob))
        body += [_head(binaryproto.BLOBS[number], inner), *inner]
    return [_head(number, body), *body]


def _blob(values: Array) -> Iterator[bytes | memoryview]:
    dims = b"".join(wire.varint(extent) for extent in values.shape)
    shape = _bytes(binaryproto.DIM, dims) if dims else b""
    data = np.ascontiguousarray(values, dtype="<f4").reshape(-1).view(np.uint8).data
    yield _bytes(binaryproto.SHAPE, shape)
    yield wire.tag(binaryproto.DATA, wire.BYTES) + wire.varint(len(data))
    yield data


def _head(number: int, pieces: Sequence[bytes | memoryview]) -> bytes:
    return wire.tag(number, wire.BYTES) + wire.varint(sum(map(len, pieces)))


def _bytes(number: int, payload: bytes) -> bytes:
    return wire.tag(number, wire.BYTES) + wire.varint(len(payload)) + payload


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode()) if text else b""
