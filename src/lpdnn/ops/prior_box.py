"""The boxes that a single-shot detector (SSD) starts from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ops._windows import Pair

SAME_RATIO = 1e-6
"""Aspect ratios that differ by less are one (Caffe); none is below."""
MAX_RATIOS = 100
MAX_SIZE = 2**24


def _distinct(ratios: tuple[float, ...], *, flip: bool) -> tuple[float, ...]:
    """Return the ratios without 1, repetitions and what the flip of an earlier one already is."""
    if len(ratios) > MAX_RATIOS:
        return ratios
    seen, kept = [1.0], []
    for ratio in ratios:
        if any(abs(ratio - other) < SAME_RATIO for other in seen):
            continue
        kept.append(ratio)
        seen += [ratio, 1 / ratio] if flip and ratio else [ratio]
    return tuple(kept)


def _whole(sizes: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(float(math.trunc(size)) if math.isfinite(size) else size for size in sizes)


@dataclass(frozen=True)
class PriorBox(Operator):
    """Boxes around each pixel of x, relative to the size of image, and their variances: [1,2,H*W*boxes*4].

    For each min size: a square of it, one of sqrt(min max) where there are max sizes, then for each aspect
    ratio r a box min sqrt(r) wide and min / sqrt(r) high, with flip followed by one of 1/r. As in Caffe,
    sizes lose their fraction, and ratios that are 1, an earlier one or its flip are dropped; the attributes
    say what remains. Centers lie at (i + offset) step; if a step is 0, both are image / x.
    """

    NAME: ClassVar[str] = "prior_box"
    SHAPES_ONLY: ClassVar[bool] = True
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "image")

    min_sizes: tuple[float, ...]
    max_sizes: tuple[float, ...] = ()
    aspect_ratios: tuple[float, ...] = ()
    flip: bool = True
    clip: bool = False
    variances: tuple[float, ...] = (0.1,)
    step: tuple[float, float] = (0.0, 0.0)
    offset: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "min_sizes", _whole(self.min_sizes))
        object.__setattr__(self, "max_sizes", _whole(self.max_sizes))
        object.__setattr__(self, "aspect_ratios", _distinct(self.aspect_ratios, flip=self.flip))

    def boxes(self) -> list[tuple[float, float]]:
        """Return width and height of each box of a pixel, in order."""
        ratios = [r for ratio in self.aspect_ratios for r in ((ratio, 1 / ratio) if self.flip else (ratio,))]
        found = []
        for i, size in enumerate(self.min_sizes):
            squares = [size, math.sqrt(size * self.max_sizes[i])] if self.max_sizes else [size]
            found += [(side, side) for side in squares]
            found += [(size * math.sqrt(ratio), size / math.sqrt(ratio)) for ratio in ratios]
        return found

    def _check(self) -> None:
        for name in ("min_sizes", "max_sizes", "aspect_ratios", "variances", "step"):
            for value in getattr(self, name):
                finite(**{name: value})
        finite(offset=self.offset)
        low, high, ratios = self.min_sizes, self.max_sizes, self.aspect_ratios
        rules = (
            (bool(low), "there are no min sizes; at least one is needed"),
            (
                all(1 <= size <= MAX_SIZE for size in low + high),
                f"min sizes {low} and max sizes {high} must be 1 to {MAX_SIZE}",
            ),
            (len(high) in {0, len(low)}, f"{len(high)} max sizes do not go with {len(low)} min sizes"),
            (
                all(first < second for first, second in zip(low, high, strict=False)),
                f"max sizes {high} must be greater than min sizes {low}",
            ),
            (
                len(ratios) <= MAX_RATIOS,
                f"there are {len(ratios)} aspect ratios; at most {MAX_RATIOS} are supported",
            ),
            (
                all(SAME_RATIO <= ratio <= 1 / SAME_RATIO for ratio in ratios),
                f"aspect ratios {ratios} must be {SAME_RATIO:g} to {1 / SAME_RATIO:g}",
            ),
            (
                len(self.variances) in {1, 4} and min(self.variances) > 0,
                f"variances {self.variances} must be 1 or 4 positive numbers",
            ),
            (min(self.step) >= 0, f"step {self.step} must not be negative"),
        )
        for holds, message in rules:
            if not holds:
                raise LpdnnError(message)

    def infer(self, x: TensorType, image: TensorType) -> tuple[TensorType, ...]:
        self._check()
        if x.rank != 4 or image.rank != 4:
            message = f"prior boxes need a 4-D input and a 4-D image, not {x} and {image}"
            raise LpdnnError(message)
        squares = 2 if self.max_sizes else 1
        boxes = len(self.min_sizes) * (squares + len(self.aspect_ratios) * (2 if self.flip else 1))
        return (TensorType((1, 2, x.shape[2] * x.shape[3] * boxes * 4)),)

    def _steps(self, layer: Pair, image: Pair) -> tuple[float, float]:
        return self.step if all(self.step) else (image[0] / layer[0], image[1] / layer[1])

    def reference(self, x: Array, image: Array) -> tuple[Array, ...]:
        height, width = image.shape[2:]
        steps = self._steps(x.shape[2:], (height, width))
        centers_y, centers_x = (
            (np.arange(size) + self.offset) * step for size, step in zip(x.shape[2:], steps, strict=True)
        )
        half = np.array(self.boxes()) / 2
        y = np.empty((2, *x.shape[2:], len(half), 4))
        y[0, ..., 0] = (centers_x[:, None] - half[:, 0]) / width
        y[0, ..., 1] = (centers_y[:, None, None] - half[:, 1]) / height
        y[0, ..., 2] = (centers_x[:, None] + half[:, 0]) / width
        y[0, ..., 3] = (centers_y[:, None, None] + half[:, 1]) / height
        if self.clip:
            y[0] = np.clip(y[0], 0, 1)
        y[1] = self.variances
        return (y.reshape(1, 2, -1).astype(np.float32),)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x, image = inputs
        assert x is not None
        assert image is not None
        return {
            "height": x.shape[2],
            "width": x.shape[3],
            "image_height": image.shape[2],
            "image_width": image.shape[3],
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        count = outputs[0].count // 2
        return Cost(
            multiplications=count, additions=count, divisions=count, comparisons=2 * count if self.clip else 0
        )

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        variances = (0.1, 0.1, 0.2, 0.2)
        return [
            Sample(
                cls((30.0,), (60.0,), (2.0,), variances=variances, step=(8.0, 8.0)),
                ((1, 1, 5, 7), (1, 3, 41, 57)),
            ),
            Sample(cls((60.0,), (111.0,), (2.0, 3.0), clip=True), ((2, 4, 3, 2), (2, 3, 300, 300))),
            Sample(
                cls((10.0, 16.5, 24.0), aspect_ratios=(1.0, 0.5, 2.0, 0.5), flip=False, offset=0.25),
                ((1, 2, 2, 3), (1, 3, 50, 70)),
            ),
            Sample(
                cls((4.0, 9.0), (6.0, 12.0), (3.0, 0.333333, 2.5), step=(3.5, 0.0)),
                ((1, 1, 1, 1), (1, 1, 17, 9)),
            ),
            Sample(
                cls((7.0,), clip=True, variances=(0.5,), step=(16.0, 12.0)), ((1, 1, 4, 3), (1, 3, 20, 20))
            ),
        ]
