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
    shifts: Annotated[
        Path | None,
        typer.Option(
            help="The parameter.h that Arm's code_gen.py wrote for a fixed-point network: the result computes "
            "with integers in its formats.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Read a trained network and write it as one .lpdnn file: the graph and its weights.

    For example:

    \b
    lpdnn import deploy.prototxt net.caffemodel -o net.lpdnn
    lpdnn import deploy.prototxt --fill random --seed 1 -o net.lpdnn
    lpdnn import deploy.prototxt quantized.caffemodel --shifts parameter.h -o net.lpdnn
    """
    with working() as trace:
        graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, seed=seed, trace=trace)
        graph = pruned(graph, prune)
        if shifts is not None:
            graph = _in_fixed_point(graph, shifts)
        lpdnn.save(graph, output)
    say(f"{output}: {graph.name}, {len(graph.nodes)} layers, {output.stat().st_size:,} bytes")


def _in_fixed_point(graph: lpdnn.Graph, shifts: Path) -> lpdnn.Graph:
    """Return a fixed-point network of Arm's quantizer as integers; say what stays in floating point."""
    from lpdnn.quantization import on_lattices, quantized, read_shifts

    graph = lpdnn.simplify(graph)
    lowered = quantized(graph, on_lattices(graph, read_shifts(shifts), str(shifts)))
    for note in lowered.notes:
        say(note)
    return lowered.graph
