"""lpdnn import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import lpdnn
from lpdnn.cli._console import say, working
from lpdnn.cli._options import Fill, Model, Prune, Seed, Shapes, Weights, pruned, shapes

PANEL = "Network"


def command(
    model: Model,
    weights: Weights = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The .lpdnn file to write.", show_default=False)
    ],
    shape: Shapes = None,
    fill: Fill = None,
    seed: Seed = 0,
    prune: Prune = None,
) -> None:
    """Read a trained network and write it as one .lpdnn file: the graph and its weights.

    For example:

    \b
    lpdnn import deploy.prototxt net.caffemodel -o net.lpdnn
    lpdnn import deploy.prototxt --fill random --seed 1 -o net.lpdnn
    """
    with working() as trace:
        graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, seed=seed, trace=trace)
        graph = pruned(graph, prune)
        lpdnn.save(graph, output)
    say(f"{output}: {graph.name}, {len(graph.nodes)} layers, {output.stat().st_size:,} bytes")
