"""lpdnn check."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

import lpdnn
from lpdnn.cli._console import hearing, say, show, table, working
from lpdnn.cli._files import write_json
from lpdnn.cli._options import Board, Json, Model, Shapes, Weights, shapes

if TYPE_CHECKING:
    from lpdnn.ir import Graph

PANEL = "Network"


def command(
    model: Model, weights: Weights = None, shape: Shapes = None, target: Board = "native", json: Json = None
) -> None:
    """Tell everything in a network that is not supported, at once; or what is in it.

    Without WEIGHTS, the architecture alone is checked.

    For example:

    \b
    lpdnn check deploy.prototxt net.caffemodel
    lpdnn check deploy.prototxt --target cortex-m4
    """
    bare = weights is None and model.suffix == ".prototxt"
    warnings: list[str] = []
    with working() as trace, hearing(warnings.append):
        graph = lpdnn.load(model, weights, shapes=shapes(shape), fill="random" if bare else None, trace=trace)
        obstacles = _obstacles(lpdnn.simplify(graph, trace), target)
    report = _report(graph, warnings, obstacles)
    write_json(json, report)
    if obstacles:
        say(f"{model}: {len(obstacles)} layers cannot be computed on {target}")
        rows = ((o["layer"], o["operator"], o["reason"]) for o in obstacles)
        show(table("layer", "operator", "why", rows=rows))
        raise typer.Exit(1)
    rows = ((o["operator"], o["layers"], f"{o['parameters']:,}") for o in report["operators"])
    show(table("operator", "layers", "parameters", rows=rows, right=(1, 2)))
    for kind in ("inputs", "outputs"):
        say(f"{kind}: {', '.join(f'{name} {text}' for name, text in report[kind].items())}")
    given = " (not checked: no weights given)" if bare else ""
    say(f"{graph.name}: {len(graph.nodes)} layers, {report['parameters']:,} parameters{given}; all supported")


def _obstacles(graph: Graph, target: str) -> list[dict[str, str]]:
    """Return the layers that no primitive can compute on a target, and why not."""
    from lpdnn.selection import candidates
    from lpdnn.targets import find

    board = find(target)
    found = []
    for node in graph.nodes:
        inputs, outputs = graph.input_types(node), graph.output_types(node)
        refusals = {way.primitive.name: why for way, why in candidates(node.op, inputs, outputs, board)}
        if all(refusals.values()):
            reason = (
                "; ".join(f"{name}: {why}" for name, why in refusals.items()) or "no plugin implements it"
            )
            found.append({"layer": node.name, "operator": node.op.NAME, "reason": reason})
    return found


def _report(graph: Graph, warnings: list[str], obstacles: list[dict[str, str]]) -> dict[str, Any]:
    layers = Counter(node.op.NAME for node in graph.nodes)
    parameters: Counter[str] = Counter()
    counted: set[str] = set()
    for node in graph.nodes:
        own = {value for value in node.inputs if value in graph.constants} - counted
        parameters[node.op.NAME] += sum(graph.constants[value].size for value in own if value)
        counted |= {str(value) for value in own}
    return {
        "network": graph.name,
        "supported": not obstacles,
        "obstacles": obstacles,
        "warnings": warnings,
        "inputs": {value: str(graph.types[value]) for value in graph.inputs},
        "outputs": {value: str(graph.types[value]) for value in graph.outputs},
        "layers": len(graph.nodes),
        "parameters": sum(parameters.values()),
        "operators": [
            {"operator": name, "layers": count, "parameters": parameters[name]}
            for name, count in sorted(layers.items())
        ],
    }
