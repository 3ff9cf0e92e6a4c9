"""lpdnn explore."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import lpdnn
from lpdnn.cli._console import measuring, say, show, table, working
from lpdnn.cli._examples import Calibration, Data, Evaluation, Labels, Metric, Seed
from lpdnn.cli._files import whole, write_json
from lpdnn.cli._options import Fill, Json, Model, Shapes, Weights, shapes
from lpdnn.cli._preprocessing import Antialias, Crop, Factor, Mean, Order, Resize, Std, recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.quantizer import Exploration, Point, Search, Sensitivity

PANEL = "Quantization"


def command(
    model: Model,
    weights: Weights = None,
    *,
    config: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="What `lpdnn quantize` wrote: the formats there are.", show_default=False
        ),
    ],
    data: Data,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the configuration that is the smallest within --loss.",
            show_default=False,
        ),
    ] = None,
    search: Annotated[
        str,
        typer.Option(
            metavar="knapsack,greedy,exhaustive", help="Who proposes configurations of the whole network."
        ),
    ] = "knapsack",
    points: Annotated[int, typer.Option(min=2, help="Points of each of the knapsack's fronts.")] = 8,
    refine: Annotated[int, typer.Option(min=0, help="Rounds that correct sensitivities in place.")] = 1,
    loss: Annotated[float, typer.Option(min=0, help="What the score may lose.")] = 0.01,
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Also measure these layers as a group, as in conv4*; may be repeated.",
            show_default=False,
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where every measurement is kept: the same command goes on from it.  [default: CONFIG.journal]",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes here.  [default: one a core]", show_default=False),
    ] = None,
    cluster: Annotated[
        str,
        typer.Option(
            metavar="tcp://HOST:8786", help="Measure on the workers of a Dask scheduler.", show_default=False
        ),
    ] = "",
    costs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What `lpdnn tune` measured: prices configurations in time.",
            show_default=False,
        ),
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw sensitivities and the front.", show_default=False),
    ] = None,
    sensitivity: Annotated[
        int, typer.Option(min=1, help="How many of the examples of calibration measure tensors alone.")
    ] = 50,
    labels: Labels = None,
    calibration: Calibration = 100,
    evaluation: Evaluation = 500,
    metric: Metric = "top1",
    seed: Seed = 0,
    channels: Order = None,
    resize: Resize = None,
    crop: Crop = None,
    mean: Mean = None,
    scale: Factor = 1.0,
    std: Std = None,
    antialias: Antialias = False,
    shape: Shapes = None,
    fill: Fill = None,
    json: Json = None,
) -> None:
    """Measure how sensitive each tensor is to its format, and find the front of accuracy against size.

    Bytes are counted: of the model, of activations that live at a time, and of all accesses of an inference
    (each weight once; each activation once where it is made, and once by each layer that reads it).

    For example:

    \b
    lpdnn explore net.lpdnn --config quant.json --data photos/ --mean 104,117,123 -o best.json --plots figures
    lpdnn explore net.lpdnn --config quant.json --data test.npz --cluster tcp://host:8786
    """
    from lpdnn.quantization import load_configuration, save_configuration
    from lpdnn.quantizer.examples import input_shape
    from lpdnn.quantizer.experiment import with_choice

    prepared = recipe(channels, resize, crop, mean, scale, std, antialias=antialias)
    searches = _searches(search)
    if plots:
        from lpdnn.bench.plots import pyplot

        pyplot()  # what is missing is better known before everything is measured
    with working() as trace:
        graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, trace=trace)
    taken = input_shape(graph)
    with measuring() as tell:
        found = lpdnn.explore(
            graph,
            config,
            data,
            preprocessing=prepared(taken[1] if len(taken) > 1 else 1),
            labels=labels,
            calibration=calibration,
            evaluation=evaluation,
            sensitivity=sensitivity,
            seed=seed,
            metric=metric,
            searches=searches,
            points=points,
            loss=loss,
            refine=refine,
            groups=group or (),
            journal=journal or config.with_suffix(".journal"),
            workers=workers,
            cluster=cluster,
            costs=costs,
            tell=tell,
        )
    _show(found)
    best = found.smallest_within(loss)
    if best is None:
        say(f"no configuration loses at most {loss:g}")
    else:
        say(f"the smallest within {loss:g}: {best.sizes.model:,} bytes, {metric} {best.score:.4f}, simulated")
    if output and best:
        save_configuration(with_choice(load_configuration(config), best.choice), output)
        say(f"{output}: written")
    if plots:
        _draw(found, plots)
    write_json(json, _document(found))


def _searches(text: str) -> tuple[Search, ...]:
    from lpdnn.quantizer import SEARCHES

    parts = [part.strip() for part in text.split(",")]
    known = {str(one): one for one in SEARCHES}
    strange = [part for part in parts if part not in known]
    if strange:
        message = f"{strange[0]!r} is none of {', '.join(known)}"
        raise typer.BadParameter(message, param_hint="--search")
    return tuple(known[part] for part in parts)


def _show(found: Exploration) -> None:
    def rows(some: Sequence[Sensitivity]) -> list[tuple[str, ...]]:
        return [(one.name, one.kind, one.label, f"{one.score:.4f}", f"{one.noise:.3g}") for one in some]

    columns = ("alone", "", "format", found.metric, "noise")
    show(table(*columns, rows=rows(found.tensors), right=(3, 4)))
    show(table("group", *columns[1:], rows=rows(found.groups), right=(3, 4)))
    sizes = found.float_sizes
    floating = ("float", f"{found.float_score:.4f}", sizes.model, sizes.activations, sizes.accesses)
    points = [
        (one.origin, f"{one.score:.4f}", one.sizes.model, one.sizes.activations, one.sizes.accesses)
        for one in found.front
    ]
    cells = [(*row[:2], *(f"{count:,}" for count in row[2:])) for row in (floating, *points)]
    times = ["", *("" if one.seconds is None else f"{one.seconds * 1e3:.3f}" for one in found.front)]
    timed = [(*row, time) for row, time in zip(cells, times, strict=True)]
    what = (f"{found.metric}, simulated", "model bytes", "activation bytes", "accesses, bytes", "ms")
    show(table("front", *what, rows=timed, right=(1, 2, 3, 4, 5)))


def _draw(found: Exploration, folder: Path) -> None:
    from lpdnn.bench.plots import bars_plot, scores_plot

    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("weights", "activations"):
        rows = [one for one in found.tensors if one.kind == kind]
        names = list(dict.fromkeys(one.name for one in rows))
        labels = dict.fromkeys(one.label for one in rows)
        noise = {(one.name, one.label): max(one.noise, 1e-12) for one in rows}
        series = {label: [noise.get((name, label)) for name in names] for label in labels}
        if names:
            with whole(folder / f"sensitivity_{kind}.png") as file:
                title = f"{found.network}: noise of each tensor alone ({kind})"
                bars_plot(title, "noise", names, series, file, logarithmic=True)
    origins = dict.fromkeys(one.origin for one in found.points)
    front = {id(one) for one in found.front}
    for what, unit in (("model", "model"), ("accesses", "accesses of an inference")):
        groups = {name: [_place(one, what) for one in found.points if one.origin == name] for name in origins}
        best = [_place(one, what) for one in found.points if id(one) in front]
        with whole(folder / f"front_{what}.png") as file:
            scores_plot(found.network, f"{unit} [KiB]", f"{found.metric}, simulated", groups, best, file)
    say(f"{folder}: figures")


def _place(one: Point, what: str) -> tuple[float, float]:
    return getattr(one.sizes, what) / 1024, one.score


def _document(found: Exploration) -> dict[str, Any]:
    def point(one: Point) -> dict[str, Any]:
        return {
            **asdict(one),
            "choice": {"weights": one.choice.weights, "activations": one.choice.activations},
        }

    return {
        "network": found.network,
        "metric": found.metric,
        "float": {"score": found.float_score, **asdict(found.float_sizes)},
        "tensors": [asdict(one) for one in found.tensors],
        "groups": [asdict(one) for one in found.groups],
        "points": [point(one) for one in found.points],
        "front": [point(one) for one in found.front],
    }
