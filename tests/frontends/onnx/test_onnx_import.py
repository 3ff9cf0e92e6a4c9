"""What an ONNX model becomes: shapes, constants, names, reports."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the onnx package is not installed: pip install 'lpdnn[onnx]'")

from onnx import helper  # after the check that it is there

import lpdnn  # beside them
from lpdnn.compiler import simplify  # beside them
from lpdnn.frontends._report import UnsupportedNodesError  # beside them
from lpdnn.frontends.onnx.importer import import_onnx  # beside them
from lpdnn.interpreter import interpret  # beside them
from lpdnn.ir import LpdnnError  # beside them
from onnx_files import model, node  # needs it too

if TYPE_CHECKING:
    from pathlib import Path


def _ones(*shape: int) -> np.ndarray[Any, Any]:
    return np.ones(shape, np.float32)


def test_open_dimensions_are_fixed_by_the_user() -> None:
    proto = model([node("Relu", "x", "y")], {"x": ("batch", 3)}, ["y"])
    with pytest.raises(LpdnnError, match=r"input 'x' has shape batchx3; fix it: --shape x="):
        import_onnx(proto)
    assert import_onnx(proto, shapes={"x": (2, 3)}).types["y"].shape == (2, 3)
    with pytest.raises(LpdnnError, match="has no input 'z'"):
        import_onnx(proto, shapes={"z": (2, 3)})


def test_shape_arithmetic_is_folded() -> None:
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s zero", "n"),
        node("Unsqueeze", "n axes", "u"),
        node("Concat", "u rest", "t", axis=0),
        node("Reshape", "x t", "y"),
    ]
    constants = {"zero": np.array(0), "axes": np.array([0]), "rest": np.array([-1])}
    graph = import_onnx(model(nodes, {"x": (2, 3, 4)}, ["y"], constants))
    assert [n.op.NAME for n in graph.nodes] == ["reshape"]
    assert graph.types["y"].shape == (2, 12)


def test_several_inputs_and_outputs_keep_their_names() -> None:
    nodes = [node("Add", "a b", "sum"), node("Mul", "a b", "product"), node("Identity", "sum", "same")]
    graph = import_onnx(model(nodes, {"a": (2,), "b": (2,)}, ["product", "sum", "same"]))
    assert graph.inputs == ("a", "b")
    assert graph.outputs == ("product", "sum", "same")
    values = interpret(graph, {"a": np.float32([1, 2]), "b": np.float32([3, 4])})
    assert [values[name].tolist() for name in graph.outputs] == [[3, 8], [4, 6], [4, 6]]


def test_an_output_that_is_known_is_a_constant() -> None:
    nodes = [node("Relu", "x", "y"), node("Shape", "x", "s")]
    graph = import_onnx(model(nodes, {"x": (2, 3)}, ["y", "s"]))
    assert graph.constants["s"].tolist() == [2, 3]


def test_everything_that_is_missing_is_told_at_once() -> None:
    nodes = [
        node("GridSample", "x g", "a"),
        node("Relu", "a", "b"),
        node("NonZero", "b", "c"),
        node("Softmax", "x", "d", axis=9),
        helper.make_node("Odd", ["x"], ["e"], domain="com.example", name="e"),
    ]
    with pytest.raises(UnsupportedNodesError) as caught:
        import_onnx(model(nodes, {"x": (1, 1, 2, 2), "g": (1, 2, 2, 2)}, ["c", "d", "e"]))
    assert [(p.node, p.type) for p in caught.value.problems] == [
        ("a", "GridSample"),
        ("c", "NonZero"),
        ("d", "Softmax"),
        ("e", "com.example.Odd"),
    ]
    assert "the size of its result depends on the data" in str(caught.value)


def test_a_known_condition_takes_its_branch() -> None:
    def branch(name: str, op: str) -> Any:
        return helper.make_graph([node(op, "x", name)], name, [], [helper.make_empty_tensor_value_info(name)])

    choice = node("If", "c", "y", then_branch=branch("t", "Relu"), else_branch=branch("e", "Tanh"))
    for value, kind in ((True, "relu"), (False, "tanh")):
        graph = import_onnx(model([choice], {"x": (2,)}, ["y"], {"c": np.array(value)}))
        assert graph.nodes[0].op.function.kind == kind  # type: ignore[attr-defined]


def test_functions_of_the_model_are_taken_in() -> None:
    body = [helper.make_node("Relu", ["a"], ["r"]), helper.make_node("Add", ["r", "a"], ["b"])]
    function = helper.make_function("own", "F", ["a"], ["b"], body, [helper.make_opsetid("", 17)])
    calls = [
        helper.make_node("F", ["x"], ["m"], domain="own"),
        helper.make_node("F", ["m"], ["y"], domain="own"),
    ]
    graph = import_onnx(model(calls, {"x": (3,)}, ["y"], functions=[function]))
    values = interpret(graph, {"x": np.float32([-1, 1, 2])})
    assert values["y"].tolist() == [-1, 4, 8]


def test_a_fully_connected_layer_comes_from_gemm_and_matmul() -> None:
    constants = {"w": _ones(4, 3), "v": _ones(3, 4), "b": _ones(4)}
    nodes = [node("Gemm", "x w b", "g", transB=1), node("MatMul", "x v", "m"), node("Add", "m b", "y")]
    graph = simplify(import_onnx(model(nodes, {"x": (1, 3)}, ["g", "y"], constants)))
    assert [n.op.NAME for n in graph.nodes] == ["fc", "fc"]


def test_other_opsets_than_those_known_are_refused() -> None:
    for opset in (1, 99):
        with pytest.raises(LpdnnError, match=f"opset {opset}"):
            import_onnx(model([node("Relu", "x", "y")], {"x": (2,)}, ["y"], opset=opset))


def test_weights_beside_the_model_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(model([node("Relu", "x", "y")], {"x": (2,)}, ["y"]).SerializeToString())
    with pytest.raises(LpdnnError, match="brings its weights along"):
        lpdnn.load(path, path)


def test_without_the_onnx_package_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"")
    for name in list(sys.modules):
        if name == "onnx" or name.startswith(("onnx.", "lpdnn.frontends.onnx.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(LpdnnError, match=r"pip install 'lpdnn\[onnx\]'"):
        lpdnn.load(path)
