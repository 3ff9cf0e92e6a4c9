"""Several threads: the same results to the bit, no data races, and not a word of it where there is one thread."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest

import lpdnn
from lpdnn.compiler import random_inputs
from lpdnn.targets import find
from lpdnn.toolchain.program import read_description
from onnx_files import model, node

TARGET = "x86-64-avx2"
WINOGRAD = "conv_w=cpu_simd:winograd4x4_avx2"


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> tuple[lpdnn.Graph, lpdnn.Selection]:
    """Return a network of all kinds of layers that are shared, and who computes them."""
    if not find(TARGET).runs_here:
        pytest.skip("kernels that are shared need AVX2")
    rng = np.random.default_rng(0)
    shapes = {
        "w1": (35, 3, 3, 3), "d": (35, 1, 3, 3), "w2": (64, 35, 1, 1), "s": (64, 1, 1), "w3": (64, 64, 3, 3),
        "b3": (64,), "w4": (80, 32, 3, 3), "w5": (300, 80), "b5": (300,),
    }  # fmt: skip
    weights = {n: (rng.standard_normal(shape) / 8).astype(np.float32) for n, shape in shapes.items()}
    same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        node("Conv", "x w1", "conv_1", **{**same, "strides": [2, 2]}),
        node("Relu", "conv_1", "relu_1"),
        node("Conv", "relu_1 d", "conv_d", **same, group=35),
        node("Conv", "conv_d w2", "conv_p", kernel_shape=[1, 1]),
        node("PRelu", "conv_p s", "prelu"),
        node("Conv", "prelu w3 b3", "conv_w", **same),
        node("Add", "conv_w prelu", "sum"),
        node("Sigmoid", "sum", "sigmoid"),
        node("LRN", "sigmoid", "lrn", size=5),
        node("MaxPool", "lrn", "pool", kernel_shape=[3, 3], strides=[2, 2]),
        node("Conv", "pool w4", "conv_g", kernel_shape=[3, 3], group=2),
        node("GlobalAveragePool", "conv_g", "mean"),
        node("Flatten", "mean", "flat"),
        node("Gemm", "flat w5 b5", "fc", transB=1),
    ]
    path = tmp_path_factory.mktemp("threads") / "net.onnx"
    onnx.save(model(nodes, {"x": (1, 3, 39, 33)}, ["fc"], weights), path)
    graph = lpdnn.simplify(lpdnn.load(path))
    chosen = lpdnn.select(graph, target=TARGET, use=["*=cpu_simd", WINOGRAD], simplified=False)
    return graph, chosen


def _build(net: tuple[lpdnn.Graph, lpdnn.Selection], folder: Path, threads: int) -> lpdnn.Program:
    graph, chosen = net
    return lpdnn.build(
        graph, target=TARGET, folder=folder, simplified=False, selection=chosen, threads=threads
    )


def test_results_are_those_of_one_thread(tmp_path: Path, net: tuple[lpdnn.Graph, lpdnn.Selection]) -> None:
    x = random_inputs(net[0])
    wanted = _build(net, tmp_path / "1", 1).trace(x)
    for threads in (2, 3):
        program = _build(net, tmp_path / str(threads), threads)
        source = (tmp_path / str(threads) / "lpdnn_netspec.c").read_text()
        assert source.count("{lpdnn_threaded, ") == len(program.description["steps"]) == 9
        assert "winograd4x4" in source
        found = program.trace(x)
        assert [name for name in wanted if not np.array_equal(found[name], wanted[name])] == []
        for _ in range(20):
            assert np.array_equal(program(x), wanted["fc"])


def test_there_are_no_data_races(tmp_path: Path, net: tuple[lpdnn.Graph, lpdnn.Selection]) -> None:
    graph, chosen = net
    bundle = tmp_path / "bundle"
    lpdnn.generate(graph, bundle, target=TARGET, simplified=False, selection=chosen, threads=3)
    flags = ["-O1", "-g", "-fsanitize=thread", *(f for f in find(TARGET).flags if not f.startswith("-O"))]
    flags += [f"-I{bundle / 'include'}", f"-I{bundle}"]
    objects = []
    driver = {"name": "driver", "source": Path(__file__).with_name("infer_often.c"), "flags": []}
    for unit in (*read_description(bundle)["units"], driver):
        made = tmp_path / f"{unit['name']}.o"
        source = bundle / unit["source"]
        subprocess.run(["gcc", *unit["flags"], *flags, "-c", source, "-o", made], check=True)
        objects.append(made)
    program = tmp_path / "program"
    subprocess.run(["gcc", "-fsanitize=thread", *objects, "-o", program, "-pthread"], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    answers = done.stdout.split()
    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert answers[0] != "00000000"


def test_one_thread_leaves_no_word_of_them(tmp_path: Path, net: tuple[lpdnn.Graph, lpdnn.Selection]) -> None:
    graph, chosen = net
    bundle = lpdnn.generate(graph, tmp_path / "b", target=TARGET, simplified=False, selection=chosen)
    files = [
        path for path in bundle.rglob("*") if path.suffix in {".c", ".h", ".txt"} or path.name == "Makefile"
    ]
    assert len(files) > 15
    assert [f.name for f in files if "thread" in f.read_text()] == []


def test_a_bare_board_has_no_threads(tmp_path: Path, net: tuple[lpdnn.Graph, lpdnn.Selection]) -> None:
    with pytest.raises(lpdnn.LpdnnError, match="cortex-m4 cannot run 2 threads"):
        lpdnn.generate(net[0], tmp_path / "b", target="cortex-m4", threads=2)
    assert not (tmp_path / "b").exists()
