"""lpdnn verify."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cli.commands import lpdnn, refused
from lpdnn.toolchain import Program
from small_networks import adder, colour_classifier, detector

if TYPE_CHECKING:
    from pathlib import Path


def _report(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return report


def test_every_layer_is_compared_with_both_oracles(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    result = lpdnn("verify", model, weights, "--against", "all", "--json", tmp_path / "report.json")
    assert result.exit_code == 0, result.output
    report = _report(tmp_path)
    compared = [(c["layer"], c["against"], c["computed"]) for c in report["layers"]]
    assert compared == [
        ("score", "opencv", "interpreter"),
        ("relu", "interpreter", "C"),
        ("relu", "opencv", "C"),
        ("prob", "interpreter", "C"),
        ("prob", "opencv", "C"),
    ]
    assert report["ok"] is True
    assert "ok: 5 values within 0.0001" in result.stdout


def test_seeded_weights_reach_opencv(tmp_path: Path) -> None:
    model, _ = colour_classifier(tmp_path)
    result = lpdnn("verify", model, "--fill", "random", "--seed", 3, "--against", "opencv")
    assert result.exit_code == 0, result.output


def test_an_input_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    trace = Program.trace

    def spy(self: Program, x: Any) -> Any:
        seen.append(x)
        return trace(self, x)

    monkeypatch.setattr(Program, "trace", spy)
    x = np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    model, weights = colour_classifier(tmp_path)
    assert lpdnn("verify", model, weights, "-i", tmp_path / "x.npy").exit_code == 0
    assert np.array_equal(seen[0]["x"], x)
    np.save(tmp_path / "many.npy", np.zeros((3, 3, 8, 8)))
    assert lpdnn("verify", model, weights, "-i", tmp_path / "many.npy").exit_code == 2


@pytest.mark.parametrize("against", ["interpreter", "opencv", "all"])
@pytest.mark.parametrize("fault", [np.nan, 0.01])
def test_a_wrong_layer_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, against: str, fault: float
) -> None:
    trace = Program.trace

    def spoilt(self: Program, x: Any) -> Any:
        values = trace(self, x)
        values["score"][0, 1] += fault
        return values

    monkeypatch.setattr(Program, "trace", spoilt)
    model, weights = colour_classifier(tmp_path)
    result = lpdnn("verify", model, weights, "--against", against, "--json", tmp_path / "report.json")
    assert result.exit_code == 1
    report = _report(tmp_path)
    assert report["ok"] is False
    assert {c["layer"] for c in report["layers"] if not c["ok"]} == {"relu"}
    assert "WRONG" in result.stdout


def test_the_tolerance_counts(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    assert lpdnn("verify", model, weights, "--tolerance", 0, "--seed", 1).exit_code in {0, 1}
    assert lpdnn("verify", model, weights, "--tolerance", -1).exit_code == 2


def test_opencv_is_not_asked_about_what_it_cannot_read(tmp_path: Path) -> None:
    assert lpdnn("import", adder(tmp_path), "-o", tmp_path / "net.lpdnn").exit_code == 0
    result = lpdnn("verify", tmp_path / "net.lpdnn", "--against", "all")
    assert result.exit_code == 0
    assert "not compared with OpenCV: OpenCV reads Caffe's files" in result.stdout
    refused(lpdnn("verify", tmp_path / "net.lpdnn", "--against", "opencv"), "net.lpdnn is not a .prototxt")


def test_boxes_are_compared_as_sets(tmp_path: Path) -> None:
    arrays = {
        "x": [[0.0] * 8],
        "y": [[0.1, 0.2, 0.7, 0.1, 0.8, 0.1]],
        "z": [[[0.0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1], [0.1] * 8]],
    }
    for name, values in arrays.items():
        np.save(tmp_path / f"{name}.npy", np.array(values, np.float32))
    inputs = [argument for name in arrays for argument in ("-i", f"{name}={tmp_path / name}.npy")]
    result = lpdnn("verify", detector(tmp_path), *inputs, "--against", "all")
    assert result.exit_code == 0, result.output
    assert "3 boxes" in result.stdout or "4 boxes" in result.stdout
