"""lpdnn ops."""

from __future__ import annotations

from typing import Any

from lpdnn.cli._console import show, table
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Json

PANEL = "What there is"


def command(json: Json = None) -> None:
    """List the operators that a network can consist of, and the plugins that implement them.

    For example:

    \b
    lpdnn ops
    lpdnn ops --json ops.json
    """
    from lpdnn.ops import OPERATORS
    from lpdnn.primitives import discover

    report: list[dict[str, Any]] = [
        {
            "operator": name,
            "summary": operator.summary(),
            "inputs": operator.INPUTS,
            "outputs": operator.OUTPUTS,
            "plugins": {
                plugin.name: count
                for plugin in discover()
                if (count := sum(primitive.op is operator for primitive in plugin.primitives))
            },
        }
        for name, operator in OPERATORS.items()
    ]
    rows = (
        (
            row["operator"],
            ", ".join(row["inputs"]),
            ", ".join(f"{name} ({count})" for name, count in row["plugins"].items())
            or "none: cannot be generated",
            row["summary"],
        )
        for row in report
    )
    show(table("operator", "inputs", "plugins (primitives)", "what it computes", rows=rows))
    write_json(json, report)
