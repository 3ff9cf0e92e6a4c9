"""Of overlapping boxes the one with the best score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class NonMaxSuppression(Operator):
    """Rows (image, class, box) of the boxes [N,B,4] that are kept for each class of scores [N,C,B].

    Boxes are taken by score, equal ones by place, while the score is above the threshold; one that overlaps a
    box taken before by more than `overlap` (intersection over union) is left out. At most `most` a class are
    taken. There is room for the most rows there can be; those that are not used come last and are all -1.
    Boxes are two opposite corners (y, x, y, x) or, with `centers`, (x, y, width, height).
    """

    NAME: ClassVar[str] = "non_max_suppression"
    INPUTS: ClassVar[tuple[str, ...]] = ("boxes", "scores")
    TOLERANCE: ClassVar[float] = 0.0

    most: int
    overlap: float = 0.0
    threshold: float = -3.0e38
    centers: bool = False

    def infer(self, boxes: TensorType, scores: TensorType) -> tuple[TensorType, ...]:
        finite(overlap=self.overlap, threshold=self.threshold)
        fits = boxes.rank == 3 and scores.rank == 3 and boxes.shape[2] == 4
        if not fits or (boxes.shape[0], boxes.shape[1]) != (scores.shape[0], scores.shape[2]):
            message = f"boxes {boxes} and scores {scores} are not [N,B,4] and [N,C,B]"
            raise LpdnnError(message)
        if self.most < 1:
            message = f"at most {self.most} boxes a class leave nothing"
            raise LpdnnError(message)
        rows = scores.shape[0] * scores.shape[1] * min(self.most, boxes.shape[1])
        return (TensorType((rows, 3), boxes.dtype),)

    def _corners(self, boxes: Array) -> Array:
        """Return boxes as (least y, least x, largest y, largest x)."""
        if self.centers:
            half = boxes[:, 2:] * np.float32(0.5)
            return np.concatenate([(boxes[:, :2] - half)[:, ::-1], (boxes[:, :2] + half)[:, ::-1]], axis=1)
        return np.concatenate(
            [np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])], axis=1
        )

    @staticmethod
    def _overlaps(box: Array, boxes: Array) -> Array:
        sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
        shared = np.where((sides > 0).all(axis=1), sides[:, 0] * sides[:, 1], 0)
        areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        area = (box[2] - box[0]) * (box[3] - box[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where(shared > 0, shared / (area + areas - shared), 0))

    def reference(self, boxes: Array, scores: Array) -> tuple[Array, ...]:
        (y,) = self.infer(TensorType(boxes.shape), TensorType(scores.shape))
        rows = []
        for image, corners in enumerate(map(self._corners, boxes)):
            for label, values in enumerate(scores[image]):
                left = values > np.float32(self.threshold)
                for _ in range(self.most):
                    if not left.any():
                        break
                    best = int(np.argmax(np.where(left, values, -np.inf)))
                    rows.append((image, label, best))
                    left &= ~(self._overlaps(corners[best], corners) > np.float32(self.overlap))
                    left[best] = False
        out = np.full(y.shape, -1, np.float32)
        out[: len(rows)] = np.array(rows, np.float32).reshape(-1, 3)
        return (out,)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        boxes, scores = inputs
        assert boxes is not None
        assert scores is not None
        return {
            "images": boxes.shape[0],
            "boxes": boxes.shape[1],
            "classes": scores.shape[1],
            "rows": outputs[0].shape[0],
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        pairs = outputs[0].shape[0] * (inputs[0].shape[1] if inputs[0] else 1)
        return Cost(multiplications=3 * pairs, additions=8 * pairs, divisions=pairs, comparisons=5 * pairs)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        rng = np.random.default_rng(11)
        corners = rng.random((2, 30, 4), dtype=np.float32)
        scores = np.round(rng.random((2, 3, 30), dtype=np.float32), 1)
        apart = np.array([[[0, 0, 1, 1], [0, 5, 1, 6], [0.1, 5, 1.1, 6]]], np.float32)
        return [
            Sample(cls(5, 0.3, 0.4), (corners, scores)),
            Sample(cls(50, 0.1, centers=True), (corners, scores)),
            Sample(cls(3, 0.5), (apart, np.array([[[0.5, 0.25, 0.75]]], np.float32))),
            Sample(cls(2, 0.5, 0.9), (apart, np.array([[[0.5, 0.25, 0.75]]], np.float32))),
        ]
