"""Weighted sums of integers as operators have them: weights of 8 bits, factors and biases of 32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from lpdnn.frontends._report import UnsupportedError
from lpdnn.ops.gather import Gather
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.ops.qdeconv2d import QDeconv2d

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Array, GraphBuilder, Operator
    from lpdnn.ops.qfc import QFullyConnected

    Sums = QConv2d | QDeconv2d | QFullyConnected
    """Operators that are weighted sums."""


class Site(Protocol):
    """What an importer's context of any format can do."""

    builder: GraphBuilder

    def step(self, suffix: str, op: Operator, *inputs: str | None) -> str:
        """Add a node on the way to the result; return its value."""

    def stored(self, array: Array) -> str:
        """Add a constant of integers."""


def _parts(weight: Array) -> list[Array]:
    """Return weights as a sum of such that fit 8 bits: one, but for a zero point that is not in the middle."""
    parts: list[Array] = []
    while not parts or weight.any():
        parts.append(np.clip(weight, -128, 127))
        weight = weight - parts[-1]
    return parts


def weighted(
    site: Site,
    op: Sums,
    x: str,
    weight: Array,
    factors: Sequence[tuple[int, int]],
    bias: Array | None,
) -> str:
    """Return a weighted sum of x; weights, less their zero point, that are beyond 8 bits are of copies of x."""
    parts = _parts(weight.astype(np.int64))
    if len(parts) > 1:
        groups = op.groups if isinstance(op, QConv2d) else 1
        depth = site.builder.types[x].shape[1] // groups
        places = np.arange(groups * depth).reshape(groups, 1, depth).repeat(len(parts), axis=1)
        x = site.step("copies", Gather(1), x, site.stored(places.ravel().astype(np.int32)))
    multiplier, shift = (site.stored(np.array(column, np.int32)) for column in zip(*factors, strict=True))
    weights = site.stored(np.concatenate(parts, axis=0 if isinstance(op, QDeconv2d) else 1).astype(np.int8))
    if bias is None:
        return site.step("sum", op, x, weights, multiplier, shift, None)
    if bias.size and np.abs(bias.astype(np.float64)).max() >= 2**31:
        message = "a bias does not fit 32 bits"
        raise UnsupportedError(message)
    return site.step("sum", op, x, weights, multiplier, shift, site.stored(bias.astype(np.int32)))
