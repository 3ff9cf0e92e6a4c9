"""Local response normalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Lrn(Operator):
    """y = x / (k + alpha/n sum x^2)^beta over `size` channels, or a `size` x `size` window of one channel.

    n is all of the region, also where it sticks out of x; x [N,C,...], [N,C,H,W] for a window.
    """

    NAME: ClassVar[str] = "lrn"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)

    region: Literal["across_channels", "within_channel"] = "across_channels"
    size: int = 5
    alpha: float = 1.0
    beta: float = 0.75
    k: float = 1.0

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        finite(alpha=self.alpha, beta=self.beta, k=self.k)
        within = self.region == "within_channel"
        if x.rank != 4 if within else x.rank < 2:
            message = (
                f"normalization {self.region} needs a {'4-D' if within else '2-D or larger'} input, not {x}"
            )
            raise LpdnnError(message)
        if self.size < 1 or self.size % 2 == 0 or self.size >= 2**15:
            message = f"size {self.size} must be odd, so that the region has a middle, and below {2**15}"
            raise LpdnnError(message)
        if within and self.k != 1:
            message = f"normalization within_channel always has k = 1, not {self.k}"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array) -> tuple[Array, ...]:
        axes = (1,) if self.region == "across_channels" else (2, 3)
        sums = x.astype(np.float64) ** 2
        for axis in axes:
            border = [(0, 0)] * x.ndim
            border[axis] = (self.size // 2, self.size // 2)
            sums = np.lib.stride_tricks.sliding_window_view(np.pad(sums, border), self.size, axis).sum(
                axis=-1
            )
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            y = x / (self.k + self.alpha / self.size ** len(axes) * sums) ** self.beta
        return (y.astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        batch, channels, *inner = outputs[0].shape
        width = inner[-1] if inner else 1
        return {
            "batch": batch,
            "channels": channels,
            "height": outputs[0].count // (batch * channels * width),
            "width": width,
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        region = self.size if self.region == "across_channels" else self.size * self.size
        return Cost(multiplications=2 * count, additions=region * count, divisions=count, exponentials=count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls("across_channels", 5, 1e-4, 0.75, 1.0), ((1, 16, 5, 7),), spread=30.0),
            Sample(cls("across_channels", 5, 1.1, 0.75, 2.0), ((2, 6, 4, 3),)),
            Sample(cls("across_channels", 3, 0.5, 0.5, 1.0), ((2, 7),)),
            Sample(cls("across_channels", 9, 2.0, 0.6, 1.5), ((1, 4, 3, 3),)),
            Sample(cls("across_channels", 1, 0.3, 1.0, 1.0), ((3, 2, 11),)),
            Sample(cls("within_channel", 3, 5e-5, 0.75), ((1, 4, 6, 5),), spread=100.0),
            Sample(cls("within_channel", 5, 0.9, 0.75), ((2, 3, 9, 7),)),
            Sample(cls("within_channel", 7, 3.0, 0.4), ((1, 2, 3, 2),)),
        ]
