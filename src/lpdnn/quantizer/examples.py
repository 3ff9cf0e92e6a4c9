"""Labelled examples as a network takes them, all in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lpdnn.data import Dataset
    from lpdnn.ir import Array, Graph

Tell = Callable[[float, float, str], None]
"""What hears how far it is: done, of all, what."""


def untold(_done: float, _all: float, _what: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Examples:
    """Inputs [1,...], and their labels."""

    inputs: tuple[Array, ...]
    labels: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.inputs)


def read(data: Dataset, tell: Tell) -> Examples:
    """Read all of a data set."""
    found = []
    for index in range(data.count):
        tell(index, data.count, f"read {data.name}")
        found.append(data.read(index))
    return Examples(tuple(x[None] for x, _ in found), tuple(label for _, label in found))


def input_shape(graph: Graph) -> tuple[int, ...]:
    """Return the shape of the input that examples are for: the first."""
    return graph.types[graph.inputs[0]].shape
