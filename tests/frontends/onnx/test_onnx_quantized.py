"""Quantized ONNX models against ONNX Runtime: within one step of the result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed: pip install 'lpdnn[onnx]'")
onnxruntime = pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed, which is the oracle here"
)

from onnx import TensorProto, helper, numpy_helper  # after the checks that they are there
from onnx.reference import ReferenceEvaluator

from lpdnn.compiler import simplify
from lpdnn.frontends.onnx.importer import import_onnx
from lpdnn.interpreter import interpret

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(3)
SCALE, ZERO = {"x": 0.04, "y": 0.07}, {"uint8": 121, "int8": -6}


class Model:
    """A model being written down: tensors are names."""

    def __init__(self, kind: str) -> None:
        self.kind = np.dtype(kind)
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}

    def constant(self, array: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = array
        return name

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def scale(self, value: float | Array) -> str:
        return self.constant(np.asarray(value, np.float32))

    def zero(self, value: int, kind: Any = None) -> str:
        return self.constant(np.array(value, kind or self.kind))

    def rounded(self, x: str, scale: float, zero: int) -> str:
        return self.add("QuantizeLinear", x, self.scale(scale), self.zero(zero))

    def real(self, q: str, scale: float, zero: int) -> str:
        return self.add("DequantizeLinear", q, self.scale(scale), self.zero(zero))

    def input(self, x: str = "x") -> str:
        """Return an input as it is after it was rounded."""
        zero = ZERO[self.kind.name]
        return self.real(self.rounded(x, SCALE["x"], zero), SCALE["x"], zero)

    def weights(self, shape: tuple[int, ...], axis: int | None) -> str:
        """Return weights: with a scale each, or with one and, unsigned, a zero point."""
        if axis is None:
            limits = np.iinfo(self.kind)
            array = RNG.integers(limits.min, limits.max + 1, shape).astype(self.kind)
            zero = self.zero(117 if self.kind == np.uint8 else 0)
            return self.add("DequantizeLinear", self.constant(array), self.scale(0.002), zero)
        array = RNG.integers(-127, 128, shape).astype(np.int8)
        scales = self.scale(RNG.uniform(0.001, 0.003, shape[axis]))
        zeros = self.constant(np.zeros(shape[axis], np.int8))
        return self.add("DequantizeLinear", self.constant(array), scales, zeros, axis=axis)

    def output(self, value: str) -> str:
        return self.rounded(value, SCALE["y"], ZERO[self.kind.name])

    def proto(self, shapes: dict[str, tuple[int, ...]], y: str, kind: Any = None) -> Any:
        element = helper.np_dtype_to_tensor_dtype(np.dtype(kind or self.kind))
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()],
            [helper.make_tensor_value_info(y, element, None)],
            [numpy_helper.from_array(a, n) for n, a in self.constants.items()],
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def _agree(proto: Any, operators: set[str], steps: float = 1, spread: float = 1.5) -> None:
    """Compare with ONNX Runtime, and see that the network consists of these operators."""
    graph = simplify(import_onnx(proto))
    rng = np.random.default_rng(4)
    feeds = {n: (rng.standard_normal(graph.types[n].shape) * spread).astype(np.float32) for n in graph.inputs}
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    (want,) = session.run(None, feeds)
    got = interpret(graph, feeds)[graph.outputs[0]]
    assert got.shape == want.shape
    assert np.unique(want).size > 3
    assert np.abs(got.astype(np.float64) - want).max() <= steps
    assert {node.op.NAME for node in graph.nodes} == operators


SHAPE = (2, 4, 7, 6)
KINDS = pytest.mark.parametrize("kind", ["uint8", "int8"])


def _bias(model: Model, count: int) -> str:
    array = RNG.integers(-2000, 2000, count).astype(np.int32)
    return model.add("DequantizeLinear", model.constant(array), model.scale(8e-5))


@KINDS
@pytest.mark.parametrize("axis", [None, 0])
@pytest.mark.parametrize("after", ["", "Relu", "Clip"])
def test_convolution(kind: str, axis: int | None, after: str) -> None:
    model = Model(kind)
    x, w = model.input(), model.weights((6, 2, 3, 3), axis)
    y = model.add("Conv", x, w, _bias(model, 6), group=2, pads=[1, 0, 1, 2], strides=[2, 1])
    if after == "Relu":
        y = model.add("Relu", y)
    if after == "Clip":
        y = model.add("Clip", y, model.scale(-1.0), model.scale(3.0))
    left = {"quantize", "qconv2d"} | ({"gather"} if kind == "uint8" and axis is None else set())
    _agree(model.proto({"x": SHAPE}, model.output(y)), left)


@KINDS
@pytest.mark.parametrize("way", ["MatMul", "Gemm", "Gemm turned"])
@pytest.mark.parametrize("own", [False, True])
def test_products(kind: str, way: str, own: bool) -> None:
    model = Model(kind)
    turned = way == "Gemm turned"
    x = model.input()
    w = model.weights((9, 28) if turned else (28, 9), (0 if turned else 1) if own else None)
    y = (
        model.add("MatMul", x, w)
        if way == "MatMul"
        else model.add("Gemm", x, w, _bias(model, 9), transB=int(turned))
    )
    left = {"quantize", "qfc"} | ({"gather"} if kind == "uint8" and not own else set())
    _agree(model.proto({"x": (3, 28)}, model.output(y)), left)


@KINDS
@pytest.mark.parametrize(("op", "left"), [("Add", "qadd"), ("Sub", "qadd"), ("Mul", "qmul")])
def test_functions_of_two(kind: str, op: str, left: str) -> None:
    model = Model(kind)
    zero = ZERO[kind]
    other = model.real(model.rounded("z", 0.03, zero + 3), 0.03, zero + 3)
    y = model.add(op, model.input(), other)
    _agree(model.proto({"x": SHAPE, "z": SHAPE}, model.output(y)), {"quantize", left})


POOLS: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "largest": ("MaxPool", {"kernel_shape": [2, 3], "strides": [2, 2]}, {"pool", "requantize"}),
    "mean": ("AveragePool", {"kernel_shape": [3, 2], "strides": [1, 2], "pads": [1, 0, 1, 1]}, {"qpool"}),
    "mean of all": ("GlobalAveragePool", {}, {"qconv2d"}),
    "turned": ("Transpose", {"perm": [0, 2, 3, 1]}, {"permute", "requantize"}),
    "flat": ("Flatten", {}, {"reshape", "requantize"}),
}


@KINDS
@pytest.mark.parametrize("name", POOLS)
def test_pools_and_moves(kind: str, name: str) -> None:
    op, attributes, left = POOLS[name]
    model = Model(kind)
    y = model.add(op, model.input(), **attributes)
    _agree(model.proto({"x": SHAPE}, model.output(y)), {"quantize"} | left)


@KINDS
@pytest.mark.parametrize("op", ["Sigmoid", "Tanh", "LeakyRelu", "HardSwish", "Elu"])
def test_functions_of_one(kind: str, op: str) -> None:
    model = Model(kind)
    y = model.add(op, model.input())
    scale = 1 / 128 if op in {"Sigmoid", "Tanh"} else SCALE["y"]
    _agree(model.proto({"x": SHAPE}, model.rounded(y, scale, ZERO[kind])), {"quantize", "qlut"})


@KINDS
def test_batch_normalization_between(kind: str) -> None:
    model = Model(kind)
    parameters = [RNG.uniform(-2, 2, 4), RNG.uniform(-1, 1, 4), RNG.uniform(-1, 1, 4), RNG.uniform(0.5, 2, 4)]
    parameters[0][1] = 1e-9  # a channel that is constant
    y = model.add("BatchNormalization", model.input(), *(model.scale(p) for p in parameters))
    y = model.add("Clip", y, model.scale(-2.0), model.scale(6.0))
    _agree(model.proto({"x": SHAPE}, model.output(y)), {"quantize", "qconv2d"})


@KINDS
def test_concatenation(kind: str) -> None:
    model = Model(kind)
    zero = ZERO[kind]
    other = model.real(model.rounded("z", SCALE["y"], zero), SCALE["y"], zero)
    y = model.add("Concat", model.input(), other, axis=1)
    _agree(model.proto({"x": SHAPE, "z": SHAPE}, model.output(y)), {"quantize", "requantize", "concat"})


def test_what_has_no_layer_of_integers_is_computed_with_floats_between() -> None:
    model = Model("int8")
    y = model.add("Softmax", model.input(), axis=1)
    proto = model.proto({"x": SHAPE}, model.rounded(y, 1 / 256, -128))
    _agree(proto, {"quantize", "dequantize", "softmax"})


@KINDS
def test_qlinear_conv(kind: str) -> None:
    model = Model(kind)
    zero = ZERO[kind]
    x = model.rounded("x", SCALE["x"], zero)
    w = model.constant(RNG.integers(-127, 128, (5, 4, 3, 3)).astype(np.int8))
    scales = RNG.uniform(0.001, 0.003, 5)
    bias = model.constant(RNG.integers(-2000, 2000, 5).astype(np.int32))
    given = [
        x,
        model.scale(SCALE["x"]),
        model.zero(zero),
        w,
        model.scale(scales),
        model.zero([0] * 5, np.int8),
    ]
    y = model.add("QLinearConv", *given, model.scale(SCALE["y"]), model.zero(zero), bias, pads=[1, 1, 1, 1])
    _agree(model.proto({"x": SHAPE}, y), {"quantize", "qconv2d"}, steps=0)


@KINDS
def test_qlinear_matmul(kind: str) -> None:
    model = Model(kind)
    zero = ZERO[kind]
    x = model.rounded("x", SCALE["x"], zero)
    w = model.constant(RNG.integers(-127, 128, (28, 9)).astype(np.int8))
    given = [x, model.scale(SCALE["x"]), model.zero(zero), w, model.scale(0.002), model.zero(0, np.int8)]
    y = model.add("QLinearMatMul", *given, model.scale(SCALE["y"]), model.zero(zero))
    _agree(model.proto({"x": (3, 28)}, y), {"quantize", "qfc"}, steps=0)


@KINDS
@pytest.mark.parametrize(("op", "left"), [("QLinearAdd", "qadd"), ("QLinearMul", "qmul")])
def test_qlinear_binary(kind: str, op: str, left: str) -> None:
    model = Model(kind)
    zero = ZERO[kind]
    given = []
    for name, scale in (("x", SCALE["x"]), ("z", 0.03)):
        given += [model.rounded(name, scale, zero), model.scale(scale), model.zero(zero)]
    y = model.add(op, *given, model.scale(SCALE["y"]), model.zero(zero), domain="com.microsoft")
    _agree(model.proto({"x": SHAPE, "z": SHAPE}, y), {"quantize", left})


def test_the_other_layers_of_onnx_runtime() -> None:
    model = Model("uint8")
    ends = [model.scale(SCALE["y"]), model.zero(ZERO["uint8"])]
    begin = [model.scale(SCALE["x"]), model.zero(ZERO["uint8"])]
    x = model.rounded("x", SCALE["x"], ZERO["uint8"])
    curve = model.add("QLinearLeakyRelu", x, *begin, *ends, domain="com.microsoft", alpha=0.1)
    pooled = model.add("QLinearAveragePool", curve, *ends, *ends, domain="com.microsoft", kernel_shape=[2, 2])
    small = model.add(
        "QLinearGlobalAveragePool", pooled, *ends, *ends, domain="com.microsoft", channels_last=0
    )
    joined = model.add("QLinearConcat", *ends, small, *ends, small, *ends, domain="com.microsoft", axis=1)
    proto = model.proto({"x": SHAPE}, joined)
    _agree(proto, {"quantize", "qlut", "qpool", "qconv2d", "concat"})


@pytest.mark.parametrize("op", ["ConvInteger", "MatMulInteger"])
def test_sums_of_integers(op: str) -> None:
    model = Model("uint8")
    shape = SHAPE if op == "ConvInteger" else (3, 28)
    x = model.rounded("x", SCALE["x"], 121)
    w = RNG.integers(0, 256, (5, 4, 3, 3) if op == "ConvInteger" else (28, 9)).astype(np.uint8)
    y = model.add(op, x, model.constant(w), model.zero(121), model.zero(117))
    graph = import_onnx(model.proto({"x": shape}, y, np.int32))
    assert {"conv2d", "matmul"} & {node.op.NAME for node in graph.nodes}
    operators = {node.op.NAME for node in simplify(graph).nodes}
    _agree(model.proto({"x": shape}, y, np.int32), operators, steps=0)


def test_a_dynamically_quantized_product() -> None:
    model = Model("uint8")
    model.nodes.append(helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"], name="q"))
    w = model.constant(RNG.integers(-127, 128, (28, 9)).astype(np.int8))
    sums = model.add("MatMulInteger", "q", w, "z", model.zero(0, np.int8))
    y = model.add("Mul", model.add("Cast", sums, to=1), model.add("Mul", "s", model.scale(0.002)))
    proto = model.proto({"x": (3, 28)}, y, np.float32)
    graph = simplify(import_onnx(proto))
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    reference, rng = ReferenceEvaluator(proto), np.random.default_rng(4)
    for _ in range(20):
        x = rng.standard_normal((3, 28)).astype(np.float32)
        got = interpret(graph, {"x": x})[graph.outputs[0]]
        for oracle in (session, reference):
            (want,) = oracle.run(None, {"x": x})
            np.testing.assert_allclose(got, want, atol=1e-6)
