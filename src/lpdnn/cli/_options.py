"""Arguments and options that several subcommands have, and what they mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import lpdnn

if TYPE_CHECKING:
    from lpdnn.ir import Graph

Model = Annotated[
    Path, typer.Argument(help="A .prototxt, .onnx, .tflite or .lpdnn file.", show_default=False)
]
Weights = Annotated[
    Path | None, typer.Argument(help="The .caffemodel that belongs to a .prototxt.", show_default=False)
]
Shapes = Annotated[
    list[str] | None,
    typer.Option("--shape", metavar="NAME=1x3x224x224", help="The shape of an input; may be repeated."),
]
Fill = Annotated[
    Literal["random"] | None, typer.Option(help="Give seeded random weights to a network that has none.")
]
Seed = Annotated[int, typer.Option(min=0, help="The seed of random weights and random inputs.")]
Board = Annotated[str, typer.Option("--target", "-t", help="The board; `lpdnn targets` lists them.")]
Threads = Annotated[
    int, typer.Option(min=1, help="How many POSIX threads compute the layers that can be shared.")
]
Dispatch = Annotated[
    str | None,
    typer.Option(
        metavar="ISA,ISA",
        help="One program for several instruction sets, as in --target x86-64 --dispatch avx2,avx512: it takes "
        "the best that its CPU has.",
        show_default=False,
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        metavar="[NAME=]FILE",
        help="A photo, a folder of photos, or a .npy file; may be repeated. NAME= is one of several inputs.",
        show_default=False,
    ),
]
Prune = Annotated[
    str | None,
    typer.Option(
        metavar="FRACTION[:global]",
        help="Set so many of the smallest weights to zero, as in 0.75: of each layer, or of all together.",
        show_default=False,
    ),
]
Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Also write the report to a JSON file.", show_default=False),
]


def pruned(graph: Graph, wish: str | None) -> Graph:
    """Return a graph without its smallest weights, as FRACTION[:global] says; without a wish, as it is."""
    if wish is None:
        return graph
    fraction, _, scope = wish.partition(":")
    if not re.fullmatch(r"0?\.\d{1,9}|0", fraction) or scope not in {"", "layer", "global"}:
        message = f"{wish!r} is not a fraction below 1, as in 0.75 or 0.75:global"
        raise typer.BadParameter(message, param_hint="--prune")
    return lpdnn.prune(graph, float(fraction), "global" if scope == "global" else "layer")


def shapes(items: list[str] | None) -> dict[str, tuple[int, ...]]:
    """Return the shape of each input in NAME=1x3x224x224."""
    found: dict[str, tuple[int, ...]] = {}
    for item in items or ():
        name, _, extents = item.rpartition("=")
        parts = extents.lower().split("x")
        if not name or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
            message = f"{item!r} is not NAME=1x3x224x224"
            raise typer.BadParameter(message, param_hint="--shape")
        found[name] = tuple(int(part) for part in parts)
    return found
