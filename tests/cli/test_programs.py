"""lpdnn generate and lpdnn build."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lpdnn as api
from cli.commands import lpdnn, refused
from small_networks import adder, colour_classifier

if TYPE_CHECKING:
    from pathlib import Path


def test_generate_tells_what_the_bundle_needs(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    result = lpdnn("generate", model, weights, "-o", tmp_path / "b", "--json", tmp_path / "report.json")
    assert result.exit_code == 0, result.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["weight_bytes"] >= 4 * 965  # as the kernels want them: filled up to whole vectors
    assert report["arena_bytes"] >= report["lower_bound"] >= 4 * (3 * 64 + 5)
    assert f"{report['arena_bytes']:,} bytes, the least possible" in result.stdout
    assert [step["operator"] for step in report["steps"]] == ["conv2d", "softmax"]
    files = [path for path in (tmp_path / "b").rglob("*") if path.is_file()]
    assert report["file_bytes"] == sum(path.stat().st_size for path in files)


@pytest.mark.parametrize("form", ["c", "binary", "file", "hdf5"])
def test_every_form_of_weights_runs(tmp_path: Path, form: str) -> None:
    model, weights = colour_classifier(tmp_path)
    made = lpdnn("generate", model, weights, "-o", tmp_path / "b", "--weights", form, "--symbol", "colours")
    assert made.exit_code == 0, made.stderr
    assert (tmp_path / "b" / "colours_netspec.h").exists()
    x = np.zeros((1, 3, 8, 8), np.float32)
    x[0, 2] = 255
    assert int(np.argmax(api.build(tmp_path / "b")(x))) == 2


def test_generate_twice_is_the_same(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    for name in ("a", "b"):
        assert lpdnn("generate", model, weights, "-o", tmp_path / name).exit_code == 0
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_generate_into_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    refused(lpdnn("generate", adder(tmp_path), "-o", tmp_path / "home"), "not a bundle")
    assert [found.name for found in (tmp_path / "home").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("symbol", ["a b", "1net", "../net", "x-y", "a;b", "Net"])
def test_a_symbol_that_is_no_prefix_in_c_is_refused(tmp_path: Path, symbol: str) -> None:
    model = adder(tmp_path)
    refused(lpdnn("generate", model, "-o", tmp_path / "b", "--symbol", symbol), repr(symbol))
    assert list(tmp_path.iterdir()) == [model]


def test_an_unknown_target_is_said(tmp_path: Path) -> None:
    refused(
        lpdnn("generate", adder(tmp_path), "-o", tmp_path / "b", "--target", "toaster"), "toaster", "native"
    )
    assert not (tmp_path / "b").exists()


def test_build_of_a_bundle_tells_sizes(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    assert lpdnn("generate", model, weights, "-o", tmp_path / "b").exit_code == 0
    result = lpdnn("build", tmp_path / "b", "--json", tmp_path / "report.json")
    assert result.exit_code == 0, result.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    library = tmp_path / "b" / "build" / "liblpdnn.so"
    assert (report["made"], report["bytes"]) == (str(library), library.stat().st_size)
    assert str(library) in result.stdout
    if shutil.which("size"):
        # Weights are constants, and the arena is memory that starts as zeros.
        assert report["code"] > 4 * 965
        assert report["zeroed"] >= 4 * 3 * 64


@pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="arm-none-eabi-gcc is not installed")
def test_build_of_a_model_for_a_board_makes_an_archive(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    result = lpdnn("build", model, weights, "--target", "cortex-m4", "-o", tmp_path / "b")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "b" / "build" / "liblpdnn.a").read_bytes().startswith(b"!<arch>\n")
    refused(lpdnn("run", tmp_path / "b", "-i", "x.npy"), "cortex-m4", "does not run on this computer")


def test_build_wants_a_folder_for_a_model_and_none_for_a_bundle(tmp_path: Path) -> None:
    model = adder(tmp_path)
    assert lpdnn("build", model).exit_code == 2
    assert lpdnn("generate", model, "-o", tmp_path / "b").exit_code == 0
    assert lpdnn("build", tmp_path / "b", "-o", tmp_path / "c").exit_code == 2


@pytest.mark.parametrize("description", [None, "", "[]", "{}", '{"symbol": 1}'])
def test_a_folder_that_is_no_bundle_is_said(tmp_path: Path, description: str | None) -> None:
    if description is not None:
        (tmp_path / "bundle.json").write_text(description)
    refused(lpdnn("build", tmp_path), "is not a bundle")
    refused(lpdnn("run", tmp_path, "-i", "x.npy"), "is not a bundle")


def test_a_program_for_several_instruction_sets(tmp_path: Path) -> None:
    bundle, report = tmp_path / "bundle", tmp_path / "report.json"
    several = ("--target", "x86-64", "--dispatch", "avx2,avx512", "-o", bundle)
    result = lpdnn("generate", *colour_classifier(tmp_path), *several, "--threads", 2, "--json", report)
    assert result.exit_code == 0
    assert json.loads(report.read_text())["variants"] == ["avx2", "avx512"]
    assert json.loads((bundle / "bundle.json").read_text())["threads"] == 2
    assert lpdnn("generate", *colour_classifier(tmp_path), *several, "--costs", report).exit_code == 2
    refused(lpdnn("build", *colour_classifier(tmp_path), *several[:3], "avx9", *several[4:]), "x86-64-avx9")


@pytest.mark.parametrize("threads", [0, -1, "two"])
def test_numbers_of_threads_that_are_none_are_refused(tmp_path: Path, threads: object) -> None:
    net = colour_classifier(tmp_path)
    assert lpdnn("generate", *net, "-o", tmp_path / "b", "--threads", threads).exit_code == 2
