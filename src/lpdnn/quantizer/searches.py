"""Searches for the formats of a whole network: knapsack over sensitivities, greedy, exhaustive."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lpdnn.ir import LpdnnError
from lpdnn.quantization import Packing, Weighed, front
from lpdnn.quantizer.experiment import Choice
from lpdnn.quantizer.swaps import swapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lpdnn.ir import Node
    from lpdnn.quantization import Configuration, Format
    from lpdnn.quantizer.crew import Crew
    from lpdnn.quantizer.sizes import Measure

    Expected = Callable[["Item", str], float]
    """The noise of a tensor in a format."""

UNITS = 4096
"""Sizes are counted in so many parts of the whole: what the knapsack's exactness is up to."""
MOST = 4096
"""Configurations that an exhaustive search measures."""


class Item(NamedTuple):
    """A tensor that formats are allotted to."""

    of_weights: bool
    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Space:
    """The formats that each tensor may have, and the noise that each alone makes: (of weights, name, label)."""

    configuration: Configuration
    measure: Measure
    weights: Mapping[str, tuple[str, ...]]
    activations: Mapping[str, tuple[str, ...]]
    noise: Mapping[tuple[bool, str, str], float] = field(default_factory=dict)

    @classmethod
    def of(cls, configuration: Configuration, measure: Measure) -> Space:
        """Return the space that a configuration's candidates span; tensors without any stay float."""
        return cls(
            configuration,
            measure,
            {n: tuple(t.candidates) for n, t in configuration.weights.items() if t.candidates},
            {
                n: tuple(t.candidates)
                for n, t in configuration.activations.items()
                if t.candidates and n not in measure.graph.outputs
            },
        )

    def whole(self, choice: Choice) -> Choice:
        """Return a choice with what the configuration chooses for the network's outputs, which are not explored."""
        known = self.configuration.activations
        answers = {v: known[v].chosen for v in self.measure.graph.outputs if v in known}
        return Choice(choice.weights, {**answers, **choice.activations})

    @property
    def nodes(self) -> dict[str, Node]:
        """The nodes by name."""
        return {node.name: node for node in self.measure.graph.nodes}

    @property
    def items(self) -> tuple[Item, ...]:
        """All tensors, weights first."""
        return (
            *(Item(True, name, labels) for name, labels in self.weights.items()),  # noqa: FBT003  # of weights
            *(Item(False, name, labels) for name, labels in self.activations.items()),  # noqa: FBT003
        )

    def format(self, item: Item, label: str) -> Format:
        """Return a tensor's format."""
        known = self.configuration.weights if item.of_weights else self.configuration.activations
        return known[item.name].candidates[label]

    def size(self, item: Item, label: str) -> int:
        """Return the bytes that move because of a tensor; of weights, that is what they take."""
        one = self.format(item, label)
        return (
            self.measure.weight_bytes(item.name, one)
            if item.of_weights
            else self.measure.accessed(item.name, one)
        )

    def choice(self, items: Sequence[Item], labels: Sequence[str]) -> Choice:
        """Return a choice of labels for items."""
        pairs = list(zip(items, labels, strict=True))
        return Choice(
            {item.name: label for item, label in pairs if item.of_weights},
            {item.name: label for item, label in pairs if not item.of_weights},
        )

    def configured(self) -> Choice:
        """Return what the configuration chooses."""
        return Choice(
            {name: self.configuration.weights[name].chosen for name in self.weights},
            {name: self.configuration.activations[name].chosen for name in self.activations},
        )

    def uniform(self) -> list[Choice]:
        """Return each pair of a label that all weights have, and one that all activations have."""
        return [
            Choice(dict.fromkeys(self.weights, one), dict.fromkeys(self.activations, other))
            for one in _common(self.weights)
            for other in _common(self.activations)
        ]

    def widest(self, item: Item) -> str:
        """Return the label that makes the least noise."""
        return min(item.labels, key=lambda label: self.noise[*item[:2], label])


def _common(tensors: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the labels that all tensors have, float where there is none."""
    labels = list(tensors.values())
    return [one for one in labels[0] if all(one in some for some in labels)] if labels else ["float"]


def _fronts(
    space: Space, items: Sequence[Item], factor: Mapping[tuple[bool, str, str], float]
) -> tuple[int, list[Packing]]:
    """Return the knapsack's front over items, noises corrected by factors, and what sizes are counted in."""
    total = sum(max(space.size(item, label) for label in item.labels) for item in items)
    unit = max(1, total // UNITS)
    return unit, front(
        [
            [
                Weighed(-(-space.size(item, label) // unit), _noise(space, item, label, factor))
                for label in item.labels
            ]
            for item in items
        ]
    )


def _noise(space: Space, item: Item, label: str, factor: Mapping[tuple[bool, str, str], float]) -> float:
    key = (*item[:2], label)
    return space.noise[key] * factor.get(key, 1.0)


def _spread(found: Sequence[Packing], points: int) -> list[Packing]:
    """Return some of a front, at even steps of the logarithm of the noise."""
    least, most = (math.log(max(one.cost, 1e-12)) for one in (found[-1], found[0]))
    marks = [least + (most - least) * index / max(points - 1, 1) for index in range(points)]
    picked = [min(found, key=lambda one: abs(math.log(max(one.cost, 1e-12)) - mark)) for mark in marks]
    return list({one.chosen: one for one in picked}.values())


def _within(found: Sequence[Packing], size: float) -> list[Packing]:
    """Return the best of a front within a size, if anything is."""
    return [one for one in found if one.size <= size][-1:]


def knapsack(space: Space, crew: Crew, points: int, refine: int, part: str) -> list[Choice]:
    """Return choices along the knapsack's fronts: of model bytes, weights alone; of accesses, all tensors.

    Beside those at even steps of noise, one for each uniform choice, of its size at most. Sensitivities of
    tensors alone need not add up in place. Each round of refining measures, at each point, what a tensor gives
    back when it alone is widened, the costliest that was not looked at, and corrects its sensitivity by the
    ratio; the knapsack is then solved anew. As many rounds of swaps follow (see `swaps`). Where activations have
    one format each, weights are all there is to allot.
    """
    weights = [item for item in space.items if item.of_weights]
    configured = space.configured().activations
    factor: dict[tuple[bool, str, str], float] = {}

    def expected(item: Item, label: str) -> float:
        return _noise(space, item, label, factor)

    choices: list[Choice] = []
    free = any(len(item.labels) > 1 for item in space.items if not item.of_weights)
    for items in (weights, space.items) if free else (weights,):
        for round_ in range(refine + 1):
            unit, packings = _fronts(space, items, factor)
            picked = _spread(packings, points)
            for uniform in space.uniform():
                labels = [(uniform.weights if i.of_weights else uniform.activations)[i.name] for i in items]
                size = sum(space.size(item, label) for item, label in zip(items, labels, strict=True))
                picked += _within(packings, size / unit)
            found = [
                space.choice(items, [item.labels[i] for item, i in zip(items, one.chosen, strict=True)])
                for one in picked
            ]
            if items is weights:
                found = [Choice(one.weights, configured) for one in found]
            if round_ < refine:
                factor |= _corrected(space, crew, found, factor, part)
        choices += swapped(space, crew, items, found, expected, refine, part)
    return choices


def _corrected(
    space: Space,
    crew: Crew,
    found: Sequence[Choice],
    factor: Mapping[tuple[bool, str, str], float],
    part: str,
) -> dict[tuple[bool, str, str], float]:
    """Return factors for the tensors that cost most in each choice, by what widening them alone gives back."""
    trials: list[tuple[tuple[bool, str, str], Choice, Choice]] = []
    for choice in found:
        costs = [
            (_noise(space, item, label, factor), item, label)
            for item in space.items
            for label in [(choice.weights if item.of_weights else choice.activations).get(item.name)]
            if label in item.labels and label != space.widest(item)
        ]
        if not costs:
            continue
        _, item, label = max(costs, key=lambda one: ((*one[1][:2], one[2]) not in factor, one[0]))
        wider = space.widest(item)
        other = (
            Choice({**choice.weights, item.name: wider}, choice.activations)
            if item.of_weights
            else Choice(choice.weights, {**choice.activations, item.name: wider})
        )
        trials.append(((*item[:2], str(label)), choice, other))
    before = crew.measure([one[1] for one in trials], part, "refine")
    after = crew.measure([one[2] for one in trials], part, "refine")
    corrections = {}
    for (key, _, _), with_it, without in zip(trials, before, after, strict=True):
        alone = space.noise[key]
        if alone > 0:
            corrections[key] = min(max((with_it.noise - without.noise) / alone, 0.1), 10.0)
    return corrections


def greedy(space: Space, crew: Crew, loss: float, part: str) -> list[Choice]:
    """Return the choices on the way from the widest formats down, one tensor a step.

    Each step narrows the tensor whose further noise is least for the bytes that it saves; the way ends where
    the measured score has lost more than `loss`, or nothing is left to narrow.
    """
    now = {item: space.widest(item) for item in space.items}
    (reference,) = crew.measure([Choice()], part, "greedy")
    way = [space.choice(list(now), list(now.values()))]
    while True:
        steps = []
        for item, label in now.items():
            size, noise = space.size(item, label), space.noise[*item[:2], label]
            for other in item.labels:
                saved = size - space.size(item, other)
                if saved > 0:
                    steps.append(((space.noise[*item[:2], other] - noise) / saved, item, other))
        if not steps:
            return way
        _, item, label = min(steps, key=lambda one: one[0])
        now[item] = label
        choice = space.choice(list(now), list(now.values()))
        (outcome,) = crew.measure([choice], part, f"greedy, step {len(way)}")
        if outcome.score < reference.score - loss:
            return way
        way.append(choice)


def exhaustive(space: Space) -> list[Choice]:
    """Return every choice there is; refused where there are more than MOST."""
    items = space.items
    count = math.prod(len(item.labels) for item in items)
    if count > MOST:
        message = (
            f"network {space.measure.graph.name!r} has {count:.3g} configurations, and an exhaustive search "
            f"measures {MOST} at most; leave widths out, or take the knapsack"
        )
        raise LpdnnError(message)
    return [space.choice(items, labels) for labels in itertools.product(*(item.labels for item in items))]
