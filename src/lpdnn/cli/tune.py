"""lpdnn tune."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import lpdnn
from lpdnn.cli._choice import Use
from lpdnn.cli._console import measuring, say, working
from lpdnn.cli._options import Board, Fill, Model, Prune, Seed, Shapes, Weights, pruned, shapes

PANEL = "Program"


def command(
    model: Model,
    weights: Weights = None,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="The cost table; what it has already is kept.", show_default=False
        ),
    ],
    target: Board = "native",
    budget: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="SECONDS", help="When to stop; the heaviest layers come first.", show_default=False
        ),
    ] = None,
    use: Use = None,
    confirm: Annotated[
        bool, typer.Option(help="Measure the best choice again, in the network itself.")
    ] = True,
    shape: Shapes = None,
    fill: Fill = None,
    seed: Seed = 0,
    prune: Prune = None,
) -> None:
    """Time everything that can compute each layer of a network, here, into a cost table.

    The table is saved every few seconds; the same command goes on where it was interrupted. Let the computer
    have nothing else to do.

    For example:

    \b
    lpdnn tune deploy.prototxt net.caffemodel -o costs.json
    lpdnn tune deploy.prototxt --fill random -o costs.json --budget 60 --use "conv*=cpu_simd"
    """
    with working() as trace:
        graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, seed=seed, trace=trace)
        graph = pruned(graph, prune)
    with measuring() as tell:
        table = lpdnn.tune(
            graph,
            target=target,
            costs=output,
            use=use or (),
            budget=budget,
            confirm=confirm,
            tell=tell,
        )
    entries = [one for some in table.layers.values() for one in some.values()]
    failed = sum(bool(one.failed) for one in entries)
    say(f"{output}: {len(entries)} measurements of {len(table.layers)} layers and conversions")
    say(f"one core of {table.device}, peak {table.peak:.1f} GFLOP/s")
    if failed:
        say(f"{failed} of them failed; the table says why")
