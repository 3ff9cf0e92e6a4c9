"""The last layer of a single-shot detector (SSD)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import Array, Cost, LpdnnError, Operator, Sample, TensorType, Types
from lpdnn.ops._checks import finite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST = float(np.finfo(np.float32).max)


def _overlaps(box: Array, others: Array) -> Array:
    """Return intersection over union of a box [4] with others [n,4], in float32, in the order of kernels."""

    def size(boxes: Array) -> Array:
        x0, y0, x1, y1 = boxes.T
        return np.where((x1 < x0) | (y1 < y0), np.float32(0), (x1 - x0) * (y1 - y0))

    first = np.where(box[:2] < others[:, :2], others[:, :2], box[:2])
    last = np.where(others[:, 2:] < box[2:], others[:, 2:], box[2:])
    apart = np.any((others[:, :2] > box[2:]) | (others[:, 2:] < box[:2]), axis=1)
    width, height = (last - first).T
    shared = width * height
    return np.where(
        ~apart & (width > 0) & (height > 0), shared / (size(box) + size(others) - shared), np.float32(0)
    )


@dataclass(frozen=True)
class DetectionOutput(Operator):
    """Boxes decoded from loc and priors, kept where conf is high and no better box of the class overlaps.

    loc is [N,P*4*L] (L is 1 with share_location, else num_classes), conf [N,P*num_classes], priors [1,2,P*4].
    Of each class but the background, the nms_top_k best above confidence_threshold are candidates, in the
    order of their scores; one that overlaps a kept one by more than nms_threshold is dropped. While nms_eta
    is below 1 and nms_threshold above 1/2, each kept one multiplies nms_threshold by nms_eta. The keep_top_k
    best of all classes remain. -1 is no limit. Rows of the result are image, class, score, x0, y0, x1, y1,
    sorted by image, class and score; unused ones hold -1. Of equal scores the lower class, then the lower
    prior comes first. A score of NaN is below every threshold.
    """

    NAME: ClassVar[str] = "detection_output"
    INPUTS: ClassVar[tuple[str, ...]] = ("loc", "conf", "priors")
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"nms_top_k", "keep_top_k"})

    num_classes: int
    share_location: bool = True
    background_label: int = 0
    code_type: Literal["corner", "center_size", "corner_size"] = "corner"
    variance_encoded: bool = False
    confidence_threshold: float = -LARGEST
    nms_threshold: float = 0.3
    nms_eta: float = 1.0
    nms_top_k: int = -1
    keep_top_k: int = -1

    def _check(self) -> None:
        finite(nms_threshold=self.nms_threshold, nms_eta=self.nms_eta)
        if math.isnan(self.confidence_threshold):
            message = "confidence_threshold is not a number"
            raise LpdnnError(message)
        if not -1 <= self.background_label < self.num_classes:
            message = (
                f"background_label {self.background_label} is not -1 or one of {self.num_classes} classes"
            )
            raise LpdnnError(message)
        if self.num_classes < (1 if self.background_label == -1 else 2):
            message = f"num_classes {self.num_classes} leaves no class to detect"
            raise LpdnnError(message)
        if self.nms_threshold < 0 or not 0 < self.nms_eta <= 1:
            message = (
                f"nms_threshold {self.nms_threshold} is below 0, or nms_eta {self.nms_eta} not in (0, 1]"
            )
            raise LpdnnError(message)
        for name in ("nms_top_k", "keep_top_k"):
            if getattr(self, name) < 1 and getattr(self, name) != -1:
                message = f"{name} is {getattr(self, name)}; it must be positive, or -1 for no limit"
                raise LpdnnError(message)

    def _limits(self, priors: int) -> tuple[int, int]:
        """Return the most candidates that a class and an image can have."""
        candidates = priors if self.nms_top_k == -1 else min(self.nms_top_k, priors)
        return candidates, candidates * (self.num_classes - (self.background_label != -1))

    def infer(self, loc: TensorType, conf: TensorType, priors: TensorType) -> tuple[TensorType, ...]:
        self._check()
        if priors.rank != 3 or priors.shape[:2] != (1, 2) or priors.shape[2] % 4:
            message = f"priors must be [1,2,P*4], not {priors}"
            raise LpdnnError(message)
        count = priors.shape[2] // 4
        locations = 1 if self.share_location else self.num_classes
        for name, operand, values in (("loc", loc, 4 * locations), ("conf", conf, self.num_classes)):
            if operand.rank < 2 or math.prod(operand.shape[1:]) != count * values:
                message = f"{name} {operand} must have {values} values an image for each of {count} priors"
                raise LpdnnError(message)
        if loc.shape[0] != conf.shape[0]:
            message = f"loc {loc} and conf {conf} have different numbers of images"
            raise LpdnnError(message)
        rows = self._limits(count)[1] if self.keep_top_k == -1 else self.keep_top_k
        return (TensorType((1, 1, loc.shape[0] * rows, 7)),)

    def _decode(self, loc: Array, priors: Array) -> Array:
        """Return the boxes of loc [P,L,4] as [P,L,4], in float32, in the order of kernels."""
        box, variance = priors.reshape(2, -1, 1, 4)
        code = loc if self.variance_encoded else variance * loc
        if self.code_type == "corner":
            return np.asarray(box + code)
        size = box[..., 2:] - box[..., :2]
        if self.code_type == "corner_size":
            return np.asarray(box + code * np.tile(size, 2))
        half = np.float32(0.5)
        center = code[..., :2] * size + (box[..., :2] + box[..., 2:]) * half
        reach = np.exp(code[..., 2:]) * size * half
        return np.concatenate([center - reach, center + reach], axis=-1)

    def _suppressed(self, scores: Array, boxes: Array) -> Iterator[tuple[float, int]]:
        """Yield score and prior of what remains of one class, best first."""
        chosen = np.flatnonzero(scores > np.float32(np.clip(self.confidence_threshold, -LARGEST, LARGEST)))
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
        chosen = chosen if self.nms_top_k == -1 else chosen[: self.nms_top_k]
        threshold = np.float32(self.nms_threshold)
        kept: list[int] = []
        for prior in chosen.tolist():
            if np.all(_overlaps(boxes[prior], boxes[kept]) <= threshold):
                kept.append(prior)
                yield float(scores[prior]), prior
                if self.nms_eta < 1 and threshold > 0.5:
                    threshold = np.float32(threshold * np.float32(self.nms_eta))

    def reference(self, loc: Array, conf: Array, priors: Array) -> tuple[Array, ...]:
        (y,) = self.infer(*(TensorType(operand.shape) for operand in (loc, conf, priors)))
        count = priors.shape[2] // 4
        rows: list[tuple[float, ...]] = []
        with np.errstate(all="ignore"):
            for image in range(loc.shape[0]):
                boxes = self._decode(loc[image].reshape(count, -1, 4), priors)
                scores = conf[image].reshape(count, self.num_classes)
                found = [
                    (-score, label, prior)
                    for label in range(self.num_classes)
                    if label != self.background_label
                    for score, prior in self._suppressed(
                        scores[:, label], boxes[:, 0 if self.share_location else label]
                    )
                ]
                if self.keep_top_k != -1:
                    found = sorted(found)[: self.keep_top_k]
                for score, label, prior in sorted(found, key=lambda item: (item[1], item[0], item[2])):
                    box = boxes[prior, 0 if self.share_location else label]
                    rows.append((image, label, -score, *box.tolist()))
        out = np.full(y.shape, -1, np.float32)
        out[0, 0, : len(rows)] = np.reshape(rows, (-1, 7))
        return (out,)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        loc, _, priors = inputs
        assert loc is not None
        assert priors is not None
        count = priors.shape[2] // 4
        candidates, most = self._limits(count)
        return {
            "batch": loc.shape[0],
            "priors": count,
            "candidates": candidates,
            "kept": 0 if self.keep_top_k == -1 else min(self.keep_top_k, most),
            "rows": outputs[0].shape[2],
        }

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        """Count scoring and the most boxes to decode; how many overlaps are computed depends on the data."""
        loc, conf, priors = inputs
        assert loc is not None
        assert conf is not None
        assert priors is not None
        boxes = loc.shape[0] * self._limits(priors.shape[2] // 4)[1]
        exponentials = 2 * boxes if self.code_type == "center_size" else 0
        return Cost(
            multiplications=8 * boxes, additions=8 * boxes, comparisons=conf.count, exponentials=exponentials
        )

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            _sample(
                cls(
                    4,
                    code_type="center_size",
                    confidence_threshold=0.3,
                    nms_threshold=0.45,
                    nms_top_k=20,
                    keep_top_k=12,
                ),
                2,
                60,
            ),
            _sample(cls(3, code_type="center_size", confidence_threshold=0.6), 1, 40),
            _sample(cls(3, share_location=False, nms_threshold=0.45, nms_top_k=9, keep_top_k=50), 2, 35),
            _sample(cls(2, code_type="corner_size", variance_encoded=True, nms_threshold=0.2), 1, 25),
            _sample(cls(5, background_label=-1, nms_threshold=0.9, nms_eta=0.8, keep_top_k=30), 1, 50),
            _sample(cls(3, background_label=2, confidence_threshold=1.0, keep_top_k=4), 2, 10),
            _sample(cls(1, background_label=-1, nms_threshold=0.0, nms_top_k=7, keep_top_k=3), 3, 8, steps=2),
        ]


def _sample(op: DetectionOutput, batch: int, priors: int, steps: int = 40) -> Sample:
    """Return a case whose scores are multiples of 1 / steps, so that many are equal."""
    rng = np.random.default_rng(priors)
    center, size = rng.uniform(0.2, 0.8, (priors, 2)), rng.uniform(0.1, 0.5, (priors, 2))
    boxes = np.concatenate([center - size / 2, center + size / 2], axis=1)
    variances = np.broadcast_to([0.1, 0.1, 0.2, 0.2], boxes.shape)
    locations = 1 if op.share_location else op.num_classes
    inputs = (
        rng.standard_normal((batch, priors * locations * 4)) * (0.1 if op.variance_encoded else 1),
        rng.integers(0, steps, (batch, priors * op.num_classes)) / steps,
        np.stack([boxes, variances]).reshape(1, 2, -1),
    )
    return Sample(op, tuple(array.astype(np.float32) for array in inputs))
