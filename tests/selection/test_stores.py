"""Layers melted into the store of the one before: which, and that the network computes the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.compiler import build, lower, select
from lpdnn.interpreter import interpret
from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.activation import ActivationFunction
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.prelu import PRelu
from lpdnn.targets import find

if TYPE_CHECKING:
    from lpdnn.ir import Graph

RELU = ActivationFunction("relu")
RNG = np.random.default_rng(0)


def _conv(
    net: GraphBuilder, x: str, name: str, filters: int = 24, function: ActivationFunction | None = None
) -> str:
    weight = RNG.standard_normal((filters, net.types[x].shape[1], 3, 3)).astype(np.float32)
    op = Conv2d(padding=(1, 1, 1, 1), activation=function or ActivationFunction())
    return net.apply(op, x, net.constant(f"{name} w", weight / 10), name=name)


def _net() -> tuple[GraphBuilder, str]:
    net = GraphBuilder("net")
    return net, net.input("x", TensorType((1, 24, 9, 7)))


def _residual(
    *, slopes: int = 0, early: ActivationFunction | None = None, coefficients: tuple[float, ...] = ()
) -> Graph:
    """Return x -> a -> b, a + b, where b may have slopes, or a function."""
    net, x = _net()
    a = _conv(net, x, "a", function=RELU)
    b = _conv(net, a, "b", function=early)
    if slopes:
        b = net.apply(
            PRelu(), b, net.constant("slope", RNG.standard_normal(slopes).astype(np.float32)), name="p"
        )
    y = net.apply(Eltwise("sum", coefficients, RELU), a, b, name="y")
    return net.finish([y])


def _steps(graph: Graph) -> list[str]:
    return [step.node.name for step in lower(graph, find("native"), simplified=False).steps]


@pytest.mark.parametrize("use", ["*=cpu_vanilla", "*=cpu_simd", ""])
@pytest.mark.parametrize("slopes", [0, 1, 24])
def test_a_residual_block_is_two_convolutions(slopes: int, use: str) -> None:
    graph = _residual(slopes=slopes)
    chosen = select(graph, use=[use] if use else [], simplified=False)
    plan = lower(graph, find("native"), simplified=False, selection=chosen)
    steps = [step.node.name for step in plan.steps]
    assert [name for name in steps if "@" not in name] == ["a", "b"]
    x = {"x": RNG.standard_normal((1, 24, 9, 7)).astype(np.float32)}
    got = build(graph, simplified=False, selection=chosen).run(x)["y"]
    assert np.allclose(got, interpret(graph, x)["y"], atol=1e-4)


def test_without_melting_each_layer_is_a_step() -> None:
    plan = lower(_residual(slopes=24), find("native"), simplified=False, melted=False)
    assert {"a", "b", "p", "y"} <= {step.node.name for step in plan.steps}


def test_what_comes_after_the_function_stays() -> None:
    assert {"a", "b", "y"} <= set(_steps(_residual(early=RELU)))
    assert {"a", "b", "y"} <= set(_steps(_residual(coefficients=(1.0, -1.0))))


def test_a_value_that_others_read_stays() -> None:
    net, x = _net()
    a = _conv(net, x, "a")
    y = net.apply(Eltwise(), x, a, name="y")
    z = net.apply(Eltwise("max"), a, y, name="z")
    assert {"a", "y", "z"} <= set(_steps(net.finish([z])))


def test_slopes_come_before_a_sum_only() -> None:
    net, x = _net()
    total = net.apply(Eltwise(), x, _conv(net, x, "a"), name="total")
    y = net.apply(PRelu(), total, net.constant("slope", np.full(24, 0.5, np.float32)), name="y")
    steps = set(_steps(net.finish([y])))
    assert "total" not in steps
    assert "y" in steps


def test_of_two_convolutions_the_later_adds() -> None:
    net, x = _net()
    a = _conv(net, x, "a")
    b = _conv(net, _conv(net, x, "c", function=RELU), "b")
    y = net.apply(Eltwise(), b, a, name="y")
    plan = lower(net.finish([y]), find("native"), simplified=False)
    (both,) = (node for node in plan.graph.nodes if "addend" in node.op.given(node.inputs))
    assert both.name == "b"
