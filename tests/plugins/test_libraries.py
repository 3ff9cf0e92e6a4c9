"""Libraries: found or missing with a reason, part of a primitive's identity, side by side in one program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.codegen import write_bundle
from lpdnn.codegen.libraries import libraries_header, uses
from lpdnn.interpreter import interpret
from lpdnn.ir import Graph, LpdnnError, Node, TensorType
from lpdnn.ops.conv2d import Conv2d
from lpdnn.planning import plan
from lpdnn.primitives import Library, Plugin, Primitive, discover, over
from lpdnn.targets import find
from lpdnn.toolchain import Program

if TYPE_CHECKING:
    from lpdnn.codegen import Form
    from lpdnn.planning import Plan

NATIVE = find("native")
NOWHERE = Library("nowhere", "ask the moon for it", (), ("libnowhere.so.99",))
X, W = TensorType((1, 4, 6, 6)), TensorType((4, 4, 3, 3))
CONV = Conv2d(padding=(1, 1, 1, 1))
BLAS = next(plugin for plugin in discover() if plugin.name == "cpu_blas")


def _primitive(name: str) -> Primitive:
    return next(primitive for primitive in BLAS.primitives if primitive.name == name)


def _chain(primitives: list[Primitive]) -> tuple[Graph, Plan]:
    """Return a network with one convolution for each primitive, and its plan."""
    home = {id(one): plugin for plugin in discover() for one in plugin.primitives}
    rng = np.random.default_rng(1)
    nodes, types, constants = [], {"v0": X}, {}
    for i in range(len(primitives)):
        types |= {f"w{i}": W, f"v{i + 1}": X}
        constants[f"w{i}"] = rng.standard_normal(W.shape).astype(np.float32) / 6
        nodes.append(Node(f"c{i}", CONV, (f"v{i}", f"w{i}", None), (f"v{i + 1}",)))
    graph = Graph("chain", ("v0",), (f"v{len(primitives)}",), tuple(nodes), types, constants)
    return graph, plan(graph, {f"c{i}": (home[id(one)], one) for i, one in enumerate(primitives)})


def _usable() -> list[Primitive]:
    named = [p for p in BLAS.primitives if p.op is Conv2d and p.how == "im2col" and p.library]
    return [p for p in named if p.library and not p.library.missing(NATIVE)]


def test_a_missing_library_is_a_reason_and_no_error() -> None:
    (primitive,) = over((NOWHERE,), Primitive(Conv2d, "im2col"))
    reason = primitive.accepts(CONV, (X, W), (X,), NATIVE)
    assert reason == "nowhere was not found: ask the moon for it, or set LPDNN_NOWHERE to its shared object"


def test_a_library_of_this_computer_is_not_one_of_a_board() -> None:
    assert "cortex-m4 is another" in NOWHERE.missing(find("cortex-m4"))
    assert Library("own").missing(find("cortex-m4")) == ""


def test_a_variable_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "libmine.so"
    monkeypatch.setenv("LPDNN_NOWHERE", str(file))
    assert NOWHERE.missing(NATIVE), "the file is not there yet"
    other = tmp_path / "libother.so"
    other.touch()
    monkeypatch.setenv("LPDNN_NOWHERE", str(other))
    assert NOWHERE.missing(NATIVE) == ""
    assert NOWHERE.paths() == (str(other), "libnowhere.so.99")


def test_a_header_is_looked_for_beside_the_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library("withheader", "get it", (), ("libwithheader.so",), header="withheader.h")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libwithheader.so").touch()
    monkeypatch.setenv("LPDNN_WITHHEADER", str(tmp_path / "lib" / "libwithheader.so"))
    assert library.missing(NATIVE)
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "withheader.h").touch()
    later = Library("withheader", "get it now", (), ("libwithheader.so",), header="withheader.h")
    found = later.found()
    assert found is not None
    assert found.includes == (tmp_path / "include",)


def test_paths_are_c_strings() -> None:
    plugin = Plugin("p", "", Path(), (), "c89")
    text = libraries_header(uses([(plugin, Library("odd", objects=('lib"odd\\.so',)))]))
    assert '#define LPDNN_PATHS_odd "lib\\"odd\\\\.so"' in text


def test_identity_is_file_and_library() -> None:
    own = _primitive("conv2d_f32_nchw__im2col_own")
    assert own.file == "conv2d_f32_nchw__im2col"
    assert own.symbol == "lpdnn_conv2d_f32_nchw__im2col_own"
    assert {one.file for one in _usable()} == {own.file}
    assert len({p.symbol for p in BLAS.primitives}) == len(BLAS.primitives)


def test_libraries_live_side_by_side_in_one_program(tmp_path: Path) -> None:
    usable = _usable()
    foreign = [p for p in usable if p.library and p.library.objects]
    if not foreign:
        pytest.skip("no BLAS library is here: pip install scipy-openblas32")
    graph, planned = _chain(usable)
    x = np.random.default_rng(2).standard_normal(X.shape).astype(np.float32)
    bundle = write_bundle(planned, NATIVE, tmp_path / "bundle")
    got = Program.load(bundle)(x)
    want = interpret(graph, {"v0": x})[graph.outputs[0]]
    np.testing.assert_allclose(got, want, atol=1e-5)
    text = (bundle / "README.md").read_text()
    assert all(one.library.variable in text for one in foreign if one.library)


@pytest.mark.parametrize("weights", ["c", "binary", "file"])
def test_plugins_live_side_by_side_in_one_program(weights: Form, tmp_path: Path) -> None:
    wanted = {"im2col", "kn2row_aa", "direct_csr", "im2col_coo", "direct", "winograd", "fft8"}
    some = [
        primitive
        for plugin in discover()
        for primitive in plugin.primitives
        if (primitive.op, primitive.layout, primitive.out_layout) == (Conv2d, "nchw", "")
        and primitive.library
        and primitive.how in wanted
        and not primitive.accepts(CONV, (X, W), (X,), NATIVE)
    ]
    graph, planned = _chain(some)
    x = np.random.default_rng(3).standard_normal(X.shape).astype(np.float32)
    program = Program.load(write_bundle(planned, NATIVE, tmp_path / "bundle", weights=weights))
    want = interpret(graph, {"v0": x})[graph.outputs[0]]
    for _ in range(2):  # what is kept from the first run serves the second
        np.testing.assert_allclose(program(x), want, atol=1e-4 * float(np.abs(want).max()))


@pytest.mark.parametrize("builder", ["make", "cmake"])
def test_bundles_with_a_library_build_without_python(builder: str, tmp_path: Path) -> None:
    if shutil.which(builder) is None:
        pytest.skip(f"{builder} is not installed")
    usable = _usable()[:2]
    _, planned = _chain([*usable, _primitive("conv2d_f32_nchw__kn2row_own")])
    bundle = write_bundle(planned, NATIVE, tmp_path / "bundle")
    commands = {
        "make": [["make", "-s", "test"]],
        "cmake": [
            ["cmake", "-S", ".", "-B", "build"],
            ["cmake", "--build", "build"],
            ["ctest", "--test-dir", "build"],
        ],
    }
    for command in commands[builder]:
        done = subprocess.run(command, cwd=bundle, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_library_that_is_gone_when_the_program_runs_is_an_error_with_a_name(tmp_path: Path) -> None:
    foreign = [p for p in _usable() if p.library and p.library.objects][:1]
    if not foreign:
        pytest.skip("no BLAS library is here: pip install scipy-openblas32")
    _, planned = _chain(foreign)
    bundle = write_bundle(planned, NATIVE, tmp_path / "bundle")
    library = foreign[0].library
    assert library is not None
    code = (
        "import sys, numpy, pathlib\nfrom lpdnn.toolchain import Program\n"
        "from lpdnn.ir import LpdnnError\n"
        "p = Program.load(pathlib.Path(sys.argv[1]))\n"
        "try:\n    p(numpy.zeros((1, 4, 6, 6), numpy.float32))\nexcept LpdnnError as e:\n    print('refused', e)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(bundle)],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin", library.variable: "/nowhere.so"}
        | {k: v for k, v in os.environ.items() if k in {"HOME", "LPDNN_CACHE"}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "refused" in done.stdout, done.stderr
    assert f"set {library.variable}" in done.stderr


def test_weights_that_the_network_computes_are_refused() -> None:
    own = _primitive("conv2d_f32_nchw__im2col_own")
    with pytest.raises(LpdnnError, match="computed by the network"):
        own.prepare(CONV, (None, None, None))
