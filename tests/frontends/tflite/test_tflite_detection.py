"""TFLite_Detection_PostProcess against TensorFlow Lite itself, and from C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("tflite", reason="the tflite package is not installed: pip install 'lpdnn[tflite]'")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed, which is the oracle here")

from flatbuffers import flexbuffers  # after the checks that it is there

import lpdnn
from lpdnn.interpreter import interpret
from lpdnn.ir import LpdnnError
from tflite_files import Maker, run

if TYPE_CHECKING:
    from pathlib import Path

BOXES = 60
OPTIONS = {
    "max_detections": 10,
    "max_classes_per_detection": 1,
    "detections_per_class": 100,
    "use_regular_nms": False,
    "nms_score_threshold": 0.3,
    "nms_iou_threshold": 0.5,
    "num_classes": 3,
    "y_scale": 10.0,
    "x_scale": 10.0,
    "h_scale": 5.0,
    "w_scale": 5.0,
}


def _flex(options: dict[str, Any]) -> bytes:
    builder = flexbuffers.Builder()
    with builder.Map():
        for key, value in options.items():
            builder.Key(key)
            {bool: builder.Bool, int: builder.Int, float: builder.Float}[type(value)](value)
    return bytes(builder.Finish())


def _model(path: Path, options: bytes, columns: int = 4) -> bytes:
    rng = np.random.default_rng(4)
    anchors = np.concatenate([rng.uniform(0.2, 0.8, (BOXES, 2)), rng.uniform(0.1, 0.5, (BOXES, 2))], axis=1)
    maker = Maker()
    inputs = [maker.tensor("boxes", (1, BOXES, 4)), maker.tensor("scores", (1, BOXES, columns))]
    given = [*inputs, maker.constant("anchors", anchors.astype(np.float32))]
    outputs = [maker.tensor(name, ()) for name in ("found", "classes", "certainty", "count")]
    maker.operator("TFLite_Detection_PostProcess", given, outputs).customOptions = np.frombuffer(
        options, np.uint8
    )
    data = maker.model(inputs, outputs)
    path.write_bytes(data)
    return data


def _agree(got: list[np.ndarray[Any, Any]], want: list[np.ndarray[Any, Any]], per_box: int) -> None:
    assert [a.shape for a in got] == [a.shape for a in want]
    np.testing.assert_array_equal(got[3], want[3])
    rows = int(want[3][0]) * per_box
    assert rows > 0
    for mine, theirs in zip(got[:3], want[:3], strict=True):
        np.testing.assert_allclose(mine[:, :rows], theirs[:, :rows], rtol=1e-5, atol=1e-6)
        assert not mine[:, rows:].any()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"max_classes_per_detection": 2},
        {"max_detections": 100, "nms_score_threshold": 0.7},
        {"use_regular_nms": True},
        {"use_regular_nms": True, "detections_per_class": 2, "nms_iou_threshold": 0.2},
        {"use_regular_nms": True, "max_detections": 100, "nms_score_threshold": 0.8, "num_classes": 4},
    ],
)
def test_as_tensorflow_lite(tmp_path: Path, changes: dict[str, Any]) -> None:
    options = OPTIONS | changes
    data = _model(tmp_path / "model.tflite", _flex(options))
    rng = np.random.default_rng(6)
    feeds = [
        rng.standard_normal((1, BOXES, 4)).astype(np.float32),
        rng.uniform(0, 1, (1, BOXES, 4)).astype(np.float32),
    ]
    graph = lpdnn.load(tmp_path / "model.tflite")
    values = interpret(graph, dict(zip(graph.inputs, feeds, strict=True)))
    got = [values[name] for name in graph.outputs]
    _agree(got, run(data, feeds), options["max_classes_per_detection"])


def test_from_c(tmp_path: Path) -> None:
    data = _model(tmp_path / "model.tflite", _flex(OPTIONS))
    rng = np.random.default_rng(8)
    boxes = rng.standard_normal((1, BOXES, 4)).astype(np.float32)
    scores = rng.uniform(0, 1, (1, BOXES, 4)).astype(np.float32)
    found = lpdnn.build(lpdnn.load(tmp_path / "model.tflite")).run({"boxes": boxes, "scores": scores})
    names = ("found", "classes", "certainty", "count")
    _agree([found[name] for name in names], run(data, [boxes, scores]), 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (b"", "its options have 0 bytes"),
        (b"\x00" * 3, "its options are damaged|leaves nothing|classes"),
        (b"\xff" * 40, "its options are damaged"),
        (_flex(OPTIONS)[:-9], "its options are damaged|leaves nothing|classes"),
        (b"\x01" * 70000, "its options have 70000 bytes"),
        (_flex(OPTIONS | {"max_detections": 0}), "leaves nothing"),
        (_flex(OPTIONS | {"max_detections": 2**40}), "more than"),
        (_flex(OPTIONS | {"num_classes": 9}), "9 classes are not among 4 scores"),
        (_flex(OPTIONS | {"y_scale": 0.0}), "other than 0"),
        (_flex(OPTIONS | {"h_scale": float("nan")}), "finite"),
    ],
)
def test_options_that_are_wrong(tmp_path: Path, options: bytes, said: str) -> None:
    _model(tmp_path / "model.tflite", options)
    with pytest.raises(LpdnnError, match=said):
        lpdnn.load(tmp_path / "model.tflite")
