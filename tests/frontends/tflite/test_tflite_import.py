"""What a TensorFlow Lite model becomes: shapes, names, layouts, weights of other kinds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("tflite", reason="the tflite package is not installed: pip install 'lpdnn[tflite]'")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed, which writes the models here")

import lpdnn  # after the checks that they are there
from lpdnn.compiler import simplify
from lpdnn.interpreter import interpret
from lpdnn.ir import LpdnnError
from tflite_cases import C2, SHAPE, conv, i
from tflite_files import Maker, run, schema

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.ir import Graph


def _loaded(path: Path, maker: Maker, inputs: list[int], outputs: list[int], **options: Any) -> Graph:
    path.write_bytes(maker.model(inputs, outputs))
    return lpdnn.load(path, **options)


def _convolution() -> tuple[Maker, int, int]:
    maker = Maker()
    x, y = maker.tensor("image", (1, 5, 6, 3)), maker.tensor("features", (1, 5, 6, 4))
    w = maker.constant("w", np.random.default_rng(1).standard_normal((4, 3, 3, 3)).astype(np.float32))
    b = maker.constant("b", np.zeros(4, np.float32))
    maker.operator("CONV_2D", [x, w, b], [y], C2, **conv(fusedActivationFunction=1))
    return maker, x, y


def test_images_have_their_channels_second(tmp_path: Path) -> None:
    graph = _loaded(tmp_path / "net.tflite", *_convolution()[:1], [0], [1])
    assert graph.name == "net"
    assert {name: graph.types[name].shape for name in (*graph.inputs, *graph.outputs)} == {
        "image": (1, 3, 5, 6),
        "features": (1, 4, 5, 6),
    }
    assert [node.op.NAME for node in simplify(graph).nodes] == ["conv2d"]


def test_a_shape_is_given_as_it_is_here(tmp_path: Path) -> None:
    maker, x, y = _convolution()
    graph = _loaded(tmp_path / "net.tflite", maker, [x], [y], shapes={"image": (2, 3, 9, 7)})
    assert graph.types["features"].shape == (2, 4, 9, 7)
    with pytest.raises(LpdnnError, match="has 4 axes, and the shape given 2"):
        _loaded(tmp_path / "net.tflite", maker, [x], [y], shapes={"image": (2, 3)})
    with pytest.raises(LpdnnError, match="has no input 'photo' to give a shape; its inputs: image"):
        _loaded(tmp_path / "net.tflite", maker, [x], [y], shapes={"photo": (1, 3, 9, 7)})


def test_results_keep_their_names_whatever_makes_them(tmp_path: Path) -> None:
    maker = Maker()
    x, y, z = maker.tensor("x", (2, 3)), maker.tensor("y", (3, 2)), maker.tensor("z", (3, 2))
    known = maker.constant("known", np.ones((2, 2), np.float32))
    maker.operator("RESHAPE", [x, maker.constant("s", i(3, 2))], [y])
    maker.operator("RELU", [y], [z])
    graph = _loaded(tmp_path / "net.tflite", maker, [x], [z, y, x, known, y])
    assert graph.outputs == ("z", "y", "x", "known")
    given = np.random.default_rng(1).standard_normal((2, 3)).astype(np.float32)
    values = interpret(simplify(graph), {graph.inputs[0]: given})
    np.testing.assert_array_equal(values["z"], np.maximum(given.reshape(3, 2), 0))
    np.testing.assert_array_equal(values["known"], np.ones((2, 2)))


def test_few_permutations_are_left(tmp_path: Path) -> None:
    """Of a network that TensorFlow writes with channels last, none: not even before the last layer."""
    maker, x, y = _convolution()
    padded, flat, out = (
        maker.tensor("padded", (1, 7, 8, 4)),
        maker.tensor("flat", (1, 224)),
        maker.tensor("out", (1, 9)),
    )
    maker.operator(
        "PAD", [y, maker.constant("border", i((0, 0), (1, 1), (1, 1), (0, 0)))], [padded], "PadOptions"
    )
    maker.operator("RESHAPE", [padded, maker.constant("s", i(1, 224))], [flat])
    w = maker.constant("dense", np.random.default_rng(2).standard_normal((9, 224)).astype(np.float32))
    maker.operator("FULLY_CONNECTED", [flat, w, -1], [out], "FullyConnectedOptions")
    graph = simplify(_loaded(tmp_path / "net.tflite", maker, [x], [out]))
    assert [node.op.NAME for node in graph.nodes] == ["conv2d", "pad", "fc"]


def test_weights_of_uint8_are_what_they_stand_for(tmp_path: Path) -> None:
    maker = Maker()
    x, y = maker.tensor("x", (2, 8)), maker.tensor("y", (2, 3))
    array = np.random.default_rng(3).integers(-127, 128, (3, 8)).astype(np.int8)
    w = maker.constant("w", (array + np.int16(128)).astype(np.uint8), scale=[0.02], zero=[128])
    maker.operator("FULLY_CONNECTED", [x, w, -1], [y], "FullyConnectedOptions")
    graph = _loaded(tmp_path / "net.tflite", maker, [x], [y])
    given = np.random.default_rng(4).standard_normal((2, 8)).astype(np.float32)
    np.testing.assert_allclose(interpret(graph, {"x": given})["y"], given @ (array.T * 0.02), rtol=1e-5)


def _sparse(maker: Maker, whole: np.ndarray[Any, Any]) -> int:
    """Add a matrix of which rows are dense and columns compressed."""
    places = [np.flatnonzero(row) for row in whole]
    index = maker.constant("sparse", whole[whole != 0])
    maker.tensors[index].shape = list(whole.shape)
    rows, columns = schema.DimensionMetadataT(), schema.DimensionMetadataT()
    rows.format, rows.denseSize = 0, len(whole)
    columns.format = 1
    columns.arraySegmentsType = columns.arrayIndicesType = schema.SparseIndexVector.Int32Vector
    columns.arraySegments, columns.arrayIndices = schema.Int32VectorT(), schema.Int32VectorT()
    columns.arraySegments.values = [0, *np.cumsum([len(p) for p in places]).tolist()]
    columns.arrayIndices.values = np.concatenate(places).tolist()
    maker.tensors[index].sparsity = schema.SparsityParametersT()
    maker.tensors[index].sparsity.traversalOrder = [0, 1]
    maker.tensors[index].sparsity.dimMetadata = [rows, columns]
    return index


def test_sparse_weights_become_dense(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    whole = (rng.standard_normal((5, 16)) * (rng.random((5, 16)) < 0.3)).astype(np.float32)
    maker = Maker()
    x, y, w = maker.tensor("x", (2, 16)), maker.tensor("y", (2, 5)), maker.tensor("w", (5, 16))
    maker.operator("DENSIFY", [_sparse(maker, whole)], [w], "DensifyOptions")
    maker.operator("FULLY_CONNECTED", [x, w, -1], [y], "FullyConnectedOptions")
    graph = _loaded(tmp_path / "net.tflite", maker, [x], [y])
    given = rng.standard_normal((2, 16)).astype(np.float32)
    np.testing.assert_allclose(interpret(graph, {"x": given})["y"], given @ whole.T, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("places", [[0, 99], [0, -1], [0]])
def test_sparse_weights_that_are_damaged(tmp_path: Path, places: list[int]) -> None:
    whole = np.eye(2, dtype=np.float32)
    maker = Maker()
    x, y, w = maker.tensor("x", (2, 2)), maker.tensor("y", (2, 2)), maker.tensor("w", (2, 2))
    index = _sparse(maker, whole)
    maker.tensors[index].sparsity.dimMetadata[1].arrayIndices.values = places
    maker.operator("DENSIFY", [index], [w], "DensifyOptions")
    maker.operator("FULLY_CONNECTED", [x, w, -1], [y], "FullyConnectedOptions")
    with pytest.raises(LpdnnError, match="'sparse' is sparse in a way that is damaged"):
        _loaded(tmp_path / "net.tflite", maker, [x], [y])


def test_what_is_missing_is_told_with_its_place_and_a_way(tmp_path: Path) -> None:
    maker, x, y = _convolution()
    z, out = maker.tensor("z", SHAPE), maker.tensor("out", SHAPE)
    maker.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", [y], [z])
    maker.operator("RELU", [z], [out])
    with pytest.raises(LpdnnError) as caught:
        _loaded(tmp_path / "net.tflite", maker, [x], [out])
    assert "0 (CONV_2D) -> 2 (RELU)" in str(caught.value)
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM: unroll it over a fixed number of steps" in str(caught.value)


def test_the_package_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.tflite").write_bytes(b"")
    for name in list(sys.modules):
        if name == "tflite" or name.startswith(("tflite.", "lpdnn.frontends.tflite.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tflite", None)
    with pytest.raises(LpdnnError, match=r"needs the tflite package: pip install 'lpdnn\[tflite\]'"):
        lpdnn.load(tmp_path / "net.tflite")


def test_the_interpreter_of_tests_is_tensorflow_lite() -> None:
    maker, x, y = _convolution()
    (result,) = run(maker.model([x], [y]), [np.ones((1, 5, 6, 3), np.float32)])
    assert result.shape == (1, 5, 6, 4)
