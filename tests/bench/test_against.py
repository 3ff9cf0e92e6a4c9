"""A network beside other runtimes: that all run and agree, and what is said where one cannot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

from cli.commands import lpdnn, refused
from lpdnn.bench import against
from onnx_files import model, node

if TYPE_CHECKING:
    from pathlib import Path

USE = ("--use", "*=cpu_vanilla")


@pytest.fixture
def net(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    weights = {"w": rng.standard_normal((4, 3, 3, 3)).astype(np.float32)}
    convolution = node("Conv", "x w", "y", kernel_shape=[3, 3])
    nodes = [convolution, node("Relu", "y", "z"), node("Sigmoid", "y", "s")]
    path = tmp_path / "net.onnx"
    whole = onnx.shape_inference.infer_shapes(model(nodes, {"x": (1, 3, 9, 7)}, ["z", "s"], weights))
    onnx.save(whole, path)
    return path


def test_ours_and_others_run_in_turns_and_agree(tmp_path: Path, net: Path) -> None:
    report = tmp_path / "report.json"
    words = ("bench", "network", net, *USE, "--rounds", 2, "--json", report)
    result = lpdnn(*words, "--against", "onnxruntime,opencv", "--costs", tmp_path / "costs.json")
    assert result.exit_code == 0
    assert "| onnxruntime |" in result.stdout
    (told,) = json.loads(report.read_text())
    rivals = {one["name"]: one for one in told["rivals"]}
    assert list(rivals) == ["lpdnn", "lpdnn, tuned", "onnxruntime", "opencv"]
    assert all(one["median"] > 0 and 0 <= one["error"] < 1e-5 for one in rivals.values())
    assert 0 < rivals["lpdnn"]["program_bytes"] < rivals["onnxruntime"]["program_bytes"] / 10


def test_outputs_that_differ_are_a_failure(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(against, "TOLERANCE", -1.0)
    result = lpdnn("bench", "network", net, *USE, "--rounds", 1, "--against", "onnxruntime")
    assert result.exit_code == 1
    assert "differ by more than" in result.stderr


def testdifferences_are_relative_to_the_largest_value_of_an_output() -> None:
    reference = [np.array([1.0, -4.0]), np.array([[0.1]])]
    assert against.difference(reference, reference) == 0
    assert against.difference([np.array([1.0, -3.0]), np.array([[0.1]])], reference) == 0.25
    assert against.difference([reference[0], np.array([[0.2]])], reference) == pytest.approx(1.0)
    assert against.difference(reference[:1], reference) == float("inf")


def test_what_cannot_be_compared_is_one_sentence(tmp_path: Path, net: Path) -> None:
    refused(lpdnn("bench", "network", net, *USE, "--against", "nobody"), "nobody", "onnxruntime")
    assert lpdnn("bench", "layers", net, "--against", "onnxruntime").exit_code == 2
    onnx.save(model([node("Add", "a b", "c")], {"a": (2,), "b": (2,)}, ["c"]), tmp_path / "two.onnx")
    refused(lpdnn("bench", "network", tmp_path / "two.onnx", "--against", "onnxruntime"), "several inputs")
