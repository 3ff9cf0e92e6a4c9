"""lpdnn generate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import lpdnn
from lpdnn.cli._choice import Chosen, Costs, Error, Use, chosen, several
from lpdnn.cli._console import say, working
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Board, Dispatch, Fill, Json, Model, Seed, Shapes, Threads, Weights, shapes

if TYPE_CHECKING:
    from lpdnn.planning import Plan

PANEL = "Program"


def command(
    model: Model,
    weights: Weights = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.", show_default=False)],
    target: Board = "native",
    form: Annotated[
        Literal["c", "binary", "file", "hdf5"],
        typer.Option(
            "--weights", help="Weights as C arrays, as bytes in the program, in a mapped file, or in HDF5."
        ),
    ] = "c",
    symbol: Annotated[str, typer.Option(help="What the names of files and C objects begin with.")] = "lpdnn",
    selection: Chosen = None,
    costs: Costs = None,
    use: Use = None,
    error: Error = None,
    threads: Threads = 1,
    dispatch: Dispatch = None,
    shape: Shapes = None,
    fill: Fill = None,
    seed: Seed = 0,
    json: Json = None,
) -> None:
    """Write a network as a bundle: a folder of C that builds without Python, with its own test.

    For example:

    \b
    lpdnn generate deploy.prototxt net.caffemodel -o bundle/
    lpdnn generate net.lpdnn --target cortex-m4 --weights binary -o bundle/
    lpdnn generate net.lpdnn --costs costs.json --use "conv*=cpu_blas" -o bundle/
    """
    from lpdnn.compiler import lower
    from lpdnn.targets import find

    with working() as trace:
        graph = lpdnn.load(model, weights, shapes=shapes(shape), fill=fill, seed=seed, trace=trace)
        if dispatch is not None:
            sets = several(dispatch, selection, costs)
            folder = lpdnn.generate(
                graph,
                output,
                target=target,
                weights=form,
                symbol=symbol,
                threads=threads,
                dispatch=sets,
                use=use or (),
                error=error,
                trace=trace,
            )
            say(f"{folder}: {graph.name} for {target}, variants: {', '.join(sets)}")
            write_json(
                json, {"bundle": str(folder), "network": graph.name, "target": target, "variants": sets}
            )
            return
        choice = chosen(graph, target, selection=selection, costs=costs, use=use, error=error, trace=trace)
        plan = lower(graph, find(target), trace, selection=choice, threads=threads)
        folder = lpdnn.generate(plan, output, target=target, weights=form, symbol=symbol, trace=trace)
    report = _report(plan, folder, target, trace.seconds)
    bound = "the least possible" if plan.optimal else f"the lower bound is {plan.lower_bound:,}"
    say(f"{folder}: {graph.name} for {target}, {len(plan.steps)} steps")
    say(f"arena:   {plan.arena_bytes:>13,} bytes, {bound}")
    say(f"weights: {report['weight_bytes']:>13,} bytes, as {form}")
    say(f"files:   {report['file_bytes']:>13,} bytes")
    write_json(json, report)


def _report(plan: Plan, folder: Path, target: str, seconds: dict[str, float]) -> dict[str, Any]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        "bundle": str(folder),
        "network": plan.graph.name,
        "target": target,
        "arena_bytes": plan.arena_bytes,
        "lower_bound": plan.lower_bound,
        "optimal": plan.optimal,
        "weight_bytes": sum(tensor.array.nbytes for tensor in plan.tensors),
        "file_bytes": sum(path.stat().st_size for path in files),
        "steps": [
            {
                "node": step.node.name,
                "operator": step.node.op.NAME,
                "plugin": step.plugin.name,
                "primitive": step.primitive.name,
                "workspace_bytes": step.workspace_bytes,
            }
            for step in plan.steps
        ],
        "buffers": [
            {"values": b.values, "bytes": b.bytes, "offset": b.offset, "first": b.first, "last": b.last}
            for b in plan.buffers
        ],
        "seconds": seconds,
    }
