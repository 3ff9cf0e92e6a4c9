"""Fully connected layer of integers with weights in a codebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lpdnn.ir import RANGE, Array, Cost, Operator, Rounding, Sample, TensorType, Types
from lpdnn.ops import _codebooks as codebooks
from lpdnn.ops._integers import weighted
from lpdnn.ops.qfc import QFullyConnected

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class QFcCodebook(Operator):
    """qfc with weight [M,K] in a codebook [books,2^bits,vector] of s8 or s16, and packed `indices` into it.

    `shape` is the weights'. How indices lie is said in ops/_codebooks.py, the arithmetic in qconv2d.
    """

    NAME: ClassVar[str] = "qfc_codebook"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "indices", "codebook", "multiplier", "shift", "bias?")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset(INPUTS[1:5]) | {"bias"}
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"shape", "axis"})
    TOLERANCE: ClassVar[float] = 0.0

    shape: tuple[int, int]
    bits: int
    axis: int = 1
    x_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    @property
    def plain(self) -> QFullyConnected:
        """The layer with the weights themselves."""
        return QFullyConnected(self.axis, self.x_zero, self.y_zero, self.low, self.high, self.rounding)

    def infer(
        self,
        x: TensorType,
        indices: TensorType,
        codebook: TensorType,
        multiplier: TensorType,
        shift: TensorType,
        bias: TensorType | None = None,
    ) -> tuple[TensorType, ...]:
        codebooks.check(indices, codebook, None, self.shape, self.bits, codebooks.WHOLE)
        return self.plain.infer(x, TensorType(self.shape, codebook.dtype), multiplier, shift, bias)

    def reference(
        self,
        x: Array,
        indices: Array,
        codebook: Array,
        multiplier: Array,
        shift: Array,
        bias: Array | None = None,
    ) -> tuple[Array, ...]:
        weight = codebooks.decode(indices, codebook, None, self.shape, self.bits)
        return self.plain.reference(x, weight, multiplier, shift, bias)

    def _plain_inputs(self, inputs: Types) -> Types:
        codebook = inputs[2]
        assert codebook is not None
        return inputs[0], TensorType(self.shape, codebook.dtype), *inputs[3:]

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        assert inputs[2] is not None
        books, _, vector = inputs[2].shape
        plain = self.plain.geometry(self._plain_inputs(inputs), outputs)
        return {**plain, "books": books, "vector": vector}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return self.plain.cost(self._plain_inputs(inputs), outputs)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        low, high = RANGE["s16"]
        cases: list[tuple[QFcCodebook, str, str, tuple[int, ...], int, int]] = [
            (cls((10, 100), 4, x_zero=3, y_zero=-4), "s8", "s8", (1, 4, 5, 5), 1, 1),
            (cls((5, 37), 3, low=0, rounding="double"), "s8", "s8", (3, 37), 5, 1),
            (cls((2, 13), 8, 3, x_zero=-128), "s8", "s8", (2, 3, 2, 13), 1, 1),
            (cls((4, 6), 1, 0, x_zero=255, y_zero=9, low=0, high=200), "u8", "s8", (2, 3), 1, 2),
            (cls((9, 512), 5, low=low, high=high), "s16", "s16", (2, 512), 3, 4),
            (cls((9, 77), 7, low=low, high=high), "s16", "s8", (2, 77), 1, 1),
        ]
        return [
            codebooks.whole(weighted(op, dtype, kind, x, op.shape, seed), seed, books, vector)
            for seed, (op, dtype, kind, x, books, vector) in enumerate(cases)
        ]
