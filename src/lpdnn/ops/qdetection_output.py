"""The last layer of a single-shot detector (SSD), with integers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lpdnn.ir import RANGE, Array, Cost, LpdnnError, Operator, Sample, TensorType, Types, rescale
from lpdnn.ops._integers import TYPES, activations, factor, zero_point
from lpdnn.ops.detection_output import DetectionOutput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ONE = 2**31 - 1
FINE = 20
"""Fraction bits of priors and of what is decoded."""
COARSE = 13
"""Fraction bits of the corners of boxes."""
SCORE = 15
"""Fraction bits of scores in the result."""
FAR, REACH = 2**28, 2**14 - 1
"""Largest magnitudes on the way, and of a corner: 256, and just below 2."""
TOP = round(np.exp(255 / 16 - 8) / 4096 * 2**31)
UNITS = np.array([1, 1, 2**SCORE, *(2**COARSE,) * 4])
"""What 1 is in each column of the result."""


def powers() -> Array:
    """Return the table of the exponential: e^((i - 255) / 16) and e^(i / 4096) / 2 of i to 255, in 1/2^31."""
    i = np.arange(256)
    table = np.concatenate([np.exp((i - 255) / 16), np.exp(i / 4096) / 2])
    return np.minimum(np.rint(table * 2.0**31), ONE).astype(np.int32)


def _limited(x: Array) -> Array:
    return np.clip(x, -FAR, FAR)


def _product(a: Array, b: Array) -> Array:
    """Return a * b, all in 1/2^20."""
    return _limited(rescale(np.where(b < 0, -a, a), np.abs(b), 31 - FINE))


def _reach(size: Array, code: Array, table: Array) -> Array:
    """Return size * e^code / 2, all in 1/2^20; code is cut to [-8, 8)."""
    place = np.clip(code, -(2**23), 2**23 - 1) + 2**23
    table = table.astype(np.int64)
    power = rescale(table[place >> 16], table[256 + (place >> 8 & 255)], 0)
    power = rescale(np.minimum(power + rescale(power, (place & 255) << 11, 0), ONE), TOP, 0)
    return _limited(rescale(size, power, 12))


def _areas(boxes: Array) -> Array:
    x0, y0, x1, y1 = boxes.T
    return np.where((x1 < x0) | (y1 < y0), 0, (x1 - x0) * (y1 - y0))


@dataclass(frozen=True)
class QDetectionOutput(Operator):
    """detection_output of integers: loc and conf are s8, u8 or s16; rows of the result are s32.

    priors [2,P*4] are s32: boxes in 1/2^20; factors f of the codes, which are (loc - loc_zero) * f *
    2^(code_shift - 31) in 1/2^20. Corners are in 1/2^13, cut to +-(2 - 2^-13). A score counts above
    `confidence`, an integer as conf has them, and is (conf - conf_zero) * score * 2^(score_shift - 31) in 1/2^15
    in the result, where image and class are whole. Unused rows hold -1 in these units. Thresholds of overlap are
    in 1/2^31: two boxes overlap where what they share is more than that part, rounded, of both. e^x is from
    a table (see `powers`).
    """

    NAME: ClassVar[str] = "qdetection_output"
    INPUTS: ClassVar[tuple[str, ...]] = ("loc", "conf", "priors", "powers")
    PARAMETERS: ClassVar[frozenset[str]] = frozenset({"priors", "powers"})
    HOST_ONLY: ClassVar[frozenset[str]] = frozenset({"nms_top_k", "keep_top_k"})
    TOLERANCE: ClassVar[float] = 0.0

    num_classes: int
    score: int
    score_shift: int
    code_shift: int
    share_location: bool = True
    background_label: int = 0
    code_type: Literal["corner", "center_size", "corner_size"] = "corner"
    loc_zero: int = 0
    conf_zero: int = 0
    confidence: int = -(2**31)
    nms_threshold: int = ONE
    nms_eta: int = ONE
    nms_top_k: int = -1
    keep_top_k: int = -1

    def _plain(self) -> DetectionOutput:
        return DetectionOutput(
            self.num_classes,
            self.share_location,
            self.background_label,
            self.code_type,
            nms_top_k=self.nms_top_k,
            keep_top_k=self.keep_top_k,
        )

    def infer(
        self, loc: TensorType, conf: TensorType, priors: TensorType, powers: TensorType
    ) -> tuple[TensorType, ...]:
        if priors.rank != 2 or priors.dtype != "s32" or powers != TensorType((512,), "s32"):
            message = f"priors must be s32[2,P*4] and powers s32[512], not {priors} and {powers}"
            raise LpdnnError(message)
        for tensor, zero in ((loc, self.loc_zero), (conf, self.conf_zero)):
            activations(tensor)
            zero_point(tensor.dtype, zero)
        factor(self.score, self.score_shift)
        factor(0, self.code_shift)
        for part in (self.nms_threshold, self.nms_eta):
            if not 0 <= part <= ONE:
                message = f"a threshold of overlap is {part}; it must be from 0 to 2^31 - 1"
                raise LpdnnError(message)
        real = (replace(loc, dtype="f32"), replace(conf, dtype="f32"), TensorType((1, *priors.shape)))
        (y,) = self._plain().infer(*real)
        return (replace(y, dtype="s32"),)

    def _boxes(self, loc: Array, priors: Array, table: Array) -> Array:
        """Return the corners of loc [P,L,4] as [P,L,4], in 1/2^13."""
        box, factors = priors.astype(np.int64).reshape(2, -1, 1, 4)
        box = _limited(box)
        code = _limited(rescale(loc.astype(np.int64) - self.loc_zero, factors, self.code_shift))
        size = _limited(box[..., 2:] - box[..., :2])
        if self.code_type == "corner":
            fine = box + code
        elif self.code_type == "corner_size":
            fine = box + _product(code, np.broadcast_to(np.tile(size, 2), code.shape))
        else:
            size = np.broadcast_to(size, code[..., 2:].shape)
            center = _product(code[..., :2], size) + (box[..., :2] + box[..., 2:] >> 1)
            reach = _reach(size, code[..., 2:], table)
            fine = np.concatenate([center - reach, center + reach], axis=-1)
        return np.clip(rescale(fine, 2**30, COARSE - FINE + 1), -REACH, REACH)

    def _kept(self, scores: Array, boxes: Array) -> Iterator[tuple[int, int]]:
        """Yield score and prior of what remains of one class, best first."""
        chosen = np.flatnonzero(scores > self.confidence)
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
        chosen = chosen if self.nms_top_k == -1 else chosen[: self.nms_top_k]
        threshold, kept = self.nms_threshold, list[int]()
        for prior in chosen.tolist():
            one, others = boxes[prior], boxes[kept]
            sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
            shared = np.where((sides > 0).all(axis=1), sides[:, 0] * sides[:, 1], 0)
            both = _areas(one[None]) + _areas(others) - shared
            if np.all(shared <= rescale(both, threshold, 0)):
                kept.append(prior)
                yield int(scores[prior]), prior
                if self.nms_eta < ONE and threshold > 2**30:
                    threshold = int(rescale(np.array(threshold), self.nms_eta, 0))

    def reference(self, loc: Array, conf: Array, priors: Array, powers: Array) -> tuple[Array, ...]:
        (y,) = self.infer(*(TensorType.of(x) for x in (loc, conf, priors, powers)))
        count = priors.shape[1] // 4
        rows: list[tuple[int, ...]] = []
        for image in range(loc.shape[0]):
            boxes = self._boxes(loc[image].reshape(count, -1, 4), priors, powers)
            scores = conf[image].reshape(count, self.num_classes).astype(np.int64)
            found = [
                (-score, label, prior)
                for label in range(self.num_classes)
                if label != self.background_label
                for score, prior in self._kept(
                    scores[:, label], boxes[:, 0 if self.share_location else label]
                )
            ]
            if self.keep_top_k != -1:
                found = sorted(found)[: self.keep_top_k]
            for score, label, prior in sorted(found, key=lambda item: (item[1], item[0], item[2])):
                real = int(rescale(np.array(-score - self.conf_zero), self.score, self.score_shift))
                box = boxes[prior, 0 if self.share_location else label]
                rows.append((image, label, real, *box.tolist()))
        out = np.broadcast_to(-UNITS, y.shape).astype(np.int32)
        out[0, 0, : len(rows)] = np.reshape(rows, (-1, 7))
        return (out,)

    def geometry(self, inputs: Types, outputs: tuple[TensorType, ...]) -> dict[str, int | tuple[int, ...]]:
        loc, conf, priors, _ = inputs
        assert loc is not None
        assert conf is not None
        assert priors is not None
        plain = self._plain().geometry((loc, conf, TensorType((1, *priors.shape))), outputs)
        return {**plain, "loc_type": TYPES.get(loc.dtype, 0), "conf_type": TYPES.get(conf.dtype, 0)}

    def cost(self, inputs: Types, outputs: tuple[TensorType, ...]) -> Cost:
        loc, conf, priors, _ = inputs
        assert priors is not None
        return self._plain().cost((loc, conf, TensorType((1, *priors.shape))), outputs)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        found = []
        for sample in DetectionOutput.samples():
            one, (loc, conf, priors) = sample.op, sample.inputs
            assert isinstance(one, DetectionOutput)
            assert isinstance(loc, np.ndarray)
            assert isinstance(conf, np.ndarray)
            assert isinstance(priors, np.ndarray)
            for dtype in ("s8", "s16"):
                low, high = RANGE[dtype]
                parts = 2.0 ** (5 if dtype == "s8" else 13)
                zero = -9 if dtype == "s8" else 0
                variances = np.ones_like(priors[0, 1]) if one.variance_encoded else priors[0, 1]
                boxes = np.stack([priors[0, 0] * 2.0**FINE, variances / parts * 2.0 ** (FINE + 31 - 16)])
                op = cls(
                    one.num_classes,
                    2**30,
                    (11 if dtype == "s8" else 3),
                    16,
                    one.share_location,
                    one.background_label,
                    one.code_type,
                    zero,
                    zero,
                    int(max(-1.0, one.confidence_threshold) * parts) + zero,
                    min(ONE, round(one.nms_threshold * 2**31)),
                    min(ONE, round(one.nms_eta * 2**31)),
                    one.nms_top_k,
                    one.keep_top_k,
                )
                whole = [
                    np.clip(np.rint(x * parts) + zero, low, high).astype(f"i{1 if dtype == 's8' else 2}")
                    for x in (loc, conf)
                ]
                found.append(Sample(op, (*whole, np.rint(boxes).astype(np.int32), powers())))
        return found
