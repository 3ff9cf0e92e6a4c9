"""Two-dimensional convolution of integers with weights in a codebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lpdnn.ir import Array, Cost, Operator, Rounding, Sample, TensorType, Types
from lpdnn.ops import _codebooks as codebooks
from lpdnn.ops._integers import weighted
from lpdnn.ops._windows import Padding, Pair  # noqa: TC001  # the attributes, as they are read from files
from lpdnn.ops.qconv2d import QConv2d

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class QConv2dCodebook(Operator):
    """qconv2d with weight in a codebook [books,2^bits,vector] of s8 or s16, and packed `indices` into it.

    `shape` is the weights'. How indices lie is said in ops/_codebooks.py, the arithmetic in qconv2d.
    """

    NAME: ClassVar[str] = "qconv2d_codebook"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "indices", "codebook", "multiplier", "shift", "bias?")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset(INPUTS[1:5]) | {"bias"}
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"shape"})
    TOLERANCE: ClassVar[float] = 0.0

    shape: tuple[int, int, int, int]
    bits: int
    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    x_zero: int = 0
    y_zero: int = 0
    low: int = -128
    high: int = 127
    rounding: Rounding = "single"

    @property
    def plain(self) -> QConv2d:
        """The convolution with the weights themselves."""
        windows = (self.stride, self.padding, self.dilation, self.groups)
        return QConv2d(*windows, self.x_zero, self.y_zero, self.low, self.high, self.rounding)

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
        pad = (1, 1, 1, 1)
        cases: list[tuple[QConv2dCodebook, tuple[int, ...], int, int]] = [
            (cls((5, 3, 3, 3), 4, padding=pad, x_zero=-7, y_zero=5), (1, 3, 9, 8), 1, 1),
            (cls((24, 16, 1, 1), 8, low=5), (1, 16, 7, 7), 1, 1),
            (cls((6, 1, 3, 3), 3, (2, 2), pad, groups=6, x_zero=-128), (1, 6, 11, 10), 1, 3),
            (cls((6, 2, 4, 5), 5, (2, 3), (0, 2, 1, 3), groups=2, x_zero=11), (2, 4, 9, 13), 3, 1),
            (cls((3, 2, 3, 3), 1, (1, 1), pad, (2, 1), rounding="double"), (1, 2, 8, 9), 1, 1),
        ]
        found = []
        for seed, (op, x, books, vector) in enumerate(cases):
            found.append(codebooks.whole(weighted(op, "s8", "s8", x, op.shape, seed), seed, books, vector))
            if op.rounding == "single":
                wide = cls(
                    op.shape,
                    op.bits,
                    op.stride,
                    op.padding,
                    op.dilation,
                    op.groups,
                    low=-(2**15),
                    high=2**15 - 1,
                )
                for kind in ("s16", "s8"):
                    case = weighted(wide, "s16", kind, x, op.shape, seed)
                    found.append(codebooks.whole(case, seed, books, vector))
        odd = cls((3, 4, 3, 3), 6, (1, 2), (1, 0, 1, 2), x_zero=130, y_zero=120, low=0, high=255)
        return [*found, codebooks.whole(weighted(odd, "u8", "s8", (1, 4, 6, 7), odd.shape, 9), 9)]
