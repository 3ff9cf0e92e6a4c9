"""Network space exploration: sensitivities measured, then formats allotted, then the front of what is best.

Phase two of the pipeline of de Prado et al., arXiv 1811.05896. Everything is simulated (see `experiment`);
tensors and groups are measured over examples of calibration, whole networks over those of evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, get_args

from lpdnn.compiler import select
from lpdnn.data import metric
from lpdnn.quantization import quantized
from lpdnn.quantizer.experiment import Choice, with_choice
from lpdnn.quantizer.searches import Space, exhaustive, greedy, knapsack
from lpdnn.quantizer.sizes import Measure, Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lpdnn.quantizer.crew import Crew

Search = Literal["knapsack", "greedy", "exhaustive"]
SEARCHES: tuple[Search, ...] = get_args(Search)
SENSITIVITY = "sensitivity"
EVALUATION = "evaluation"


@dataclass(frozen=True)
class Sensitivity:
    """What comes of one tensor, or one group, in one format, all else in floating point."""

    name: str
    kind: Literal["weights", "activations", "both"]
    label: str
    score: float
    noise: float


@dataclass(frozen=True)
class Point:
    """A configuration of the whole network, measured: who proposed it, what it gives and what it takes."""

    origin: str
    choice: Choice
    score: float
    noise: float
    sizes: Sizes
    seconds: float | None = None

    def beats(self, other: Point) -> bool:
        """Tell whether it is nowhere worse, and somewhere better."""
        mine, its = self._figures(), other._figures()
        return all(a <= b for a, b in zip(mine, its, strict=True)) and mine != its

    def _figures(self) -> tuple[float, ...]:
        sizes = self.sizes
        return -self.score, sizes.model, sizes.activations, sizes.accesses, self.seconds or 0.0


@dataclass(frozen=True)
class Exploration:
    """All that was measured. `front` are the points that no other beats, the smallest model first."""

    network: str
    metric: str
    float_score: float
    float_sizes: Sizes
    tensors: tuple[Sensitivity, ...]
    groups: tuple[Sensitivity, ...]
    points: tuple[Point, ...]

    @property
    def front(self) -> tuple[Point, ...]:
        """Return the points that no other beats."""
        kept = [one for one in self.points if not any(other.beats(one) for other in self.points)]
        seen: dict[tuple[float, ...], Point] = {}
        for one in kept:
            seen.setdefault(one._figures(), one)  # noqa: SLF001  # of the same module
        return tuple(sorted(seen.values(), key=lambda one: (one.sizes.model, -one.score)))

    def smallest_within(self, loss: float) -> Point | None:
        """Return the point of least model bytes that loses at most so much of the float score."""
        fitting = [one for one in self.points if one.score >= self.float_score - loss - 1e-12]
        return min(fitting, key=lambda one: (one.sizes.model, one.sizes.accesses), default=None)


@dataclass(frozen=True)
class Plan:
    """What is to be explored.

    - `searches`: who proposes configurations. `points`: how many of the knapsack's front are measured.
    - `loss`: what the score may lose, for the greedy search. `refine`: rounds that correct sensitivities by
      what is measured in place.
    - `groups`: patterns of names, beside the groups that there are: weights, activations, both, and layers of
      a kind.
    - `costs`: a cost table that prices configurations in seconds.
    """

    searches: tuple[Search, ...] = ("knapsack",)
    points: int = 8
    loss: float = 0.01
    refine: int = 1
    groups: tuple[str, ...] = ()
    costs: Path | None = None


def _kind(space: Space, name: str) -> str:
    node = space.nodes[name]
    weight = space.measure.graph.types[space.measure.places[name]].shape
    if node.op.NAME != "conv2d":
        return node.op.NAME
    size = "x".join(map(str, weight[2:]))
    return f"conv2d {size}" + (" depthwise" if getattr(node.op, "groups", 1) > 1 and weight[1] == 1 else "")


def _groups(space: Space, patterns: Sequence[str]) -> dict[str, tuple[list[str], list[str]]]:
    """Return weights and activations of each group."""
    groups: dict[str, tuple[list[str], list[str]]] = {}
    kinds: dict[str, list[str]] = {}
    for name in space.weights:
        kinds.setdefault(_kind(space, name), []).append(name)
    if len(kinds) > 1:
        groups |= {f"weights of {kind}": (names, []) for kind, names in kinds.items()}
    for pattern in patterns:
        found = [[n for n in some if fnmatchcase(n, pattern)] for some in (space.weights, space.activations)]
        groups[pattern] = found[0], found[1]
    everything = list(space.weights), list(space.activations)
    groups |= {"all weights": (everything[0], []), "all activations": ([], everything[1]), "all": everything}
    return groups


def sensitivities(space: Space, crew: Crew) -> tuple[Sensitivity, ...]:
    """Measure each tensor alone in each of its formats."""
    rows: list[tuple[str, Literal["weights", "activations"], str, Choice]] = []
    for name, labels in space.weights.items():
        rows += [(name, "weights", label, Choice({name: label})) for label in labels]
    for name, labels in space.activations.items():
        rows += [(name, "activations", label, Choice({}, {name: label})) for label in labels]
    outcomes = crew.measure([row[3] for row in rows], SENSITIVITY, "each tensor alone")
    return tuple(
        Sensitivity(name, kind, label, outcome.score, outcome.noise)
        for (name, kind, label, _), outcome in zip(rows, outcomes, strict=True)
    )


def groups(space: Space, crew: Crew, patterns: Sequence[str]) -> tuple[Sensitivity, ...]:
    """Measure each group of tensors in each format that all of it has."""
    rows: list[tuple[str, Literal["weights", "activations", "both"], str, Choice]] = []
    for name, (weights, activations) in _groups(space, patterns).items():
        labels = [space.weights[n] for n in weights] + [space.activations[n] for n in activations]
        common = [label for label in labels[0] if all(label in some for some in labels)] if labels else []
        kind: Literal["weights", "activations", "both"] = (
            "both" if weights and activations else "weights" if weights else "activations"
        )
        rows += [
            (name, kind, label, Choice(dict.fromkeys(weights, label), dict.fromkeys(activations, label)))
            for label in common
        ]
    outcomes = crew.measure([row[3] for row in rows], SENSITIVITY, "groups")
    return tuple(
        Sensitivity(name, kind, label, outcome.score, outcome.noise)
        for (name, kind, label, _), outcome in zip(rows, outcomes, strict=True)
    )


def explore(crew: Crew, plan: Plan) -> Exploration:
    """Return all that was measured of a network: tensors, groups, and configurations of the whole."""
    experiment = crew.experiment
    measure = Measure(experiment.graph)
    references = experiment.references[EVALUATION]
    floating = metric(experiment.metric_name)(references, experiment.examples[EVALUATION].labels, references)
    space = Space.of(experiment.configuration, measure)
    tensors = sensitivities(space, crew)
    grouped = groups(space, crew, plan.groups)
    space = replace(space, noise={(one.kind == "weights", one.name, one.label): one.noise for one in tensors})
    proposals: dict[str, tuple[str, Choice]] = {}

    def propose(origin: str, choices: Sequence[Choice]) -> None:
        for choice in map(space.whole, choices):
            proposals.setdefault(choice.key, (origin, choice))

    propose("uniform", space.uniform())
    propose("configuration", [space.configured()])
    if "knapsack" in plan.searches:
        propose("knapsack", knapsack(space, crew, plan.points, plan.refine, SENSITIVITY))
    if "greedy" in plan.searches:
        propose("greedy", greedy(space, crew, plan.loss, SENSITIVITY))
    if "exhaustive" in plan.searches:
        propose("exhaustive", exhaustive(space))
    outcomes = crew.measure([choice for _, choice in proposals.values()], EVALUATION, "configurations")
    points = tuple(
        Point(
            origin,
            choice,
            outcome.score,
            outcome.noise,
            measure.sizes(*experiment.formats(choice)),
            _seconds(crew, choice, plan.costs),
        )
        for (origin, choice), outcome in zip(proposals.values(), outcomes, strict=True)
    )
    return Exploration(
        experiment.graph.name,
        experiment.metric_name,
        floating,
        measure.sizes({}, {}),
        tensors,
        grouped,
        points,
    )


def _seconds(crew: Crew, choice: Choice, costs: Path | None) -> float | None:
    """Return what the network of integers of a choice takes, by a cost table."""
    if costs is None:
        return None
    crew.tell(0, 1, "price")
    experiment = crew.experiment
    integers = quantized(experiment.graph, with_choice(experiment.configuration, choice)).graph
    return select(integers, costs=costs).seconds
