"""Options that say who computes what, for the subcommands that make programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lpdnn.compiler import Trace
    from lpdnn.ir import Graph
    from lpdnn.selection import Selection

Costs = Annotated[
    Path | None,
    typer.Option("--costs", metavar="FILE", help="What `lpdnn tune` measured.", show_default=False),
]
Use = Annotated[
    list[str] | None,
    typer.Option(
        "--use",
        metavar="NODES=PLUGIN[:HOW]",
        help="What computes some nodes, as in conv*=cpu_blas:im2row or op:pool=cpu_vanilla; may be repeated.",
        show_default=False,
    ),
]
Error = Annotated[
    float | None,
    typer.Option(
        "--error",
        min=0,
        show_default=False,
        help="The largest error, relative to a layer's largest value, of algorithms that are chosen where --use "
        "names none; 1e-3 allows Winograd's F(6x6).",
    ),
]
Chosen = Annotated[
    Path | None,
    typer.Option("--selection", metavar="FILE", help="What `lpdnn select` chose.", show_default=False),
]


def several(dispatch: str | None, selection: Path | None, costs: Path | None) -> tuple[str, ...]:
    """Return the instruction sets that --dispatch names, for which nothing else may be chosen but by --use."""
    if dispatch is None:
        return ()
    if selection is not None or costs is not None:
        message = "a selection and a cost table are for one instruction set; with several, give --use"
        raise typer.BadParameter(message, param_hint="--dispatch")
    return tuple(dispatch.split(","))


def chosen(
    graph: Graph,
    target: str,
    *,
    selection: Path | None,
    costs: Path | None,
    use: list[str] | None,
    error: float | None,
    trace: Trace,
) -> Selection | None:
    """Return the choice that the options ask for; None where they ask for nothing."""
    import lpdnn

    if selection is None and costs is None and not use and error is None:
        return None
    return lpdnn.select(
        graph, target=target, costs=costs, use=use or (), selection=selection, error=error, trace=trace
    )
