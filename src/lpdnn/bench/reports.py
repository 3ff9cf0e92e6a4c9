"""Reports of measurements in markdown: on what, made by which command."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from lpdnn.selection import CostTable
from lpdnn.targets import find

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lpdnn.bench.network import Contender


def slug(text: str) -> str:
    """Return a text as part of a file name."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "network"


def command_line(*words: str | Path) -> str:
    """Return a command as it is typed; files without the folders of this computer."""
    return " ".join(shlex.quote(str(word)) for word in words)


def measured_on(table: CostTable) -> list[str]:
    """Return what the figures of a cost table hold for."""
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(table.libraries.items()))
    return [
        f"Measured on one core of {table.device or 'this computer'} ({table.compiler}, {table.flags}),",
        f"whose multiply-adds in registers gave {table.peak:.1f} GFLOP/s in the same run.",
        *([f"Libraries: {libraries}."] if libraries else []),
        "Medians of processor time, candidates in turns.",
    ]


def computer() -> str:
    """Return what wall-clock figures of whole programs hold for."""
    device = CostTable.of(find("native")).device
    return f"Measured on one core of {device or 'this computer'}: medians of time on the wall, all in turns."


def document(title: str, made_by: str, body: Sequence[str], plot: str = "") -> str:
    """Return a page of docs/."""
    lines = [f"# {title}", "", f"Made by `{made_by}`.", "", *body]
    if plot:
        lines += ["", f"![{title}]({plot})"]
    return "\n".join(lines) + "\n"


def contenders_table(runners: Sequence[Contender]) -> list[str]:
    """Return what whole networks took, and what was predicted."""
    lines = [
        "| | nodes | predicted ms | measured ms | spread | prediction off by | times the mix |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.name} | {r.nodes} | {r.predicted * 1e3:.3f} | {r.measured * 1e3:.3f} | {r.spread:.1%} | "
        f"{r.error:+.1%} | {r.times(runners[0]):.2f} |"
        for r in runners
    ]
    return lines
