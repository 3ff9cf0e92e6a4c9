"""Writes the tables that README.md and the pages of docs/ get from the registries: python docs/tables.py.

A table stands between <!-- table: NAME --> and <!-- end of table -->. A test says whether they are current.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

from lpdnn.cli import app
from lpdnn.frontends import supported
from lpdnn.ops import OPERATORS
from lpdnn.passes import PASSES
from lpdnn.primitives import discover as plugins
from lpdnn.targets import discover as targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

DOCS = Path(__file__).parent
PAGES = (DOCS.parent / "README.md", *sorted(DOCS.glob("*.md")))
MARKED = re.compile(r"(<!-- table: ([a-z-]+) -->\n)(.*?)(<!-- end of table -->)", re.DOTALL)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', ',') for cell in row)} |\n" for row in cells)


def _first_line(thing: object) -> str:
    return inspect.cleandoc(getattr(thing, "__doc__", "") or "").partition("\n")[0]


def operators() -> str:
    """Return the operators, and which plugins have how many primitives for each."""
    rows = []
    for name, op in OPERATORS.items():
        counts = {plugin.name: sum(p.op is op for p in plugin.primitives) for plugin in plugins()}
        have = ", ".join(f"{plugin} {count}" for plugin, count in counts.items() if count)
        rows.append((f"`{name}`", op.summary(), have or "a constant"))
    return _markdown(("Operator", "What it computes", "Primitives"), rows)


def imported(framework: str, kind: str) -> str:
    """Return what can be imported from a framework."""
    rows = ((f"`{one.name}`", ", ".join(one.attributes), one.summary) for one in supported(framework))
    return _markdown((kind, "Attributes", "How it is taken"), rows)


def plugin_list() -> str:
    """Return the plugins that come along."""
    rows = ((f"`{p.name}`", p.summary, str(len(p.primitives)), p.c_standard) for p in plugins())
    return _markdown(("Plugin", "What it is", "Primitives", "C"), rows)


def target_list() -> str:
    """Return the boards; `lpdnn targets` tells which of them run here."""
    rows = ((f"`{t.name}`", t.summary, ", ".join(t.compilers)) for t in targets().values())
    return _markdown(("Target", "What it is", "C compilers"), rows)


def passes() -> str:
    """Return what simplifies a network, in order."""
    return _markdown(("Pass", "What it does"), ((f"`{p.__name__}`", _first_line(p)) for p in PASSES))


def commands() -> str:
    """Return the subcommands of lpdnn."""
    found = {str(command.name): _first_line(command.callback) for command in app.registered_commands}
    rows = ((f"`lpdnn {name}`", text) for name, text in sorted(found.items()))
    return _markdown(("Command", "What it does"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "caffe-layers": lambda: imported("caffe", "Layer"),
    "onnx-operators": lambda: imported("onnx", "Operator"),
    "tflite-operators": lambda: imported("tflite", "Operator"),
    "commands": commands,
    "operators": operators,
    "passes": passes,
    "plugins": plugin_list,
    "targets": target_list,
}


def current(text: str) -> str:
    """Return a page with its tables as the registries make them today."""
    return MARKED.sub(lambda match: match[1] + TABLES[match[2]]() + match[4], text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(current(page.read_text("utf-8")), "utf-8")
