"""How good answers are: top-1, top-5, agreement with the float network, cosine, mean average precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lpdnn.data.datasets import load_function
from lpdnn.ir import Array, LpdnnError

Metric = Callable[[Sequence[Array], Sequence[Any], Sequence[Array]], float]
"""Outputs, labels, and what the float network answered; the result is better the greater it is."""
OVERLAP = 0.5
"""Intersection over union from which a box is the one that was looked for."""
SURE = 0.5
"""Confidence from which a box of the float network is taken for the truth, where there are no labels."""


def _rank(scores: Array, label: int) -> int:
    """Return how many classes come before a label; of equal scores, which few bits make many, the first is first."""
    if not 0 <= label < scores.size:
        return scores.size
    own = scores[label]
    return int(np.sum(scores > own) + np.sum(scores[:label] == own))


def _top(places: int) -> Metric:
    def right(outputs: Sequence[Array], labels: Sequence[Any], _reference: Sequence[Array]) -> float:
        if any(label is None for label in labels):
            message = "the data have no labels: take another metric, such as agreement"
            raise LpdnnError(message)
        ranks = [_rank(y.ravel(), int(label)) for y, label in zip(outputs, labels, strict=True)]
        return float(np.mean([rank < places for rank in ranks]))

    return right


def _agreement(outputs: Sequence[Array], _labels: Sequence[Any], reference: Sequence[Array]) -> float:
    return float(np.mean([y.argmax() == r.argmax() for y, r in zip(outputs, reference, strict=True)]))


def _cosine(outputs: Sequence[Array], _labels: Sequence[Any], reference: Sequence[Array]) -> float:
    def one(a: Array, b: Array) -> float:
        norms = float(np.linalg.norm(a) * np.linalg.norm(b))
        return float(np.vdot(a, b)) / norms if norms else float(np.array_equal(a, b))

    return float(np.mean([one(y, r) for y, r in zip(outputs, reference, strict=True)]))


def _overlap(box: Array, others: Array) -> Array:
    """Return intersection over union of a box [4] and others [n][4]: left, top, right, bottom."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    area = np.prod(np.maximum(box[2:] - box[:2], 0)) + np.prod(
        np.maximum(others[:, 2:] - others[:, :2], 0), axis=1
    )
    return np.asarray(shared / np.maximum(area - shared, 1e-12))


def _average_precision(found: list[tuple[float, bool]], wanted: int) -> float:
    """Return the area under precision over recall, precision made falling, of answers (confidence, right)."""
    ranked = np.array([right for _, right in sorted(found, key=lambda one: -one[0])], float)
    hits = np.cumsum(ranked)
    precision = hits / np.arange(1, len(ranked) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(falling * ranked) / wanted)


def _truth(labels: Sequence[Any], reference: Sequence[Array]) -> list[Array]:
    """Return the true boxes of each image: rows class, left, top, right, bottom."""
    if any(label is not None for label in labels):
        return [np.asarray(label, float).reshape(-1, 5) for label in labels]
    rows = [np.asarray(r, float).reshape(-1, 7) for r in reference]
    return [one[(one[:, 2] >= SURE) & (one[:, 0] >= 0)][:, [1, 3, 4, 5, 6]] for one in rows]


def _mean_average_precision(
    outputs: Sequence[Array], labels: Sequence[Any], reference: Sequence[Array]
) -> float:
    """Return the mean over classes; outputs are rows image, class, confidence, left, top, right, bottom."""
    truth = _truth(labels, reference)
    classes = sorted({int(row[0]) for boxes in truth for row in boxes})
    if not classes:
        message = "there is no true box in the data, so that there is no average precision"
        raise LpdnnError(message)
    scores = []
    for one in classes:
        found: list[tuple[float, bool]] = []
        for y, boxes in zip(outputs, truth, strict=True):
            rows = np.asarray(y, float).reshape(-1, 7)
            rows = rows[(rows[:, 1] == one) & (rows[:, 0] >= 0)]
            left = boxes[boxes[:, 0] == one][:, 1:]
            for row in rows[np.argsort(-rows[:, 2], kind="stable")]:
                overlaps = _overlap(row[3:], left) if len(left) else np.zeros(0)
                right = bool(overlaps.size and overlaps.max() >= OVERLAP)
                found.append((float(row[2]), right))
                left = np.delete(left, int(overlaps.argmax()), axis=0) if right else left
        wanted = sum(int((boxes[:, 0] == one).sum()) for boxes in truth)
        scores.append(_average_precision(found, wanted) if found else 0.0)
    return float(np.mean(scores))


METRICS: dict[str, Metric] = {
    "top1": _top(1),
    "top5": _top(5),
    "agreement": _agreement,
    "cosine": _cosine,
    "map": _mean_average_precision,
}


def metric(name: str) -> Metric:
    """Return a metric by name, or the user's MODULE:FUNCTION, which takes what a Metric does."""
    if name in METRICS:
        return METRICS[name]
    if ":" not in name:
        message = f"there is no metric {name!r}; there are {', '.join(METRICS)}, and MODULE:FUNCTION of yours"
        raise LpdnnError(message)
    module, _, function = name.rpartition(":")
    own = load_function(module, function, "the metric")
    return lambda outputs, labels, reference: float(own(outputs, labels, reference))
