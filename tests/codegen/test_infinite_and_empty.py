"""Infinite constants and tensors without elements, for which C89 has no literals and no arrays."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lpdnn
from lpdnn.interpreter import interpret
from lpdnn.ir import GraphBuilder, LpdnnError, TensorType
from lpdnn.ops.binary import Binary
from lpdnn.ops.pad import Pad
from lpdnn.ops.reshape import Reshape

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.codegen import Form
    from lpdnn.ir import Graph

X = np.array([[1.5, -2.0, 3.0]], np.float32)
MASK = np.array([[-np.inf, 0.0, np.inf]], np.float32)


def network() -> Graph:
    graph = GraphBuilder("edges")
    graph.input("x", TensorType((1, 3)))
    graph.constant("mask", MASK)
    graph.apply(Binary("add"), "x", "mask", name="masked")
    graph.apply(Pad((0, 1), (0, 0), value=-np.inf), "masked", name="padded")
    graph.constant("nothing", np.zeros((2, 0, 3), np.float32))
    return graph.finish(["padded", "nothing"])


@pytest.mark.parametrize("form", ["c", "binary", "file"])
def test_a_bundle_holds_them(tmp_path: Path, form: Form) -> None:
    bundle = lpdnn.generate(network(), tmp_path / "bundle", weights=form)
    done = subprocess.run(["make", "-s", "-C", bundle, "test"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing: ok" in done.stdout
    assert "padded: ok" in done.stdout


def test_c_computes_what_the_interpreter_does() -> None:
    net = network()
    got, want = lpdnn.build(net).run(X), interpret(net, {"x": X})
    np.testing.assert_array_equal(got["padded"], [[-np.inf, -np.inf, -2.0, np.inf]])
    np.testing.assert_array_equal(want["padded"], got["padded"])
    assert got["nothing"].shape == want["nothing"].shape == (2, 0, 3)


def test_a_board_s_compiler_takes_them(tmp_path: Path) -> None:
    if not shutil.which("arm-none-eabi-gcc"):
        pytest.skip("arm-none-eabi-gcc is not installed (apt install gcc-arm-none-eabi)")
    bundle = lpdnn.generate(network(), tmp_path / "bundle", target="cortex-m4")
    done = subprocess.run(["make", "-s", "-C", bundle], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_they_are_kept_in_a_file(tmp_path: Path) -> None:
    lpdnn.save(network(), tmp_path / "net.lpdnn")
    net = lpdnn.load(tmp_path / "net.lpdnn")
    np.testing.assert_array_equal(net.constants["mask"], MASK)
    assert net.constants["nothing"].shape == (2, 0, 3)


def test_nothing_has_to_be_read_or_computed() -> None:
    graph = GraphBuilder("empty")
    with pytest.raises(LpdnnError, match="extent below 1"):
        graph.input("x", TensorType((1, 0)))
    graph.constant("nothing", np.zeros((2, 0), np.float32))
    with pytest.raises(LpdnnError, match="extent below 1"):
        graph.apply(Reshape((0, 2)), "nothing", name="y")
