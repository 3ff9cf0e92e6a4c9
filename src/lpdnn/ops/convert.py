"""Change of a tensor's layout in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types, same_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

Layout = Literal["nchw", "nhwc", "nchw8c", "nchw16c"]


@dataclass(frozen=True)
class Convert(Operator):
    """The same tensor [N,C,H,W] in another order of memory; a last block of channels is filled up with 0."""

    NAME: ClassVar[str] = "convert"
    TOLERANCE: ClassVar[float] = 0.0
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"source", "target"})

    source: Layout = "nchw"
    target: Layout = "nhwc"

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        if x.rank != 4 or x.layout != self.source:
            message = f"conversion from {self.source} to {self.target} does not take {x}"
            raise LpdnnError(message)
        return (replace(x, layout=self.target),)

    def reference(self, x: Array) -> tuple[Array, ...]:
        """Return x: values are seen in N, C, H, W order whatever their layout."""
        return (x,)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        batch, channels, height, width = outputs[0].shape
        return {"batch": batch, "channels": channels, "pixels": height * width}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        return Cost()

    def piece(self, inputs: Types, outputs: tuple[TensorType, ...]) -> int | None:
        return 0 if same_bytes(outputs[0].shape, self.source, self.target) else None

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        shapes = ((1, 3, 5, 7), (2, 16, 3, 3), (1, 21, 4, 4), (1, 40, 1, 1))
        pairs: list[tuple[Layout, Layout]] = [("nchw", "nhwc"), ("nhwc", "nchw")]
        for block in ("nchw8c", "nchw16c"):
            pairs += [("nchw", block), (block, "nchw"), ("nhwc", block), (block, "nhwc")]
        return [Sample(cls(source, target), (shape,)) for source, target in pairs for shape in shapes]
