"""Bundles as users get them: they build without Python, by make and CMake, with their weights in every form."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lpdnn
from lpdnn.interpreter import interpret
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.codegen import Form
    from lpdnn.selection import Selection

FORMS: tuple[Form, ...] = ("c", "binary", "file", "hdf5")
LENET = "models/lenet_bvlc/lenet.prototxt", "models/lenet_bvlc/lenet_iter_10000.caffemodel"


def lenet() -> lpdnn.Graph:
    return lpdnn.load(*(shared(path) for path in LENET), shapes={"data": (1, 1, 28, 28)})


def vanilla() -> Selection:
    return lpdnn.select(lenet(), use=["*=cpu_vanilla"])


def needs_hdf5(form: Form) -> None:
    if form == "hdf5" and subprocess.run(["pkg-config", "--exists", "hdf5"], check=False).returncode:
        pytest.skip("the HDF5 library for C is not installed (apt install libhdf5-dev)")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_make_builds_and_tests_a_bundle(tmp_path: Path, form: Form, cc: str) -> None:
    needs_hdf5(form)
    bundle = lpdnn.generate(lenet(), tmp_path / "bundle", weights=form, selection=vanilla())
    environment = {"PATH": "/usr/bin:/bin"}  # where there is no Python of ours
    done = subprocess.run(
        ["make", "-C", bundle, f"CC={cc}", "test"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "prob: ok" in done.stdout


@pytest.mark.parametrize("form", FORMS)
def test_cmake_builds_and_tests_a_bundle(tmp_path: Path, form: Form) -> None:
    needs_hdf5(form)
    if not shutil.which("cmake"):
        pytest.skip("CMake is not installed (apt install cmake)")
    bundle = lpdnn.generate(lenet(), tmp_path / "bundle", weights=form, selection=vanilla())
    for command in (["-S", bundle, "-B", tmp_path / "out"], ["--build", tmp_path / "out"]):
        subprocess.run(["cmake", *command], check=True, capture_output=True)
    subprocess.run(["ctest", "--test-dir", tmp_path / "out"], check=True, capture_output=True)


def test_a_wrong_weight_fails_the_bundle_s_test(tmp_path: Path) -> None:
    bundle = lpdnn.generate(lenet(), tmp_path / "bundle", weights="file", selection=vanilla())
    model = bundle / "lpdnn_model.bin"
    raw = bytearray(model.read_bytes())
    raw[-4096:] = bytes(4096)
    model.write_bytes(bytes(raw))
    done = subprocess.run(["make", "-s", "-C", bundle, "test"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "WRONG" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="huge pages are Linux's")
def test_weights_are_read_into_huge_pages_where_that_is_wished(tmp_path: Path) -> None:
    bundle = lpdnn.generate(lenet(), tmp_path / "bundle", weights="file", selection=vanilla())
    make = ["make", "-s", "-C", bundle, "CFLAGS=-O1 -DLPDNN_HUGE_PAGES", "test"]
    done = subprocess.run(make, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    model = bundle / "lpdnn_model.bin"
    model.write_bytes(model.read_bytes()[:-1])
    assert subprocess.run(make, capture_output=True, check=False).returncode != 0, "a shorter file is refused"


def test_a_model_of_another_network_is_refused(tmp_path: Path) -> None:
    bundle = lpdnn.generate(lenet(), tmp_path / "bundle", weights="file", selection=vanilla())
    model = bundle / "lpdnn_model.bin"
    raw = bytearray(model.read_bytes())
    raw[8] ^= 1
    model.write_bytes(bytes(raw))
    with pytest.raises(lpdnn.LpdnnError, match="of another network"):
        lpdnn.build(bundle)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_network_gives_the_same_bytes(tmp_path: Path, form: Form) -> None:
    first, second = (lpdnn.generate(lenet(), tmp_path / name, weights=form) for name in ("first", "second"))
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in files)


@pytest.mark.parametrize("use", [["*=cpu_vanilla"], []])
def test_c_computes_what_the_interpreter_does(use: list[str]) -> None:
    net = lenet()
    x = np.random.default_rng(3).random((1, 1, 28, 28), dtype=np.float32)
    (expected,) = (interpret(net, {"data": x})[name] for name in net.outputs)
    assert np.abs(lpdnn.build(net, selection=lpdnn.select(net, use=use))(x) - expected).max() < 1e-5
