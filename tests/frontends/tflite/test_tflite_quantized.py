"""Quantized operators against TensorFlow Lite's reference kernels, integer by integer."""

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
from tflite_cases import C2, DW, PO, conv, i, scalar
from tflite_files import Maker, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Array = np.ndarray[Any, Any]

SHAPE = (2, 7, 6, 4)
ZEROS = {"int8": (-3, 5), "uint8": (120, 131), "int16": (0, 0)}
SCALES = {"int8": (0.043, 0.061), "uint8": (0.043, 0.061), "int16": (0.00031, 0.00047)}


class Net:
    """A network of one type being written down: each tensor has its own scale and zero point."""

    def __init__(self, kind: str, shape: tuple[int, ...] = SHAPE) -> None:
        self.kind = kind
        self.maker = Maker()
        self.rng = np.random.default_rng(11)
        self.x = self.tensor("x", shape, 0)

    def tensor(self, name: str, shape: tuple[int, ...], which: int, scale: float = 0.0) -> int:
        zero, given = ZEROS[self.kind][which], scale or SCALES[self.kind][which]
        return self.maker.tensor(name, shape, self.kind, [given], [zero])

    def integers(self, shape: tuple[int, ...], kind: str = "") -> Array:
        limits = np.iinfo(kind or self.kind)
        return self.rng.integers(limits.min, limits.max + 1, shape).astype(kind or self.kind)

    def weights(self, shape: tuple[int, ...], axis: int) -> int:
        """Add weights: of 8 bits with a scale a filter or, of u8, one scale and a zero point."""
        if self.kind == "uint8":
            return self.maker.constant("w", self.integers(shape), scale=[0.0021], zero=[113])
        array = self.rng.integers(-127, 128, shape).astype(np.int8)
        scale = self.rng.uniform(0.001, 0.003, shape[axis])
        return self.maker.constant("w", array, scale=scale, zero=[0] * shape[axis], axis=axis)

    def bias(self, count: int, scale: float = 1e-4) -> int:
        kind = np.int64 if self.kind == "int16" else np.int32
        array = self.rng.integers(-3000, 3000, count).astype(kind)
        return self.maker.constant("b", array, scale=[scale], zero=[0])


def _agree(tmp_path: Path, net: Net, inputs: list[int], outputs: list[int]) -> None:
    """Compare integers of the simplified network."""
    path = tmp_path / "model.tflite"
    data = net.maker.model(inputs, outputs)
    path.write_bytes(data)
    graph = simplify(lpdnn.load(path))
    feeds = {}
    for name in graph.inputs:
        tensor = graph.types[name]
        feeds[name] = (
            net.integers(tensor.shape)
            if tensor.dtype != "f32"
            else net.rng.standard_normal(tensor.shape).astype(np.float32)
        )
    given = [np.ascontiguousarray(np.moveaxis(x, 1, -1)) if x.ndim >= 4 else x for x in feeds.values()]
    expected = run(data, given, reference=True)
    values = interpret(graph, feeds)
    for name, want in zip(graph.outputs, expected, strict=True):
        got = np.moveaxis(values[name], 1, -1) if values[name].ndim >= 4 else values[name]
        assert got.shape == want.shape
        if want.dtype.kind == "f":
            np.testing.assert_allclose(got, want, rtol=1e-6)
        else:
            assert np.unique(want).size > 3
            np.testing.assert_array_equal(got, want)


def _conv(net: Net, **options: Any) -> int:
    y = net.tensor("y", (2, 7, 6, 5), 1)
    given = [net.x, net.weights((5, 3, 3, 4), 0), net.bias(5)]
    net.maker.operator("CONV_2D", given, [y], C2, **conv(**options))
    return y


def _depthwise(net: Net, **options: Any) -> int:
    y = net.tensor("y", (2, 4, 3, 8), 1)
    given = [net.x, net.weights((1, 3, 3, 8), 3), net.bias(8)]
    net.maker.operator(
        "DEPTHWISE_CONV_2D", given, [y], DW, **conv(depthMultiplier=2, strideH=2, strideW=2, **options)
    )
    return y


def _connected(net: Net, **options: Any) -> int:
    y = net.tensor("y", (2, 9), 1)
    array = net.rng.integers(-127, 128, (9, 168)).astype(np.int8)
    w = net.maker.constant("w", array, scale=[0.0017], zero=[0])
    if net.kind == "uint8":
        w = net.maker.constant("w", net.integers((9, 168)), scale=[0.0017], zero=[99])
    net.maker.operator(
        "FULLY_CONNECTED",
        [net.x, w, net.bias(9, SCALES[net.kind][0] * 0.0017)],
        [y],
        "FullyConnectedOptions",
        **options,
    )
    return y


def _pair(net: Net, kind: str, shape: tuple[int, ...] = SHAPE, **options: Any) -> int:
    y = net.tensor("y", SHAPE, 1, SCALES[net.kind][1] * (4 if kind == "MUL" else 2))
    other = net.maker.constant(
        "c", net.integers(shape), scale=[SCALES[net.kind][1]], zero=[ZEROS[net.kind][1]]
    )
    net.maker.operator(kind, [net.x, other], [y], f"{kind.title()}Options", **options)
    return y


def _pool(net: Net, kind: str, **options: Any) -> int:
    y = net.tensor("y", (2, 4, 3, 4), 0)
    sizes = {"filterHeight": 3, "filterWidth": 2, "strideH": 2, "strideW": 2}
    net.maker.operator(kind, [net.x], [y], PO, **sizes, **options)
    return y


def _mean(net: Net, *, keep: bool) -> int:
    y = net.tensor("y", (2, 1, 1, 4) if keep else (2, 4), 1, SCALES[net.kind][0] / 3)
    axes = net.maker.constant("axes", i(1, 2))
    net.maker.operator("MEAN", [net.x, axes], [y], "ReducerOptions", keepDims=keep)
    return y


def _softmax(net: Net) -> int:
    least = {"int8": -128, "uint8": 0}[net.kind]
    y = net.maker.tensor("y", SHAPE, net.kind, [1 / 256], [least])
    net.maker.operator("SOFTMAX", [net.x], [y], "SoftmaxOptions", beta=1.0)
    return y


def _rectified(net: Net, kind: str) -> int:
    y = net.tensor("y", SHAPE, 1)
    net.maker.operator(kind, [net.x], [y])
    return y


def _joined(net: Net) -> int:
    y = net.tensor("y", (2, 7, 6, 8), 0)
    other = net.maker.constant(
        "c", net.integers(SHAPE), scale=[SCALES[net.kind][0]], zero=[ZEROS[net.kind][0]]
    )
    net.maker.operator("CONCATENATION", [net.x, other], [y], "ConcatenationOptions", axis=3)
    return y


def _moved(net: Net) -> int:
    padded = net.tensor("padded", (2, 9, 8, 4), 0)
    border = net.maker.constant("border", i((0, 0), (1, 1), (2, 0), (0, 0)))
    net.maker.operator("PAD", [net.x, border], [padded], "PadOptions")
    larger = net.tensor("larger", (2, 18, 16, 4), 0)
    size = net.maker.constant("size", i(18, 16))
    net.maker.operator("RESIZE_NEAREST_NEIGHBOR", [padded, size], [larger], "ResizeNearestNeighborOptions")
    y = net.tensor("y", (2, 9, 8, 16), 0)
    net.maker.operator("SPACE_TO_DEPTH", [larger], [y], "SpaceToDepthOptions", blockSize=2)
    return y


def _requantized(net: Net) -> int:
    y = net.tensor("y", SHAPE, 1)
    net.maker.operator("QUANTIZE", [net.x], [y], "QuantizeOptions")
    return y


def _dequantized(net: Net) -> int:
    y = net.maker.tensor("y", SHAPE)
    net.maker.operator("DEQUANTIZE", [net.x], [y], "DequantizeOptions")
    return y


def _transposed(net: Net, *, padding: int, bias: bool = True) -> int:
    height, width = (14, 12) if padding == 0 else (15, 13)
    y = net.tensor("y", (2, height, width, 5), 1)
    shape = net.maker.constant("shape", i(2, height, width, 5))
    given = [shape, net.weights((5, 3, 3, 4), 0), net.x, *([net.bias(5)] if bias else [])]
    net.maker.operator(
        "TRANSPOSE_CONV", given, [y], "TransposeConvOptions", padding=padding, strideH=2, strideW=2
    )
    return y


def _bent(net: Net, shape: tuple[int, ...]) -> int:
    y = net.tensor("y", SHAPE, 1)
    slope = net.maker.constant("slope", net.integers(shape), scale=[0.007], zero=[ZEROS[net.kind][1]])
    net.maker.operator("PRELU", [net.x, slope], [y])
    return y


def _resized(net: Net, height: int, width: int, **options: Any) -> int:
    y = net.tensor("y", (2, height, width, 4), 0)
    size = net.maker.constant("size", i(height, width))
    net.maker.operator("RESIZE_BILINEAR", [net.x, size], [y], "ResizeBilinearOptions", **options)
    return y


def _softmax_of_16_bits(net: Net) -> int:
    y = net.maker.tensor("y", SHAPE, "int16", [1 / 32768], [0])
    net.maker.operator("SOFTMAX", [net.x], [y], "SoftmaxOptions", beta=0.7)
    return y


EXACT: dict[str, tuple[str, Callable[[Net], int]]] = {
    "convolution": ("int8 uint8 int16", _conv),
    "convolution, relu": ("int8 uint8", lambda net: _conv(net, fusedActivationFunction=1)),
    "convolution, relu6": ("int8 uint8", lambda net: _conv(net, fusedActivationFunction=3)),
    "depthwise": ("int8 uint8 int16", _depthwise),
    "depthwise, relu6": ("int8 uint8", lambda net: _depthwise(net, fusedActivationFunction=3)),
    "fully connected": ("int8 uint8 int16", _connected),
    "fully connected, relu": ("int8 uint8", lambda net: _connected(net, fusedActivationFunction=1)),
    "sum": ("int8 uint8 int16", lambda net: _pair(net, "ADD")),
    "sum, stretched": ("int8 uint8", lambda net: _pair(net, "ADD", (4,), fusedActivationFunction=1)),
    "difference": ("int8 uint8", lambda net: _pair(net, "SUB")),
    "product": ("int8 uint8 int16", lambda net: _pair(net, "MUL")),
    "product, stretched": ("int8 uint8", lambda net: _pair(net, "MUL", (2, 1, 1, 4))),
    "largest of a window": ("int8 uint8 int16", lambda net: _pool(net, "MAX_POOL_2D")),
    "largest of a window, relu6": ("int8", lambda net: _pool(net, "MAX_POOL_2D", fusedActivationFunction=3)),
    "mean of a window": ("int8 uint8 int16", lambda net: _pool(net, "AVERAGE_POOL_2D")),
    "mean of an image": ("int8 uint8", lambda net: _mean(net, keep=True)),
    "mean of an image, flat": ("int8 uint8", lambda net: _mean(net, keep=False)),
    "softmax": ("int8 uint8", _softmax),
    "softmax of 16 bits": ("int16", _softmax_of_16_bits),
    "transposed convolution": ("int8 uint8 int16", lambda net: _transposed(net, padding=0)),
    "transposed convolution, no bias": (
        "int8 uint8 int16",
        lambda net: _transposed(net, padding=1, bias=False),
    ),
    "bent": ("int8 uint8", lambda net: _bent(net, (1, 1, 4))),
    "bent, each element": ("int8 uint8", lambda net: _bent(net, (7, 6, 4))),
    "bent, one slope": ("int8 uint8", lambda net: _bent(net, (1, 1, 1))),
    "larger": ("int8 int16", lambda net: _resized(net, 14, 12)),
    "larger, centers": ("int8 int16", lambda net: _resized(net, 19, 16, halfPixelCenters=True)),
    "smaller, corners": ("int8 int16", lambda net: _resized(net, 4, 5, alignCorners=True)),
    "relu": ("int8 uint8 int16", lambda net: _rectified(net, "RELU")),
    "relu6": ("int8 uint8 int16", lambda net: _rectified(net, "RELU6")),
    "concatenation": ("int8 uint8 int16", _joined),
    "moved": ("int8 uint8", _moved),
    "another scale": ("int8 uint8 int16", _requantized),
    "floats": ("int8 uint8 int16", _dequantized),
}


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, (kinds, _) in EXACT.items() for kind in kinds.split()]
)
def test_integers_are_the_same(tmp_path: Path, name: str, kind: str) -> None:
    net = Net(kind)
    y = EXACT[name][1](net)
    _agree(tmp_path, net, [net.x], [y])


TABLES: dict[str, tuple[float, int, str, dict[str, Any]]] = {
    "LOGISTIC": (1 / 256, -128, "", {}),
    "TANH": (1 / 128, 0, "", {}),
    "HARD_SWISH": (0.05, -110, "", {}),
    "ABS": (0.05, -128, "", {}),
    "EXP": (1.0, -128, "", {}),
    "LEAKY_RELU": (0.05, -60, "LeakyReluOptions", {"alpha": 0.1}),
    "GELU": (0.05, -100, "GeluOptions", {"approximate": False}),
}


@pytest.mark.parametrize("kind", TABLES)
def test_functions_by_table_are_the_same(tmp_path: Path, kind: str) -> None:
    scale, zero, options, values = TABLES[kind]
    net = Net("int8", (16, 16))
    y = net.maker.tensor("y", (16, 16), "int8", [scale], [zero])
    net.maker.operator(kind, [net.x], [y], options, **values)
    _agree(tmp_path, net, [net.x], [y])


@pytest.mark.parametrize("kind", ["int8", "uint8"])
@pytest.mark.parametrize("scale", [0.002, 0.01, 0.023, 0.05, 0.3, 1.7])
def test_hard_swish_is_the_same_whatever_the_scale(tmp_path: Path, kind: str, scale: float) -> None:
    for zero in (-20, 3):
        net = Net(kind, (16, 64))
        middle = 128 if kind == "uint8" else 0
        x = net.maker.tensor("z", (16, 64), kind, [scale], [middle + zero])
        y = net.maker.tensor("y", (16, 64), kind, [scale * 1.3], [middle - 2 * zero])
        net.maker.operator("HARD_SWISH", [x], [y])
        _agree(tmp_path, net, [x], [y])


@pytest.mark.parametrize("kind", ["LEAKY_RELU", "ABS"])
def test_bends_of_16_bits_are_the_same(tmp_path: Path, kind: str) -> None:
    net = Net("int16", (3, 5, 7, 64))
    y = net.tensor("y", (3, 5, 7, 64), 1)
    options, values = TABLES[kind][2:]
    net.maker.operator(kind, [net.x], [y], options, **values)
    _agree(tmp_path, net, [net.x], [y])


@pytest.mark.parametrize("kind", ["LOGISTIC", "TANH"])
@pytest.mark.parametrize("scale", [2.0**-12, 2.0**-11, 2.0**-10, 0.00031, 0.002, 1e-6, 0.01])
def test_curves_of_16_bits_are_the_same(tmp_path: Path, kind: str, scale: float) -> None:
    net = Net("int16", (16, 512))
    x, y = (
        net.maker.tensor(name, (16, 512), "int16", [of], [0]) for name, of in (("a", scale), ("b", 2.0**-15))
    )
    net.maker.operator(kind, [x], [y])
    _agree(tmp_path, net, [x], [y])


def test_ties_of_16_bit_sums_go_the_same_way(tmp_path: Path) -> None:
    net = Net("int16", (2, 40, 40, 4))
    weights = net.rng.integers(-127, 128, (8, 1, 1, 4)).astype(np.int8)
    w = net.maker.constant("w", weights, scale=[2.0**-5] * 8, zero=[0] * 8, axis=0)
    x, y = (
        net.maker.tensor(name, (2, 40, 40, size), "int16", [2.0**-9], [0])
        for name, size in (("a", 4), ("b", 8))
    )
    net.maker.operator("CONV_2D", [x, w, net.bias(8)], [y], C2, **conv())
    _agree(tmp_path, net, [x], [y])


def test_what_has_no_integer_operator_is_computed_with_floats_between(tmp_path: Path) -> None:
    net = Net("int8")
    best = net.maker.tensor("best", (2, 7, 6), "int32")
    net.maker.operator(
        "ARG_MAX", [net.x, net.maker.constant("axis", scalar(3))], [best], "ArgMaxOptions", outputType=2
    )
    _agree(tmp_path, net, [net.x], [best])


@pytest.mark.parametrize("options", [{"halfPixelCenters": True}, {"alignCorners": True}, {}])
@pytest.mark.parametrize("size", [(19, 16), (5, 4), (3, 17), (1, 1)])
def test_unsigned_images_are_resized_in_single_precision(
    tmp_path: Path, size: tuple[int, int], options: dict[str, bool]
) -> None:
    net = Net("uint8")
    _agree(tmp_path, net, [net.x], [_resized(net, *size, **options)])


def test_floats_outside_and_integers_within(tmp_path: Path) -> None:
    net = Net("int8")
    x = net.maker.tensor("real", SHAPE)
    net.maker.operator("QUANTIZE", [x], [net.x], "QuantizeOptions")
    y, out = _conv(net), net.maker.tensor("out", (2, 7, 6, 5))
    net.maker.operator("DEQUANTIZE", [y], [out], "DequantizeOptions")
    _agree(tmp_path, net, [x], [out])


@pytest.mark.parametrize("file", ["ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "vww_96_int8"])
def test_trained_networks_are_the_same(file: str) -> None:
    path = shared(f"models/mlperf_tiny/{file}.tflite")
    graph = simplify(lpdnn.load(path))
    (name,) = graph.inputs
    rng = np.random.default_rng(5)
    for _ in range(3):
        x = rng.integers(-128, 128, graph.types[name].shape).astype(np.int8)
        given = np.ascontiguousarray(np.moveaxis(x, 1, -1)) if x.ndim >= 4 else x
        (want,) = run(path.read_bytes(), [given], reference=True)
        got = interpret(graph, {name: x})[graph.outputs[0]]
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_a_network_from_c(tmp_path: Path, kind: str) -> None:
    net = Net(kind)
    y = _conv(net, fusedActivationFunction=1)
    pooled = net.tensor("pooled", (2, 4, 3, 5), 1)
    sizes = {"filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2}
    net.maker.operator("AVERAGE_POOL_2D", [y], [pooled], PO, **sizes)
    twice = net.tensor("twice", (2, 4, 3, 5), 0)
    net.maker.operator("ADD", [pooled, pooled], [twice], "AddOptions")
    flat = net.tensor("flat", (2, 60), 0)
    net.maker.operator("RESHAPE", [twice, net.maker.constant("shape", i(2, 60))], [flat])
    array = net.integers((7, 60))
    w = net.maker.constant("w2", array, scale=[0.002], zero=[0 if kind == "int8" else 128])
    dense = net.tensor("dense", (2, 7), 1)
    net.maker.operator("FULLY_CONNECTED", [flat, w, -1], [dense], "FullyConnectedOptions")
    out = net.maker.tensor("out", (2, 7), kind, [1 / 256], [-128 if kind == "int8" else 0])
    net.maker.operator("SOFTMAX", [dense], [out], "SoftmaxOptions", beta=1.0)
    data = net.maker.model([net.x], [out])
    (tmp_path / "model.tflite").write_bytes(data)
    x = net.integers(SHAPE)
    (want,) = run(data, [x], reference=True)
    program = lpdnn.build(lpdnn.load(tmp_path / "model.tflite"))
    np.testing.assert_array_equal(program(np.moveaxis(x, -1, 1)), want)
