"""Sparse weights as integers: offsets of the groups; then of each its count, positions and bits of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError
from lpdnn.ops.conv2d import Conv2d

if TYPE_CHECKING:
    from lpdnn.ir import Array, Operator
    from lpdnn.primitives import Prepare

FORMATS = ("coo", "csr", "csc")
"""The kernels' SPARSE_FORMAT is the place in this list."""


def _starts(owners: Array, count: int) -> Array:
    """Return where each of `count` rows or columns starts, and where the last ends."""
    return np.concatenate(([0], np.cumsum(np.bincount(owners, minlength=count))))


def encoded(matrix: Array, form: str) -> Array:
    """Return one matrix [rows][columns]: count, rows or starts, columns or rows, values."""
    dense = np.asarray(matrix, np.float32)
    if form == "csc":
        columns, rows = np.nonzero(dense.T)
        places = (_starts(columns, dense.shape[1]), rows)
    else:
        rows, columns = np.nonzero(dense)
        places = (rows if form == "coo" else _starts(rows, dense.shape[0]), columns)
    values = dense[rows, columns].view(np.int32)
    return np.concatenate(([values.size], *places, values)).astype(np.int32)


def _groups(op: Operator, weight: Array, by_tap: bool) -> list[Array]:  # noqa: FBT001
    """Return [M/g][depth] of each group; the depth counts taps first and channels within, or the reverse."""
    if not isinstance(op, Conv2d):
        return [weight]
    filters, channels, *kernel = weight.shape
    parts = weight.reshape(op.groups, filters // op.groups, channels, kernel[0] * kernel[1])
    ordered = np.swapaxes(parts, 2, 3) if by_tap else parts
    return list(ordered.reshape(op.groups, filters // op.groups, -1))


def prepared(form: str, *, by_tap: bool = False) -> Prepare:
    """Return what encodes a node's weights in a format."""

    def prepare(op: Operator, constants: tuple[Array | None, ...]) -> tuple[Array | None, ...]:
        x, weight, *rest = constants
        if weight is None:
            message = f"the weights of a {op.NAME} are computed by the network: cpu_sparse wants constants"
            raise LpdnnError(message)
        groups = [encoded(matrix, form) for matrix in _groups(op, weight, by_tap)]
        offsets = len(groups) + np.concatenate(([0], np.cumsum([group.size for group in groups])[:-1]))
        return (x, np.concatenate((offsets, *groups)).astype(np.int32), *rest)

    return prepare
