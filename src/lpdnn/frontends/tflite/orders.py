"""Orders of axes: axis i of a value of the graph is axis order[i] of the model's tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Order = tuple[int, ...]


def identity(rank: int) -> Order:
    """Return the model's own order."""
    return tuple(range(rank))


def channels_first(rank: int) -> Order:
    """Return the order in which images are computed with: the last axis in the second place."""
    return identity(rank) if rank < 3 else (0, rank - 1, *range(1, rank - 1))


def interface(rank: int) -> Order:
    """Return the order in which inputs and results of a network are: images with their channels first."""
    return channels_first(rank) if rank >= 4 else identity(rank)


def model_shape(extents: Sequence[int], order: Order) -> tuple[int, ...]:
    """Return the model's shape of a value with these extents."""
    return tuple(extents[order.index(axis)] for axis in range(len(order)))


def without_axes(order: Order, axes: Sequence[int]) -> Order:
    """Return an order without some of the model's axes."""
    kept = sorted(axis for axis in order if axis not in axes)
    return tuple(kept.index(axis) for axis in order if axis not in axes)


def with_axes(order: Order, axes: Sequence[int]) -> Order:
    """Return an order with more axes, of extent 1, at these places of the model's; where they lie is free."""
    rank = len(order) + len(axes)
    places = [axis for axis in range(rank) if axis not in axes]
    wanted = [places[axis] for axis in order]
    for candidate in (channels_first(rank), identity(rank)):
        if [axis for axis in candidate if axis not in axes] == wanted:
            return candidate
    return (*axes, *wanted)
