"""Activations behind pooling, in networks of integers: fused before maxima, and means finer than what they are of."""

from __future__ import annotations

import numpy as np
import pytest

import lpdnn
from lpdnn.interpreter import interpret
from lpdnn.ir import Graph, GraphBuilder, TensorType
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.pool import Pool
from lpdnn.quantization import Analysis, Format, quantized
from quantization.configured import configured

SHAPE = (1, 3, 11, 11)
FUNCTIONS = {
    "relu": ActivationFunction("relu"),
    "clip": ActivationFunction("clip", -0.5, 0.75),
    "leaky": ActivationFunction("relu", 0.25),
}
EXAMPLES = [{"x": np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)} for seed in range(4)]


def network(function: ActivationFunction) -> Graph:
    """Return a convolution, maxima, a function of them, and a convolution."""
    builder, rng = GraphBuilder("pooled"), np.random.default_rng(5)

    def weight(name: str, *shape: int) -> str:
        array = rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        return builder.constant(name, array.astype(np.float32))

    x = builder.input("x", TensorType(SHAPE))
    bias = builder.constant("bias", rng.standard_normal(8).astype(np.float32))
    conv = builder.apply(Conv2d(), x, weight("w1", 8, 3, 3, 3), bias, name="conv")
    pool = builder.apply(Pool("max", (3, 3), (2, 2)), conv, name="pool")
    drawn = builder.apply(Activation(function), pool, name="function")
    return builder.finish([builder.apply(Conv2d(), drawn, weight("w2", 4, 8, 1, 1), None, name="end")])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_behind_maxima_is_fused_before_them_and_c_computes_the_same_integers(name: str) -> None:
    graph = network(FUNCTIONS[name])
    simple = lpdnn.simplify(graph)
    assert [node.op.NAME for node in simple.nodes] == ["conv2d", "pool", "conv2d"]
    found = quantized(simple, configured(simple, EXAMPLES, Analysis()), integers_outside=True)
    assert not found.notes
    convolution = next(node for node in found.graph.nodes if node.op.NAME == "qconv2d")
    if name == "relu":  # the bound of the sums is all that is left of it
        assert convolution.op.low == convolution.op.y_zero  # type: ignore[attr-defined]
    if name != "leaky":
        assert [node.op.NAME for node in found.graph.nodes] == ["qconv2d", "pool", "qconv2d"]
    program = lpdnn.build(found.graph)
    (y,) = found.graph.outputs
    for example in EXAMPLES:
        integers = {"x": found.graph.formats["x"].quantize(example["x"], "s8")}
        right = interpret(found.graph, integers)[y]
        assert np.array_equal(program(integers["x"]), right)
        real = interpret(graph, example)["end"]
        assert np.abs(found.graph.formats[y].dequantize(right) - real).max() < 0.05 * np.abs(real).max()


def test_a_mean_of_8_bits_in_16_lies_between_their_steps() -> None:
    builder = GraphBuilder("mean")
    x = builder.input("x", TensorType((1, 2, 15, 15)))
    graph = builder.finish([builder.apply(Pool("average", (15, 15)), x, name="y")])
    values = np.random.default_rng(1).integers(0, 2, (1, 2, 15, 15)).astype(np.float32)
    formats = {"x": Format("PC", 8, scale=(1.0,)), "y": Format("PC", 16, scale=(2.0**-14,))}
    found = quantized(graph, configured(graph, [{"x": values}], Analysis(), **formats))
    assert not found.notes
    y = lpdnn.build(found.graph)(values)
    assert np.abs(y - values.mean(axis=(2, 3), keepdims=True)).max() < 2.0**-13
