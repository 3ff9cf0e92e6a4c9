"""lpdnn select."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import lpdnn
from lpdnn.cli._choice import Chosen, Costs, Error, Use
from lpdnn.cli._console import say, working
from lpdnn.cli._files import whole, write_json
from lpdnn.cli._options import Board, Fill, Json, Prune, Seed, Shapes, Weights, pruned, shapes
from lpdnn.cli._options import Model as ModelFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.selection import Fit, Model, Selection

PANEL = "Program"
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
EPISODES = 1000


def command(
    model: ModelFile,
    weights: Weights = None,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The selection to write.", show_default=False)
    ] = None,
    costs: Costs = None,
    use: Use = None,
    error: Error = None,
    locked: Chosen = None,
    ram: Annotated[
        str | None,
        typer.Option(
            metavar="BYTES", help="The memory that the plan must fit into, as in 256K.", show_default=False
        ),
    ] = None,
    objective: Annotated[
        Literal["time", "size"], typer.Option(help="What there shall be least of.")
    ] = "time",
    compare: Annotated[
        bool, typer.Option("--compare", help="Show what Q-learning and random search find, too.")
    ] = False,
    front: Annotated[
        bool, typer.Option("--front", help="Show the fastest choice for ever less memory.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Also draw the front of time and memory.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also write a page with a picture of the network.", show_default=False
        ),
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Build and run the choice here, and show where times were off.")
    ] = False,
    target: Board = "native",
    shape: Shapes = None,
    fill: Fill = None,
    seed: Seed = 0,
    prune: Prune = None,
    json: Json = None,
) -> None:
    """Choose who computes each layer of a network, conversions of layouts included, and say why.

    Without --costs, times are estimated.

    For example:

    \b
    lpdnn select net.lpdnn --costs costs.json -o selection.json --html page.html
    lpdnn select net.lpdnn --costs costs.json --use "conv*=cpu_blas:im2row:openblas" --compare
    lpdnn select net.lpdnn --costs costs.json --ram 256K --front --plot front.png
    """
    from lpdnn.bench.network import steps
    from lpdnn.selection import explain, explanation_html, explanation_text, save_selection

    budget = None if ram is None else memory(ram)
    with working() as trace:
        graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, seed=seed, trace=trace)
        graph = pruned(graph, prune)
        given = lpdnn.options(
            graph, target=target, costs=costs, use=use or (), selection=locked, error=error, trace=trace
        )
        selection = lpdnn.select(given, ram=budget, objective=objective, trace=trace)
        with trace.stage("explain"):
            profile = steps(given, selection) if run else None
            episodes = EPISODES if compare else 0
            explanation = explain(given, selection, episodes=episodes, seed=seed, profile=profile)
        fits: Sequence[Fit] = ()
        if front or plot:
            with trace.stage("front"):
                fits = _front(given)
    say(explanation_text(explanation).rstrip())
    arena = _arena(given, selection)
    say(f"memory: {arena:,} bytes" + ("" if budget is None else f" of {budget:,}"))
    if fits:
        say("\nThe fastest for ever less memory")
        for fit in fits:
            say(f"{fit.bytes:>13,} bytes  {fit.selection.seconds * 1e3:10.3f} ms")
    if plot:
        from lpdnn.bench.plots import front_plot

        with whole(plot) as file:
            front_plot(graph.name, [(fit.bytes, fit.selection.seconds) for fit in fits], file)
    if html:
        with whole(html) as file:
            file.write(explanation_html(explanation).encode())
    if output:
        save_selection(selection, given.graph, output)
    report: dict[str, Any] = explanation.as_json() | {"memory": arena, "budget": budget}
    report["front"] = [{"bytes": fit.bytes, "seconds": fit.selection.seconds} for fit in fits]
    write_json(json, report)


def memory(text: str) -> int:
    """Return the bytes in a text such as 256K or 1.5M."""
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)\s*([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found:
        message = f"{text!r} is no size of memory; give bytes, or as in 256K or 1.5M"
        raise typer.BadParameter(message, param_hint="--ram")
    return int(float(found[1]) * UNITS[found[2].upper()])


def _arena(given: Model, selection: Selection) -> int:
    from lpdnn.planning import footprint

    return footprint(given.graph, selection).bytes


def _front(given: Model) -> list[Fit]:
    from lpdnn.planning import footprint
    from lpdnn.selection import front

    return front(given, lambda one: footprint(given.graph, one))
