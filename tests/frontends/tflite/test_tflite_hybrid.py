"""Weights of 8 bits with activations that are floats, against TensorFlow Lite's reference kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("tflite", reason="the tflite package is not installed: pip install 'lpdnn[tflite]'")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed, which is the oracle here")

import lpdnn  # after the checks that they are there
from lpdnn.compiler import simplify
from lpdnn.interpreter import interpret
from shared_data import shared
from tflite_cases import C2, DW, conv
from tflite_files import Maker, run

if TYPE_CHECKING:
    from pathlib import Path

    Array = np.ndarray[Any, Any]

SHAPE = (2, 7, 6, 4)
FC = "FullyConnectedOptions"
VERSIONS = {"CONV_2D": 5, "DEPTHWISE_CONV_2D": 6, "FULLY_CONNECTED": 9}
"""Those of the operators since which floats go with weights of 8 bits and a scale for each filter."""


def _case(kind: str, weights: tuple[int, ...], options: str, *, several: bool = True, **values: Any) -> Any:
    return kind, weights, several, options, values


CASES = {
    "convolution": _case("CONV_2D", (5, 3, 3, 4), C2, **conv(fusedActivationFunction=1)),
    "convolution, one scale": _case("CONV_2D", (5, 3, 3, 4), C2, several=False, **conv(strideH=2, strideW=2)),
    "convolution, one filter": _case("CONV_2D", (1, 3, 3, 4), C2, **conv(padding=1)),
    "depthwise": _case(
        "DEPTHWISE_CONV_2D", (1, 3, 3, 8), DW, **conv(depthMultiplier=2, strideW=2, strideH=2)
    ),
    "depthwise, relu6": _case(
        "DEPTHWISE_CONV_2D", (1, 3, 3, 4), DW, **conv(depthMultiplier=1, fusedActivationFunction=3)
    ),
    "fully connected": _case("FULLY_CONNECTED", (9, 168), FC, several=False, fusedActivationFunction=1),
    "fully connected, a scale each": _case("FULLY_CONNECTED", (9, 168), FC),
    "fully connected, asymmetric": _case("FULLY_CONNECTED", (9, 168), FC, asymmetricQuantizeInputs=True),
    "fully connected, rows": _case(
        "FULLY_CONNECTED", (9, 4), FC, several=False, keepNumDims=True, asymmetricQuantizeInputs=True
    ),
}


def _model(kind: str, shape: tuple[int, ...], weights: tuple[int, ...], options: str, **values: Any) -> bytes:
    """Return a layer with weights of 8 bits."""
    several = values.pop("several")
    rng, maker = np.random.default_rng(4), Maker()
    axis = 3 if kind == "DEPTHWISE_CONV_2D" else 0
    count = weights[axis]
    scale = rng.uniform(0.001, 0.003, count if several else 1)
    array = rng.integers(-127, 128, weights).astype(np.int8)
    x, y = maker.tensor("x", shape), maker.tensor("y", ())
    w = maker.constant("w", array, scale=scale, zero=[0] * scale.size, axis=axis)
    b = maker.constant("b", rng.standard_normal(count).astype(np.float32))
    maker.operator(kind, [x, w, b], [y], options, **values)
    maker.codes[0].version = VERSIONS[kind]
    return maker.model([x], [y])


def _difference(path: Path, data: bytes, x: Array) -> float:
    """Return by how much the network here differs from the interpreter, relative to the largest value."""
    path.write_bytes(data)
    graph = simplify(lpdnn.load(path))
    got = interpret(graph, {graph.inputs[0]: np.moveaxis(x, -1, 1) if x.ndim >= 4 else x})[graph.outputs[0]]
    got = np.moveaxis(got, 1, -1) if got.ndim >= 4 else got
    (want,) = run(data, [x], reference=True)
    assert got.shape == want.shape
    return float(np.max(np.abs(got - want)) / np.max(np.abs(want)))


@pytest.mark.parametrize("name", CASES)
def test_activations_are_rounded_as_it_runs(tmp_path: Path, name: str) -> None:
    kind, weights, several, options, values = CASES[name]
    data = _model(kind, SHAPE, weights, options, several=several, **values)
    x = np.random.default_rng(5).standard_normal(SHAPE).astype(np.float32)
    x[1] *= 0.1  # an own range
    assert _difference(tmp_path / "m.tflite", data, x) < 1e-6
    assert _difference(tmp_path / "m.tflite", data, np.abs(x)) < 1e-6


@pytest.mark.parametrize("name", ["convolution", "convolution, one scale", "fully connected"])
def test_an_image_without_a_range(tmp_path: Path, name: str) -> None:
    kind, weights, several, options, values = CASES[name]
    data = _model(kind, SHAPE, weights, options, several=several, **values)
    x = np.random.default_rng(6).standard_normal(SHAPE).astype(np.float32)
    x[0] = 0
    assert _difference(tmp_path / "m.tflite", data, x) < 1e-6


@pytest.mark.parametrize("asymmetric", [False, True])
def test_sums_beyond_what_floats_count(tmp_path: Path, *, asymmetric: bool) -> None:
    data = _model(
        "FULLY_CONNECTED", (2, 9000), (3, 9000), FC, several=False, asymmetricQuantizeInputs=asymmetric
    )
    x = np.random.default_rng(7).uniform(0.5, 1.0, (2, 9000)).astype(np.float32)
    assert _difference(tmp_path / "m.tflite", data, x) < 1e-6


def test_scales_that_are_not_of_filters(tmp_path: Path) -> None:
    maker = Maker()
    x, y = maker.tensor("x", (2, 4)), maker.tensor("y", ())
    w = maker.constant("w", np.ones((3, 4), np.int8), scale=[0.1] * 4, zero=[0] * 4, axis=1)
    maker.operator("FULLY_CONNECTED", [x, w, -1], [y], FC)
    (tmp_path / "m.tflite").write_bytes(maker.model([x], [y]))
    with pytest.raises(lpdnn.LpdnnError, match="along axis 1, not for each filter"):
        lpdnn.load(tmp_path / "m.tflite")


def test_in_c(tmp_path: Path) -> None:
    kind, weights, several, options, values = CASES["convolution"]
    data = _model(kind, SHAPE, weights, options, several=several, **values)
    (tmp_path / "m.tflite").write_bytes(data)
    x = np.random.default_rng(8).standard_normal(SHAPE).astype(np.float32)
    (want,) = run(data, [x], reference=True)
    got = np.moveaxis(lpdnn.build(lpdnn.load(tmp_path / "m.tflite"))(np.moveaxis(x, -1, 1)), 1, -1)
    np.testing.assert_allclose(got, want, atol=1e-6 * np.max(np.abs(want)))


def test_a_trained_network(tmp_path: Path) -> None:
    data = shared("models/mlperf_tiny/kws_ref_model_float32.tflite").read_bytes()
    rng = np.random.default_rng(1)
    inputs = [rng.standard_normal((1, 49, 10, 1)).astype(np.float32) for _ in range(5)]
    # All that lies before an activation is rounded has TensorFlow Lite's last bits; only the softmax has others.
    assert max(_difference(tmp_path / "m.tflite", data, x) for x in inputs) < 2e-6
