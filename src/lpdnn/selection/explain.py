"""Why a selection is as it is: what was chosen for each node, what else would cost, what conversions cost."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.ir import LAYOUTS
from lpdnn.selection.optimum import costs_if_forced, optimum
from lpdnn.selection.searches import Learning, greedy, plugins_of, q_learning, random_search, single_plugin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Array
    from lpdnn.selection.model import Model
    from lpdnn.selection.problem import Problem, Site, Value
    from lpdnn.selection.selection import Proof, Selection

RUNNERS_UP = 4


@dataclass(frozen=True)
class Runner:
    """An alternative that was not chosen: its own time, and that of the whole net at its best with it."""

    implementation: str
    seconds: float
    net_seconds: float


@dataclass(frozen=True)
class NodeStory:
    """A node: what computes it, its time and share of the whole, how the time is known, what else there was.

    `refused` says of implementations that cannot be used why not; `ran` is what it took in a run, if one was
    timed and the plan has a step for it.
    """

    name: str
    operator: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    implementation: str
    plugin: str
    layout: str
    out_layout: str
    seconds: float
    share: float
    measured: bool
    alternatives: int
    runners_up: tuple[Runner, ...]
    refused: dict[str, str]
    ran: float | None = None


@dataclass(frozen=True)
class ConversionStory:
    """One step of converting a value, what it takes, and who reads the result."""

    value: str
    source: str
    target: str
    implementation: str
    seconds: float
    readers: tuple[str, ...]
    ran: float | None = None


@dataclass(frozen=True)
class Rival:
    """Another way to choose on the same costs: what the net would take, and how many nodes it can compute."""

    name: str
    seconds: float
    nodes: int | None = None


@dataclass(frozen=True)
class Edge:
    """A value from the node that makes it, or "", to one that reads it."""

    source: str
    target: str
    value: str


@dataclass(frozen=True)
class Explanation:
    """All that there is to say about a selection. Times are in seconds, as the costs have it.

    `core` says in words for which core those are estimated that nobody has measured.
    """

    network: str
    target: str
    objective: str
    seconds: float
    computing: float
    converting: float
    proof: Proof | None
    nodes: tuple[NodeStory, ...]
    conversions: tuple[ConversionStory, ...]
    single_plugins: tuple[Rival, ...]
    searches: tuple[Rival, ...]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...]
    core: str
    ran: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the explanation as values that JSON has; what is infinite is None."""
        found: dict[str, Any] = _finite(dataclasses.asdict(self))
        return found


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _picks(problem: Problem, selection: Selection) -> list[int]:
    """Return the numbers of a selection's choices."""
    picks = []
    for site in problem.sites:
        texts = [str(a.implementation) for a in site.alternatives]
        picks.append(texts.index(str(selection.nodes[site.name])))
    return picks


def _node(
    model: Model, number: int, pick: int, totals: Array, seconds: float, ran: Mapping[str, float]
) -> NodeStory:
    graph, site = model.graph, model.problem.sites[number]
    node = graph.nodes[number]
    chosen = site.alternatives[pick]
    assert chosen.implementation is not None
    others = sorted(
        (n for n in range(len(totals)) if n != pick and np.isfinite(totals[n])), key=lambda n: (totals[n], n)
    )
    reads = chosen.implementation.primitive.in_types(graph.input_types(node), chosen.implementation.layout)
    writes = chosen.implementation.primitive.out_types(node.op, reads)
    return NodeStory(
        name=site.name,
        operator=node.op.NAME,
        reads=tuple("-" if t is None else str(t) for t in reads),
        writes=tuple(map(str, writes)),
        implementation=str(chosen.implementation),
        plugin=chosen.implementation.plugin.name,
        layout=chosen.implementation.layout,
        out_layout=chosen.implementation.out_layout,
        seconds=chosen.cost,
        share=chosen.cost / seconds if seconds else 0.0,
        measured=site.name not in model.estimated,
        alternatives=len(site.alternatives),
        runners_up=tuple(_runner(site, n, totals) for n in others[:RUNNERS_UP]),
        refused=dict(model.refused[site.name]),
        ran=ran.get(site.name),
    )


def _runner(site: Site, number: int, totals: Array) -> Runner:
    alternative = site.alternatives[number]
    return Runner(str(alternative.implementation), alternative.cost, float(totals[number]))


def _conversions(
    model: Model, value: Value, picks: list[int], ran: Mapping[str, float]
) -> list[ConversionStory]:
    sites = model.problem.sites
    stories = []
    for source, target in model.problem.steps(value, picks):
        readers = [sites[r].name for r in value.readers if sites[r].alternatives[picks[r]].reads == target]
        if target == 0 and value.kept:
            readers.append("the network's output" if value.name in model.graph.outputs else "weights")
        stories.append(
            ConversionStory(
                value.name,
                LAYOUTS[source],
                LAYOUTS[target],
                str(model.converters[value.name, source, target]),
                float(value.direct[source, target]),
                tuple(readers),
                ran.get(f"{value.name}@{LAYOUTS[target]}"),
            )
        )
    return stories


def _edges(model: Model) -> tuple[Edge, ...]:
    graph = model.graph
    makers = {value: node.name for value, node in graph.producers().items()}
    return tuple(
        Edge(makers.get(value, ""), node.name, value)
        for node in graph.nodes
        for value in dict.fromkeys(v for v in node.inputs if v is not None and v not in graph.constants)
    )


def _searches(problem: Problem, episodes: int, seed: int) -> tuple[Rival, ...]:
    """Return what the searches of the literature find; the exact answer goes first.

    They pick for a layer at a time, which in bands of rows would not go with the others; so they do without.
    """
    alone, _ = problem.restricted(lambda _, a: a.implementation is None or a.implementation.joint is None)
    rivals = [Rival("exact", optimum(problem).proof.cost), Rival("greedy", greedy(alone).cost)]
    if episodes:
        learnt = q_learning(alone, Learning(episodes), seed)
        rivals.append(Rival(f"Q-learning, {episodes} episodes", learnt.cost))
        rivals.append(Rival(f"random, {episodes} episodes", random_search(alone, episodes, seed).cost))
    return tuple(rivals)


def explain(
    model: Model,
    selection: Selection,
    *,
    episodes: int = 0,
    seed: int = 0,
    profile: Mapping[str, float] | None = None,
) -> Explanation:
    """Explain a selection that was made from a model.

    `episodes` is for the searches of the literature, 0 leaves those that learn or draw out. `profile` is what
    each step took in a run, in seconds, by its node's name: it shows where the prediction was off.
    """
    ran = profile or {}
    problem = model.problem
    picks = _picks(problem, selection)
    seconds = problem.cost(picks)
    nodes = [
        _node(model, number, pick, totals, seconds, ran)
        for number, (pick, totals) in enumerate(zip(picks, costs_if_forced(problem), strict=True))
    ]
    conversions = [story for value in problem.values for story in _conversions(model, value, picks, ran)]
    computing = sum(node.seconds for node in nodes)
    return Explanation(
        network=model.graph.name,
        target=model.target.name,
        objective=selection.objective,
        seconds=seconds,
        computing=computing,
        converting=sum(story.seconds for story in conversions),
        proof=selection.proof,
        nodes=tuple(nodes),
        conversions=tuple(conversions),
        single_plugins=tuple(
            Rival(name, single_plugin(problem, name).cost, count)
            for name, count in plugins_of(problem).items()
        ),
        searches=_searches(problem, episodes, seed),
        edges=_edges(model),
        notes=selection.notes,
        core=model.target.core.words(),
        ran=sum(ran.values()) if profile else None,
    )
