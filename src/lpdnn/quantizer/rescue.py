"""lpdnn.quantize: from a float network and examples to a configuration, and what each step of it gained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lpdnn.compiler import build, simplify
from lpdnn.data import metric as measure_of
from lpdnn.ir import Graph, LpdnnError
from lpdnn.quantization import (
    STEPS,
    WEIGHTED,
    Analysis,
    Configuration,
    Integers,
    Tensor,
    analyse_activation,
    analyse_weight,
    choosing_first,
    equalized,
    packed,
    quantized,
    settled,
    standard,
    structure,
    weight_errors,
    weighted,
    weights_mark,
    with_biases,
    with_codebooks,
)
from lpdnn.quantizer.calibrate import Calibration, calibrate
from lpdnn.quantizer.examples import Examples, untold
from lpdnn.quantizer.experiment import Choice, Experiment, answers, chosen
from lpdnn.quantizer.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpdnn.ir import Array
    from lpdnn.quantization import Moments
    from lpdnn.quantizer.examples import Tell

CALIBRATION, EVALUATION = "calibration", "evaluation"
FEW = 12
"""Examples of calibration by which tensors alone are clipped or not."""


@dataclass(frozen=True)
class Rung:
    """What the network does with a step and all that were kept before it, or "without" one of these."""

    step: str
    kept: bool
    score: float
    noise: float
    """Over the examples that are evaluated (see `experiment.noise`)."""
    calibration_noise: float
    """Over those of calibration, by which a step is kept or not."""


@dataclass(frozen=True)
class Quantized:
    """A configuration, the float network that it leaves, and what was measured on the way; all simulated.

    `graph` computes in floating point what the quantized weights stand for: to store its weights in the
    formats of `configuration` changes nothing more.
    """

    graph: Graph
    configuration: Configuration
    float_score: float
    score: float
    ladder: tuple[Rung, ...]
    experiment: Experiment

    def stored(self, *, pack: bool = False) -> Integers:
        """Return the network of integers and codebooks, and what of it is computed in floating point, and why.

        With `pack`, weights of less than 8 bits are in codebooks, which take their bits and no more. Without,
        they are integers of 8 bits.
        """
        formats = packed(self.configuration) if pack else self.configuration
        integers = quantized(self.graph, formats)
        return integers._replace(graph=with_codebooks(integers.graph, formats))


def measured(found: Quantized, tell: Tell = untold, *, pack: bool = False) -> float:
    """Return the score of the network as it is stored, built and run over the examples of evaluation."""
    tell(0, 1, "compile")
    program = build(found.stored(pack=pack).graph)
    examples = found.experiment.examples[EVALUATION]
    outputs = answers(program, examples, tell)
    references = found.experiment.references[EVALUATION]
    return measure_of(found.experiment.metric_name)(outputs, examples.labels, references)


def analysed_weights(
    graph: Graph, asked: Analysis, moments: Mapping[str, Moments], tell: Tell
) -> dict[str, Tensor]:
    """Return the layer analysis of a prepared network's weights.

    Errors count by the mean square of what weights are multiplied by, where `moments` tell it.
    """
    places = weighted(graph)
    operators = {node.name: node.op.NAME for node in graph.nodes}
    found: dict[str, Tensor] = {}
    for index, (name, value) in enumerate(places.items()):
        tell(index, len(places), f"analyse {name}")
        per_filter = asked.per_filter and operators[name] != "deconv2d"
        weight = graph.constants[value]
        counts = moments[name].energy(len(weight)) if name in moments else None
        found[name] = analyse_weight(weight, asked, per_filter=per_filter, counts=counts)
    if "S" in asked.methods:
        errors = {name: weight_errors(graph.constants[value]) for name, value in places.items()}
        found = standard(found, errors, asked.weight_bits, asked)
    return {name: choosing_first(tensor, asked, asked.weight_bits) for name, tensor in found.items()}


def analysed_activations(graph: Graph, calibration: Calibration, asked: Analysis) -> dict[str, Tensor]:
    """Return the layer analysis of a prepared network's values; those that it answers have a width of their own."""
    answered = replace(asked, activation_bits=(asked.output_bits,))
    own = {value: answered if value in graph.outputs else asked for value in calibration.values}
    found = {
        value: analyse_activation(seen, graph.types[value].shape, own[value])
        for value, seen in calibration.values.items()
    }
    if "S" in asked.methods:
        seen = {value: (one.error, one.signal) for value, one in calibration.values.items()}
        widths = dict.fromkeys((*asked.activation_bits, asked.output_bits))
        found = standard(found, seen, tuple(widths), asked)
    return {v: choosing_first(tensor, asked, own[v].activation_bits) for v, tensor in found.items()}


class _Workshop:
    """What is built once for each float network: with and without equalization."""

    def __init__(self, graph: Graph, examples: Mapping[str, Examples], seed: int, tell: Tell) -> None:
        self.graph, self.examples, self.seed, self.tell = graph, examples, seed, tell
        self._made: dict[tuple[bool, bool], tuple[Graph, Simulation, Calibration]] = {}
        self._references: dict[str, list[Array]] = {}
        self._weights: dict[tuple[bool, Analysis], dict[str, Tensor]] = {}
        self._clipped: dict[tuple[bool, Analysis], dict[str, dict[str, Tensor]]] = {}

    def made(self, *, equalize: bool, per_filter: bool = True) -> tuple[Graph, Simulation, Calibration]:
        """Return the prepared network, its program, and its calibration."""
        key = equalize, equalize and per_filter
        if key not in self._made:
            graph = with_biases(self.graph, WEIGHTED)
            if equalize:
                graph = equalized(graph, self.made(equalize=False)[2].reach, per_filter=per_filter)
            self.tell(0, 1, "compile")
            simulation = Simulation(graph)
            seen = calibrate(graph, simulation, self.examples[CALIBRATION], self.tell, seed=self.seed)
            self._made[key] = graph, simulation, seen
        return self._made[key]

    @property
    def references(self) -> dict[str, list[Array]]:
        """What the float network answers, not equalized."""
        if not self._references:
            _, simulation, _ = self.made(equalize=False)
            found = {part: answers(simulation, some, self.tell) for part, some in self.examples.items()}
            self._references.update(found)
        return self._references

    def analysed(self, asked: Analysis, *, equalize: bool) -> dict[str, dict[str, Tensor]]:
        """Return the layer analysis; codebooks are the same with and without clipping.

        Tensors are clipped where that alone makes less noise: squared errors do not tell that what a clip does
        to a number is the same time and again.
        """
        key = equalize, asked
        if not asked.clip or {*asked.methods} <= {"K", "KC"}:
            return self._all(asked, equalize=equalize)
        if key not in self._clipped:
            ways = [self._all(replace(asked, clip=clip), equalize=equalize) for clip in (False, True)]
            rows = [
                (kind, name, label)
                for kind, tensors in ways[0].items()
                for name, tensor in tensors.items()
                for label, one in tensor.candidates.items()
                if one != ways[1][kind][name].candidates[label]
            ]
            noises = [self._alone(way, rows, asked, equalize=equalize) for way in ways]
            better = {row for row in rows if noises[1][row] < noises[0][row]}
            self._clipped[key] = {
                kind: {
                    name: replace(
                        tensor,
                        candidates={
                            label: ways[(kind, name, label) in better][kind][name].candidates[label]
                            for label in tensor.candidates
                        },
                    )
                    for name, tensor in tensors.items()
                }
                for kind, tensors in ways[0].items()
            }
        return self._clipped[key]

    def _all(self, asked: Analysis, *, equalize: bool) -> dict[str, dict[str, Tensor]]:
        graph, _, seen = self.made(equalize=equalize, per_filter=asked.scaled)
        key = equalize, replace(asked, clip=asked.clip and not {*asked.methods} <= {"K", "KC"})
        if key not in self._weights:
            self._weights[key] = analysed_weights(graph, asked, seen.moments, self.tell)
        return {"weights": self._weights[key], "activations": analysed_activations(graph, seen, asked)}

    def _alone(
        self,
        tensors: Mapping[str, Mapping[str, Tensor]],
        rows: Sequence[tuple[str, str, str]],
        asked: Analysis,
        *,
        equalize: bool,
    ) -> dict[tuple[str, str, str], float]:
        """Return the noise of some tensors alone, over a few examples: kind, name and label of each."""
        graph, simulation, seen = self.made(equalize=equalize, per_filter=asked.scaled)
        some = self.examples[CALIBRATION]
        few = {CALIBRATION: Examples(some.inputs[:FEW], some.labels[:FEW])}
        references = {CALIBRATION: self.references[CALIBRATION][:FEW]}
        configuration = Configuration(
            graph.name,
            structure(self.graph),
            weights_mark(self.graph),
            tensors["weights"],
            tensors["activations"],
        )
        alone = Experiment(graph, configuration, seen.moments, few, "cosine", references, simulation)
        found: dict[tuple[str, str, str], float] = {}
        for done, (kind, name, label) in enumerate(rows):
            self.tell(done, len(rows), "clip each tensor alone")
            found[kind, name, label] = alone.measure(Choice(**{kind: {name: label}}), CALIBRATION).noise
        return found


def checked(graph: Graph) -> Graph:
    """Return a network that can be quantized so: simplified, with one input and float numbers."""
    if len(graph.inputs) != 1 or graph.types[graph.inputs[0]].dtype != "f32":
        message = (
            f"network {graph.name!r} has {len(graph.inputs)} inputs ({', '.join(graph.inputs)}); examples are "
            "for networks with one floating-point input"
        )
        raise LpdnnError(message)
    graph = simplify(graph)
    if not weighted(graph):
        message = f"network {graph.name!r} has no weights to quantize"
        raise LpdnnError(message)
    return graph


def search(
    graph: Graph,
    examples: Mapping[str, Examples],
    *,
    asked: Analysis | None = None,
    steps: Mapping[str, bool | None] | None = None,
    metric: str = "top1",
    notes: Mapping[str, object] | None = None,
    seed: int = 0,
    tell: Tell = untold,
) -> Quantized:
    """Return the formats of least error for a network, and what each rescuing step gains.

    `examples` has the parts `calibration`, by which everything is chosen, and `evaluation`, which only the
    scores come from. A step of `steps` that is True is taken, one that is False is not; None takes it where
    it makes the noise over the calibration examples less, and leaves it out again where later steps make less
    noise without it.
    """
    graph, asked, wanted = checked(graph), asked or Analysis(), dict.fromkeys(STEPS) | dict(steps or {})
    workshop = _Workshop(graph, examples, seed, tell)
    taken = dict.fromkeys(STEPS, False)
    experiment = _experiment(graph, workshop, asked, taken, metric, notes)
    ladder = [_rung("none", experiment, tell, kept=True)]
    for step in STEPS:
        if wanted[step] is False:
            continue
        other = _experiment(graph, workshop, asked, {**taken, step: True}, metric, notes)
        rung = _rung(step, other, tell, kept=True)
        standing = next(one for one in reversed(ladder) if one.kept)
        if wanted[step] is None and rung.calibration_noise >= standing.calibration_noise:
            ladder.append(replace(rung, kept=False))
            continue
        taken[step], experiment = True, other
        ladder.append(rung)
    for step in [step for step, on in taken.items() if on and wanted[step] is None][:-1]:
        other = _experiment(graph, workshop, asked, {**taken, step: False}, metric, notes)
        inside = other.measure(chosen(other.configuration), CALIBRATION, tell)
        if inside.noise < next(one for one in reversed(ladder) if one.kept).calibration_noise:
            taken[step], experiment = False, other
            ladder.append(_rung(f"without {step}", other, tell, kept=True))
    final = experiment.configuration
    right = examples[EVALUATION].labels
    references = workshop.references[EVALUATION]
    float_score = measure_of(metric)(references, right, references)
    kept = next(one for one in reversed(ladder) if one.kept)
    settled_graph = settled(experiment.graph, final, experiment.moments)
    return Quantized(settled_graph, final, float_score, kept.score, tuple(ladder), experiment)


def given(experiment: Experiment, tell: Tell = untold) -> Quantized:
    """Return what the formats and steps of an experiment's configuration make of its network."""
    rung = _rung("given", experiment, tell, kept=True)
    references, right = experiment.references[EVALUATION], experiment.examples[EVALUATION].labels
    floating = measure_of(experiment.metric_name)(references, right, references)
    graph = settled(experiment.graph, experiment.configuration, experiment.moments)
    return Quantized(graph, experiment.configuration, floating, rung.score, (rung,), experiment)


def _experiment(
    graph: Graph,
    workshop: _Workshop,
    asked: Analysis,
    taken: Mapping[str, bool],
    metric: str,
    notes: Mapping[str, object] | None,
) -> Experiment:
    """Return an experiment with the analysis that some steps lead to."""
    ready, simulation, seen = workshop.made(equalize=taken["equalize"], per_filter=asked.scaled)
    tensors = workshop.analysed(replace(asked, clip=taken["clip"]), equalize=taken["equalize"])
    configuration = Configuration(
        graph.name,
        structure(graph),
        weights_mark(graph),
        **tensors,
        steps=dict(taken),
        calibration=dict(notes or {}),
    )
    return Experiment(
        ready, configuration, seen.moments, workshop.examples, metric, workshop.references, simulation
    )


def _rung(step: str, experiment: Experiment, tell: Tell, *, kept: bool) -> Rung:
    choice = chosen(experiment.configuration)
    inside = experiment.measure(choice, CALIBRATION, tell)
    outside = experiment.measure(choice, EVALUATION, tell)
    return Rung(step, kept, outside.score, outside.noise, inside.noise)


def resumed(
    graph: Graph,
    configuration: Configuration,
    examples: Mapping[str, Examples],
    *,
    where: str = "the quantization",
    metric: str = "top1",
    seed: int = 0,
    tell: Tell = untold,
) -> Experiment:
    """Return the experiment that a configuration was made by, for a network that it was made for."""
    graph = checked(graph)
    configuration.check(graph, where)
    tell(0, 1, "compile")
    ready = with_biases(graph, WEIGHTED)
    simulation = Simulation(ready)
    references = {part: answers(simulation, some, tell) for part, some in examples.items()}
    if configuration.steps.get("equalize"):
        seen = calibrate(ready, simulation, examples[CALIBRATION], tell, moments=False)
        ready = equalized(ready, seen.reach, per_filter=configuration.scaled)
        simulation = Simulation(ready)
    needed = bool(configuration.steps.get("rounding") or configuration.steps.get("bias"))
    seen = calibrate(ready, simulation, examples[CALIBRATION], tell, seed=seed) if needed else Calibration()
    return Experiment(ready, configuration, seen.moments, examples, metric, references, simulation)
