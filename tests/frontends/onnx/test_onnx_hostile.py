"""Damaged and malicious ONNX files: one clear sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the onnx package is not installed: pip install 'lpdnn[onnx]'")

from onnx import TensorProto, helper  # after the check that it is there

import lpdnn  # beside them
from lpdnn.ir import LpdnnError  # beside them
from onnx_files import model, node  # needs it too

if TYPE_CHECKING:
    from pathlib import Path

    from onnx import ModelProto

WEIGHT = np.ones((2, 3, 1, 1), np.float32)


def _said(path: Path, proto: ModelProto | bytes) -> str:
    path.write_bytes(proto if isinstance(proto, bytes) else proto.SerializeToString())
    with pytest.raises(LpdnnError) as caught:
        lpdnn.load(path)
    message = str(caught.value)
    assert "Traceback" not in message
    assert "\n" not in message
    return message


def _conv() -> ModelProto:
    return model([node("Conv", "x w", "y")], {"x": (1, 3, 4, 4)}, ["y"], {"w": WEIGHT})


@pytest.mark.parametrize(
    "data", [b"", b"\x08\x07\x12\x04abcd"[:8], b"\xff" * 8, b"not a model at all, but text"]
)
def test_files_that_are_no_models(tmp_path: Path, data: bytes) -> None:
    assert "not an ONNX model" in _said(tmp_path / "m.onnx", data)


def test_every_cut_of_a_model(tmp_path: Path) -> None:
    whole = _conv().SerializeToString()
    for end in range(0, len(whole) - 1, 7):
        _said(tmp_path / "m.onnx", whole[:end])


def _external(location: str, **entries: str) -> ModelProto:
    proto = _conv()
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=value)
    return proto


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "a/../../secret.bin", "", "link.bin"])
def test_external_data_outside_of_the_folder(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(24))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    assert "folder" in _said(folder / "m.onnx", _external(location))


@pytest.mark.parametrize(
    "entries",
    [{"offset": "-4"}, {"offset": "8"}, {"length": "20"}, {"length": "999999999999"}, {"offset": "x"}],
)
def test_external_data_beyond_its_file(tmp_path: Path, entries: dict[str, str]) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(24))
    assert "'w'" in _said(tmp_path / "m.onnx", _external("w.bin", **entries))


def test_external_data_within_the_folder(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(b"head" + WEIGHT.tobytes())
    (tmp_path / "m.onnx").write_bytes(_external("w.bin", offset="4").SerializeToString())
    graph = lpdnn.load(tmp_path / "m.onnx")
    np.testing.assert_array_equal(next(iter(graph.constants.values())), WEIGHT)


def test_external_data_that_is_missing(tmp_path: Path) -> None:
    assert "not there" in _said(tmp_path / "m.onnx", _external("w.bin"))


@pytest.mark.parametrize("dims", [[-2, -3, 1, 1], [2**31, 3, 1, 1], [2**62, 2**62], [2, 3, 1, 2]])
def test_weights_of_impossible_shapes(tmp_path: Path, dims: list[int]) -> None:
    proto = _conv()
    proto.graph.initializer[0].dims[:] = dims
    assert "'w'" in _said(tmp_path / "m.onnx", proto)


@pytest.mark.parametrize("shape", [(1, 3, -4, 4), (1, 3, 0, 4), (2**20, 2**20, 1, 1)])
def test_inputs_of_impossible_shapes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    assert "'x'" in _said(tmp_path / "m.onnx", model([node("Relu", "x", "y")], {"x": shape}, ["y"]))


def test_a_missing_initializer(tmp_path: Path) -> None:
    proto = _conv()
    del proto.graph.initializer[:]
    assert "reads 'w', which no input, initializer or node" in _said(tmp_path / "m.onnx", proto)


def test_a_cycle(tmp_path: Path) -> None:
    proto = model([node("Add", "x b", "a"), node("Relu", "a", "b")], {"x": (1, 2)}, ["b"])
    assert "reads 'b'" in _said(tmp_path / "m.onnx", proto)


def test_a_value_made_twice(tmp_path: Path) -> None:
    proto = model([node("Relu", "x", "y"), node("Tanh", "x", "y")], {"x": (1, 2)}, ["y"])
    assert "a second time" in _said(tmp_path / "m.onnx", proto)


def test_an_output_that_nothing_makes(tmp_path: Path) -> None:
    assert "'z'" in _said(tmp_path / "m.onnx", model([node("Relu", "x", "y")], {"x": (1, 2)}, ["z"]))


@pytest.mark.parametrize("extent", [2**40, -5])
def test_constants_that_would_fill_the_memory(tmp_path: Path, extent: int) -> None:
    nodes = [node("ConstantOfShape", "n", "c"), node("Add", "x c", "y")]
    proto = model(nodes, {"x": (1, 2)}, ["y"], {"n": np.array([extent], np.int64)})
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(LpdnnError, match="ConstantOfShape"):
        lpdnn.load(path)


@pytest.mark.parametrize(
    "bad",
    [
        node("Conv", "x w", "y", strides=[0, 1]),
        node("Conv", "x w", "y", pads=[-1, 0, 0, 0]),
        node("Conv", "x w", "y", group=0),
        node("Conv", "x w", "y", dilations=[1 << 40, 1]),
        node("MaxPool", "x", "y", kernel_shape=[9, 9]),
        node("Transpose", "x", "y", perm=[0, 1, 1, 2]),
        node("Concat", "x x", "y", axis=9),
        node("Softmax", "x", "y", axis=-7),
        node("DepthToSpace", "x", "y", blocksize=0),
        node("Split", "x", "y z", axis=1, num_outputs=0),
        node("Conv", "x", "y"),
        node("Relu", "", "y"),
    ],
    ids=lambda n: f"{n.op_type}-{'-'.join(a.name for a in n.attribute) or len(n.input)}",
)
def test_senseless_attributes(tmp_path: Path, bad: onnx.NodeProto) -> None:
    proto = model([bad], {"x": (1, 3, 4, 4)}, ["y"], {"w": WEIGHT}, opset=18)
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(LpdnnError) as caught:
        lpdnn.load(path)
    assert "y" in str(caught.value)


def test_functions_that_call_themselves(tmp_path: Path) -> None:
    body = [helper.make_node("F", ["a"], ["b"], domain="own")]
    function = helper.make_function("own", "F", ["a"], ["b"], body, [helper.make_opsetid("own", 1)])
    call = helper.make_node("F", ["x"], ["y"], domain="own")
    proto = model([call], {"x": (1, 2)}, ["y"], functions=[function])
    path = tmp_path / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(LpdnnError, match="deep"):
        lpdnn.load(path)
