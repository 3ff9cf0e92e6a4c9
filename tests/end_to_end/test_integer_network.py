"""A network of integers through the whole pipeline: every form of it gives the same integers."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lpdnn
from lpdnn.compiler import random_inputs
from lpdnn.interpreter import interpret
from lpdnn.ir import (
    RANGE,
    Graph,
    GraphBuilder,
    LpdnnError,
    QFormat,
    Quantization,
    TensorType,
    fixed_point,
    verify,
)
from lpdnn.ops.dequantize import Dequantize
from lpdnn.ops.qadd import QAdd
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.ops.qfc import QFullyConnected
from lpdnn.ops.qlut import QLut
from lpdnn.ops.qpool import QPool
from lpdnn.ops.quantize import Quantize

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = {"low": -128, "high": 127}


def network(dtype: str = "s8", *, floats: bool = False) -> Graph:
    """Return a small residual network: convolution, sum, mean, function, product."""
    rng = np.random.default_rng(0)
    low, high = RANGE[dtype]
    wide = dtype == "s16"
    zeros = (3, -5) if dtype == "s8" else (0, 0)
    limits = {"low": low, "high": high}
    builder = GraphBuilder("integers")
    x = builder.input("x", TensorType((1, 4, 9, 8), "f32" if floats else dtype))
    if floats:
        x = builder.apply(Quantize(2 / (high - low), zeros[0], low, high, dtype), x, name="quantized")

    def constant(name: str, shape: tuple[int, ...], kind: str, least: int, most: int) -> str:
        array = rng.integers(least, most, shape)
        return builder.constant(name, array.astype({"s8": np.int8, "s16": np.int16, "s32": np.int32}[kind]))

    def factors(name: str, count: int, real: float) -> tuple[str, str]:
        pairs = [fixed_point(real * (1 + 0.1 * i)) for i in range(count)]
        return (
            builder.constant(f"{name}/multiplier", np.array([m for m, _ in pairs], np.int32)),
            builder.constant(f"{name}/shift", np.array([s for _, s in pairs], np.int32)),
        )

    weight = constant("conv/weight", (4, 4, 3, 3), dtype, low, high + 1)
    bias = constant("conv/bias", (4,), "s32", -(2**12), 2**12)
    scale = 0.3 / (high * 6)
    op = QConv2d(padding=(1, 1, 1, 1), x_zero=zeros[0], y_zero=zeros[1], **limits)
    conv = builder.apply(op, x, weight, *factors("conv", 4, scale), bias, name="conv")
    one, half, end = fixed_point(1.0), fixed_point(0.5), fixed_point(2.0 ** -(15 if wide else 20))
    add = QAdd(zeros, (one[0], half[0]), (one[1], half[1]), 15 if wide else 20, *end, zeros[0], **limits)
    total = builder.apply(add, x, conv, name="sum")
    mean = builder.apply(
        QPool((3, 3), (2, 2), ceil=True, x_zero=zeros[0], y_zero=zeros[0], **limits), total, name="mean"
    )
    entries = 513 if wide else 256
    curve = np.clip(np.tanh(np.linspace(-2, 2, entries)) * high, low, high)
    table = builder.constant("table", curve.astype({"s8": np.int8, "s16": np.int16}[dtype]))
    squashed = builder.apply(QLut(), mean, table, name="tanh")
    weight = constant("fc/weight", (5, 64), "s8", -128, 128)
    y = builder.apply(QFullyConnected(**limits), squashed, weight, *factors("fc", 1, 0.2 / 127), name="y")
    builder.formats |= {"y": QFormat(1, 15 if wide else 7).quantization}
    if not floats:
        builder.formats["x"] = Quantization(2 / (high - low), zeros[0])
    outputs = [y]
    if floats:
        outputs.append(builder.apply(Dequantize(1 / high), y, name="real"))
    return builder.finish(outputs)


@pytest.mark.parametrize("floats", [False, True])
@pytest.mark.parametrize("dtype", ["s8", "s16"])
def test_c_computes_the_interpreter_s_integers(dtype: str, floats: bool, tmp_path: Path) -> None:
    graph = network(dtype, floats=floats)
    verification = lpdnn.verify(graph)
    assert verification.ok
    assert max(layer.error for layer in verification.layers) == 0.0
    bundle = lpdnn.generate(graph, tmp_path / "bundle")
    said = subprocess.run(["make", "-s", "test"], cwd=bundle, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_golden_test_fails_by_one_wrong_integer(tmp_path: Path) -> None:
    bundle = lpdnn.generate(network(), tmp_path / "bundle")
    data = bundle / "test" / "golden_data.c"
    head, _, tail = data.read_text().partition("output_0[5] = {\n")
    first, _, rest = tail.partition(",")
    data.write_text(f"{head}output_0[5] = {{\n{int(first) + 1},{rest}")
    assert subprocess.run(["make", "-s", "test"], cwd=bundle, capture_output=True, check=False).returncode


def test_verify_takes_no_integer_that_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = network()
    right = QPool.reference
    monkeypatch.setattr(QPool, "reference", lambda op, x: (right(op, x)[0] + np.int8(1),))
    assert not lpdnn.verify(graph).ok


def test_the_file_keeps_types_and_formats(tmp_path: Path) -> None:
    graph = network()
    lpdnn.save(graph, tmp_path / "net.lpdnn")
    again = lpdnn.load(tmp_path / "net.lpdnn")
    assert again.formats == graph.formats
    assert again.types == graph.types
    x = random_inputs(graph)
    assert np.array_equal(interpret(again, x)["y"], interpret(graph, x)["y"])
    assert lpdnn.simplify(graph).formats == graph.formats


def test_formats_and_factors_that_cannot_be_are_refused(tmp_path: Path) -> None:
    graph = network()
    graph.constants["conv/shift"][0] = -(2**31)
    lpdnn.save(graph, tmp_path / "net.lpdnn")
    with pytest.raises(LpdnnError, match="a shift in 'conv/shift' is beyond"):
        lpdnn.load(tmp_path / "net.lpdnn")
    stray = replace(network(), formats={"nothing": Quantization(1.0)})
    with pytest.raises(LpdnnError, match="'nothing' has a format, and is made by nothing"):
        verify(stray, "test")
    with pytest.raises(LpdnnError, match=r"scale -1.0 must be a positive number"):
        Quantization(-1.0)
    with pytest.raises(LpdnnError, match=r"\[1.0\] has 1 bits"):
        QFormat(1, 0)


def test_real_numbers_go_in_and_out_where_asked() -> None:
    graph = network()
    program = lpdnn.build(graph)
    x = np.random.default_rng(3).uniform(-1, 1, (1, 4, 9, 8)).astype(np.float32)
    integers = graph.formats["x"].quantize(x, "s8")
    y = program(integers)
    assert y.dtype == np.int8
    assert np.array_equal(y, interpret(graph, {"x": integers})["y"])
    assert np.array_equal(program(x, real=True), y.astype(np.float32) / 128)
    with pytest.raises(LpdnnError, match="'x' must hold integers from -128 to 127"):
        program(x)
    with pytest.raises(LpdnnError, match="'x' must hold integers from -128 to 127"):
        program(np.full((1, 4, 9, 8), 128))
    with pytest.raises(LpdnnError, match="'x' must hold integers from -128 to 127"):
        interpret(graph, {"x": x})


def test_blobs_tell_their_format(tmp_path: Path) -> None:
    bundle = lpdnn.generate(network("s16"), tmp_path / "bundle")
    (tmp_path / "main.c").write_text("""
#include "lpdnn_api.h"
#include "lpdnn_model.h"
#include "lpdnn_netspec.h"
#include <stdio.h>
int main(void)
{
    LpdnnNetHndl net;
    LpdnnConstBlobHndl x, y;
    LpdnnInit();
    net = LpdnnNetAlloc("net");
    LpdnnNetInit(net, &lpdnn_network_spec, &lpdnn_network_model);
    x = LpdnnNetInputBlobGet(net);
    y = LpdnnNetGetLayerOutput(net);
    printf("%d %d %d %g %d %d %d\\n", LpdnnBlobTypeGet(y), (int)LpdnnBlobIntegerLengthGet(y),
           (int)LpdnnBlobFractionLengthGet(y), LpdnnBlobScaleGet(y), (int)LpdnnBlobZeroPointGet(y),
           (int)LpdnnBlobIntegerLengthGet(x), (int)LpdnnBlobFractionLengthGet(x));
    return 0;
}
""")
    subprocess.run(["make", "-s"], cwd=bundle, check=True)
    includes = [f"-I{bundle}", f"-I{bundle / 'include'}"]
    command = ["gcc", *includes, "main.c", str(bundle / "build" / "liblpdnn.a"), "-o", "main"]
    subprocess.run(command, cwd=tmp_path, check=True)
    said = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1", "1", "15", "3.05176e-05", "0", "0", "0"]


def test_float_bundles_hold_no_fixed_point_code(tmp_path: Path) -> None:
    graph = GraphBuilder("floats")
    x = graph.input("x", TensorType((1, 2, 3, 3)))
    from lpdnn.ops.softmax import Softmax

    bundle = lpdnn.generate(graph.finish([graph.apply(Softmax(), x, name="y")]), tmp_path / "bundle")
    subprocess.run(["make", "-s", "test"], cwd=bundle, check=True, capture_output=True)
    golden = next(path for path in (bundle / "build").iterdir() if path.name == "golden")
    names = subprocess.run(["nm", str(golden)], capture_output=True, text=True, check=True).stdout
    assert "lpdnn_softmax" in names
    assert "lpdnn_rescale" not in names
