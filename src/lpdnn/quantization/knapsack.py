"""The multiple-choice knapsack: one candidate of each item, least total cost within a budget, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Array


@dataclass(frozen=True)
class Weighed:
    """A candidate: what it takes of the budget, and what it costs."""

    size: int
    cost: float


@dataclass(frozen=True)
class Packing:
    """Which candidate of each item, and the sums over all."""

    chosen: tuple[int, ...]
    size: int
    cost: float


def front(items: Sequence[Sequence[Weighed]]) -> list[Packing]:
    """Return every packing that no other beats in size and cost, the smallest first.

    Item by item, partial packings that another beats in both are dropped: exact, since costs add up. As many
    are kept as there are different sizes at most: sizes in coarse units make it fast.
    """
    size, cost = np.zeros(1, np.int64), np.zeros(1)
    trails: list[tuple[Array, ...]] = []
    for item in items:
        if not item:
            message = "an item without candidates cannot be packed"
            raise LpdnnError(message)
        sizes = np.concatenate([size + one.size for one in item])
        costs = np.concatenate([cost + one.cost for one in item])
        order = np.lexsort((costs, sizes))
        least = np.minimum.accumulate(costs[order])
        kept = order[np.concatenate([[True], least[1:] < least[:-1]])]
        trails.append((kept // size.size, kept % size.size))
        size, cost = sizes[kept], costs[kept]
    return [_packing(trails, index, int(size[index]), float(cost[index])) for index in range(size.size)]


def _packing(
    trails: Sequence[tuple[Array, ...]],
    index: int,
    size: int,
    cost: float,
) -> Packing:
    chosen = []
    for candidate, before in reversed(trails):
        chosen.append(int(candidate[index]))
        index = int(before[index])
    return Packing(tuple(reversed(chosen)), size, cost)


def pack(items: Sequence[Sequence[Weighed]], budget: int) -> Packing:
    """Return the packing of least cost within a budget; an LpdnnError says what the smallest takes."""
    found = front(items)
    fitting = [one for one in found if one.size <= budget]
    if not fitting:
        message = f"nothing fits into {budget}: the smallest choice takes {found[0].size}"
        raise LpdnnError(message)
    return fitting[-1]
