"""Damaged and malicious TensorFlow Lite files: one clear sentence each."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("tflite", reason="the tflite package is not installed: pip install 'lpdnn[tflite]'")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed, which writes the models here")

import lpdnn  # after the checks that they are there
from lpdnn.ir import LpdnnError
from shared_data import shared
from tflite_files import Maker, schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WEIGHT = np.ones((4, 1, 1, 3), np.float32)


def _maker() -> tuple[Maker, dict[str, int]]:
    """Return a convolution and its tensors."""
    maker = Maker()
    tensors = {"x": maker.tensor("x", (1, 4, 4, 3)), "w": maker.constant("w", WEIGHT)}
    tensors["b"] = maker.constant("b", np.ones(4, np.float32))
    tensors["y"] = maker.tensor("y", (1, 4, 4, 4))
    maker.operator(
        "CONV_2D",
        [tensors[name] for name in "xwb"],
        [tensors["y"]],
        "Conv2DOptions",
        strideH=1,
        strideW=1,
        dilationHFactor=1,
        dilationWFactor=1,
    )
    return maker, tensors


def _said(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(LpdnnError) as caught:
        lpdnn.load(path)
    message = str(caught.value)
    assert message.startswith("m.tflite")
    assert "Traceback" not in message
    return message


@pytest.mark.parametrize(
    "data", [b"", b"TFL3", b"\x08\0\0\0TFL3", b"\xff" * 8, b"\xff" * 300, b"not a model at all, but text"]
)
def test_files_that_are_no_models(tmp_path: Path, data: bytes) -> None:
    assert "not a TFLite model" in _said(tmp_path / "m.tflite", data)


def test_every_cut_of_a_model(tmp_path: Path) -> None:
    maker, t = _maker()
    whole = maker.model([t["x"]], [t["y"]])
    for end in range(0, len(whole) - 1, 11):
        _said(tmp_path / "m.tflite", whole[:end])


def _either(path: Path, data: bytes) -> bool:
    """Tell whether a file loads; otherwise it must be refused in words."""
    path.write_bytes(data)
    try:
        lpdnn.load(path)
    except LpdnnError:
        return False
    return True


def test_every_byte_changed(tmp_path: Path) -> None:
    maker, t = _maker()
    whole = maker.model([t["x"]], [t["y"]])
    refused = 0
    for place in range(0, len(whole), 7):
        for value in (0, 0x7F, 0xFF):
            data = whole[:place] + bytes([value]) + whole[place + 1 :]
            refused += not _either(tmp_path / "m.tflite", data)
    assert refused > 50


def test_words_changed_in_a_trained_network(tmp_path: Path) -> None:
    whole = shared("models/mlperf_tiny/kws_ref_model_float32.tflite").read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(60):
        data = bytearray(whole)
        place = int(rng.integers(0, len(data) // 4)) * 4
        data[place : place + 4] = struct.pack("<I", int(rng.integers(0, 2**32)) >> int(rng.integers(0, 31)))
        _either(tmp_path / "m.tflite", bytes(data))


def test_a_vector_longer_than_the_file(tmp_path: Path) -> None:
    maker, t = _maker()
    whole = maker.model([t["x"]], [t["y"]])
    place = whole.index(struct.pack("<I", WEIGHT.nbytes) + WEIGHT.tobytes())
    data = whole[:place] + struct.pack("<I", 2**31) + whole[place + 4 :]
    assert "a list of 2147483648 elements, which reaches beyond the file" in _said(
        tmp_path / "m.tflite", data
    )


def test_tables_that_are_shared_many_times(tmp_path: Path) -> None:
    """A list of graphs that are all the same one is checked once."""
    count = 20000
    table = struct.pack("<HHHH", 8, 8, 4, 0)  # vtable: its size, the table's, version; no field 1
    # Model: vtable at 12, table at 24 with version and graphs.
    vtable = struct.pack("<HHHHH", 10, 12, 4, 0, 8)
    model = struct.pack("<iII", 12, 3, 4)
    head = struct.pack("<I", 24) + b"TFL3" + b"\0" * 4 + vtable + b"\0\0" + model
    at = len(head) + 4
    graphs = struct.pack("<I", count)
    inner = at + 4 * count
    graphs += b"".join(struct.pack("<I", inner + 8 - (at + 4 * i)) for i in range(count))
    graph = table + struct.pack("<iI", 8, 0)
    _said(tmp_path / "m.tflite", head + graphs + graph)


Change = "Callable[[Maker, dict[str, int]], None]"


def _shape(maker: Maker, name: int, shape: list[int]) -> None:
    maker.tensors[name].shape = shape


def _cycle(maker: Maker, t: dict[str, int]) -> None:
    maker.operators[0].inputs[0] = t["z"] = maker.tensor("z", (1, 4, 4, 3))
    maker.operator("RELU", [t["y"]], [t["z"]])


def _quantized(maker: Maker, scale: list[float], zero: list[int]) -> None:
    maker.tensors[1].quantization = schema.QuantizationParametersT()
    maker.tensors[1].quantization.scale, maker.tensors[1].quantization.zeroPoint = scale, zero


CHANGES: dict[str, tuple[Callable[[Maker, dict[str, int]], Any], str]] = {
    "an input of no extent": (lambda m, t: _shape(m, t["x"], [1, 0, 4, 3]), "input 'x'"),
    "a negative extent": (lambda m, t: _shape(m, t["x"], [1, -4, 4, 3]), "negative or too large"),
    "an absurd extent": (lambda m, t: _shape(m, t["x"], [2**30, 2**30, 4, 3]), "negative or too large"),
    "too few weights": (lambda m, t: _shape(m, t["w"], [4, 3, 3, 3]), "'w' holds 48 bytes, not the 108"),
    "weights of no shape": (lambda m, t: _shape(m, t["w"], []), "'w' holds 48 bytes"),
    "an operand beyond": (lambda m, t: m.operators[0].inputs.__setitem__(1, 99), "names tensor 99, and there are 4"),
    "an operand of -2": (lambda m, t: m.operators[0].inputs.__setitem__(1, -2), "names tensor -2"),
    "a result beyond": (lambda m, t: m.operators[0].outputs.__setitem__(0, 99), "names tensor 99"),
    "no weights": (lambda m, t: m.operators[0].inputs.__setitem__(1, -1), "operand 1 is missing"),
    "too few operands": (lambda m, t: setattr(m.operators[0], "inputs", [0]), "operand 1 is missing"),
    "an own result": (lambda m, t: m.operators[0].inputs.__setitem__(0, t["y"]), "reads 'y', which no input"),
    "a cycle": (_cycle, "reads 'z', which no input, constant or operator before it makes"),
    "a result twice": (lambda m, t: m.operator("RELU", [t["x"]], [t["y"]]), "makes 'y' a second time"),
    "a constant made": (lambda m, t: m.operator("RELU", [t["x"]], [t["w"]]), "makes 'w' a second time"),
    "a buffer beyond": (lambda m, t: setattr(m.tensors[1], "buffer", 77), "'w' is in buffer 77, and there are 3"),
    "an operator beyond": (lambda m, t: setattr(m.operators[0], "opcodeIndex", 5), "of kind 5, and there are 1"),
    "no options": (lambda m, t: setattr(m.operators[0], "builtinOptions", None), "it has no Conv2DOptions"),
    "other options": (
        lambda m, t: setattr(m.operators[0], "builtinOptionsType", schema.BuiltinOptions.Pool2DOptions),
        "it has no Conv2DOptions",
    ),
    "no stride": (lambda m, t: setattr(m.operators[0].builtinOptions, "strideH", 0), "strides"),
    "no dilation": (lambda m, t: setattr(m.operators[0].builtinOptions, "dilationWFactor", -1), "dilations"),
    "odd padding": (lambda m, t: setattr(m.operators[0].builtinOptions, "padding", 7), "padding 7"),
    "an odd activation": (
        lambda m, t: setattr(m.operators[0].builtinOptions, "fusedActivationFunction", 9),
        "the fused activation 9 is not known",
    ),
    "text": (lambda m, t: setattr(m.tensors[0], "type", 5), "text"),
    "an unknown type": (lambda m, t: setattr(m.tensors[0], "type", 99), "text, complex numbers or structures"),
    "a scale that is no number": (lambda m, t: _quantized(m, [float("nan")], [0]), "negative or no number"),
    "scales that do not fit": (lambda m, t: _quantized(m, [1.0, 2.0], [0, 0]), "do not fit its shape"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_convolution_with(tmp_path: Path, name: str) -> None:
    change, words = CHANGES[name]
    maker, t = _maker()
    change(maker, t)
    assert words in _said(tmp_path / "m.tflite", maker.model([t["x"]], [t["y"]]))


@pytest.mark.parametrize(
    ("inputs", "outputs"), [([99], [3]), ([0], [99]), ([-1], [3]), ([0], [-5]), ([0], [])]
)
def test_ends_of_the_network_that_are_not_there(
    tmp_path: Path, inputs: list[int], outputs: list[int]
) -> None:
    maker, _ = _maker()
    _said(tmp_path / "m.tflite", maker.model(inputs, outputs))


def test_an_input_that_is_there_twice(tmp_path: Path) -> None:
    maker, t = _maker()
    assert "'x' is there twice" in _said(tmp_path / "m.tflite", maker.model([t["x"], t["x"]], [t["y"]]))


@pytest.mark.parametrize("extent", [2**30, -5])
def test_constants_that_would_fill_the_memory(tmp_path: Path, extent: int) -> None:
    maker = Maker()
    x, y, huge = maker.tensor("x", (1, 2)), maker.tensor("y", (1, 2)), maker.tensor("huge", ())
    size, one = maker.constant("n", np.array([extent, 4], np.int32)), maker.constant("one", np.float32(1))
    maker.operator("FILL", [size, one], [huge], "FillOptions")
    maker.operator("ADD", [x, huge], [y], "AddOptions")
    assert "FILL" in _said(tmp_path / "m.tflite", maker.model([x], [y]))


def test_everything_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    maker, t = _maker()
    a, b, c = (maker.tensor(name, (1, 4, 4, 4)) for name in "abc")
    maker.operator("SVDF", [t["y"]], [a])
    maker.operator("RELU", [a], [b])
    maker.operator("Odd", [t["y"]], [c])
    message = _said(tmp_path / "m.tflite", maker.model([t["x"]], [b, c]))
    assert "2 nodes are not supported" in message
    assert "a recurrent layer" in message
    assert "Odd" in message


def test_names_that_are_none(tmp_path: Path) -> None:
    maker, t = _maker()
    maker.tensors[t["x"]].name, maker.tensors[t["y"]].name = b'a"\n\0*/', b"\xff\xfe;b"
    (tmp_path / "m.tflite").write_bytes(maker.model([t["x"]], [t["y"]]))
    graph = lpdnn.load(tmp_path / "m.tflite")
    program = lpdnn.build(graph)
    assert program(np.ones((1, 3, 4, 4), np.float32)).shape == (1, 4, 4, 4)
