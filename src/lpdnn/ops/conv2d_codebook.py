"""Two-dimensional convolution with weights in a codebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops import _codebooks as codebooks
from lpdnn.ops._windows import Padding, Pair  # noqa: TC001  # the attributes, as they are read from files
from lpdnn.ops.activation import IDENTITY, ActivationFunction
from lpdnn.ops.conv2d import Conv2d

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Conv2dCodebook(Operator):
    """conv2d with weight [M,C/groups,KH,KW] in a codebook [books,2^bits,vector], packed `indices` into it.

    An index stands for `vector` weights of a filter that lie one behind the other; the optional scale [M]
    multiplies all weights of a filter. `shape` is the weights'. How indices lie is said in ops/_codebooks.py.
    """

    NAME: ClassVar[str] = "conv2d_codebook"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "indices", "codebook", "scale?", "bias?")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"indices", "codebook", "scale", "bias"})
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"shape"})

    shape: tuple[int, int, int, int]
    bits: int
    stride: Pair = (1, 1)
    padding: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    activation: ActivationFunction = IDENTITY

    @property
    def plain(self) -> Conv2d:
        """The convolution with the weights themselves."""
        return Conv2d(self.stride, self.padding, self.dilation, self.groups, self.activation)

    def infer(
        self,
        x: TensorType,
        indices: TensorType,
        codebook: TensorType,
        scale: TensorType | None = None,
        bias: TensorType | None = None,
    ) -> tuple[TensorType, ...]:
        codebooks.check(indices, codebook, scale, self.shape, self.bits)
        return self.plain.infer(x, TensorType(self.shape), bias)

    def reference(
        self,
        x: Array,
        indices: Array,
        codebook: Array,
        scale: Array | None = None,
        bias: Array | None = None,
    ) -> tuple[Array, ...]:
        weight = codebooks.decode(indices, codebook, scale, self.shape, self.bits)
        return self.plain.reference(x, weight, bias)

    def plain_inputs(self, inputs: Types) -> Types:
        """Return the types of the inputs of the convolution with the weights themselves."""
        x, bias = inputs[0], inputs[4] if len(inputs) > 4 else None
        return x, TensorType(self.shape), bias

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        codebook = inputs[2]
        assert codebook is not None
        books, _, vector = codebook.shape
        return {
            **self.plain.geometry(self.plain_inputs(inputs), outputs),
            "books": books,
            "vector": vector,
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return self.plain.cost(self.plain_inputs(inputs), outputs)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        relu = ActivationFunction("relu")
        pad = (1, 1, 1, 1)

        def sample(
            op: Conv2dCodebook, x: tuple[int, ...], books: int = 1, vector: int = 1, *, operands: str = "b"
        ) -> Sample:
            indices, codebook = codebooks.sample(op.shape, op.bits, books, vector)
            scale, bias = (op.shape[:1] if name in operands else None for name in "sb")
            return Sample(op, (x, indices, codebook, scale, bias))

        return [
            sample(cls((5, 3, 3, 3), 4, padding=pad), (1, 3, 9, 8)),
            sample(cls((24, 16, 1, 1), 8, activation=relu), (1, 16, 7, 7)),
            sample(cls((6, 1, 3, 3), 4, (2, 2), pad, groups=6), (1, 6, 11, 10)),
            sample(cls((21, 1, 3, 3), 3, padding=pad, groups=21), (2, 21, 7, 9), operands=""),
            sample(cls((6, 2, 4, 5), 2, (2, 3), (0, 2, 1, 3), groups=2), (2, 4, 9, 13), 2, operands=""),
            sample(cls((3, 3, 3, 3), 1, padding=(2, 3, 2, 3), dilation=(2, 3)), (1, 3, 8, 9)),
            sample(cls((37, 7, 3, 3), 5, padding=pad, activation=relu), (1, 7, 8, 8)),
            sample(cls((40, 9, 1, 1), 6, (2, 2)), (1, 9, 5, 5), 4),
            sample(cls((64, 5, 1, 1), 7), (1, 5, 6, 5), 2),
            sample(cls((8, 3, 11, 11), 4, (4, 4)), (1, 3, 23, 23), 8),
            sample(cls((19, 4, 3, 3), 8, padding=pad), (1, 4, 6, 6), 1, 4, operands="sb"),
            sample(cls((33, 9, 1, 1), 4), (1, 9, 4, 5), 1, 3, operands="s"),
            sample(cls((21, 1, 3, 3), 8, padding=pad, groups=21), (1, 21, 5, 7), 1, 3),
            sample(cls((16, 1, 3, 3), 4, padding=pad, groups=16), (1, 16, 5, 5), operands="sb"),
        ]
