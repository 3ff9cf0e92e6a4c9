"""One trained network from two frameworks becomes one graph, and one C."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed: pip install 'lpdnn[onnx]'")

import lpdnn  # after the check that it is there
from lpdnn.compiler import simplify
from lpdnn.ir import Graph
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path


def _renamed(graph: Graph) -> Graph:
    """Return a graph with names that tell the order alone; constants are named by their first reader."""
    names = {value: f"input{place}" for place, value in enumerate(graph.inputs)}
    nodes = []
    for place, node in enumerate(graph.nodes):
        for position, value in enumerate(node.inputs):
            if value is not None:
                names.setdefault(value, f"constant{place}.{position}")
        names |= {value: f"value{place}.{i}" for i, value in enumerate(node.outputs)}
        inputs = tuple(None if value is None else names[value] for value in node.inputs)
        outputs = tuple(names[value] for value in node.outputs)
        nodes.append(replace(node, name=f"node{place}", inputs=inputs, outputs=outputs, origin=""))
    return Graph(
        "net",
        tuple(names[value] for value in graph.inputs),
        tuple(names[value] for value in graph.outputs),
        tuple(nodes),
        {names[value]: tensor for value, tensor in graph.types.items()},
        {names[value]: array for value, array in graph.constants.items()},
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("prototxt", ["mobilenet_v2.prototxt", "mobilenet_v2_clip.prototxt"])
def test_mobilenet_v2_from_onnx_and_caffe(tmp_path: Path, prototxt: str) -> None:
    folder = shared("models/mobilenet_v2_torchvision")
    onnx = _renamed(simplify(lpdnn.load(folder / "mobilenet_v2.onnx")))
    caffe = _renamed(simplify(lpdnn.load(folder / prototxt, folder / "mobilenet_v2.caffemodel")))
    assert onnx.nodes == caffe.nodes
    assert onnx.types == caffe.types
    for name, array in onnx.constants.items():
        np.testing.assert_array_equal(array, caffe.constants[name])
    for graph, name in ((onnx, "onnx"), (caffe, "caffe")):
        lpdnn.generate(graph, tmp_path / name, target="cortex-m4", weights="binary", simplified=False)
    assert _files(tmp_path / "onnx") == _files(tmp_path / "caffe")
