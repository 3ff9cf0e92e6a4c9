"""lpdnn tune, select and bench, and selections in the commands that make programs."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from cli.commands import lpdnn, refused
from lpdnn.compiler import load
from lpdnn.passes.prune import zeros
from lpdnn.selection import load_costs
from small_networks import adder, colour_classifier

if TYPE_CHECKING:
    from pathlib import Path

USE = ("--use", "*=cpu_vanilla")


@pytest.fixture
def net(tmp_path: Path) -> tuple[Path, Path]:
    return colour_classifier(tmp_path)


@pytest.fixture
def costs(tmp_path: Path, net: tuple[Path, Path]) -> Path:
    path = tmp_path / "costs.json"
    result = lpdnn("tune", *net, "-o", path, *USE)
    assert "peak" in result.stdout
    return path


def test_from_tuning_to_a_program(tmp_path: Path, net: tuple[Path, Path], costs: Path) -> None:
    chosen, page, report = (tmp_path / name for name in ("selection.json", "page.html", "report.json"))
    result = lpdnn(
        "select", *net, "--costs", costs, *USE, "-o", chosen, "--html", page, "--json", report, "--compare"
    )
    assert result.exit_code == 0
    assert "Q-learning" in result.stdout
    assert "memory:" in result.stdout
    assert "<svg" in page.read_text()
    told = json.loads(report.read_text())
    assert {node["plugin"] for node in told["nodes"]} == {"cpu_vanilla"}
    assert all(node["measured"] for node in told["nodes"])
    assert json.loads(chosen.read_text())["nodes"]
    made = tmp_path / "made.json"
    lpdnn(
        "generate", *net, "--selection", chosen, "--costs", costs, "-o", tmp_path / "bundle", "--json", made
    )
    assert {step["plugin"] for step in json.loads(made.read_text())["steps"]} == {"cpu_vanilla"}
    ran = json.loads(report.read_text())
    assert ran["ran"] is None
    assert " off " in lpdnn("select", *net, "--costs", costs, "--run", "--json", report).stdout
    ran = json.loads(report.read_text())
    assert ran["ran"] == pytest.approx(sum(node["ran"] for node in ran["nodes"]))
    assert lpdnn("verify", *net, "--selection", chosen).exit_code == 0
    assert lpdnn("verify", *net, "--costs", costs, *USE).exit_code == 0


def test_a_budget_of_memory_is_kept_in_what_is_built(tmp_path: Path, net: tuple[Path, Path]) -> None:
    report = tmp_path / "front.json"
    lpdnn("select", *net, *USE, "--front", "--json", report)
    (first, *_) = json.loads(report.read_text())["front"]
    chosen, made = tmp_path / "selection.json", tmp_path / "made.json"
    result = lpdnn("select", *net, "--ram", first["bytes"], "-o", chosen)
    assert f"of {first['bytes']:,}" in result.stdout
    lpdnn("generate", *net, "--selection", chosen, "-o", tmp_path / "bundle", "--json", made)
    assert json.loads(made.read_text())["arena_bytes"] <= first["bytes"]
    refused(lpdnn("select", *net, "--ram", "8"), "8 bytes")


@pytest.mark.parametrize("ram", ["", "-1", "1e3", "12Q", "256 kg"])
def test_sizes_of_memory_that_are_none_are_refused(net: tuple[Path, Path], ram: str) -> None:
    assert lpdnn("select", *net, f"--ram={ram}").exit_code == 2


def test_what_cannot_be_is_one_sentence(
    tmp_path: Path, net: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(lpdnn("tune", *net, "--target", "cortex-m4", "-o", tmp_path / "x.json"), "does not run on this")
    refused(lpdnn("select", *net, "--costs", tmp_path / "none.json"), "none.json")
    refused(lpdnn("select", *net, "--use", "*=cpu_other"), "cpu_other")
    refused(lpdnn("bench", "network", *net, "--plugins", "cpu_other", *USE), "cpu_other")
    refused(lpdnn("bench", "network", *net, "--plugins", "", *USE), "plugin ''")
    refused(lpdnn("bench", "layers", adder(tmp_path)), "no convolution")
    refused(lpdnn("bench", "blas", *net, *USE), "no", "product")
    file = tmp_path / "file"
    file.write_text('{"format": 1, "layers": {}}')
    refused(lpdnn("select", *net, "--selection", file), "is not a selection", "nodes")
    refused(lpdnn("select", *net, "--costs", file), "is not a cost table", "target")
    refused(lpdnn("tune", *net, "-o", file), "is not a cost table", "remove it")
    with monkeypatch.context() as patched:
        patched.setattr(
            sys.modules["lpdnn.bench.tune"], "measure", None
        )  # what cannot be written is told beforehand
        refused(lpdnn("tune", *net, *USE, "-o", file / "costs.json"), "costs.json")
        refused(lpdnn("bench", "layers", *net, *USE, "-o", file), "file")


@pytest.mark.parametrize("ms", [-1, 1e308, "1e999", '"fast"', "null", "true"])
def test_times_that_are_none_are_refused(costs: Path, net: tuple[Path, Path], ms: object) -> None:
    costs.write_text(re.sub(r'"ms": [0-9.e-]+', f'"ms": {ms}', costs.read_text()))
    refused(lpdnn("select", *net, "--costs", costs), "is not a cost table", "is no number")


def test_plots_say_how_to_get_what_they_need(
    tmp_path: Path, net: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    refused(lpdnn("select", *net, *USE, "--plot", tmp_path / "x.png"), "pip install", "lpdnn[plots]")
    assert not (tmp_path / "x.png").exists()


def test_bench_says_and_writes_what_it_measured(tmp_path: Path, net: tuple[Path, Path]) -> None:
    pytest.importorskip("matplotlib", reason="plots need matplotlib: pip install matplotlib")
    pages = tmp_path / "pages"
    result = lpdnn("bench", "layers", *net, *USE, "-o", pages)
    assert "made by: lpdnn bench layers" in result.stdout
    (page,) = pages.glob("layers-*.md")
    assert "| score |" in page.read_text()
    assert next(pages.glob("layers-*.png")).read_bytes().startswith(b"\x89PNG")
    report = tmp_path / "network.json"
    lpdnn("bench", "network", *net, *USE, "--rounds", 2, "--json", report)
    (told,) = json.loads(report.read_text())
    assert [one["name"] for one in told["contenders"]] == ["best mix", "cpu_vanilla"]


def test_pruned_weights_are_a_layer_of_their_own(tmp_path: Path, net: tuple[Path, Path]) -> None:
    costs, filled = tmp_path / "costs.json", (net[0], "--fill", "random")
    lpdnn("tune", *filled, "-o", costs, *USE)
    dense = set(load_costs(costs).layers)
    assert not any("not 0" in key for key in dense)
    lpdnn("tune", *filled, "-o", costs, *USE, "--prune", "0.75")
    sparse = set(load_costs(costs).layers) - dense
    assert sparse
    assert all(key.endswith(" weights that are not 0") for key in sparse)
    pruned = tmp_path / "pruned.lpdnn"
    lpdnn("import", *filled, "-o", pruned, "--prune", "0.75:global")
    assert max(zeros(load(pruned)).values()) > 0.5
    assert lpdnn("select", pruned, "--costs", costs).exit_code == 0
    result = lpdnn("import", *filled, "-o", pruned, "--prune", "1.5")
    assert result.exit_code == 2
    assert "0.75:global" in result.stderr
