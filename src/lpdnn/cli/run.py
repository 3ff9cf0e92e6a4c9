"""lpdnn run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import lpdnn
from lpdnn.cli._choice import Chosen, Costs, Error, Use, chosen
from lpdnn.cli._console import bar, counted, say, show, table, tell_warning, working
from lpdnn.cli._files import write_arrays, write_json
from lpdnn.cli._options import Board, Fill, Inputs, Json, Seed, Shapes, Weights, shapes
from lpdnn.cli._preprocessing import Antialias, Crop, Factor, Mean, Order, Resize, Std, recipe

if TYPE_CHECKING:
    from lpdnn.cli._answers import Reader
    from lpdnn.cli._network import Network, Values
    from lpdnn.cli._samples import Samples
    from lpdnn.ir import Array
    from lpdnn.toolchain import Program

PANEL = "Program"


def command(
    model: Annotated[
        Path, typer.Argument(help="A .prototxt, an .lpdnn file or a bundle.", show_default=False)
    ],
    weights: Weights = None,
    *,
    inputs: Inputs = None,
    labels: Annotated[
        Path | None, typer.Option(help="Names of the classes, one a line.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write what comes out: .npy, or .npz for several.", show_default=False
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many answers are shown for each input.")] = 5,
    interpreter: Annotated[
        bool,
        typer.Option("--interpreter", help="Compute in numpy instead of C: slower, and needs no compiler."),
    ] = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Also show the time of every step: the median of 5 runs.")
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
    """Run a network on photos or arrays, and tell what it answers.

    For example:

    \b
    lpdnn run deploy.prototxt net.caffemodel --input photo.jpg --labels synset_words.txt \\
        --mean 104,117,123 --resize 256
    lpdnn run bundle/ --input x.npy --output y.npy
    """
    from lpdnn.cli._answers import Reader, show_answers
    from lpdnn.cli._network import in_c, interpreted
    from lpdnn.cli._samples import Samples
    from lpdnn.data import read_labels

    if not inputs:
        message = "nothing to run the network on; add --input FILE"
        raise typer.BadParameter(message, param_hint="--input")
    if interpreter and (profile or model.is_dir()):
        message = "the interpreter runs models, not bundles, and has no profile"
        raise typer.BadParameter(message, param_hint="--interpreter")
    prepared = recipe(channels, resize, crop, mean, scale, std, antialias=antialias)
    names = read_labels(labels) if labels else ()
    exe = None
    with working() as trace:
        if model.is_dir():
            exe = lpdnn.build(model, trace=trace)
        else:
            graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, seed=seed, trace=trace)
            if not interpreter:
                choice = chosen(
                    graph, target, selection=selection, costs=costs, use=use, error=error, trace=trace
                )
                exe = lpdnn.build(graph, target=target, selection=choice, trace=trace)
    network = in_c(exe) if exe else interpreted(graph)
    photo = network.photo
    reader = Reader(network.boxes, names, top, lambda size: prepared(photo[1]).window(size, photo))
    samples = Samples(inputs, network.inputs, prepared)
    answers, outputs = _run_all(network, samples, reader)
    show_answers(answers)
    report: dict[str, Any] = {"model": str(model), "answers": answers}
    if exe and profile:
        report["profile"] = _profile(exe, samples)
        _show_profile(report["profile"])
    if output:
        write_arrays(output, outputs)
        say(f"{output}: {', '.join(f'{name} {_extents(array)}' for name, array in outputs.items())}")
    write_json(json, report)


def _extents(array: Array) -> str:
    return "x".join(map(str, array.shape))


def _run_all(network: Network, samples: Samples, reader: Reader) -> tuple[list[dict[str, Any]], Values]:
    """Return what the network says of every sample, and its outputs, batches one behind the other."""
    import numpy as np

    places = samples.places
    answers: list[dict[str, Any]] = []
    collected: dict[str, list[Array]] = {}
    warned = not reader.labels
    for index in counted(range(samples.count), "run"):
        batch = samples.batch(index)
        start = time.perf_counter()
        outputs = network.compute(batch.inputs)
        milliseconds = (time.perf_counter() - start) * 1e3
        said = {name: reader.answers(name, output, batch, places) for name, output in outputs.items()}
        for position, title in enumerate(batch.titles):
            answer = {name: answers_[position] for name, answers_ in said.items()}
            answers.append({"input": title, "ms": milliseconds, "batch": places, "outputs": answer})
            wanted = max((row["class"] for a in answer.values() for row in a.get("classes", ())), default=0)
            if not warned and wanted >= len(reader.labels):
                tell_warning(f"there are {len(reader.labels)} labels, and the network knows more classes")
                warned = True
        for name, output in outputs.items():
            used = len(batch.titles) if output.ndim > 1 and output.shape[0] == places else None
            collected.setdefault(name, []).append(output[:used])
    return answers, {
        name: np.concatenate(parts) if len(parts) > 1 else parts[0] for name, parts in collected.items()
    }


def _profile(exe: Program, samples: Samples) -> list[dict[str, Any]]:
    times = exe.profile(samples.batch(0).inputs)
    return [
        {"node": s["node"], "operator": s["operator"], "primitive": s["primitive"], "ms": times[s["node"]]}
        for s in exe.description["steps"]
    ]


def _show_profile(steps: list[dict[str, Any]]) -> None:
    total = sum(step["ms"] for step in steps) or 1.0
    longest = max((step["ms"] for step in steps), default=0.0) or 1.0
    rows = (
        (
            step["node"],
            step["operator"],
            step["primitive"],
            f"{step['ms']:.3f}",
            f"{100 * step['ms'] / total:.1f} %",
            bar(step["ms"] / longest),
        )
        for step in steps
    )
    show(table("step", "operator", "primitive", "ms", "part", "", rows=rows, right=(3, 4)))
    say(f"{len(steps)} steps, {total:.3f} ms")
