"""Formats found, rescued and explored for a small network; simulated as the interpreter would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lpdnn
from lpdnn.interpreter import interpret
from lpdnn.ir import GraphBuilder, TensorType
from lpdnn.ops.eltwise import Eltwise
from lpdnn.quantization import Format, grid, grid_name, load_configuration, simulated
from lpdnn.quantizer.experiment import Choice, chosen
from lpdnn.quantizer.journal import Journal
from lpdnn.quantizer.simulation import Simulation
from quantization_networks import examples, small_network

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.quantizer import Exploration, Quantized

SIZES = {"calibration": 8, "evaluation": 16}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Quantized, Path]:
    path = tmp_path_factory.mktemp("quantized") / "q.json"
    graph = small_network(uneven=True)
    data = examples(graph)
    return lpdnn.quantize(graph, data, bits=(8, 3), methods=("PC", "K"), config=path, **SIZES), path


def explored(path: Path, **options: object) -> Exploration:
    graph = small_network(uneven=True)
    every = {"workers": 1, "sensitivity": 6, "points": 3, **SIZES, **options}
    return lpdnn.explore(graph, path, examples(graph), **every)  # type: ignore[arg-type]


def test_a_simulation_computes_what_the_interpreter_does() -> None:
    graph = small_network()
    simulation = Simulation(graph)
    x = np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)
    assert np.allclose(simulation.run(x)["prob"], interpret(graph, {"x": x})["prob"], atol=1e-5)
    one, weight = Format("PC", 8, scale=(0.02,)), graph.constants["expand.w"] * 2
    simulation.round_to({"expand": one, "prob": Format("D", 8, il=1, fl=7)})
    simulation.write({"expand.w": weight})
    other = simulated(graph)
    constants = {**other.constants, "expand.w": weight, grid_name("expand"): grid(one)}
    constants[grid_name("prob")] = grid(Format("D", 8, il=1, fl=7))
    changed = type(other)(other.name, other.inputs, other.outputs, other.nodes, other.types, constants)
    expected = interpret(changed, {"x": x})["prob"]
    assert np.abs(simulation.run(x)["prob"] - expected).max() <= 1 / 128
    simulation.write(graph.constants)
    simulation.round_to({"expand": Format("float"), "prob": Format("float")})
    assert np.allclose(simulation.run(x)["prob"], interpret(graph, {"x": x})["prob"], atol=1e-5)


def test_quantize_writes_a_configuration_that_fits(found: tuple[Quantized, Path]) -> None:
    quantized, path = found
    configuration = load_configuration(path)
    assert configuration == quantized.configuration
    configuration.check(lpdnn.simplify(small_network(uneven=True)))
    assert configuration.weight("expand").label == "PC8"
    assert set(configuration.weights["expand"].candidates) == {"PC8", "PC3", "K8", "K3"}
    assert configuration.activation("x").label == "PC8"
    assert configuration.activation("prob").label == "PC16"
    assert configuration.calibration == {"data": "random", "images": 8, "seed": 0, "evaluated": 16}
    assert quantized.float_score == 1
    assert quantized.score >= 15 / 16


def test_steps_that_gain_nothing_are_left_out(found: tuple[Quantized, Path]) -> None:
    ladder = found[0].ladder
    assert [rung.step for rung in ladder] == ["none", "equalize", "clip", "rounding", "bias"]
    kept = [rung.calibration_noise for rung in ladder if rung.kept]
    assert kept == sorted(kept, reverse=True)
    assert {rung.step: rung.kept for rung in ladder[1:]} == dict(found[0].configuration.steps)


def test_stored_weights_are_those_that_were_simulated(found: tuple[Quantized, Path]) -> None:
    quantized = found[0]
    for name, tensor in quantized.configuration.weights.items():
        weight = quantized.graph.constants[f"{name}.w"]
        assert np.allclose(tensor.format.rounded(weight), weight, rtol=1e-5, atol=1e-7)


def test_the_stored_network_answers_as_the_simulated_one(found: tuple[Quantized, Path]) -> None:
    quantized = found[0]
    assert {note.split()[0] for note in quantized.stored().notes} <= {"prob"}
    assert {"qconv2d", "qfc"} <= {node.op.NAME for node in quantized.stored().graph.nodes}
    program = lpdnn.build(quantized.stored().graph)
    experiment = quantized.experiment
    experiment.load(chosen(quantized.configuration))
    for x in experiment.examples["evaluation"].inputs:
        simulated_ = experiment.simulation.run(x)["prob"]
        assert np.abs(np.asarray(program(x)) - simulated_).max() <= 0.02


def test_a_rescue_rescues() -> None:
    graph = small_network(seed=4, uneven=True)
    asked = {"bits": (4,), "activation_bits": (8,), "per_filter": False, **SIZES}
    steps = ("equalize", "clip", "rounding", "bias")
    quantized = lpdnn.quantize(graph, examples(graph), steps=dict.fromkeys(steps, True), **asked)  # type: ignore[arg-type]
    assert quantized.ladder[-1].noise < quantized.ladder[0].noise / 3
    off = lpdnn.quantize(graph, examples(graph), steps=dict.fromkeys(steps, False), **asked)  # type: ignore[arg-type]
    assert [rung.step for rung in off.ladder] == ["none"]


def test_exploration_measures_tensors_groups_and_the_whole(found: tuple[Quantized, Path]) -> None:
    result = explored(found[1], groups=("*e*",), searches=("knapsack", "greedy"))
    alone = {(one.kind, one.name, one.label): one.noise for one in result.tensors}
    assert len(alone) == len(result.tensors) == 5 * 4 + 8 * 2
    assert all(
        alone["weights", name, "PC8"] < alone["weights", name, "PC3"]
        for name in ("stem", "expand", "project", "fc")
    )
    groups = {one.name for one in result.groups}
    assert {"all weights", "all activations", "all", "*e*", "weights of conv2d 3x3 depthwise"} <= groups
    assert {point.origin for point in result.points} >= {"uniform", "knapsack", "greedy"}
    sizes = [point.sizes.model for point in result.front]
    assert sizes == sorted(sizes)
    assert result.float_sizes.model > max(sizes)
    best = result.smallest_within(0.0)
    assert best is None or best.score >= result.float_score


def test_a_cost_table_prices_configurations(found: tuple[Quantized, Path], tmp_path: Path) -> None:
    costs = tmp_path / "costs.json"
    stored = found[0].stored().graph
    lpdnn.tune(stored, costs=costs, use=["*=cpu_vanilla"], budget=0.5, confirm=False)
    result = explored(found[1], costs=costs, points=2, refine=0)
    assert all(point.seconds is not None and point.seconds > 0 for point in result.points)


def test_given_formats_are_taken_as_they_are(found: tuple[Quantized, Path]) -> None:
    graph = small_network(uneven=True)
    again = lpdnn.quantize(graph, examples(graph), formats=found[1], **SIZES)
    assert again.score == found[0].score
    for name, array in found[0].graph.constants.items():
        assert np.allclose(again.graph.constants[name], array)


def test_what_was_measured_is_not_measured_again(found: tuple[Quantized, Path], tmp_path: Path) -> None:
    journal = tmp_path / "j"
    whole = explored(found[1], journal=journal)
    lines = journal.read_text().splitlines()
    journal.write_text(
        "\n".join(lines[: len(lines) // 2]) + '\n{"experiment": "' + json.loads(lines[0])["experiment"]
    )
    assert explored(found[1], journal=journal) == whole
    again = journal.read_text().splitlines()
    assert sorted(again) == sorted(lines)
    assert explored(found[1], journal=journal) == whole
    assert len(journal.read_text().splitlines()) == len(again)


def test_two_processes_measure_what_one_does(found: tuple[Quantized, Path]) -> None:
    assert explored(found[1], workers=2) == explored(found[1], workers=1)


def test_workers_of_a_cluster_measure_what_one_process_does(found: tuple[Quantized, Path]) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        assert explored(found[1], cluster=cluster.scheduler_address) == explored(found[1])


def test_no_scheduler_is_one_sentence(found: tuple[Quantized, Path]) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(lpdnn.LpdnnError, match="no Dask scheduler answers there"):
        explored(found[1], cluster="tcp://127.0.0.1:9")


def test_too_many_configurations_are_refused(found: tuple[Quantized, Path]) -> None:
    with pytest.raises(lpdnn.LpdnnError, match="an exhaustive search measures 4096 at most"):
        explored(found[1], searches=("exhaustive",))


def test_the_knapsack_is_near_what_trying_all_finds(tmp_path: Path) -> None:
    graph = small_network(uneven=True)
    asked = {"bits": (8, 3), "activation_bits": (8,), "steps": {}, **SIZES}
    lpdnn.quantize(graph, examples(graph), config=tmp_path / "q.json", **asked)  # type: ignore[arg-type]
    result = explored(tmp_path / "q.json", searches=("knapsack", "exhaustive"), points=6)
    every = [point for point in result.points if point.origin == "exhaustive"]
    for point in (one for one in result.points if one.origin == "knapsack"):
        least = min(one.noise for one in (*every, point) if one.sizes.model <= point.sizes.model)
        assert point.noise <= 3 * least + 1e-4
    assert len(every) > 20


def test_a_choice_changes_only_what_differs(found: tuple[Quantized, Path]) -> None:
    experiment = found[0].experiment
    first = experiment.measure(chosen(found[0].configuration))
    experiment.measure(Choice({"fc": "K3"}))
    assert experiment.measure(chosen(found[0].configuration)) == first
    journal = Journal(None, experiment)
    journal.note(Choice({"fc": "K3"}), "evaluation", first)
    assert journal.known[Choice({"fc": "K3", "expand": "float"}).key, "evaluation"] == first


def test_a_network_of_two_inputs_is_refused() -> None:
    builder = GraphBuilder("two")
    builder.input("x", TensorType((1, 3, 8, 8)))
    builder.input("y", TensorType((1, 3, 8, 8)))
    graph = builder.finish([builder.apply(Eltwise("sum"), "x", "y", name="z")])
    with pytest.raises(lpdnn.LpdnnError, match="has 2 inputs"):
        lpdnn.quantize(graph, examples(small_network()))
