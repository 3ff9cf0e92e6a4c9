"""lpdnn tune."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import lpdnn
from lpdnn.cli._choice import Use
from lpdnn.cli._console import say, working
from lpdnn.cli._options import Board, Fill, Model, Seed, Shapes, Weights, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    shape: Shapes = None,
    fill: Fill = None,
    seed: Seed = 0,
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
    with _showing() as tell:
        table = lpdnn.tune(graph, target=target, costs=output, use=use or (), budget=budget, tell=tell)
    entries = [one for some in table.layers.values() for one in some.values()]
    failed = sum(bool(one.failed) for one in entries)
    say(
        f"{output}: {len(entries)} measurements of {len(table.layers)} layers and conversions on {table.device}"
    )
    say(f"peak of a core: {table.peak:.1f} GFLOP/s")
    if failed:
        say(f"{failed} of them failed; the table says why")


@contextmanager
def _showing() -> Iterator[Callable[[float, float, str], None]]:
    """Show how far it is, and how long it may still take, to a user at a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("")

        def tell(done: float, total: float, what: str) -> None:
            progress.update(task, completed=done, total=total, description=what[:40])

        yield tell
