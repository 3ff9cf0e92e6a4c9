"""Each operator against TensorFlow Lite itself, in several shapes and options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("tflite", reason="the tflite package is not installed: pip install 'lpdnn[tflite]'")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed, which is the oracle here")

import lpdnn  # after the checks that they are there
from lpdnn.compiler import simplify  # beside them
from lpdnn.frontends.tflite.operators import CONVERTERS
from lpdnn.interpreter import interpret
from tflite_cases import C2, CASES, SHAPE, SS, c, conv, i, scalar
from tflite_files import Maker, one, run

if TYPE_CHECKING:
    from pathlib import Path


def _agrees(tmp_path: Path, data: bytes, spread: float = 3.0) -> None:
    """Compare the interpreter here, on the simplified network, with TensorFlow Lite."""
    path = tmp_path / "model.tflite"
    path.write_bytes(data)
    graph = simplify(lpdnn.load(path))
    rng = np.random.default_rng(3)
    feeds = {}
    given = []
    for name in graph.inputs:
        x = (rng.standard_normal(graph.types[name].shape) * spread).astype(np.float32)
        feeds[name] = x
        given.append(np.ascontiguousarray(_channels_last(x)))
    expected = run(data, given)
    values = interpret(graph, feeds)
    assert len(graph.outputs) == len(expected)
    for name, want in zip(graph.outputs, expected, strict=True):
        got = _channels_last(values[name])
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, atol=2e-6 * max(1.0, float(np.max(np.abs(want)))))


def _channels_last(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.moveaxis(x, 1, -1) if x.ndim >= 4 else x


@pytest.mark.parametrize(
    ("kind", "inputs", "values"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)]
)
def test_an_operator(tmp_path: Path, kind: str, inputs: Any, values: dict[str, Any]) -> None:
    _agrees(tmp_path, one(kind, inputs, **values))


def _positive(maker: Maker, kind: str, x: int) -> int:
    """Return the power of a positive tensor, or another function of one."""
    y, z = maker.tensor("y", SHAPE), maker.tensor("z", SHAPE)
    maker.operator("ABS", [x], [y], "AbsOptions")
    if kind == "POW":
        maker.operator("POW", [y, maker.constant("p", np.array(1.7, np.float32))], [z], "PowOptions")
    else:
        maker.operator(kind, [y], [z])
    return z


def _logic(maker: Maker, _kind: str, x: int) -> int:
    masks = [maker.tensor(f"b{n}", SHAPE, "bool") for n in range(5)]
    low, high = (maker.constant(f"c{v}", np.array(v, np.float32)) for v in (-0.5, 0.5))
    maker.operator("GREATER", [x, low], [masks[0]], "GreaterOptions")
    maker.operator("LESS", [x, high], [masks[1]], "LessOptions")
    maker.operator("LOGICAL_AND", masks[:2], [masks[2]], "LogicalAndOptions")
    maker.operator("LOGICAL_NOT", [masks[1]], [masks[3]], "LogicalNotOptions")
    maker.operator("LOGICAL_OR", masks[2:4], [masks[4]], "LogicalOrOptions")
    y, z, none = maker.tensor("y", SHAPE), maker.tensor("z", SHAPE), maker.tensor("zero", SHAPE)
    maker.operator("ZEROS_LIKE", [x], [none], "ZerosLikeOptions")
    maker.operator("SELECT", [masks[4], x, none], [y], "SelectOptions")
    every, some = maker.tensor("every", (2, 5, 6, 1), "bool"), maker.tensor("some", (2, 5, 6, 1), "bool")
    channels, w = maker.constant("channels", i(3)), maker.tensor("w", SHAPE)
    maker.operator("REDUCE_ALL", [masks[0], channels], [every], "ReducerOptions", keepDims=True)
    maker.operator("REDUCE_ANY", [masks[0], channels], [some], "ReducerOptions", keepDims=True)
    maker.operator("SELECT_V2", [every, y, high], [z], "SelectV2Options")
    maker.operator("SELECT_V2", [some, z, low], [w], "SelectV2Options")
    return w


def _integers(maker: Maker, _kind: str, x: int) -> int:
    best, hot = maker.tensor("best", (2, 5, 6), "int32"), maker.tensor("hot", (2, 5, 6, 4))
    maker.operator("ARG_MAX", [x, maker.constant("a", scalar(3))], [best], "ArgMaxOptions", outputType=2)
    depth, on, off = (
        maker.constant(name, v)
        for name, v in (("d", scalar(4)), ("on", np.float32(2)), ("off", np.float32(-1)))
    )
    maker.operator("ONE_HOT", [best, depth, on, off], [hot], "OneHotOptions", axis=-1)
    whole, y = maker.tensor("whole", (2, 5, 6, 4), "int32"), maker.tensor("y", (2, 5, 6, 4))
    maker.operator("CAST", [hot], [whole], "CastOptions")
    maker.operator("CAST", [whole], [y], "CastOptions")
    return y


def _known(maker: Maker, _kind: str, x: int) -> int:
    """Return x in a shape that is computed from its own."""
    shape, count = (maker.tensor(n, (4,), "int32") for n in ("shape", "n"))
    maker.operator("SHAPE", [x], [shape], "ShapeOptions", outType=2)
    ends = [maker.constant(f"e{n}", i(n)) for n in (0, 1, 1)]
    maker.operator("STRIDED_SLICE", [shape, *ends], [count], SS, shrinkAxisMask=1)
    rank, ramp, filled = (maker.tensor(n, (), "int32") for n in ("rank", "ramp", "filled"))
    maker.operator("RANK", [x], [rank], "RankOptions")
    limits = [maker.constant("zero", scalar(0)), rank, maker.constant("two", scalar(2))]
    maker.operator("RANGE", limits, [ramp], "RangeOptions")  # 0, 2
    maker.operator(
        "FILL", [maker.constant("one", i(1)), maker.constant("ten", scalar(10))], [filled], "FillOptions"
    )
    last = maker.tensor("last", (1,), "int32")
    maker.operator(
        "SLICE", [ramp, maker.constant("s", i(1)), maker.constant("w", i(1))], [last], "SliceOptions"
    )
    product = maker.tensor("product", (1,), "int32")
    maker.operator("MUL", [last, filled], [product], "MulOptions")
    packed, joined = maker.tensor("packed", (1,), "int32"), maker.tensor("joined", (3,), "int32")
    maker.operator("PACK", [count], [packed], "PackOptions", valuesCount=1, axis=0)
    maker.operator(
        "CONCATENATION", [packed, product, maker.constant("m", i(-1))], [joined], "ConcatenationOptions"
    )
    y = maker.tensor("y", (2, 20, 4))
    maker.operator("RESHAPE", [x, joined], [y])
    return y


def _half(maker: Maker, _kind: str, x: int) -> int:
    weight, bias = maker.tensor("w", (4, 1, 1, 3)), maker.tensor("b", (4,))
    for tensor, shape in ((weight, (4, 1, 1, 3)), (bias, (4,))):
        stored = maker.constant(f"half{tensor}", c(*shape).astype(np.float16))
        maker.operator("DEQUANTIZE", [stored], [tensor], "DequantizeOptions")
    y = maker.tensor("y", (2, 5, 6, 4))
    maker.operator("CONV_2D", [x, weight, bias], [y], C2, **conv())
    return y


SMALL = {
    "SQRT": _positive,
    "RSQRT": _positive,
    "LOG": _positive,
    "POW": _positive,
    "LOGICAL_AND LOGICAL_OR LOGICAL_NOT REDUCE_ALL REDUCE_ANY SELECT SELECT_V2": _logic,
    "ONE_HOT CAST": _integers,
    "SHAPE RANK RANGE FILL": _known,
    "DEQUANTIZE": _half,
}


@pytest.mark.parametrize("kinds", SMALL)
def test_a_small_network(tmp_path: Path, kinds: str) -> None:
    maker = Maker()
    x = maker.tensor("x", SHAPE if kinds != "SHAPE RANK RANGE FILL" else (2, 4, 5, 4))
    y = SMALL[kinds](maker, kinds, x)
    _agrees(tmp_path, maker.model([x], [y]), spread=1.0)


def test_top_k(tmp_path: Path) -> None:
    maker = Maker()
    x, best = maker.tensor("x", (3, 9)), maker.tensor("best", (3, 4))
    places = maker.tensor("places", (3, 4), "int32")
    maker.operator("TOPK_V2", [x, maker.constant("k", scalar(4))], [best, places], "TopKV2Options")
    _agrees(tmp_path, maker.model([x], [best, places]))


def test_what_is_known_needs_no_node(tmp_path: Path) -> None:
    for kinds, wanted in (("SHAPE RANK RANGE FILL", ["permute", "reshape"]), ("DEQUANTIZE", ["conv2d"])):
        maker = Maker()
        x = maker.tensor("x", (2, 4, 5, 4) if "SHAPE" in kinds else SHAPE)
        (tmp_path / "model.tflite").write_bytes(maker.model([x], [SMALL[kinds](maker, kinds, x)]))
        graph = lpdnn.load(tmp_path / "model.tflite")
        assert [node.op.NAME for node in graph.nodes] == wanted


def test_every_converter_is_tested() -> None:
    tested = {kind for kind, _, _ in CASES} | {kind for kinds in SMALL for kind in kinds.split()}
    elsewhere = {"TOPK_V2", "DENSIFY", "TFLite_Detection_PostProcess"}
    assert set(CONVERTERS) - elsewhere == tested - elsewhere
