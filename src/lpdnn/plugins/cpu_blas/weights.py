"""Weights as the products want them: plain matrices for the libraries, panels for our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator

Arrays = tuple["Array | None", ...]
Prepare = Callable[["Operator", Arrays], Arrays]

FILTER_PANEL = 8
"""Filters that lie together for each element of the depth, where they are the rows (nchw)."""
CHANNEL_PANEL = 32
"""Filters that lie together for each element of the depth, where they are the columns (nhwc)."""


def _plain_rows(matrices: Array) -> Array:
    """Return [B][filters][depth] for products with filters as rows: as they are."""
    return matrices


def _plain_columns(matrices: Array) -> Array:
    return np.swapaxes(matrices, 1, 2)


def _panels(matrices: Array, panel: int) -> Array:
    """Return [B][filters/panel][depth][panel], filled up with zeros."""
    batch, filters, depth = matrices.shape
    count = -(-filters // panel)
    filled = np.zeros((batch, count * panel, depth), np.float32)
    filled[:, :filters] = matrices
    return np.swapaxes(filled.reshape(batch, count, panel, depth), 2, 3)


PLAIN = {"nchw": _plain_rows, "nhwc": _plain_columns}
PANELS = {
    "nchw": lambda matrices: _panels(matrices, FILTER_PANEL),
    "nhwc": lambda matrices: _panels(matrices, CHANNEL_PANEL),
}


def grouped(op: Operator, weight: Array) -> Array:
    """Return a convolution's weights as [groups][M/g][C/g][KH*KW]."""
    filters, depth, *kernel = weight.shape
    groups: int = op.groups  # type: ignore[attr-defined]
    return weight.reshape(groups, filters // groups, depth, kernel[0] * kernel[1])


def by_channel(op: Operator, weight: Array) -> Array:
    """[groups][M/g][C/g*KH*KW]: im2col."""
    return grouped(op, weight).reshape(op.groups, weight.shape[0] // op.groups, -1)  # type: ignore[attr-defined]


def by_tap(op: Operator, weight: Array) -> Array:
    """[groups][M/g][KH*KW*C/g]: im2row."""
    parts = grouped(op, weight)
    return np.swapaxes(parts, 2, 3).reshape(*parts.shape[:2], -1)


def all_taps(op: Operator, weight: Array) -> Array:
    """[groups][KH*KW*M/g][C/g]: kn2row, kn2col."""
    parts = np.moveaxis(grouped(op, weight), 3, 1)
    return parts.reshape(parts.shape[0], -1, parts.shape[3])


def each_tap(op: Operator, weight: Array) -> Array:
    """[groups*KH*KW][M/g][C/g]: the accumulating versions."""
    parts = np.moveaxis(grouped(op, weight), 3, 1)
    return parts.reshape(-1, *parts.shape[2:])


def whole(_op: Operator, weight: Array) -> Array:
    """[1][M][K]: a fully connected layer."""
    return weight[None]


def unchanged(_op: Operator, constants: Arrays) -> Arrays:
    """[M][K]: a matrix-vector product."""
    return constants


def prepared(matrices: Callable[[Operator, Array], Array], arrange: Callable[[Array], Array]) -> Prepare:
    """Return what turns the weights of a node into matrices [B][filters][depth], arranged for a library."""

    def prepare(op: Operator, constants: Arrays) -> Arrays:
        x, weight, *rest = constants
        if weight is None:
            message = (
                f"a {op.NAME} whose weights are computed by the network cannot be done by matrix products"
            )
            raise LpdnnError(message)
        return (x, np.ascontiguousarray(arrange(matrices(op, weight))), *rest)

    return prepare
