"""Fully connected layer with weights in a codebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lpdnn.ir import Array, Cost, Operator, Sample, TensorType, Types
from lpdnn.ops import _codebooks as codebooks
from lpdnn.ops.activation import IDENTITY, ActivationFunction
from lpdnn.ops.fully_connected import FullyConnected

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class FcCodebook(Operator):
    """fc with weight [M,K] in a codebook [books,2^bits,vector], and packed `indices` [M,K/vector] into it.

    An index stands for `vector` weights in a row; the optional scale [M] multiplies all weights of a row. `shape` is
    the weights'. How indices lie is said in ops/_codebooks.py.
    """

    NAME: ClassVar[str] = "fc_codebook"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "indices", "codebook", "scale?", "bias?")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"indices", "codebook", "scale", "bias"})
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"shape", "axis"})

    shape: tuple[int, int]
    bits: int
    axis: int = 1
    activation: ActivationFunction = IDENTITY

    @property
    def plain(self) -> FullyConnected:
        """The layer with the weights themselves."""
        return FullyConnected(self.axis, self.activation)

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
        """Return the types of the inputs of the layer with the weights themselves."""
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
        def sample(
            op: FcCodebook, x: tuple[int, ...], books: int = 1, vector: int = 1, *, operands: str = "b"
        ) -> Sample:
            indices, codebook = codebooks.sample(op.shape, op.bits, books, vector)
            scale, bias = (op.shape[:1] if name in operands else None for name in "sb")
            return Sample(op, (x, indices, codebook, scale, bias))

        return [
            sample(cls((10, 100), 4), (1, 4, 5, 5)),
            sample(cls((5, 37), 3, activation=ActivationFunction("relu")), (3, 37)),
            sample(cls((2, 13), 8, axis=3), (2, 3, 2, 13), operands=""),
            sample(cls((4, 6), 1, axis=0), (2, 3)),
            sample(cls((1, 1), 8), (1, 1)),
            sample(cls((3, 3), 1), (2, 3)),
            sample(cls((150, 67), 2), (2, 67)),
            sample(cls((256, 33), 4), (1, 33), 2),
            sample(cls((33, 1030), 5), (1, 1030)),
            sample(cls((18, 47), 6), (1, 47), 3),
            sample(cls((20, 21), 7), (1, 21)),
            sample(cls((3, 25088), 4), (1, 512, 7, 7)),
            sample(cls((40, 75), 4), (2, 75), 1, 3, operands="sb"),
            sample(cls((300, 44), 3), (1, 44), 1, 4),
            sample(cls((70, 600), 4), (1, 600), operands="s"),
            sample(cls((128, 36), 8), (1, 36), 2, 2, operands=""),
        ]
