"""Layers against their roofline: every step is there, with what it moves and which roof is the lower one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.commands import lpdnn
from lpdnn.bench.roofline import Kind, Layer, Roofs, caches, roofline_table, shares
from small_networks import colour_classifier

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = Roofs(100e9, (("L1", 1000, 64e9), ("L2", 9000, 32e9), ("memory", 1 << 62, 8e9)))


def test_a_level_is_the_first_that_holds_the_bytes() -> None:
    assert [KNOWN.bandwidth(size) / 1e9 for size in (1, 1000, 1001, 9001)] == [64, 64, 32, 8]
    assert [size for _, size in caches()] == sorted(size for _, size in caches())


def layer(name: str, seconds: float, arithmetic: float, kind: Kind = "other") -> Layer:
    return Layer(name, "how", kind, int(100e9 * arithmetic), 20, 30, seconds, arithmetic, 1e-3)


def test_the_table_names_the_layers_that_lose_most() -> None:
    layers = [
        layer("a", 9e-3, 8e-3),
        layer("b", 7e-3, 1e-4),
        layer("c", 1e-3, 2e-3),
        layer("d", 4e-3, 1e-3),
        layer("e", 3e-3, 1e-3),
    ]
    assert [one.bound for one in layers] == ["arithmetic", "memory", *["arithmetic"] * 3]
    text = roofline_table(KNOWN, layers)
    assert any("24.000 | 13.000 | | 54%" in line for line in text)
    worst = text[text.index("Furthest from the roof:") + 1 :]
    assert [line.partition(":")[0] for line in worst] == [
        "- b (how) loses 6.000 ms",
        "- d (how) loses 3.000 ms",
        "- e (how) loses 2.000 ms",
    ]


def test_shares_are_of_the_roof_that_each_kind_is_held_against() -> None:
    layers = [
        layer("first", 9e-3, 1e-3, "image"),
        layer("a", 2e-3, 1.8e-3, "body"),
        layer("b", 2e-3, 1.2e-3, "body"),
        layer("c", 1e-3, 2e-3, "winograd"),
        layer("d", 2e-3, 1e-4, "depthwise"),
        layer("e", 4e-3, 1e-4, "depthwise"),
    ]
    assert list(shares(KNOWN, layers).values()) == pytest.approx([6.2 / 20, 0.75, 0.6, 1 / 3, 0.25, 1 / 3])
    assert list(shares(KNOWN, layers[:1]).values()) == pytest.approx([1 / 9])


def test_every_step_is_measured(tmp_path: Path) -> None:
    net = colour_classifier(tmp_path)
    report = tmp_path / "report.json"
    result = lpdnn("bench", "roofline", *net, "--use", "*=cpu_vanilla", "--rounds", 2, "--json", report)
    assert result.exit_code == 0
    assert "| all |" in result.stdout
    (told,) = json.loads(report.read_text())
    made = tmp_path / "made.json"
    lpdnn("generate", *net, "--use", "*=cpu_vanilla", "-o", tmp_path / "bundle", "--json", made)
    steps = json.loads(made.read_text())["steps"]
    assert [one["name"] for one in told["layers"]] == [step["node"] for step in steps]
    assert all(one["seconds"] > 0 and one["roof"] > 0 for one in told["layers"])
    weights = json.loads(made.read_text())["weight_bytes"]
    assert sum(one["weights"] for one in told["layers"]) == pytest.approx(weights)
