"""lpdnn ops."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Annotated, Any

import typer

from lpdnn.cli._console import show, table
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Json

PANEL = "What there is"
Framework = Annotated[
    str | None,
    typer.Option("--of", metavar="FRAMEWORK", help="List what is imported from caffe, onnx or tflite."),
]


def command(of: Framework = None, json: Json = None) -> None:
    """List the operators that a network can consist of, and the plugins that implement them.

    For example:

    \b
    lpdnn ops
    lpdnn ops --of onnx
    lpdnn ops --json ops.json
    """
    report = _own() if of is None else _imported(of)
    write_json(json, report)


def _own() -> list[dict[str, Any]]:
    from lpdnn.ops import OPERATORS
    from lpdnn.primitives import discover

    report: list[dict[str, Any]] = [
        {
            "operator": name,
            "summary": operator.summary(),
            "inputs": operator.INPUTS,
            "outputs": operator.OUTPUTS,
            "attributes": [field.name for field in fields(operator)],  # type: ignore[arg-type]
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
            ", ".join(row["attributes"]),
            ", ".join(f"{name} ({count})" for name, count in row["plugins"].items())
            or "none: cannot be generated",
            row["summary"],
        )
        for row in report
    )
    show(table("operator", "inputs", "attributes", "plugins (primitives)", "what it computes", rows=rows))
    return report


def _imported(framework: str) -> list[dict[str, Any]]:
    from lpdnn.frontends import supported

    found = supported(framework)
    rows = ((one.name, ", ".join(one.attributes), one.summary) for one in found)
    show(table("operator", "attributes", "how it is taken", rows=rows))
    return [asdict(one) for one in found]
