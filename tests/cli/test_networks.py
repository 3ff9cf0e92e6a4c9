"""lpdnn import and lpdnn check."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

import lpdnn as api
from caffe_files import layer, network, write
from cli.commands import lpdnn, refused
from small_networks import adder, colour_classifier

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from lpdnn.ir import Operator


def test_import_writes_a_file_that_load_reads(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    result = lpdnn("import", model, weights, "-o", tmp_path / "net.lpdnn")
    assert result.exit_code == 0
    assert "3 layers" in result.stdout
    there, here = api.load(tmp_path / "net.lpdnn"), api.load(model, weights)
    assert there.nodes == here.nodes
    assert all(np.array_equal(there.constants[name], array) for name, array in here.constants.items())


def test_import_is_deterministic_and_seeded(tmp_path: Path) -> None:
    model, _ = colour_classifier(tmp_path)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert (
            lpdnn("import", model, "--fill", "random", "--seed", seed, "-o", tmp_path / name).exit_code == 0
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_import_takes_shapes(tmp_path: Path) -> None:
    model = write(tmp_path, network((1, 4, 6, 6), layers=layer("ReLU")))
    assert lpdnn("import", model, "--shape", "x=2x4x3x9", "-o", tmp_path / "net.lpdnn").exit_code == 0
    assert api.load(tmp_path / "net.lpdnn").types["x"].shape == (2, 4, 3, 9)
    for text in ("x", "x=", "=1x2", "x=1x-2", "x=1.5", "x=1xx2", "x=99999999999"):
        assert lpdnn("import", model, "--shape", text, "-o", tmp_path / "net.lpdnn").exit_code == 2
    refused(lpdnn("import", model, "--shape", "y=1", "-o", tmp_path / "net.lpdnn"), "'y'")


def test_import_of_what_is_no_model_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "deploy.prototxt").write_text('layer { name: "broken')
    refused(lpdnn("import", tmp_path / "deploy.prototxt", "-o", tmp_path / "net.lpdnn"), "deploy.prototxt")
    assert [found.name for found in tmp_path.iterdir()] == ["deploy.prototxt"]


def test_import_to_where_nothing_can_be_written(tmp_path: Path) -> None:
    model = adder(tmp_path)
    refused(lpdnn("import", model, "-o", tmp_path / "none" / "net.lpdnn"), "No such file or directory")
    os.mkfifo(tmp_path / "pipe")
    refused(lpdnn("import", model, "-o", tmp_path / "pipe"), "not a file")
    assert (tmp_path / "pipe").is_fifo()


def test_check_tells_what_is_in_a_network(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    result = lpdnn("check", model, weights, "--json", tmp_path / "report.json")
    assert result.exit_code == 0
    assert "3 layers, 965 parameters; all supported" in result.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["supported"] is True
    assert (report["layers"], report["parameters"]) == (3, 5 * 3 * 8 * 8 + 5)
    assert report["inputs"] == {"x": "f32[1x3x8x8]"}
    assert report["outputs"] == {"prob": "f32[1x5x1x1]"}
    assert {"operator": "conv2d", "layers": 1, "parameters": 965} in report["operators"]


def test_check_without_weights_says_so(tmp_path: Path) -> None:
    model, _ = colour_classifier(tmp_path)
    assert "965 parameters (not checked: no weights given)" in lpdnn("check", model).stdout


def test_check_lists_everything_unsupported_at_once(tmp_path: Path) -> None:
    layers = (
        layer("Embed", top=("a",)) + layer("ReLU", "", ("a",), ("b",)) + layer("LSTM", "", ("b",), ("c",))
    )
    result = lpdnn("check", write(tmp_path, network((1, 4), layers=layers)))
    assert result.exit_code == 1
    assert "2 layers are not supported" in result.stderr
    assert "Embed" in result.stderr
    assert "LSTM" in result.stderr


def test_check_lists_layers_that_a_target_cannot_compute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(op: Operator, *_: object) -> list[tuple[SimpleNamespace, str]]:
        way = SimpleNamespace(primitive=SimpleNamespace(name="conv2d_f32_nchw__ref"))
        return [(way, "too large for this board")] if op.NAME == "conv2d" else []

    monkeypatch.setattr("lpdnn.selection.candidates", refuse)
    model, weights = colour_classifier(tmp_path)
    result = lpdnn("check", model, weights, "--json", tmp_path / "report.json")
    assert result.exit_code == 1
    assert "2 layers cannot be computed on native" in result.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["supported"] is False
    reasons = [obstacle["reason"] for obstacle in report["obstacles"]]
    assert reasons == ["conv2d_f32_nchw__ref: too large for this board", "no plugin implements it"]


def test_remarks_of_the_importer_are_warnings(tmp_path: Path) -> None:
    model = write(tmp_path, network((1, 4), layers=layer("ReLU", "invented_param { a: 1 }")))
    result = lpdnn("check", model, "--json", tmp_path / "report.json")
    assert result.exit_code == 0
    assert "warning: " in result.stderr
    assert "invented_param" in result.stderr
    assert result.stderr.count("invented_param") == 1
    (warning,) = json.loads((tmp_path / "report.json").read_text())["warnings"]
    assert "invented_param" in warning


def test_names_from_a_model_are_text_and_nothing_else(tmp_path: Path) -> None:
    evil = "[bold red]x[/]"
    model = write(tmp_path, network((1, 4), layers=layer("ReLU", top=(evil,))))
    result = lpdnn("check", model)
    assert result.exit_code == 0
    assert "[bold red]x[/]" in result.stdout
    assert "\x1b" not in result.stdout
