"""The last layer of a single-shot detector, as TensorFlow Lite has it (TFLite_Detection_PostProcess)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite

if TYPE_CHECKING:
    from collections.abc import Sequence


def _overlaps(box: Array, others: Array) -> Array:
    """Return intersection over union of a box [4] with others [n,4], in float32, in the order of kernels."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    sides = np.maximum(high - low, np.float32(0))
    shared = sides[:, 0] * sides[:, 1]
    area = (box[2] - box[0]) * (box[3] - box[1])
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    with np.errstate(all="ignore"):
        return np.where((area > 0) & (areas > 0), shared / (area + areas - shared), np.float32(0))


@dataclass(frozen=True)
class BoxDetection(Operator):
    """Boxes decoded from anchors (y, x, h, w), best first, without those that a better one overlaps.

    x is [1,B,4 or more], scores [1,B,C], anchors [B,4]; a box is anchored at y = x_y / scale_y * h + y, its
    height is e^(x_h / scale_h) h, and likewise across. Of the C scores the last `classes` count (one before
    may be the background's). By class, at most `per_class` boxes of each are taken by score, and the `most`
    best of all remain; otherwise boxes are taken by their best class, and each tells its `per_box` best.
    Scores are at least `threshold`, overlaps (intersection over union) at most `overlap`. The result is flat:
    M = most * per_box boxes [M,4] of two corners (y, x), classes [M], scores [M], and how many there are; the
    rest is 0. Of equal scores the lower class, then the lower box comes first.
    """

    NAME: ClassVar[str] = "box_detection"
    INPUTS: ClassVar[tuple[str, ...]] = ("x", "scores", "anchors")

    classes: int
    most: int
    per_box: int = 1
    per_class: int = 100
    threshold: float = 0.0
    overlap: float = 0.5
    scales: tuple[float, float, float, float] = (10.0, 10.0, 5.0, 5.0)
    by_class: bool = False

    def infer(self, x: TensorType, scores: TensorType, anchors: TensorType) -> tuple[TensorType, ...]:
        finite(threshold=self.threshold, overlap=self.overlap)
        for scale in self.scales:
            finite(scale=scale)
        if (
            x.rank != 3
            or x.shape[0] != 1
            or x.shape[2] < 4
            or scores.rank != 3
            or scores.shape[:2] != x.shape[:2]
            or anchors.shape != (x.shape[1], 4)
        ):
            message = f"boxes {x}, scores {scores} and anchors {anchors} are not [1,B,4], [1,B,C] and [B,4]"
            raise LpdnnError(message)
        if not 1 <= self.classes <= scores.shape[2]:
            message = f"{self.classes} classes are not among {scores.shape[2]} scores"
            raise LpdnnError(message)
        if min(self.most, self.per_box, self.per_class) < 1 or self.per_box > self.classes:
            message = f"most {self.most}, per_box {self.per_box} or per_class {self.per_class} leaves nothing"
            raise LpdnnError(message)
        if len(self.scales) != 4 or 0 in self.scales:
            message = f"scales {self.scales} are not 4 numbers other than 0"
            raise LpdnnError(message)
        return (TensorType((6 * self.most * self.per_box + 1,), x.dtype),)

    def _decoded(self, x: Array, anchors: Array) -> Array:
        """Return corners [B,4], in float32, in the order of kernels."""
        scales = np.array(self.scales, np.float32)
        center = x[:, :2] / scales[:2] * anchors[:, 2:] + anchors[:, :2]
        half = np.float32(0.5) * np.exp(x[:, 2:4] / scales[2:]) * anchors[:, 2:]
        return np.concatenate([center - half, center + half], axis=1)

    def _taken(self, scores: Array, boxes: Array, most: int) -> list[int]:
        """Return boxes by score, without those that one before overlaps."""
        left = np.flatnonzero(scores >= np.float32(self.threshold))
        left = left[np.argsort(-scores[left], kind="stable")]
        taken: list[int] = []
        while left.size and len(taken) < most:
            taken.append(int(left[0]))
            left = left[1:]
            left = left[~(_overlaps(boxes[taken[-1]], boxes[left]) > np.float32(self.overlap))]
        return taken

    def reference(self, x: Array, scores: Array, anchors: Array) -> tuple[Array, ...]:
        boxes = self._decoded(x[0], anchors)
        mine = scores[0, :, scores.shape[2] - self.classes :]
        if self.by_class:
            found = [
                (-float(mine[box, label]), label, box)
                for label in range(self.classes)
                for box in self._taken(mine[:, label], boxes, self.per_class)
            ]
            rows = [(box, label, -score) for score, label, box in sorted(found)[: self.most]]
            count = len(rows)
        else:
            taken = self._taken(mine.max(axis=1), boxes, self.most)
            best = np.argsort(-mine[taken], axis=1, kind="stable")[:, : self.per_box]
            rows = [
                (box, int(label), float(mine[box, label]))
                for box, labels in zip(taken, best, strict=True)
                for label in labels
            ]
            count = len(taken)
        room = self.most * self.per_box
        y = np.zeros(6 * room + 1, np.float32)
        for row, (box, label, score) in enumerate(rows):
            y[4 * row : 4 * row + 4] = boxes[box]
            y[4 * room + row], y[5 * room + row] = label, score
        y[-1] = count
        return (y,)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        x, scores = inputs[0], inputs[1]
        assert x is not None
        assert scores is not None
        return {"boxes": x.shape[1], "code": x.shape[2], "columns": scores.shape[2]}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        """Count decoding and scoring; how many overlaps are computed depends on the data."""
        x, scores = inputs[0], inputs[1]
        assert x is not None
        assert scores is not None
        boxes = x.shape[1]
        return Cost(8 * boxes, 6 * boxes, 4 * boxes, scores.count, 2 * boxes)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            _sample(cls(3, 5, threshold=0.3), 40, 4),
            _sample(cls(4, 7, 3, threshold=0.2, overlap=0.3), 30, 5),
            _sample(cls(3, 8, per_class=4, threshold=0.4, by_class=True), 40, 4),
            _sample(cls(2, 60, 2, 100, by_class=True, scales=(1.0, 2.0, 3.0, 4.0)), 20, 2),
            _sample(cls(1, 3, threshold=1.5), 10, 1, code=6),
        ]


def _sample(op: BoxDetection, boxes: int, columns: int, code: int = 4) -> Sample:
    """Return a case with anchors that overlap, and scores of which some are equal."""
    rng = np.random.default_rng(boxes)
    anchors = np.concatenate([rng.uniform(0.2, 0.8, (boxes, 2)), rng.uniform(0.1, 0.5, (boxes, 2))], axis=1)
    scores = rng.integers(0, 50, (1, boxes, columns)) / 50
    inputs = rng.standard_normal((1, boxes, code)), scores, anchors
    return Sample(op, tuple(array.astype(np.float32) for array in inputs))
