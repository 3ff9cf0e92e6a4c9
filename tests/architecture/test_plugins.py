"""Plugins are what their folders say."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from architecture.project import VANILLA
from lpdnn.ops import OPERATORS
from lpdnn.primitives import Plugin, discover

if TYPE_CHECKING:
    from pathlib import Path


def _disagreements(plugin: Plugin, kernels: Path) -> list[str]:
    declared = [f"{primitive.file}.c" for primitive in plugin.primitives]
    names = [primitive.name for primitive in plugin.primitives]
    present = {path.name for path in kernels.glob("*")}
    return [
        *(f"{name} is declared and not there" for name in sorted(set(declared) - present)),
        *(f"{name} is there and not declared" for name in sorted(present - set(declared))),
        *(f"{name} is declared twice" for name in sorted(set(names)) if names.count(name) > 1),
    ]


@pytest.mark.parametrize("plugin", discover(), ids=lambda plugin: plugin.name)
def test_the_manifest_lists_exactly_the_kernels(plugin: Plugin) -> None:
    assert plugin.primitives
    assert _disagreements(plugin, plugin.kernels) == []


def test_disagreements_are_seen(tmp_path: Path) -> None:
    kernels = tmp_path / "kernels"
    shutil.copytree(VANILLA.kernels, kernels)
    (kernels / "conv2d_f32_nchw__ref.c").unlink()
    (kernels / "conv2d_f32_nchw__new.c").touch()
    assert _disagreements(VANILLA, kernels) == [
        "conv2d_f32_nchw__ref.c is declared and not there",
        "conv2d_f32_nchw__new.c is there and not declared",
    ]


def test_cpu_vanilla_implements_every_operator() -> None:
    there = {primitive.op.NAME for primitive in VANILLA.primitives if primitive.layout in {"nchw", "any"}}
    # What only looks at shapes is a constant, and a view is no step: neither ever reaches a kernel.
    never_run = {name for name, op in OPERATORS.items() if op.SHAPES_ONLY}
    assert set(OPERATORS) - there - never_run == set()


def test_each_kernel_defines_its_symbol_and_says_so_first() -> None:
    for primitive in VANILLA.primitives:
        text = (VANILLA.kernels / f"{primitive.file}.c").read_text()
        one = f"#define LPDNN_KERNEL lpdnn_{primitive.file}" in text and "lpdnn_kernel LPDNN_KERNEL;" in text
        assert one or f"lpdnn_kernel {primitive.symbol};" in text, primitive.file
