"""A library that was there is taken away: the same commands work with what is left, and say how to get it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.commands import lpdnn, refused
from lpdnn.primitives import discover
from lpdnn.selection import load_costs
from lpdnn.targets import find
from small_networks import colour_classifier

if TYPE_CHECKING:
    from pathlib import Path

LIBRARIES = {one.name: one for plugin in discover() for one in plugin.libraries if one.objects}
HERE = [name for name in ("openblas", "blis", "atlas") if not LIBRARIES[name].missing(find("native"))]
USE = ("--use", "op:conv2d=cpu_blas", "--use", "op:softmax=cpu_vanilla")


@pytest.fixture
def net(tmp_path: Path) -> tuple[Path, Path]:
    return colour_classifier(tmp_path)


def _take_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in LIBRARIES.values():
        monkeypatch.setenv(library.variable, f"/nowhere/{library.name}.so")


def test_the_same_commands_work_with_what_is_left(
    tmp_path: Path, net: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not HERE:
        pytest.skip("no BLAS library is here: pip install scipy-openblas32")
    costs, report = tmp_path / "costs.json", tmp_path / "report.json"
    lpdnn("tune", *net, *USE, "-o", costs)
    assert HERE[0] in load_costs(costs).libraries
    assert f"cpu_blas over {HERE[0]}: " in lpdnn("plugins").stdout
    # as if nothing were as fast: it is chosen
    document = json.loads(costs.read_text())
    for entries in document["layers"].values():
        for key, entry in entries.items():
            entry["ms"] = 1e-6 if f"_{HERE[0]}:" in key else 1.0
    costs.write_text(json.dumps(document))
    lpdnn("select", *net, *USE, "--costs", costs, "--json", report)
    (score,) = (one for one in json.loads(report.read_text())["nodes"] if one["name"] == "score")
    assert HERE[0] in score["implementation"]

    _take_away(monkeypatch)
    told = " ".join(lpdnn("plugins").stdout.split())
    for library in LIBRARIES.values():
        assert f"{library.name} was not found: {library.install}" in told
    assert lpdnn("select", *net, *USE, "--costs", costs, "--json", report).exit_code == 0
    (score,) = (one for one in json.loads(report.read_text())["nodes"] if one["name"] == "score")
    assert "_own" in score["implementation"]
    assert any(LIBRARIES[HERE[0]].install in reason for reason in score["refused"].values())
    assert lpdnn("tune", *net, *USE, "-o", tmp_path / "other.json").exit_code == 0
    assert not load_costs(tmp_path / "other.json").libraries
    assert lpdnn("tune", *net, *USE, "-o", costs).exit_code == 0, "the table stays good for what is left"
    result = lpdnn("bench", "blas", *net)
    assert result.exit_code == 0
    assert "| own |" in result.stdout
    assert lpdnn("verify", *net, "--costs", costs, *USE).exit_code == 0


@pytest.mark.parametrize("library", [name for name in LIBRARIES if name in HERE or name == "mkl"])
def test_asking_for_it_says_how_to_get_it(
    net: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    _take_away(monkeypatch)
    result = lpdnn("select", *net, "--use", f"score=cpu_blas:im2col:{library}")
    refused(result, LIBRARIES[library].install, LIBRARIES[library].variable)
