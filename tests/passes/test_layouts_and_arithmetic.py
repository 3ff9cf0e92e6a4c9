"""Permutations, padding, reshapes and functions of two tensors, as importers leave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from lpdnn.interpreter import interpret
from lpdnn.ir import GraphBuilder, Operator, TensorType, verify
from lpdnn.ops.activation import Activation, ActivationFunction
from lpdnn.ops.binary import Binary
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.pad import Pad
from lpdnn.ops.permute import Permute
from lpdnn.ops.pool import Pool
from lpdnn.ops.reshape import Reshape
from lpdnn.ops.unary import Unary
from lpdnn.passes import PASSES

if TYPE_CHECKING:
    from lpdnn.ir import Array

RNG = np.random.default_rng(2)
SHAPE = (2, 3, 4, 5)


def _left(steps: list[tuple[Operator, list[str | Array]]], shape: tuple[int, ...] = SHAPE) -> list[str]:
    """Return the operators that are left of steps, whose values are v0, v1, ...; all compute the same."""
    net = GraphBuilder("net")
    net.input("x", TensorType(shape))
    for number, (op, inputs) in enumerate(steps):
        names = [
            given
            if isinstance(given, str)
            else net.constant(f"c{len(net.constants)}", given.astype(np.float32))
            for given in inputs
        ]
        net.apply(op, *names, name=f"v{number}")
    graph = net.finish([f"v{len(steps) - 1}"])
    x = RNG.standard_normal(shape).astype(np.float32)
    expected = interpret(graph, {"x": x})[graph.outputs[0]]
    for change in PASSES:
        graph = verify(change(graph), change.__name__)
    np.testing.assert_allclose(interpret(graph, {"x": x})[graph.outputs[0]], expected, rtol=1e-5, atol=1e-5)
    return [node.op.NAME for node in graph.nodes]


FACTORS = RNG.uniform(0.5, 1.5, (3, 1, 1))
NUMBER = np.array(2.5)
RELU = Activation(ActivationFunction("relu"))


@pytest.mark.parametrize(
    ("kind", "inputs", "left"),
    [
        ("add", ["x", "x"], "eltwise"),
        ("sub", ["x", "x"], "eltwise"),
        ("mul", ["x", "x"], "eltwise"),
        ("max", ["x", "x"], "eltwise"),
        ("min", ["x", "x"], "binary"),
        ("add", ["x", FACTORS], "bias"),
        ("add", [FACTORS, "x"], "bias"),
        ("sub", ["x", FACTORS], "bias"),
        ("sub", [NUMBER, "x"], "power"),
        ("sub", [FACTORS, "x"], "binary"),
        ("mul", ["x", FACTORS], "scale"),
        ("mul", [NUMBER, "x"], "scale"),
        ("mul", ["x", RNG.uniform(0.5, 1.5, (3, 1, 5))], "binary"),
        ("mul", ["x", RNG.uniform(0.5, 1.5, (2, 2, 3, 4, 5))], "binary"),
        ("div", ["x", FACTORS], "scale"),
        ("div", ["x", np.zeros(1)], "binary"),
        ("max", ["x", np.array(-0.5)], "activation"),
        ("min", [np.array(0.5), "x"], "activation"),
        ("min", ["x", FACTORS], "binary"),
        ("less", ["x", NUMBER], "binary"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*")
def test_a_function_of_two_tensors(kind: str, inputs: list[str | Array], left: str) -> None:
    assert _left([(Binary(kind), inputs)]) == [left]  # type: ignore[arg-type]


def test_the_power_and_the_inverse_of_what_is_positive() -> None:
    exponential = (Activation(ActivationFunction("exp", 1.0)), ["x"])
    assert _left([exponential, (Binary("pow"), ["v0", NUMBER])]) == ["activation", "power"]
    assert _left([exponential, (Binary("div"), [np.array(1.0), "v0"])]) == ["activation", "power"]


def test_a_quotient_whose_fraction_is_cut_off_stays_one() -> None:
    steps = [(Binary("div"), ["x", np.array(3.0)]), (Unary("floor"), ["v0"])]
    assert _left(steps) == ["binary", "unary"]  # type: ignore[arg-type]


def test_permutations_meet() -> None:
    there, back = Permute((0, 2, 3, 1)), Permute((0, 3, 1, 2))
    assert _left([(there, ["x"]), (RELU, ["v0"])]) == ["permute", "activation"]
    assert _left([(there, ["x"]), (back, ["v0"]), (RELU, ["v1"])]) == ["activation"]
    assert _left([(there, ["x"]), (there, ["v0"]), (RELU, ["v1"])]) == ["permute", "activation"]
    assert _left([(there, ["x"]), (RELU, ["v0"])], (2, 1, 4, 5)) == ["reshape", "activation"]


@pytest.mark.parametrize("order", [(0, 2, 3, 1), (0, 3, 1, 2), (0, 3, 2, 1)])
def test_a_permutation_melts_into_weights(order: tuple[int, ...]) -> None:
    weight = RNG.standard_normal((6, 60))
    flat = Reshape((2, 60))
    steps = [(Permute(order), ["x"]), (flat, ["v0"]), (FullyConnected(), ["v1", weight])]
    assert _left(steps) == ["fc"]  # type: ignore[arg-type]
    assert _left([(Permute(order), ["x"]), (FullyConnected(), ["v0", weight])]) == ["fc"]


def test_a_permutation_of_rows_stays() -> None:
    weight = RNG.standard_normal((6, 30))
    steps = [(Permute((1, 0, 2, 3)), ["x"]), (Reshape((4, 30)), ["v0"]), (FullyConnected(), ["v1", weight])]
    assert _left(steps) == ["permute", "reshape", "fc"]  # type: ignore[arg-type]


def test_zeros_around_an_image_melt_into_a_convolution() -> None:
    weight = RNG.standard_normal((2, 3, 3, 3))
    conv = Conv2d(padding=(1, 0, 0, 1))
    assert _left([(Pad((0, 0, 1, 2), (0, 0, 0, 1)), ["x"]), (conv, ["v0", weight])]) == ["conv2d"]
    assert _left([(Pad((0, 0, 1, 1), (0, 0, 0, 0), 0.5), ["x"]), (conv, ["v0", weight])]) == ["pad", "conv2d"]
    more = RNG.standard_normal((2, 4, 3, 3))
    assert _left([(Pad((0, 1, 0, 0), (0, 0, 0, 0)), ["x"]), (conv, ["v0", more])]) == ["pad", "conv2d"]


def test_weights_that_are_made_after_the_border_stay_there() -> None:
    steps = [(Pad((0, 0, 1, 1), (0, 0, 1, 1)), ["x"]), (Pool("max", (2, 3)), ["x"]), (Conv2d(), ["v0", "v1"])]
    assert _left(steps) == ["pad", "pool", "conv2d"]  # type: ignore[arg-type]


def test_reshapes_in_a_row_are_one() -> None:
    assert _left([(Reshape((6, 20)), ["x"]), (Reshape((3, 40)), ["v0"]), (RELU, ["v1"])]) == [
        "reshape",
        "activation",
    ]


@pytest.mark.parametrize(
    ("kind", "function", "left"),
    [
        ("max", ActivationFunction("relu"), ["conv2d", "pool"]),
        ("max", ActivationFunction("clip", -0.5, 1.0), ["conv2d", "pool"]),
        ("max", ActivationFunction("relu", -0.5), ["conv2d", "pool", "activation"]),
        ("average", ActivationFunction("relu"), ["conv2d", "pool", "activation"]),
    ],
)
def test_an_activation_that_keeps_order_is_drawn_before_maximum_pooling(
    kind: Literal["max", "average"], function: ActivationFunction, left: list[str]
) -> None:
    steps: list[tuple[Operator, list[str | Array]]] = [
        (Conv2d(), ["x", RNG.standard_normal((4, 3, 1, 1))]),
        (Pool(kind, (2, 2), (2, 2)), ["v0"]),
        (Activation(function), ["v1"]),
    ]
    assert _left(steps) == left
