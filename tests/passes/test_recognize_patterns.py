"""Functions that models spell out become the operators that they are, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed: pip install 'lpdnn[onnx]'")

from lpdnn.compiler import simplify  # beside it
from lpdnn.frontends.onnx.importer import import_onnx  # beside it
from lpdnn.interpreter import interpret  # beside it
from onnx_files import model, node  # after the check that it is there

CONSTANTS = {
    name: np.array(value, np.float32)
    for name, value in {
        "zero": 0, "one": 1, "two": 2, "three": 3, "six": 6, "half": 0.5, "root": 2**0.5, "eps": 1e-5, "sixth": 1 / 6,
    }.items()
}  # fmt: skip
SHAPE = (2, 3, 4, 5)

PATTERNS = {
    "hard_swish": ["Add x three a", "Clip a zero six b", "Div b six c", "Mul x c y"],
    "hard_swish after": ["Add x three a", "Clip a zero six b", "Mul x b c", "Div c six y"],
    "hard_swish times": ["Add three x a", "Clip a zero six b", "Mul b sixth c", "Mul c x y"],
    "hard_sigmoid": ["Add x three a", "Clip a zero six b", "Div b six y"],
    "swish": ["Sigmoid x a", "Mul x a y"],
    "mish": ["Softplus x a", "Tanh a b", "Mul x b y"],
    "gelu": ["Div x root a", "Erf a b", "Add b one c", "Mul x c d", "Mul d half y"],
    "gelu before": ["Div x root a", "Erf a b", "Add b one c", "Mul x half h", "Mul h c y"],
}


def _nodes(lines: list[str]) -> list[object]:
    parts = [line.split() for line in lines]
    return [node(op, " ".join(inputs), output) for op, *inputs, output in parts]


@pytest.mark.parametrize("name", PATTERNS)
def test_an_activation_is_one_node_that_computes_the_same(name: str) -> None:
    graph = import_onnx(model(_nodes(PATTERNS[name]), {"x": SHAPE}, ["y"], CONSTANTS))
    simple = simplify(graph)
    assert [n.op.function.kind for n in simple.nodes] == [name.split(maxsplit=1)[0]]  # type: ignore[attr-defined]
    x = np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32) * 4
    np.testing.assert_allclose(
        interpret(simple, {"x": x})["y"], interpret(graph, {"x": x})["y"], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    "lines",
    [
        ["Add x three a", "Clip a zero six b", "Div b two c", "Mul x c y"],
        ["Add x three a", "Clip a one six b", "Div b six c", "Mul x c y"],
        ["Sigmoid x a", "Mul a a y"],
        ["Div x two a", "Erf a b", "Add b one c", "Mul x c d", "Mul d half y"],
    ],
)
def test_what_only_looks_like_one_stays_and_computes_the_same(lines: list[str]) -> None:
    graph = import_onnx(model(_nodes(lines), {"x": SHAPE}, ["y"], CONSTANTS))
    simple = simplify(graph)
    kinds = {n.op.function.kind for n in simple.nodes if n.op.NAME == "activation"}  # type: ignore[attr-defined]
    assert not kinds & {"hard_swish", "swish", "gelu"}
    x = np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32) * 4
    np.testing.assert_allclose(
        interpret(simple, {"x": x})["y"], interpret(graph, {"x": x})["y"], rtol=1e-5, atol=1e-6
    )


def test_a_step_that_is_read_elsewhere_stays() -> None:
    graph = import_onnx(model(_nodes(PATTERNS["hard_swish"]), {"x": SHAPE}, ["y", "b"], CONSTANTS))
    assert all(
        getattr(n.op, "function", None) is None or n.op.function.kind != "hard_swish"
        for n in simplify(graph).nodes
    )  # type: ignore[attr-defined]


@pytest.mark.parametrize("axes", [[-1], [2, 3], [1, 2, 3]])
@pytest.mark.parametrize("square", ["Pow d two s", "Mul d d s"])
def test_layer_normalization(axes: list[int], square: str) -> None:
    nodes = [
        node("ReduceMean", "x", "m", axes=axes),
        *_nodes(["Sub x m d", square]),
        node("ReduceMean", "s", "v", axes=axes),
        *_nodes(["Add v eps e", "Sqrt e r", "Div d r y"]),
    ]
    graph = import_onnx(model(nodes, {"x": SHAPE}, ["y"], CONSTANTS))
    simple = simplify(graph)
    assert [n.op.NAME for n in simple.nodes] == ["reshape", "mvn", "reshape"]
    x = np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32) * 4
    np.testing.assert_allclose(
        interpret(simple, {"x": x})["y"], interpret(graph, {"x": x})["y"], rtol=1e-5, atol=1e-6
    )
