"""lpdnn verify."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

import lpdnn
from lpdnn.cli._choice import Chosen, Costs, Error, Use
from lpdnn.cli._console import say, show, table, working
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Board, Fill, Inputs, Json, Model, Seed, Shapes, Weights, shapes
from lpdnn.cli._preprocessing import Antialias, Crop, Factor, Mean, Order, Resize, Std, recipe

if TYPE_CHECKING:
    from rich.table import Table

    from lpdnn.toolchain import LayerCheck

PANEL = "Program"


def command(
    model: Model,
    weights: Weights = None,
    *,
    inputs: Inputs = None,
    against: Annotated[
        Literal["interpreter", "opencv", "all"],
        typer.Option(help="The oracle: LPDNN's interpreter, OpenCV's Caffe reader, or both."),
    ] = "interpreter",
    tolerance: Annotated[
        float, typer.Option(min=0, help="The largest error that passes, relative to a layer's largest value.")
    ] = 1e-4,
    every_layer: Annotated[
        bool,
        typer.Option(
            "--every-layer", help="Melt no layer into another: compute each one in C, and compare it."
        ),
    ] = False,
    channels: Order = None,
    resize: Resize = None,
    crop: Crop = None,
    mean: Mean = None,
    scale: Factor = 1.0,
    std: Std = None,
    antialias: Antialias = False,
    target: Board = "native",
    selection: Chosen = None,
    costs: Costs = None,
    use: Use = None,
    error: Error = None,
    shape: Shapes = None,
    fill: Fill = None,
    seed: Seed = 0,
    json: Json = None,
) -> None:
    """Compare every layer that C computes with what it should be; exit with 1 where one is wrong.

    Without --input, the inputs are seeded random values.

    For example:

    \b
    lpdnn verify deploy.prototxt net.caffemodel --against all
    lpdnn verify deploy.prototxt --fill random --against opencv --every-layer
    """
    from lpdnn.cli._network import interpreted
    from lpdnn.cli._samples import Samples

    prepared = recipe(channels, resize, crop, mean, scale, std, antialias=antialias)
    with working() as trace:
        x = None
        if inputs:
            graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, seed=seed, trace=trace)
            samples = Samples(inputs, interpreted(graph).inputs, prepared)
            if samples.count > 1:
                message = f"these are {samples.count} batches, and one is compared; give less"
                raise typer.BadParameter(message, param_hint="--input")
            x = samples.batch(0).inputs
        found = lpdnn.verify(
            model,
            weights,
            x,
            target=target,
            against=against,
            tolerance=tolerance,
            simplified=not every_layer,
            selection=selection,
            costs=costs,
            use=use or (),
            error=error,
            shapes=shapes(shape),
            fill=fill,
            seed=seed,
            trace=trace,
        )
    oracles = [
        oracle for oracle in ("interpreter", "opencv") if any(c.against == oracle for c in found.layers)
    ]
    show(_table(found.layers, oracles))
    for remark in found.remarks:
        say(remark)
    wrong = sum(not check.ok for check in found.layers)
    verdict = (
        f"WRONG: {wrong} of {len(found.layers)} values beyond"
        if wrong
        else f"ok: {len(found.layers)} values within"
    )
    if found.worst is None:
        say("WRONG: there is nothing to compare")
    else:
        say(f"{verdict} {tolerance:g}; the largest error is {found.worst.error:.3g}, in {found.worst.layer}")
    report = {
        "network": found.network,
        "ok": found.ok,
        "tolerance": tolerance,
        "remarks": found.remarks,
        "layers": [{**dataclasses.asdict(check), "ok": check.ok} for check in found.layers],
    }
    write_json(json, report)
    if not found.ok:
        raise typer.Exit(1)


def _table(checks: tuple[LayerCheck, ...], oracles: list[str]) -> Table:
    """One row a value: its error against each oracle."""
    rows: dict[str, dict[str, LayerCheck]] = {}
    for check in checks:
        rows.setdefault(check.value, {})[check.against] = check
    cells = []
    for by_oracle in rows.values():
        first = next(iter(by_oracle.values()))
        ok = all(check.ok for check in by_oracle.values())
        errors = [f"{by_oracle[o].error:.2e}" if o in by_oracle else "-" for o in oracles]
        notes = ", ".join(dict.fromkeys(check.note for check in by_oracle.values() if check.note))
        verdict = Text("ok", "green") if ok else Text("WRONG", "bold red")
        cells.append((first.layer, first.operator, first.computed, *errors, verdict, notes))
    columns = ("layer", "operator", "computed by", *(f"against {o}" for o in oracles), "", "")
    return table(*columns, rows=cells, right=range(3, 3 + len(oracles)))
