"""Mean and variance normalization."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Mvn(Operator):
    """y = (x - mean) / (deviation + epsilon) of each channel, or across_channels of each image.

    Without normalize_variance only the mean is subtracted. The deviation is sqrt(mean((x - mean)^2)); with
    epsilon_in_root it is sqrt(mean((x - mean)^2) + epsilon), and nothing is added to it.
    """

    NAME: ClassVar[str] = "mvn"
    INPUTS: ClassVar[tuple[str, ...]] = ("x",)

    normalize_variance: bool = True
    across_channels: bool = False
    epsilon: float = 1e-9
    epsilon_in_root: bool = False

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        if x.rank < 2:
            message = f"mean and variance normalization needs an input with a channel axis, not {x}"
            raise LpdnnError(message)
        finite(epsilon=self.epsilon)
        if self.epsilon < 0:
            message = f"epsilon is {self.epsilon}; it must not be negative"
            raise LpdnnError(message)
        return (x,)

    def reference(self, x: Array) -> tuple[Array, ...]:
        wide = x.astype(np.float64)
        axes = tuple(range(1 if self.across_channels else 2, x.ndim))
        y = wide - np.mean(wide, axis=axes, keepdims=True)
        if self.normalize_variance:
            variance = np.mean(y * y, axis=axes, keepdims=True)
            with np.errstate(divide="ignore", invalid="ignore"):
                if self.epsilon_in_root:
                    y /= np.sqrt(variance + self.epsilon)
                else:
                    y /= np.sqrt(variance) + self.epsilon
        return (y.astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        rows = math.prod(outputs[0].shape[: 1 if self.across_channels else 2])
        return {"rows": rows, "size": outputs[0].count // rows}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count
        if not self.normalize_variance:
            return Cost(additions=2 * count)
        return Cost(multiplications=2 * count, additions=3 * count)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        far = 1000 + np.random.default_rng(5).standard_normal((1, 3, 37, 41), dtype=np.float32)
        two_valued = np.where(np.arange(129 * 131) % 3, 0.3, 0.1).astype(np.float32).reshape(1, 1, 129, 131)
        return [
            Sample(cls(), ((2, 3, 5, 7),)),
            Sample(cls(across_channels=True, epsilon=0.1), ((2, 3, 5, 7),)),
            Sample(cls(normalize_variance=False), ((2, 3, 9, 5),), spread=20.0),
            Sample(cls(across_channels=True, normalize_variance=False), ((3, 11),)),
            Sample(cls(epsilon=0.3, epsilon_in_root=True), ((2, 3, 5, 7),)),
            Sample(cls(), (far,)),
            Sample(cls(across_channels=True), (two_valued,)),
            Sample(cls(epsilon=1.0), ((2, 3),)),
        ]
