"""Runs cases in child processes, so that one that crashes is a failure like any other."""

from __future__ import annotations

import json
import multiprocessing
import signal
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cases import Outcome, array_of, operators_of, unsuitable
from conformance.compare import compared
from conformance.library import library_of, lowered_outputs, run_network
from lpdnn.codegen.model import model_source
from lpdnn.compiler import lower, select, simplify
from lpdnn.frontends._report import UnsupportedNodesError
from lpdnn.frontends.onnx.importer import import_onnx
from lpdnn.ir import LpdnnError
from lpdnn.targets import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Graph
    from lpdnn.planning import Plan

CHUNK = 40
SECONDS = 60
"""A case that takes longer has failed."""


def imported(case: Any) -> tuple[Graph, dict[str, Any], tuple[str, ...]]:
    """Return the graph of a case, its inputs by name, and which of them had to be constants."""
    model = case.model
    arrays = [array_of(x) for x in case.data_sets[0][0]]
    feeds = dict(zip((value.name for value in model.graph.input), arrays, strict=False))
    if any(array.size == 0 for array in arrays):
        frozen = {name: array for name, array in feeds.items() if array.size == 0}
    else:
        frozen = {}
    shapes = {name: array.shape for name, array in feeds.items() if name not in frozen}
    while True:
        try:
            graph = import_onnx(model, shapes=shapes, constants=frozen)
        except UnsupportedNodesError as error:
            wanted = {value for problem in error.problems for value in problem.values}
            sources = _sources(model, wanted) & set(shapes)
            if not sources:
                raise
            for name in sources:
                frozen[name] = feeds[name]
                del shapes[name]
            continue
        return graph, {name: feeds[name] for name in graph.inputs}, tuple(frozen)


def _sources(model: Any, wanted: set[str]) -> set[str]:
    """Return the inputs of a model that some values are computed from."""
    makers = {name: node for node in model.graph.node for name in node.output}
    found, queue = set(), list(wanted)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        if name in makers:
            queue += makers[name].input
    return found


def _alarm(_number: int, _frame: Any) -> None:
    raise TimeoutError


def _work(cases: Sequence[tuple[int, Any]], report: Path) -> None:
    """Run some cases; a line of the report says which begins, another what became of it."""
    signal.signal(signal.SIGALRM, _alarm)
    warnings.filterwarnings("ignore")
    with report.open("a") as out, tempfile.TemporaryDirectory() as temporary:

        def tell(**what: Any) -> None:
            out.write(json.dumps(what) + "\n")
            out.flush()

        plans: dict[str, Plan] = {}
        ready = []
        for number, case in cases:
            outcome = Outcome(case.name, operators_of(case), "failed")
            tell(begin=number)
            signal.alarm(SECONDS)
            try:
                graph, feeds, outcome.frozen = imported(case)
                graph = simplify(graph)
                choice = select(graph, use=["*=cpu_vanilla"] if graph.nodes else [], simplified=False)
                plan = lower(graph, find("native"), simplified=False, selection=choice)
                model_source(plan, "x", "c", 0)
                outcome.known = all(value in plan.graph.constants for value in lowered_outputs(plan))
                plans[f"case{number}"] = plan
                ready.append((number, case, feeds, outcome))
                continue
            except UnsupportedNodesError as error:
                outcome.status = "unsupported"
                outcome.reason = "; ".join(dict.fromkeys(f"{p.type}: {p.reason}" for p in error.problems))
            except LpdnnError as error:
                outcome.status, outcome.reason = "refused", str(error)
            except TimeoutError:
                outcome.reason = f"not compiled within {SECONDS} s"
            except Exception as error:  # noqa: BLE001  # whatever it is, the case has failed
                place = traceback.extract_tb(error.__traceback__)[-1]
                outcome.reason = (
                    f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
                )
            finally:
                signal.alarm(0)
            tell(end=number, outcome=asdict(outcome))
        if not ready:
            return
        library = library_of(plans, Path(temporary))
        for number, case, feeds, outcome in ready:
            tell(begin=number)
            try:
                problem = compared(case, run_network(library, f"case{number}", plans[f"case{number}"], feeds))
                outcome.status, outcome.reason = ("failed", problem) if problem else ("passed", "")
            except LpdnnError as error:
                outcome.reason = str(error)
            tell(end=number, outcome=asdict(outcome))


def run(cases: Sequence[Any], workers: int = 2, chunk: int = CHUNK) -> list[Outcome]:
    """Return the outcome of each case."""
    outcomes: dict[int, Outcome] = {}
    queue: list[list[tuple[int, Any]]] = []
    suitable = []
    for number, case in enumerate(cases):
        reason = unsuitable(case)
        if reason:
            outcomes[number] = Outcome(case.name, operators_of(case), "skipped", reason)
        else:
            suitable.append((number, case))
    queue = [suitable[i : i + chunk] for i in range(0, len(suitable), chunk)]
    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        running: dict[Any, tuple[list[tuple[int, Any]], Path]] = {}
        made = 0
        while queue or running:
            while queue and len(running) < workers:
                part = queue.pop(0)
                made += 1
                report = Path(folder) / f"{made}.jsonl"
                process = fork.Process(target=_work, args=(part, report))
                process.start()
                running[process] = part, report
            time.sleep(0.05)
            for process in [p for p in running if not p.is_alive()]:
                part, report = running.pop(process)
                process.join()
                _collect(part, report, process.exitcode, outcomes, queue)
                print(f"\r{len(outcomes)} of {len(cases)}", end="", file=sys.stderr, flush=True)
    return [outcomes[number] for number in range(len(cases))]


def _collect(
    part: list[tuple[int, Any]],
    report: Path,
    exit_code: int | None,
    outcomes: dict[int, Outcome],
    queue: list[list[tuple[int, Any]]],
) -> None:
    """Take over what a child has found; what it left undone when it died runs again, one by one."""
    lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    for line in lines:
        if "end" in line:
            outcomes[line["end"]] = Outcome(**{**line["outcome"], "frozen": tuple(line["outcome"]["frozen"])})
    missing = [(number, case) for number, case in part if number not in outcomes]
    if len(missing) == 1 and len(part) == 1:
        number, case = missing[0]
        reason = f"the process ended with {exit_code}"
        outcomes[number] = Outcome(case.name, operators_of(case), "failed", reason)
    elif missing:
        queue += [[item] for item in missing]
