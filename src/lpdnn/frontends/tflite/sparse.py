"""Sparse weights made dense: the elements of a tensor that are in the file, put at their places.

The format is that of TACO (Kjolstad et al. 2017, "The Tensor Algebra Compiler"), as TFLite's schema has it:
axes in the order of a walk, each dense, or compressed to segments of indices; further axes at the end are the
insides of blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lpdnn.frontends._values import MOST

if TYPE_CHECKING:
    from lpdnn.ir import Array

_WIDTHS: Final[dict[int, np.dtype[Any]]] = {1: np.dtype("<i4"), 2: np.dtype("<u2"), 3: np.dtype("u1")}
"""Elements of a list of numbers, by the number of its type in the schema."""


def _numbers(kind: int, table: Any) -> Array:
    """Return a list of numbers; its elements are looked up here, for they are read unchecked elsewhere."""
    if kind not in _WIDTHS or table is None:
        message = "a list of indices is missing"
        raise ValueError(message)
    place = table.Offset(4)
    count = table.VectorLen(place) if place else 0
    return (
        np.frombuffer(table.Bytes, _WIDTHS[kind], count, table.Vector(place)) if count else np.zeros(0, "i4")
    )


def dense(sparsity: Any, values: Array, shape: tuple[int, ...]) -> Array:
    """Return the whole tensor. A ValueError or IndexError says that it is damaged."""
    order = [sparsity.TraversalOrder(i) for i in range(sparsity.TraversalOrderLength())]
    blocks = [sparsity.BlockMap(i) for i in range(sparsity.BlockMapLength())]
    rank = len(shape)
    if sorted(order) != list(range(rank + len(blocks))) or sparsity.DimMetadataLength() != len(order):
        message = "its axes do not fit the shape"
        raise ValueError(message)
    coordinates: dict[int, Array] = {}
    sizes: dict[int, int] = {}
    count = 1
    for level, axis in enumerate(order):
        way = sparsity.DimMetadata(level)
        if way.Format() == 0:
            sizes[axis] = size = way.DenseSize()
            parents, own = np.repeat(np.arange(count), size), np.tile(np.arange(size), count)
        else:
            segments = _numbers(way.ArraySegmentsType(), way.ArraySegments()).astype(np.int64)
            indices = _numbers(way.ArrayIndicesType(), way.ArrayIndices()).astype(np.int64)
            each = np.diff(segments)
            if segments.size != count + 1 or segments[0] or segments[-1] != indices.size or (each < 0).any():
                message = "its segments do not fit its indices"
                raise ValueError(message)
            parents, own = np.repeat(np.arange(count), each), indices
        count = own.size
        if count > MOST:
            message = "it has too many elements"
            raise ValueError(message)
        coordinates = {known: places[parents] for known, places in coordinates.items()} | {axis: own}
    if count != values.size:
        message = f"{values.size} elements are there, and {count} are wanted"
        raise ValueError(message)
    for block, axis in enumerate(blocks):
        coordinates[axis] = coordinates[axis] * sizes[rank + block] + coordinates[rank + block]
    whole = np.zeros(shape, values.dtype)
    places = [coordinates[axis] for axis in range(rank)]
    if any((place < 0).any() for place in places):
        message = "an index is negative"
        raise ValueError(message)
    whole[tuple(places)] = values
    return whole
