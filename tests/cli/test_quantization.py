"""lpdnn quantize and explore, from a network and examples to a configuration that is chosen."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lpdnn as front_door
from cli.commands import lpdnn, refused
from lpdnn.quantization import load_configuration
from quantization_networks import examples, small_network

if TYPE_CHECKING:
    from pathlib import Path

FEW = ("--calibration", 8, "--evaluation", 12)


@pytest.fixture
def net(tmp_path: Path) -> tuple[Path, Path]:
    graph = small_network(uneven=True)
    front_door.save(graph, tmp_path / "net.lpdnn")
    data = examples(graph)
    pairs = [data.read(index) for index in range(data.count)]
    np.savez(tmp_path / "data.npz", x=np.stack([x for x, _ in pairs]), y=np.array([y for _, y in pairs]))
    return tmp_path / "net.lpdnn", tmp_path / "data.npz"


def test_from_a_network_to_the_smallest_configuration(net: tuple[Path, Path], tmp_path: Path) -> None:
    model, data = net
    drawing = ("--plots", tmp_path / "figures") if find_spec("matplotlib") else ()
    config, best, stored = tmp_path / "q.json", tmp_path / "best.json", tmp_path / "net.q.lpdnn"
    asked = ("--bits", "8,4,2", "--method", "kc", "--activation-bits", "8,16", "--no-equalize")
    result = lpdnn(
        "quantize",
        model,
        "--data",
        data,
        "--config",
        config,
        "-o",
        stored,
        *asked,
        *FEW,
        "--measure",
        "--json",
        tmp_path / "r.json",
    )
    assert result.exit_code == 0, result.output
    assert "nearest" in result.stdout
    assert "+ equalize" not in result.stdout
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["float"] == 1
    assert abs(report["stored"] - report["simulated"]) <= 0.09  # one example
    operators = {node.op.NAME for node in front_door.load(stored).nodes}
    assert any("codebook" in operator for operator in operators)
    result = lpdnn(
        "explore", model, "--config", config, "--data", data, *FEW, "--sensitivity", 6, "--points", 3, "--workers", 1,
        "-o", best, *drawing, "--loss", "0.1", "--json", tmp_path / "e.json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "all weights" in result.stdout
    if drawing:
        figures = {path.name for path in (tmp_path / "figures").iterdir()}
        assert figures == {
            "sensitivity_weights.png",
            "sensitivity_activations.png",
            "front_model.png",
            "front_accesses.png",
        }
    report = json.loads((tmp_path / "e.json").read_text())
    fitting = [one for one in report["points"] if one["score"] >= report["float"]["score"] - 0.1]
    smallest = min(fitting, key=lambda one: one["sizes"]["model"])
    chosen = {name: tensor.chosen for name, tensor in load_configuration(best).weights.items()}
    assert smallest["sizes"]["model"] == min(
        one["sizes"]["model"] for one in report["front"] if one in fitting
    )
    assert chosen in [one["choice"]["weights"] for one in fitting]
    again = tmp_path / "best.q.lpdnn"
    result = lpdnn("quantize", model, "--data", data, "--formats", best, *FEW, "-o", again, "--pack")
    assert result.exit_code == 0, result.output
    assert "as given" in result.stdout
    assert front_door.load(again).outputs == ("prob",)


def test_what_cannot_be_is_one_sentence(net: tuple[Path, Path], tmp_path: Path) -> None:
    model, data = net
    config = tmp_path / "q.json"
    asked = ("--data", data, "--config", config)
    assert lpdnn("quantize", model, *asked, "--bits", "99").exit_code == 2
    assert lpdnn("quantize", model, *asked, "--method", "magic").exit_code == 2
    refused(lpdnn("quantize", model, "--data", tmp_path / "none", "--config", config), "no such file")
    refused(lpdnn("quantize", model, *asked, *FEW, "--metric", "best"), "no metric 'best'")
    refused(lpdnn("quantize", model, *asked, "--calibration", 99), "leave none to evaluate")
    assert not config.exists()
    assert lpdnn("quantize", model, "--data", data).exit_code == 2
    lpdnn("quantize", model, *asked, *FEW, "--no-equalize", "--no-clip", "--no-rounding", "--no-bias")
    document = json.loads(config.read_text())
    for change, reason in (
        (
            {"weights": {n: t for n, t in document["weights"].items() if n != "fc"}},
            "layer 'fc' of the network is missing",
        ),
        ({"weights_mark": "0"}, "its weights differ"),
        ({"lpdnn_quantization": 7}, "version 7"),
    ):
        config.write_text(json.dumps({**document, **change}))
        refused(lpdnn("explore", model, *asked, *FEW), str(config), reason)
