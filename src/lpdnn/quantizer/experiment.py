"""One network, its formats and its examples: what comes of each choice of formats, simulated."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.data import metric
from lpdnn.quantization import FLOAT, realized, weighted
from lpdnn.quantizer.examples import untold
from lpdnn.quantizer.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpdnn.ir import Array, Graph
    from lpdnn.quantization import Configuration, Format, Moments
    from lpdnn.quantizer.examples import Examples, Tell
    from lpdnn.toolchain import Program

FAINT = 2.0**-16
"""A probability that answers of 16 bits do not tell from none."""


@dataclass(frozen=True)
class Choice:
    """A label for some weights, by node, and some activations, by value; all else is float."""

    weights: Mapping[str, str] = field(default_factory=dict)
    activations: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What equal choices have in common."""
        parts = [
            sorted((n, label) for n, label in one.items() if label != "float")
            for one in (self.weights, self.activations)
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Outcome:
    """How good the answers are, by the metric; how far they are from the float network's (see `noise`)."""

    score: float
    noise: float


def noise(outputs: list[Array], reference: list[Array]) -> float:
    """Return how far answers are from those of the float network, on average.

    Kullback-Leibler divergence in nats where answers are probabilities, those below FAINT all alike; else squared
    error relative to the variance of the answers.
    """
    total = 0.0
    for y, r in zip(outputs, reference, strict=True):
        a, b = y.ravel().astype(np.float64), r.ravel().astype(np.float64)
        if a.size != b.size:
            total += 1.0  # another number of boxes
        elif b.size > 1 and b.min() >= 0 and abs(b.sum() - 1) < 1e-3:
            total += float(np.sum(b * np.log(np.maximum(b, FAINT) / np.maximum(a, FAINT))))
        else:
            total += float(np.mean((a - b) ** 2) / max(float(np.var(b)), 1e-30))
    return total / max(len(outputs), 1)


def answers(simulation: Simulation | Program, examples: Examples, tell: Tell) -> list[Array]:
    """Return the first output for each example."""
    found = []
    for index, x in enumerate(examples.inputs):
        tell(index, len(examples), "evaluate")
        found.append(next(iter(simulation.run(x).values())))
    return found


class Experiment:
    """A prepared float network, the formats that its tensors may have, and examples to measure choices by.

    `references` are the answers of the network as it was before anything was prepared.
    """

    def __init__(
        self,
        graph: Graph,
        configuration: Configuration,
        moments: Mapping[str, Moments],
        examples: Mapping[str, Examples],
        metric_name: str,
        references: Mapping[str, list[Array]],
        simulation: Simulation | None = None,
    ) -> None:
        self.graph = graph
        self.configuration = configuration
        self.moments = moments
        self.examples = examples
        self.metric_name = metric_name
        self.references = references
        self._simulation = simulation
        self._loaded = Choice()
        self._realized: dict[tuple[str, str], tuple[Array, Array]] = {}

    @property
    def simulation(self) -> Simulation:
        """The program, built when it is first needed."""
        if self._simulation is None:
            self._simulation = Simulation(self.graph)
        return self._simulation

    def __getstate__(self) -> dict[str, object]:
        """Return what another computer needs: everything but the program."""
        return {**vars(self), "_simulation": None, "_loaded": Choice(), "_realized": {}}

    def formats(self, choice: Choice) -> tuple[dict[str, Format], dict[str, Format]]:
        """Return the formats of a choice: of all weights by node, of all activations by value."""
        known = self.configuration
        return (
            {n: _format(t.candidates, choice.weights.get(n)) for n, t in known.weights.items()},
            {n: _format(t.candidates, choice.activations.get(n)) for n, t in known.activations.items()},
        )

    def load(self, choice: Choice) -> None:
        """Make the program compute with the formats of a choice; only what differs is written."""
        simulation = self.simulation
        if simulation.user is not self:
            simulation.write(self.graph.constants)
            simulation.round_to(dict.fromkeys(self.configuration.activations, FLOAT))
            simulation.user, self._loaded = self, Choice()
        before, now = self._loaded, choice
        weights, activations = self.formats(choice)
        values = weighted(self.graph)
        nodes = {node.name: node for node in self.graph.nodes}
        constants: dict[str, Array] = {}
        for name, one in weights.items():
            if before.weights.get(name, "float") == now.weights.get(name, "float"):
                continue
            kept, bias = self.realize(name, one)
            constants[values[name]] = kept
            constants[str(nodes[name].inputs[2])] = bias
        simulation.write(constants)
        simulation.round_to(
            {
                name: one
                for name, one in activations.items()
                if before.activations.get(name, "float") != now.activations.get(name, "float")
            }
        )
        self._loaded = choice

    def realize(self, name: str, one: Format) -> tuple[Array, Array]:
        """Return the weights and the bias of a node in a format, found once."""
        key = name, one.label
        if key not in self._realized:
            node = next(node for node in self.graph.nodes if node.name == name)
            weight, bias = (self.graph.constants[str(value)] for value in node.inputs[1:3])
            self._realized[key] = realized(
                weight, bias, one, self.moments.get(name), self.configuration.steps
            )
        return self._realized[key]

    def measure(self, choice: Choice, part: str = "evaluation", tell: Tell = untold) -> Outcome:
        """Return what comes of a choice over a part of the examples."""
        self.load(choice)
        outputs = answers(self.simulation, self.examples[part], tell)
        labels, reference = self.examples[part].labels, self.references[part]
        return Outcome(metric(self.metric_name)(outputs, labels, reference), noise(outputs, reference))


def _format(candidates: Mapping[str, Format], label: str | None) -> Format:
    return FLOAT if label in {None, "float"} else candidates[str(label)]


def chosen(configuration: Configuration) -> Choice:
    """Return what a configuration chooses."""
    return Choice(
        {name: tensor.chosen for name, tensor in configuration.weights.items()},
        {name: tensor.chosen for name, tensor in configuration.activations.items()},
    )


def with_choice(configuration: Configuration, choice: Choice) -> Configuration:
    """Return a configuration that chooses so, and float where nothing is said."""
    return replace(
        configuration,
        weights={
            n: replace(t, chosen=choice.weights.get(n, "float")) for n, t in configuration.weights.items()
        },
        activations={
            n: replace(t, chosen=choice.activations.get(n, "float"))
            for n, t in configuration.activations.items()
        },
    )
