"""lpdnn targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpdnn.cli._console import show, table
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Json

if TYPE_CHECKING:
    from lpdnn.targets import Target

PANEL = "What there is"


def _runs(target: Target) -> str:
    """Tell in words whether a target runs here, and without which of the CPU's instructions."""
    denied = ", ".join(sorted(target.denied))
    if not target.runs_here:
        return "no; generate and build only"
    return f"yes, but without {denied}, which the system denies" if denied else "yes"


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
                "denied": sorted(target.denied),
                "memory": dict(target.memory),
            }
        )
    rows = (
        (
            row["target"],
            row["summary"],
            row["compiler"] or row["missing"],
            _runs(target),
        )
        for row, target in zip(report, discover().values(), strict=True)
    )
    show(table("target", "what it is", "compiler", "runs here", rows=rows))
    write_json(json, report)
