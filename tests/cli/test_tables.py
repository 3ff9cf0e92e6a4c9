"""lpdnn plugins, targets and ops."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from cli.commands import lpdnn, refused
from lpdnn.ops import OPERATORS
from lpdnn.primitives import discover
from lpdnn.primitives import plugin as plugins
from lpdnn.targets import discover as boards

if TYPE_CHECKING:
    from pathlib import Path


def _json(folder: Path, *arguments: str) -> tuple[str, list[dict[str, object]]]:
    result = lpdnn(*arguments, "--json", folder / "report.json")
    assert result.exit_code == 0
    report: list[dict[str, object]] = json.loads((folder / "report.json").read_text())
    return result.stdout, report


def test_ops_are_the_registry(tmp_path: Path) -> None:
    text, report = _json(tmp_path, "ops")
    assert [row["operator"] for row in report] == list(OPERATORS)
    assert all(name in text for name in OPERATORS)
    (conv,) = (row for row in report if row["operator"] == "conv2d")
    assert conv["inputs"] == ["x", "weight", "bias?", "slope?", "addend?"]
    assert conv["plugins"]["cpu_vanilla"] >= 1
    assert "stride" in conv["attributes"]


@pytest.mark.parametrize(
    ("framework", "operator", "attribute"),
    [("caffe", "Convolution", "kernel_size"), ("onnx", "Conv", "strides"), ("tflite", "CONV_2D", "stride_h")],
)
def test_what_is_imported_from_a_framework(
    tmp_path: Path, framework: str, operator: str, attribute: str
) -> None:
    if framework != "caffe":
        pytest.importorskip(framework)
    text, report = _json(tmp_path, "ops", "--of", framework)
    (conv,) = (row for row in report if row["name"] == operator)
    assert attribute in conv["attributes"]
    assert operator in text


def test_an_unknown_framework_is_said() -> None:
    refused(lpdnn("ops", "--of", "abacus"), "abacus", "onnx")


def test_an_operator_without_plugin_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lpdnn.primitives.discover", lambda: ())
    assert "none: cannot be generated" in lpdnn("ops").stdout


def test_plugins_are_the_registry(tmp_path: Path) -> None:
    text, report = _json(tmp_path, "plugins")
    assert [row["plugin"] for row in report] == [plugin.name for plugin in discover()]
    assert "cpu_vanilla" in text
    (vanilla,) = (row for row in report if row["plugin"] == "cpu_vanilla")
    assert set(vanilla["operators"]) | set(vanilla["lacks"]) == set(OPERATORS)
    assert {"operator": "conv2d", "how": "ref", "dtype": "f32"}.items() <= dict(
        next(p for p in vanilla["primitives"] if p["operator"] == "conv2d")
    ).items()


def test_one_plugin_shows_its_primitives() -> None:
    text = lpdnn("plugins", "cpu_vanilla").stdout
    assert "lpdnn_conv2d_f32_nchw__ref" in text


def test_an_unknown_plugin_is_said() -> None:
    refused(lpdnn("plugins", "cpu_magic"), "cpu_magic", "cpu_vanilla")


def test_a_package_that_cannot_be_loaded_is_listed_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("broken", "no_such_package_anywhere", "lpdnn.plugins")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])
    discover.cache_clear()
    try:
        text = lpdnn("plugins").stdout
    finally:
        discover.cache_clear()
    assert "no_such_package_anywhere cannot be loaded: ModuleNotFoundError" in text
    assert "cpu_vanilla" in text


def test_targets_are_the_registry(tmp_path: Path) -> None:
    text, report = _json(tmp_path, "targets")
    assert [row["target"] for row in report] == list(boards())
    assert "cortex-m4" in text
    assert all(row["compiler"] or row["missing"] for row in report)


def test_a_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from lpdnn.toolchain.compilers import compiler

    compiler.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    try:
        text, report = _json(tmp_path, "targets")
    finally:
        compiler.cache_clear()
    assert "arm-none-eabi-gcc" in text
    assert all(row["compiler"] is None for row in report)
