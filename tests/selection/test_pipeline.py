"""Selection as users meet it: options, select, build."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lpdnn
from lpdnn.interpreter import interpret
from lpdnn.selection import CostTable, Measurement, save_selection
from lpdnn.targets import find
from selection.with_kernels import branching

if TYPE_CHECKING:
    from pathlib import Path

NET = branching()


def test_what_was_selected_is_what_is_built(tmp_path: Path) -> None:
    given = lpdnn.options(NET, use=["op:conv2d=cpu_vanilla"])
    chosen = lpdnn.select(given)
    program = lpdnn.build(NET, folder=tmp_path / "bundle", selection=chosen)
    steps = {step["node"]: step["plugin"] for step in program.description["steps"]}
    assert {steps[node.name] for node in given.graph.nodes if node.op.NAME == "conv2d"} == {"cpu_vanilla"}
    x = np.random.default_rng(0).standard_normal((1, 3, 9, 7)).astype(np.float32)
    want = interpret(NET, {"data": x})
    for name, got in program.run(x).items():
        np.testing.assert_allclose(got, want[name], rtol=2e-5, atol=2e-5)


def test_selection_and_cost_files_are_taken_by_their_paths(tmp_path: Path) -> None:
    given = lpdnn.options(NET)
    locked, costs = tmp_path / "selection.json", tmp_path / "costs.json"
    save_selection(lpdnn.select(given), given.graph, locked)
    document = json.loads(locked.read_text())
    document["nodes"] = {"left": "cpu_vanilla:ref:nchw"}
    locked.write_text(json.dumps(document))
    CostTable.of(find("native")).with_measurements({"none": {"a": Measurement(1.0)}}).save(costs)
    chosen = lpdnn.select(NET, costs=costs, selection=str(locked), use=["point=cpu_vanilla"])
    assert {str(chosen.nodes[name]) for name in ("left", "point")} == {"cpu_vanilla:ref:nchw"}
    assert "the cost table lacks 1" in " ".join(chosen.notes)


def test_a_budget_of_ram_is_kept_and_goes_with_time_alone() -> None:
    given = lpdnn.options(NET)
    chosen = lpdnn.select(given, ram=1 << 20)
    assert chosen.proof is not None
    assert chosen.proof.proven
    with pytest.raises(lpdnn.LpdnnError, match="does not fit into 100 bytes"):
        lpdnn.select(given, ram=100)
    with pytest.raises(lpdnn.LpdnnError, match="goes with the objective time"):
        lpdnn.select(given, ram=100, objective="size")


def test_the_smallest_takes_no_more_bytes_of_weights_than_the_fastest() -> None:
    chosen = lpdnn.select(NET, objective="size")
    assert chosen.objective == "size"
    weights = sum(array.nbytes for array in NET.constants.values())
    assert chosen.proof is not None
    assert chosen.proof.cost >= weights


def test_a_selection_for_a_board_takes_only_what_runs_there() -> None:
    board = find("cortex-m4")
    chosen = lpdnn.select(NET, target="cortex-m4")
    assert chosen.target == "cortex-m4"
    for node in NET.nodes:
        one = chosen.nodes[node.name]
        reads = one.primitive.in_types(NET.input_types(node), one.layout)
        assert not one.primitive.accepts(node.op, reads, one.primitive.out_types(node.op, reads), board)
