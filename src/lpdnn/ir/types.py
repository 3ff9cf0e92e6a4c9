"""What is known of a tensor before it exists: shape, element type, memory layout."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.ir.errors import LpdnnError

if TYPE_CHECKING:
    from collections.abc import Sequence

ELEMENT = {"f32": np.float32, "s16": np.int16, "s8": np.int8, "u8": np.uint8, "s32": np.int32}
RANGE = {
    "s8": (-(2**7), 2**7 - 1),
    "u8": (0, 2**8 - 1),
    "s16": (-(2**15), 2**15 - 1),
    "s32": (-(2**31), 2**31 - 1),
}
"""The least and the greatest integer of each type."""
LAYOUTS = ("nchw", "nhwc", "nchw8c", "nchw16c")
BLOCK = {"nchw8c": 8, "nchw16c": 16}
"""Channels that lie side by side in the blocked layouts."""
MAX_COUNT = 2**31 - 1
"""Elements of the largest tensor: indices in C are 32-bit."""


@dataclass(frozen=True)
class TensorType:
    """Shape in N, C, H, W order whatever the layout; layout "nchw" is row-major over any rank.

    An extent may be 0 only of a constant (`occupied`): nothing has to compute a tensor without elements.
    In nhwc pixels may lie apart: `pitch` elements from one to the next, more than there are channels, where
    others' channels lie between. 0: they do not.
    """

    shape: tuple[int, ...]
    dtype: str = "f32"
    layout: str = "nchw"
    pitch: int = 0

    def __post_init__(self) -> None:
        if any(extent < 0 for extent in self.shape):
            message = f"shape {self} has an extent below 0"
            raise LpdnnError(message)
        if math.prod(self.shape) > MAX_COUNT:
            message = f"shape {self} has more than {MAX_COUNT} elements"
            raise LpdnnError(message)

    @classmethod
    def of(cls, array: np.ndarray[Any, Any]) -> TensorType:
        """Return the type of an array; an element type that no target has is refused."""
        dtype = next((name for name, element in ELEMENT.items() if array.dtype == element), None)
        if dtype is None:
            message = f"element type {array.dtype.name} is none that a target has"
            raise LpdnnError(message)
        return cls(tuple(array.shape), dtype)

    def holding(self, x: np.ndarray[Any, Any], what: str) -> np.ndarray[Any, Any]:
        """Return x with this element type; another shape, and what the type cannot hold, is refused."""
        x = np.asarray(x)
        if x.shape != self.shape:
            message = f"{what} has shape {x.shape}, and the network takes {self.shape}"
            raise LpdnnError(message)
        if self.dtype in RANGE:
            low, high = RANGE[self.dtype]
            if x.dtype.kind not in "iub" or (x.size and (x.min() < low or x.max() > high)):
                message = f"{what} must hold integers from {low} to {high}, for the network takes {self}"
                raise LpdnnError(message)
        return np.ascontiguousarray(x, ELEMENT[self.dtype])

    def occupied(self) -> TensorType:
        """Return this type; one without elements is refused."""
        if not self.count:
            message = f"shape {self} has an extent below 1"
            raise LpdnnError(message)
        return self

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def pixels(self) -> int:
        """Pixels of all images [N,C,H,W]."""
        return self.count // self.shape[1]

    @property
    def elements(self) -> int:
        """Number of elements in memory, from the first to the last; blocks of channels are filled up."""
        if self.pitch:
            return (self.pixels - 1) * self.pitch + self.shape[1]
        block = BLOCK.get(self.layout)
        if block is None:
            return self.count
        return self.count // self.shape[1] * (-(-self.shape[1] // block) * block)

    @property
    def bytes(self) -> int:
        """Memory that the elements take."""
        return self.elements * np.dtype(ELEMENT[self.dtype]).itemsize

    def run(self, begin: Sequence[int], shape: Sequence[int]) -> int | None:
        """Return at which element of memory a box of this tensor starts; None if it is not one run there."""
        extents, first, size = list(self.shape), list(begin), list(shape)
        if self.layout == "nhwc":
            extents, first, size = ([axes[i] for i in (0, 2, 3, 1)] for axes in (extents, first, size))
        block = BLOCK.get(self.layout)
        if block:
            if first[1] % block or (size[1] % block and first[1] + size[1] != extents[1]):
                return None  # it would share a block of channels with what is beside it
            extents = [extents[0], -(-extents[1] // block), *extents[2:], block]
            first = [first[0], first[1] // block, *first[2:], 0]
            size = [size[0], -(-size[1] // block), *size[2:], block]
        outer = next((axis for axis, extent in enumerate(size) if extent > 1), len(size))
        if size[outer + 1 :] != extents[outer + 1 :]:
            return None
        return sum(index * math.prod(extents[axis + 1 :]) for axis, index in enumerate(first))

    def reshaped(self, *shape: int) -> TensorType:
        """Return the same type with another shape."""
        return replace(self, shape=tuple(int(extent) for extent in shape), pitch=0)

    def __str__(self) -> str:
        extents = "x".join(map(str, self.shape)) or "scalar"
        layout = "" if self.layout == "nchw" else f" {self.layout}"
        layout += f" of {self.pitch}" if self.pitch else ""
        return f"{self.dtype}[{extents}]{layout}"
