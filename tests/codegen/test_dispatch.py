"""One bundle for several instruction sets: which variant runs, what it computes, what kernels are compiled for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

import lpdnn
from lpdnn.codegen import WARNINGS
from lpdnn.compiler import random_inputs
from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops._integers import weighted
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.targets import find
from lpdnn.targets._cpu import cpu_features, tiles_allowed
from lpdnn.toolchain.program import read_description
from onnx_files import model, node

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

SETS = ("avx2", "avx512")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> lpdnn.Graph:
    rng = np.random.default_rng(0)
    weights = {"w": rng.standard_normal((20, 3, 3, 3)).astype(np.float32)}
    nodes = [node("Conv", "x w", "y", kernel_shape=[3, 3]), node("CumSum", "y axis", "z")]
    path = tmp_path_factory.mktemp("dispatch") / "net.onnx"
    weights["axis"] = np.array(1, np.int64)
    onnx.save(model(nodes, {"x": (1, 3, 9, 11)}, ["z"], weights), path)
    return lpdnn.load(path)


@pytest.fixture(scope="module")
def bundle(graph: lpdnn.Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dispatch") / "bundle"
    return lpdnn.generate(graph, folder, target="x86-64", dispatch=SETS[::-1], weights="binary")


def test_the_best_variant_runs_and_computes_what_its_target_does(graph: lpdnn.Graph, bundle: Path) -> None:
    here = [name for name in SETS if find(f"x86-64-{name}").runs_here]
    if not here:
        pytest.skip("this CPU has no AVX2")
    program = lpdnn.build(bundle)
    assert program.description["variant"] == here[-1]
    x = random_inputs(graph)
    alone = lpdnn.build(graph, target=f"x86-64-{here[-1]}")
    assert np.array_equal(program(x), alone(x))
    used = {step["primitive"] for step in program.description["steps"]}
    assert any(name.endswith(here[-1]) for name in used)


def pretending(bundle: Path, folder: Path, *more: str) -> Callable[[AbstractSet[str]], str]:
    """Return what tells the variant for CPUs with some features, and how a network of it begins."""
    program = folder / "program"
    flags = ["-D__builtin_cpu_supports=pretended", f"-I{bundle / 'include'}", f"-I{bundle}", *more]
    units = read_description(bundle)["units"]
    objects = []
    for unit in (*units, {"name": "driver", "source": Path(__file__).with_name("variant.c"), "flags": []}):
        objects.append(folder / f"{unit['name']}.o")
        command = ["gcc", *unit["flags"], *flags, "-c", unit["source"], "-o", objects[-1]]
        subprocess.run(command, check=True, cwd=bundle)
    subprocess.run(["gcc", *objects, "-o", program], check=True)

    def told(features: AbstractSet[str]) -> str:
        command = [program, " ".join(features)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    return told


def test_cpus_get_what_they_can_run_and_nothing_else(bundle: Path, tmp_path: Path) -> None:
    told = pretending(bundle, tmp_path)
    avx2, avx512 = (find(f"x86-64-{name}").features for name in SETS)
    assert told(avx512) == "avx512 0"
    assert told(avx512 - {"avx512vl"}) == "avx2 0"
    assert told(avx2) == "avx2 0"
    assert told(avx2 - {"fma"}) == "none 1"


def test_every_compiler_can_choose(bundle: Path, integers: Path, tmp_path: Path) -> None:
    for folder in (bundle, integers):
        (chooser,) = (unit for unit in read_description(folder)["units"] if "dispatch" in unit["source"])
        for compiler in ("gcc", "clang"):
            if shutil.which(compiler) is None:
                pytest.skip(f"{compiler} is not installed")
            command = [compiler, *WARNINGS, *chooser["flags"], "-Iinclude", "-I.", "-c", chooser["source"]]
            subprocess.run([*command, "-o", tmp_path / "chooser.o"], check=True, cwd=folder)


@pytest.fixture(scope="module")
def integers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of a convolution of integers that fills tiles of AMX."""
    op = QConv2d(padding=(1, 1, 1, 1), x_zero=4)
    x, *constants = weighted(op, "s8", "s8", (1, 64, 14, 14), (64, 64, 3, 3), 0).arrays(0)
    assert x is not None
    builder = GraphBuilder("integers")
    names = [builder.constant(f"c{i}", c) for i, c in enumerate(constants) if c is not None]
    graph = builder.finish([builder.apply(op, builder.input("x", TensorType.of(x)), *names, name="y")])
    folder = tmp_path_factory.mktemp("integers") / "bundle"
    return lpdnn.generate(graph, folder, target="x86-64", dispatch=("avx512", "amx"), weights="binary")


def test_tiles_are_taken_where_cpu_and_system_allow_them(integers: Path, tmp_path: Path) -> None:
    used = read_description(integers)["variants"]["amx"]["steps"]
    assert any(step["primitive"].endswith("tiles_amx") for step in used)
    amx, avx512 = (find(f"x86-64-{name}").features for name in ("amx", "avx512"))
    here, anywhere = tmp_path / "here", tmp_path / "anywhere"
    here.mkdir()
    anywhere.mkdir()
    told = pretending(integers, here)
    assert told(amx) == ("amx 0" if tiles_allowed() else "avx512 0")
    assert told(avx512) == "avx512 0"
    told = pretending(integers, anywhere, "-DLPDNN_TILES_IN_C")
    assert told(amx) == "amx 0"
    assert told(avx512) == "avx512 0"


def test_a_bundle_with_tiles_in_c_computes_what_it_should(integers: Path) -> None:
    if not find("x86-64-avx512").runs_here or "avx512_vnni" not in cpu_features():
        pytest.skip("this CPU has no AVX-512 with VNNI")
    for flags in ("-O1 -DLPDNN_TILES_IN_C", "-O1"):
        command = ["make", "-s", "-C", integers, "clean", "test", f"CFLAGS={flags}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_only_kernels_are_compiled_for_more_than_all_cpus_have(bundle: Path) -> None:
    units = read_description(bundle)["units"]
    wide = {unit["name"]: "-mavx512f" in unit["flags"] for unit in units}
    assert any(wide.values())
    assert all("-mavx2" in unit["flags"] for unit in units if unit["source"].startswith("kernels/"))
    assert not any("-mavx2" in unit["flags"] for unit in units if not unit["source"].startswith("kernels/"))
    assert not any(wide[name] for name in wide if name.endswith("__ref"))  # both variants have it
    assert len(wide) == len(units)


def test_what_cannot_be_is_one_sentence(graph: lpdnn.Graph, tmp_path: Path) -> None:
    def refused(match: str, **options: object) -> None:
        given = {"target": "x86-64", "dispatch": SETS, **options}
        with pytest.raises(lpdnn.LpdnnError, match=match):
            lpdnn.generate(graph, tmp_path / "b", **given)  # type: ignore[arg-type]
        assert not (tmp_path / "b").exists()

    refused("no target 'x86-64-avx3'", dispatch=("avx3",))
    refused("as c or binary, not file", weights="file")
    refused("for one instruction set", selection=lpdnn.select(graph, target="x86-64"))
