"""lpdnn quantize."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import lpdnn
from lpdnn.cli._console import measuring, say, show, table, working
from lpdnn.cli._examples import Calibration, Data, Evaluation, Labels, Metric, Seed
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Fill, Json, Model, Shapes, Weights, shapes
from lpdnn.cli._preprocessing import Antialias, Crop, Factor, Mean, Order, Resize, Std, recipe

if TYPE_CHECKING:
    from lpdnn.quantization import Technique
    from lpdnn.quantizer import Quantized

PANEL = "Quantization"
_STEPS = "What rescues accuracy; without either, where it helps"


def command(
    model: Model,
    weights: Weights = None,
    *,
    data: Data,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The configuration to write.", show_default=False)
    ] = None,
    formats: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Look for nothing: take the formats and steps of a configuration, edited or explored.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Also write the quantized network.", show_default=False),
    ] = None,
    bits: Annotated[
        str, typer.Option(metavar="8,6,4", help="Widths of weights; the first is chosen, all are analysed.")
    ] = "8",
    activation_bits: Annotated[
        str | None,
        typer.Option(metavar="8,16", help="Widths of activations.  [default: 8]", show_default=False),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            metavar="PC,D,DC,S,K,KC",
            help="PC: scales, one a filter; D: fixed point, one [IL.FL] a tensor; DC: one a filter; S: one for the net; "
            "K: codebook; KC: codebook times a scale a filter. The first is chosen.",
        ),
    ] = "PC",
    iterations: Annotated[
        int, typer.Option(min=1, help="Formats that are tried, at most, to find each.")
    ] = 20,
    per_filter: Annotated[
        bool, typer.Option("--per-filter/--per-layer", help="Method PC has a scale a filter, or one a layer.")
    ] = True,
    vector: Annotated[int, typer.Option(min=1, max=16, help="Weights that share an index.")] = 1,
    entry_bits: Annotated[
        int, typer.Option(min=0, max=16, help="Entries of codebooks are fixed point of so many bits.")
    ] = 0,
    equalize: Annotated[
        bool | None,
        typer.Option("--equalize/--no-equalize", help="Move factors between layers.", rich_help_panel=_STEPS),
    ] = None,
    clip: Annotated[
        bool | None,
        typer.Option("--clip/--no-clip", help="Give up extremes by least error.", rich_help_panel=_STEPS),
    ] = None,
    rounding: Annotated[
        bool | None,
        typer.Option("--rounding/--no-rounding", help="Round with error feedback.", rich_help_panel=_STEPS),
    ] = None,
    bias: Annotated[
        bool | None,
        typer.Option("--bias/--no-bias", help="Correct shifted means by biases.", rich_help_panel=_STEPS),
    ] = None,
    pack: Annotated[
        bool,
        typer.Option("--pack", help="Weights of less than 8 bits take their bits in flash, and no more."),
    ] = False,
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Also build the quantized network, and score it: no simulation."),
    ] = False,
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
    """Find the best format of each tensor of a network, and what rescues its accuracy, without training.

    The configuration holds the distribution of each tensor, and its best format of each method and width;
    "chosen" is to be edited, or left to `lpdnn explore`. Scores are simulated, and of other examples than
    those of calibration.

    For example:

    \b
    lpdnn quantize net.lpdnn --data photos/ --config quant.json --mean 104,117,123 --resize 256
    lpdnn quantize net.lpdnn --data test.npz --config quant.json --bits 8,6,4 --method PC,K
    lpdnn quantize net.lpdnn --data test.npz --formats best.json -o net.q.lpdnn --measure
    """
    from lpdnn.quantizer.examples import input_shape

    if (config is None) == (formats is None):
        message = "either --config names what to write, or --formats what to take"
        raise typer.BadParameter(message, param_hint="--config")
    prepared = recipe(channels, resize, crop, mean, scale, std, antialias=antialias)
    with working() as trace:
        graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, trace=trace)
    taken = input_shape(graph)
    with measuring() as tell:
        found = lpdnn.quantize(
            graph,
            data,
            preprocessing=prepared(taken[1] if len(taken) > 1 else 1),
            labels=labels,
            calibration=calibration,
            evaluation=evaluation,
            seed=seed,
            bits=widths(bits, "--bits"),
            activation_bits=widths(activation_bits or "8", "--activation-bits"),
            methods=_methods(method),
            iterations=iterations,
            per_filter=per_filter,
            vector=vector,
            entry_bits=entry_bits,
            steps={"equalize": equalize, "clip": clip, "rounding": rounding, "bias": bias},
            metric=metric,
            config=config,
            formats=formats,
            tell=tell,
        )
    _report(found, metric)
    score = None
    if measure:
        from lpdnn.quantizer import measured

        with measuring() as tell:
            score = measured(found, tell, pack=pack)
        say(f"{metric} as it is stored, in C: {score:.4f}")
    if config:
        say(
            f"{config}: {len(found.configuration.weights)} layers, {len(found.configuration.activations)} values"
        )
    if output:
        integers = found.stored(pack=pack)
        lpdnn.save(integers.graph, output)
        say(f"{output}: written")
        for note in integers.notes:
            say(note)
    write_json(json, {**_document(found, metric), "stored": score})


def widths(text: str, option: str) -> tuple[int, ...]:
    """Return the widths in a text such as 8,6,4."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= 16 for part in parts):
        message = f"{text!r} is not widths of 1 to 16 bits, such as 8,6,4"
        raise typer.BadParameter(message, param_hint=option)
    return tuple(int(part) for part in parts)


def _methods(text: str) -> tuple[Technique, ...]:
    from lpdnn.quantization import TECHNIQUES

    parts = [part.strip().upper() for part in text.split(",")]
    known = {str(one): one for one in TECHNIQUES}
    strange = [part for part in parts if part not in known]
    if strange:
        message = f"{strange[0]!r} is none of {', '.join(known)}"
        raise typer.BadParameter(message, param_hint="--method")
    return tuple(known[part] for part in parts)


def _report(found: Quantized, metric: str) -> None:
    rows: list[tuple[str, ...]] = [("float", f"{found.float_score:.4f}", "", "")]
    for rung in found.ladder:
        added = rung.step if " " in rung.step else f"+ {rung.step}"
        name = {"none": "nearest", "given": "as given"}.get(rung.step, added)
        rows.append(
            (name, f"{rung.score:.4f}", f"{rung.noise:.3g}", "" if rung.kept else "left out: no gain")
        )
    show(table("step", f"{metric}, simulated", "noise", "", rows=rows, right=(1, 2)))


def _document(found: Quantized, metric: str) -> dict[str, object]:
    return {
        "network": found.configuration.network,
        "metric": metric,
        "float": found.float_score,
        "simulated": found.score,
        "calibration": dict(found.configuration.calibration),
        "steps": [vars(rung) for rung in found.ladder],
    }
