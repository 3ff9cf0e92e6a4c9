"""lpdnn targets."""

from __future__ import annotations

from lpdnn.cli._console import show, table
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Json

PANEL = "What there is"


def command(json: Json = None) -> None:
    """List the boards that networks can be generated for, and which compilers are there for them.

    For example:

    \b
    lpdnn targets
    """
    from lpdnn.ir import LpdnnError
    from lpdnn.targets import discover
    from lpdnn.toolchain.compilers import compiler

    report = []
    for target in discover().values():
        try:
            found, missing = compiler(target), ""
        except LpdnnError as error:
            found, missing = None, str(error)
        report.append(
            {
                "target": target.name,
                "summary": target.summary,
                "compiler": found,
                "missing": missing,
                "flags": target.flags,
                "runs_here": target.runs_here,
                "memory": dict(target.memory),
            }
        )
    rows = (
        (
            row["target"],
            row["summary"],
            row["compiler"] or row["missing"],
            "yes" if row["runs_here"] else "no; generate and build only",
        )
        for row in report
    )
    show(table("target", "what it is", "compiler", "runs here", rows=rows))
    write_json(json, report)
