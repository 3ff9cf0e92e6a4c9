"""lpdnn build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import lpdnn
from lpdnn.cli._choice import Chosen, Costs, Error, Use, chosen, several
from lpdnn.cli._console import say, working
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Board, Dispatch, Fill, Json, Seed, Shapes, Threads, Weights, shapes

PANEL = "Program"


def command(
    model: Annotated[
        Path, typer.Argument(help="A bundle; or a .prototxt or .lpdnn file, with -o.", show_default=False)
    ],
    weights: Weights = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The bundle to write for a model.", show_default=False),
    ] = None,
    target: Board = "native",
    selection: Chosen = None,
    costs: Costs = None,
    use: Use = None,
    error: Error = None,
    threads: Threads = 1,
    dispatch: Dispatch = None,
    shape: Shapes = None,
    fill: Fill = None,
    seed: Seed = 0,
    json: Json = None,
) -> None:
    """Compile a bundle: a shared library for this computer, an archive for other boards.

    For example:

    \b
    lpdnn build bundle/
    lpdnn build deploy.prototxt net.caffemodel --target cortex-m4 -o bundle/
    """
    from lpdnn.targets import find
    from lpdnn.toolchain import build
    from lpdnn.toolchain.compilers import compiler
    from lpdnn.toolchain.program import read_description
    from lpdnn.toolchain.sizes import sizes

    if model.is_dir() == (output is not None):
        message = "a model needs one, a bundle is built where it is"
        raise typer.BadParameter(message, param_hint="--output")
    with working() as trace:
        bundle = model
        if output is not None:
            graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, seed=seed, trace=trace)
            sets = several(dispatch, selection, costs)
            choice = None
            if not sets:
                choice = chosen(
                    graph, target, selection=selection, costs=costs, use=use, error=error, trace=trace
                )
            bundle = lpdnn.generate(
                graph,
                output,
                target=target,
                weights="binary",
                selection=choice,
                threads=threads,
                dispatch=sets,
                use=use or (),
                error=error,
                trace=trace,
            )
        with trace.stage("build"):
            made = build(bundle)
    board = find(read_description(bundle)["target"])
    report = {
        "made": str(made),
        "target": board.name,
        "compiler": compiler(board),
        "bytes": made.stat().st_size,
        **sizes(made, compiler(board)),
    }
    parts = ", ".join(f"{report[kind]:,} {kind}" for kind in ("code", "data", "zeroed") if kind in report)
    say(f"{made}: {report['bytes']:,} bytes{f' ({parts})' if parts else ''}")
    say(f"compiled for {board.name} with {report['compiler']}")
    write_json(json, report)
