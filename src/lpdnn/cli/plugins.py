"""lpdnn plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpdnn.cli._console import say, show, table
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Json

if TYPE_CHECKING:
    from lpdnn.primitives import Library, Plugin

PANEL = "What there is"


def command(
    name: Annotated[
        str | None, typer.Argument(help="A plugin, to see its primitives.", show_default=False)
    ] = None,
    json: Json = None,
) -> None:
    """List the plugins that are here, which operators they lack, and why one cannot be used.

    For example:

    \b
    lpdnn plugins
    lpdnn plugins cpu_vanilla
    """
    from lpdnn.ir import LpdnnError
    from lpdnn.primitives import discover

    plugins = discover()
    if name is not None and name not in {plugin.name for plugin in plugins}:
        message = f"there is no plugin {name!r}; there are {', '.join(plugin.name for plugin in plugins)}"
        raise LpdnnError(message)
    report = [_report(plugin) for plugin in plugins if name in {None, plugin.name}]
    if name is None:
        rows = (
            (
                row["plugin"],
                len(row["primitives"]),
                f"{len(row['operators'])} of {len(row['operators']) + len(row['lacks'])}",
                row["c_standard"],
                row["unavailable"] or row["summary"],
            )
            for row in report
        )
        show(
            table(
                "plugin",
                "primitives",
                "operators",
                "C",
                "what it is, or why it is not",
                rows=rows,
                right=(1,),
            )
        )
        for row in report:
            if row["lacks"]:
                say(f"{row['plugin']} lacks {', '.join(row['lacks'])}")
        for row in report:
            for library, state in row["libraries"].items():
                say(f"{row['plugin']} over {library}: {state}")
    else:
        columns = ("operator", "dtype", "layout", "how", "library", "in_place", "symbol")
        cells = ([primitive[column] for column in columns] for primitive in report[0]["primitives"])
        show(table(*columns, rows=cells))
    write_json(json, report)


def _library(library: Library) -> str:
    """Return the version of a library, or why it cannot be used and what to do."""
    from lpdnn.targets import find

    here = library.found()
    return library.missing(find("native")) or (here.version if here else "part of the plugin")


def _report(plugin: Plugin) -> dict[str, Any]:
    from lpdnn.ops import OPERATORS

    operators = sorted({primitive.op.NAME for primitive in plugin.primitives})
    return {
        "plugin": plugin.name,
        "summary": plugin.summary,
        "unavailable": plugin.unavailable,
        "c_standard": plugin.c_standard,
        "operators": operators,
        "lacks": sorted(OPERATORS.keys() - operators),
        "libraries": {library.name: _library(library) for library in plugin.libraries},
        "primitives": [
            {
                "operator": primitive.op.NAME,
                "dtype": primitive.dtype,
                "layout": f"{primitive.layout} -> {primitive.out_layout}"
                if primitive.out_layout
                else primitive.layout,
                "how": primitive.how,
                "library": primitive.library.name if primitive.library else "",
                "in_place": ", ".join(primitive.in_place),
                "symbol": primitive.symbol,
            }
            for primitive in plugin.primitives
        ],
    }
