"""Detections against OpenCV's importer, ties, and kernels that must survive any input."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from kernels import vanilla
from lpdnn.ir import LpdnnError, TensorType
from lpdnn.ops.detection_output import DetectionOutput
from lpdnn.plugins.cpu_vanilla import PRIMITIVES
from opencv_caffe import forward

Inputs = tuple[np.ndarray, np.ndarray, np.ndarray]
CODES = {"corner": "CORNER", "center_size": "CENTER_SIZE", "corner_size": "CORNER_SIZE"}
SSD = DetectionOutput(
    5,
    code_type="center_size",
    confidence_threshold=0.2,
    nms_threshold=0.45,
    nms_top_k=30,
    keep_top_k=20,
)


def made(op: DetectionOutput, batch: int, priors: int, seed: int = 0) -> Inputs:
    rng = np.random.default_rng(seed)
    center, size = rng.uniform(0.2, 0.8, (priors, 2)), rng.uniform(0.05, 0.4, (priors, 2))
    boxes = np.concatenate([center - size / 2, center + size / 2], axis=1)
    variances = np.broadcast_to([0.1, 0.1, 0.2, 0.2], boxes.shape)
    locations = 1 if op.share_location else op.num_classes
    conf = np.exp(rng.standard_normal((batch, priors, op.num_classes)) * 2)
    return (
        rng.standard_normal((batch, priors * locations * 4)).astype(np.float32) * np.float32(0.3),
        (conf / conf.sum(axis=2, keepdims=True)).reshape(batch, -1).astype(np.float32),
        np.stack([boxes, variances]).reshape(1, 2, -1).astype(np.float32),
    )


def opencv(op: DetectionOutput, inputs: Inputs) -> np.ndarray:
    # Its importer corrupts memory when keep_top_k is -1; with more than there can be, rows of zeros follow.
    most = op.keep_top_k if op.keep_top_k > 0 else 1000
    lines = [
        f"num_classes: {op.num_classes} share_location: {op.share_location}".lower(),
        f"background_label_id: {op.background_label} code_type: {CODES[op.code_type]}",
        f"variance_encoded_in_target: {op.variance_encoded} keep_top_k: {most}".lower(),
        f"confidence_threshold: {op.confidence_threshold}",
        f"nms_param {{ nms_threshold: {op.nms_threshold} top_k: {op.nms_top_k} }}",
    ]
    layer = (
        'layer { name: "y" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "y" '
        "detection_output_param { %s } }"
    )
    loc, conf, priors = inputs
    priors = priors[:, :1] if op.variance_encoded else priors
    rows = forward(layer % " ".join(lines), loc=loc, conf=conf, priors=priors)[0, 0]
    return rows[rows[:, 2] > 0]


def in_one_order(rows: np.ndarray) -> np.ndarray:
    return rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(
    "op",
    [
        SSD,
        dataclasses.replace(SSD, code_type="corner", keep_top_k=-1),
        dataclasses.replace(SSD, share_location=False, variance_encoded=True),
        dataclasses.replace(SSD, background_label=2, nms_top_k=7),
        dataclasses.replace(SSD, background_label=-1, share_location=False, nms_threshold=0.8, keep_top_k=60),
    ],
)
def test_detections_are_opencvs(op: DetectionOutput, batch: int) -> None:
    inputs = made(op, batch, 200)
    (y,) = op.reference(*inputs)
    got = y[0, 0][y[0, 0, :, 0] >= 0]
    expected = opencv(op, inputs)
    assert len(got) == len(expected) > 10 * batch
    np.testing.assert_allclose(in_one_order(got), in_one_order(expected), rtol=0, atol=2e-6)


@pytest.mark.parametrize("eta", [1.0, 0.95, 0.5])
def test_threshold_adapts_as_in_nms_boxes(eta: float) -> None:
    op = DetectionOutput(1, background_label=-1, nms_threshold=0.9, nms_eta=eta, confidence_threshold=0.1)
    _, _, priors = made(op, 1, 300)
    scores = np.random.default_rng(2).random((1, 300), dtype=np.float32)
    boxes = priors[0, 0].reshape(-1, 4).astype(np.float64)
    sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    expected = cv2.dnn.NMSBoxes(sides.tolist(), scores[0].tolist(), 0.1, 0.9, eta)
    (y,) = op.reference(np.zeros((1, 1200), np.float32), scores, priors)
    np.testing.assert_array_equal(y[0, 0][y[0, 0, :, 0] >= 0, 2], scores[0, expected])


def test_rows_are_sorted_by_image_class_and_score() -> None:
    (y,) = SSD.reference(*made(SSD, 3, 100))
    rows = y[0, 0][y[0, 0, :, 0] >= 0]
    assert np.array_equal(np.lexsort((-rows[:, 2], rows[:, 1], rows[:, 0])), np.arange(len(rows)))
    assert np.all(y[0, 0, len(rows) :] == -1)


def test_of_equal_scores_the_lower_class_and_prior_comes_first() -> None:
    places = np.arange(6, dtype=np.float32)
    priors = np.stack([np.stack([places, 0 * places, places + 0.5, 0 * places + 1], axis=1), np.ones((6, 4))])
    op = DetectionOutput(3, nms_top_k=4, keep_top_k=6)
    inputs = (
        np.zeros((1, 24), np.float32),
        np.full((1, 18), 0.5, np.float32),
        priors.reshape(1, 2, 24).astype(np.float32),
    )
    rows = [
        (0, label, 0.5, prior, 0, prior + 0.5, 1)
        for label, prior in [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1)]
    ]
    np.testing.assert_array_equal(op.reference(*inputs)[0][0, 0], rows)
    np.testing.assert_array_equal(vanilla((op, inputs))[0][0, 0], rows)


def test_an_overlap_of_exactly_the_threshold_is_kept_until_eta_lowers_it() -> None:
    # The third box shares 3/4 with the first, the second is far away.
    boxes = np.array([[0, 0, 1, 1], [4, 4, 5, 5], [0, 0, 0.75, 1]], np.float32)
    priors = np.stack([boxes, np.ones_like(boxes)]).reshape(1, 2, 12)
    inputs = np.zeros((1, 12), np.float32), np.array([[0.9, 0.8, 0.7]], np.float32), priors
    op = DetectionOutput(1, background_label=-1, nms_threshold=0.75)
    for eta, count in ((1.0, 3), (0.9, 2)):
        eager = dataclasses.replace(op, nms_eta=eta)
        for y in (eager.reference(*inputs)[0], vanilla((eager, inputs))[0]):
            assert np.sum(y[0, 0, :, 0] >= 0) == count


def _hostile(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    x = rng.standard_normal(shape).astype(np.float32)
    odd = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 0, -0.0, 1e-45], np.float32)
    return np.where(rng.random(shape) < 0.4, rng.choice(odd, shape), x).astype(np.float32)


def test_kernel_survives_nan_and_infinity_and_decides_like_the_reference() -> None:
    rng = np.random.default_rng(1)
    cases = []
    for code in CODES:
        for top_k, keep in ((-1, -1), (5, 9)):
            op = DetectionOutput(4, code_type=code, confidence_threshold=-1.0, nms_threshold=0.6, nms_eta=0.7)
            op = dataclasses.replace(op, background_label=-1, nms_top_k=top_k, keep_top_k=keep)
            shapes = ((2, 40 * 4), (2, 40 * 4), (1, 2, 40 * 4))
            cases.append((op, tuple(_hostile(shape, rng) for shape in shapes)))
    for (op, inputs), got in zip(cases, vanilla(*cases), strict=True):
        (expected,) = op.reference(*inputs)
        assert got.shape == expected.shape
        assert np.all((got[..., 0] >= -1) & (got[..., 0] <= 1) & (got[..., 1] >= -1) & (got[..., 1] <= 3))
        if op.code_type != "center_size":  # where the last bits of the exponential may tip a decision
            np.testing.assert_array_equal(got, expected)


def test_ssd300_needs_little_memory() -> None:
    op = dataclasses.replace(SSD, num_classes=21, confidence_threshold=0.01, nms_top_k=400, keep_top_k=200)
    inputs = made(op, 1, 8732)
    types = tuple(TensorType(x.shape) for x in inputs)
    (primitive,) = [p for p in PRIMITIVES if p.op is DetectionOutput]
    assert primitive.workspace(op, types, op.infer(*types)) < 16 * 1024
    (got,) = vanilla((op, inputs), flags=("-O2",))
    assert np.sum(got[0, 0, :, 0] >= 0) == 200
    np.testing.assert_allclose(got, op.reference(*inputs)[0], rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"num_classes": 0, "background_label": -1}, "leaves no class"),
        ({"num_classes": 1}, "leaves no class"),
        ({"background_label": 5}, "background_label 5"),
        ({"background_label": -2}, "background_label -2"),
        ({"nms_threshold": float("nan")}, "nms_threshold is nan"),
        ({"nms_threshold": -0.1}, "nms_threshold -0.1"),
        ({"nms_eta": 0.0}, "nms_eta 0.0"),
        ({"nms_eta": 1.5}, "nms_eta 1.5"),
        ({"confidence_threshold": float("nan")}, "confidence_threshold"),
        ({"nms_top_k": 0}, "nms_top_k is 0"),
        ({"keep_top_k": -7}, "keep_top_k is -7"),
        ({"keep_top_k": 2**31}, "more than"),
        ({"num_classes": 6}, "conf"),
        ({"share_location": False}, "loc"),
    ],
)
def test_refusals(changes: dict[str, float], sentence: str) -> None:
    types = tuple(TensorType(x.shape) for x in made(SSD, 2, 10))
    SSD.infer(*types)
    with pytest.raises(LpdnnError, match=sentence):
        dataclasses.replace(SSD, **changes).infer(*types)


@pytest.mark.parametrize("priors", [(1, 2, 42), (2, 2, 40), (1, 1, 40), (2, 40), (1, 2, 44)])
def test_priors_that_do_not_fit(priors: tuple[int, ...]) -> None:
    with pytest.raises(LpdnnError, match="priors"):
        SSD.infer(TensorType((2, 40)), TensorType((2, 50)), TensorType(priors))


def test_images_must_agree() -> None:
    with pytest.raises(LpdnnError, match="different numbers of images"):
        SSD.infer(TensorType((2, 40)), TensorType((1, 50)), TensorType((1, 2, 40)))
