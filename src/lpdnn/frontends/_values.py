"""What importers of any format agree on: numbers at run time, and names given once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lpdnn.frontends._report import UnsupportedError

if TYPE_CHECKING:
    from lpdnn.ir import Array

EXACT: Final = 2**24
"""Whole numbers are computed with as float, which holds each up to here."""
LARGEST: Final = float(np.finfo(np.float32).max)
MOST: Final = 2**28
"""Elements of the largest value that is computed at compile time."""


@dataclass
class Names:
    """Names for values and nodes, each given once."""

    taken: set[str] = field(default_factory=set)

    def fresh(self, name: str) -> str:
        """Return the name, with a number behind it if another has it."""
        candidate, count = name, 1
        while candidate in self.taken:
            count += 1
            candidate = f"{name}#{count}"
        self.taken.add(candidate)
        return candidate


def as_float(array: Array) -> Array:
    """Return a constant as run-time values are: float32, in which what is too large is infinite."""
    if array.dtype.kind in "iu" and array.size and int(np.max(np.abs(array.astype(np.float64)))) > EXACT:
        message = f"it computes with integers above {EXACT}, which float does not hold exactly"
        raise UnsupportedError(message)
    if array.dtype.kind in "cUSO":
        message = f"it computes with elements of type {array.dtype.name}"
        raise UnsupportedError(message)
    with np.errstate(over="ignore"):
        real = np.asarray(array).astype(np.float64).astype(np.float32)
    if np.isnan(real).any():
        message = "it has a constant that is not a number (NaN)"
        raise UnsupportedError(message)
    return np.asarray(real)
