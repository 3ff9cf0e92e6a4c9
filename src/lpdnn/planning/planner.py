"""From a graph and the primitive of each node to a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import ELEMENT, LpdnnError
from lpdnn.planning.aliases import decide, unaliased
from lpdnn.planning.buffers import lay_out, names
from lpdnn.planning.check import check
from lpdnn.planning.contract import Buffer, Operand, Plan, Step
from lpdnn.planning.offsets import load, place, spread
from lpdnn.planning.outputs import own_outputs
from lpdnn.planning.problem import problem
from lpdnn.planning.tensors import ABSENT, Tensors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Graph
    from lpdnn.planning.aliases import Decision
    from lpdnn.planning.buffers import Layout
    from lpdnn.planning.offsets import Offsets
    from lpdnn.planning.problem import Link, Problem
    from lpdnn.primitives import Plugin, Primitive


def _matching(graph: Graph, choice: Mapping[str, tuple[Plugin, Primitive]]) -> None:
    for node in graph.nodes:
        if node.name in choice and not isinstance(node.op, choice[node.name][1].op):
            message = (
                f"node {node.name!r} is a {node.op.NAME}, and {choice[node.name][1].symbol} was chosen for it"
            )
            raise LpdnnError(message)


def _placed(decision: Decision, alignment: int) -> tuple[Layout, Offsets]:
    """Return the buffers and their offsets; short of the bound, try the other way in place."""
    best: tuple[Layout, Offsets] | None = None
    for prefer in ("oldest", "newest"):
        layout = lay_out(decision, prefer)
        offsets = place(layout.spans, alignment)
        if best is None or offsets.total < best[1].total:
            best = layout, offsets
        if offsets.total == load(layout.spans):
            break
    assert best is not None
    return best[0], spread(best[0].spans, best[1], alignment)


def _steps(
    given: Problem, decision: Decision, layout: Layout, offsets: Offsets, values: dict[str, int]
) -> tuple[tuple[Step, ...], Tensors]:
    tensors = Tensors()
    steps = []
    for job in decision.order:
        node = decision.arrangement.jobs[job]
        primitive = given.primitive(node)
        span = layout.workspaces[job]
        steps.append(
            Step(
                node=node,
                plugin=given.choice[node.name][0],
                primitive=primitive,
                inputs=tensors.inputs(given, node, values),
                outputs=tuple(Operand("arena", values[value]) for value in node.outputs),
                workspace=ABSENT if span < 0 else Operand("arena", offsets.offsets[span]),
                workspace_bytes=given.workspaces[node.name],
            )
        )
    return tuple(steps), tensors


def _sentence(link: Link) -> str:
    node = link.node
    edge = link.edges[0]
    if link.kind == "view":
        return f"{node.name}: {edge.value} is {edge.base}, seen otherwise"
    if link.kind == "slice":
        return f"{node.name}: {edge.value} lies in {edge.base} from byte {edge.offset}"
    if link.kind == "concat":
        parts = ", ".join(f"{edge.value} from byte {edge.offset}" for edge in link.edges)
        where = " of each pixel" if edge.pixels > 1 else ""
        return f"{node.name}: {node.outputs[0]} is made in place: {parts}{where}"
    return f"{node.name}: {edge.value} is written over {edge.base}"


def _explanation(decision: Decision, layout: Layout) -> tuple[str, ...]:
    arrangement = decision.arrangement
    lines = [_sentence(link) for link in arrangement.links]
    members = arrangement.members()
    for job, taken in layout.taken:
        node = arrangement.jobs[job]
        over = next(value for value in node.inputs if value in members[taken])
        lines.append(f"{node.name}: {node.outputs[0]} is written over {over}")
    lines += [f"{link.node.name}: copies, since {reason}" for link, reason in decision.refused]
    return tuple(lines)


def _apart(graph: Graph, pitches: Mapping[str, int]) -> Graph:
    """Return the graph with types that tell of pixels which lie apart."""
    types = dict(graph.types)
    for value, pitch in pitches.items():
        types[value] = replace(types[value], pitch=pitch // np.dtype(ELEMENT[types[value].dtype]).itemsize)
    return replace(graph, types=types)


def plan(graph: Graph, choice: Mapping[str, tuple[Plugin, Primitive]]) -> Plan:
    """Return the plan of a graph whose nodes are computed by the primitives chosen, by the nodes' names.

    See Plan for what is proven of the result. The plan is checked by running it on bytes that remember who
    wrote them.
    """
    graph, choice = own_outputs(graph, choice)
    _matching(graph, choice)
    given = problem(graph, choice)
    decision = decide(given)
    layout, offsets = _placed(decision, given.alignment)
    arrangement = decision.arrangement
    values = {
        value: offsets.offsets[layout.buffer[block]] + arrangement.at[value]
        for value, block in arrangement.block.items()
    }
    steps, tensors = _steps(given, decision, layout, offsets, values)
    unaliased_bound, naive_bytes = unaliased(given)
    buffers = tuple(
        Buffer(members, span.size, span.first, span.last, offset)
        for members, span, offset in zip(names(decision, layout), layout.spans, offsets.offsets, strict=True)
    )
    result = Plan(
        graph=_apart(graph, arrangement.pitch),
        steps=steps,
        tensors=tuple(tensors.found),
        offsets=values,
        arena_bytes=offsets.total,
        alignment=given.alignment,
        lower_bound=load(layout.spans),
        order_bound=decision.bound if decision.proven else None,
        optimal=offsets.optimal,
        unaliased_bound=unaliased_bound,
        naive_bytes=naive_bytes,
        explanation=_explanation(decision, layout),
        buffers=buffers,
    )
    check(result)
    return result
