"""The conformance cases of the onnx package through importer, passes, planner and generated C.

    python evaluation/onnx_conformance.py [SUBSTRING ...] > docs/evaluation/onnx_conformance.md

Every case of onnx.backend.test.case.node is a model of its own with inputs and the results that are expected. The
kernels are compiled once; of each case only its tables are, and many cases are linked into one library. Cases run
in child processes, so that one that crashes is a failure like any other.
"""

from __future__ import annotations

import collections
import ctypes
import json
import multiprocessing
import signal
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from lpdnn.codegen.model import model_header, model_source
from lpdnn.codegen.netspec import fingerprint, netspec_header, netspec_source
from lpdnn.codegen.units import kernel_units
from lpdnn.compiler import lower
from lpdnn.frontends.onnx.importer import import_onnx
from lpdnn.frontends.onnx.report import UnsupportedNodesError
from lpdnn.ir import ELEMENT, LpdnnError, TensorType, from_memory
from lpdnn.targets import find
from lpdnn.toolchain.compilers import CORE, INCLUDE, Unit, call, compile_units, compiler
from lpdnn.toolchain.program import Params

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpdnn.ir import Graph
    from lpdnn.planning import Plan

TYPES = {"FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE", "BOOL"} | {
    f"{u}INT{n}" for u in ("", "U") for n in (8, 16, 32, 64)
}
CHUNK = 40
SECONDS = 60
"""A case that takes longer has failed."""
RELATIVE = {"float16": 4e-3, "bfloat16": 4e-2}
"""Tolerance where the element type is coarser than the cases' own 1e-3: a few of its last places."""
SMALL = 1e-6
"""Largest error that passes whatever the element, relative to the largest value of the result."""


@dataclass
class Outcome:
    """What became of a case. `frozen` inputs were made constants: shapes, axes and the like."""

    case: str
    operators: str
    status: str
    reason: str = ""
    frozen: tuple[str, ...] = ()
    known: bool = False


def _operators(case: Any) -> str:
    return ", ".join(sorted({node.op_type for node in case.model.graph.node}))


def _unsuitable(case: Any) -> str:
    """Return why a case's types cannot occur on a device, or nothing."""
    graph = case.model.graph
    for value in (*graph.input, *graph.output):
        form = value.type.WhichOneof("value")
        if form != "tensor_type":
            return f"{(form or 'untyped').removesuffix('_type')} instead of tensors"
        name = TensorProto.DataType.Name(value.type.tensor_type.elem_type)
        if name not in TYPES:
            return f"elements of type {name.lower()}"
    for node in graph.node:
        if node.domain not in {"", "ai.onnx"}:
            return f"operators of the domain {node.domain}"
    return ""


def _array(value: Any) -> np.ndarray[Any, Any]:
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def _imported(case: Any) -> tuple[Graph, dict[str, Any], tuple[str, ...]]:
    """Return the graph of a case, its inputs by name, and which of them had to be constants."""
    model = case.model
    arrays = [_array(x) for x in case.data_sets[0][0]]
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


def lowered_outputs(plan: Plan) -> list[str]:
    """Return what the outputs of a plan are copied from."""
    copied = {step.node.outputs[0]: step.node.inputs[0] for step in plan.steps if step.node.op.VIEW}
    return [str(copied.get(value, value)) for value in plan.graph.outputs]


def _write(plan: Plan, symbol: str, folder: Path) -> Path:
    """Write the tables of a network as one C file."""
    (folder / f"{symbol}_netspec.h").write_text(netspec_header(plan, symbol))
    (folder / f"{symbol}_model.h").write_text(model_header(plan, symbol, "c"))
    (folder / f"{symbol}_model.c").write_text(model_source(plan, symbol, "c", fingerprint(plan)))
    path = folder / f"{symbol}_netspec.c"
    path.write_text(netspec_source(plan, symbol))
    return path


def _library(plans: dict[str, Plan], folder: Path) -> ctypes.CDLL:
    cc = compiler(find("native"))
    kernels = {unit.symbol: (unit, plan) for plan in plans.values() for unit in kernel_units(plan)}
    supports = {step.plugin.folder / "support" for plan in plans.values() for step in plan.steps}
    units = [
        Unit(
            unit.source,
            (f"-std={unit.standard}", *find("native").flags, "-fPIC", *(f"-D{d}" for d in unit.defines)),
        )
        for unit, _ in kernels.values()
    ]
    units += [Unit(path, ("-std=c89", "-O2", "-fPIC")) for path in sorted(CORE.glob("*.c"))]
    objects = compile_units(cc, units, (INCLUDE, *sorted(s for s in supports if s.is_dir())))
    sources = [_write(plan, symbol, folder) for symbol, plan in plans.items()]
    sources += [folder / f"{symbol}_model.c" for symbol in plans]
    tables = []
    for source in sources:
        standard = "gnu11" if "LPDNN_ALIGNED" in source.read_text() else "c89"
        tables.append(source.with_suffix(".o"))
        call(
            [
                cc,
                f"-std={standard}",
                "-O0",
                "-fPIC",
                f"-I{INCLUDE}",
                f"-I{folder}",
                "-c",
                source,
                "-o",
                tables[-1],
            ]
        )
    library = folder / "cases.so"
    call([cc, "-shared", "-Wl,-Bsymbolic", *objects, *tables, "-o", library])
    loaded = ctypes.CDLL(str(library))
    for name in ("LpdnnNetAlloc", "LpdnnNetInputBlobGet"):
        getattr(loaded, name).restype = ctypes.c_void_p
    return loaded


def _run(library: ctypes.CDLL, symbol: str, plan: Plan, feeds: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs of a network in a library."""
    graph = plan.graph
    params = Params.in_dll(library, f"{symbol}_network_spec")
    model = ctypes.addressof(ctypes.c_char.in_dll(library, f"{symbol}_network_model"))
    library.LpdnnInit()
    net = ctypes.c_void_p(library.LpdnnNetAlloc(b"case"))
    if library.LpdnnNetInit(net, ctypes.byref(params), ctypes.c_void_p(model)):
        message = "LpdnnNetInit refused the network"
        raise LpdnnError(message)
    for name in graph.inputs:
        array = np.ascontiguousarray(feeds[name].astype(np.float32))
        ctypes.memmove(params.arena + plan.offsets[name], array.ctypes.data, array.nbytes)
    for step in range(params.step_count):
        status = library.LpdnnNetStep(net, step)
        if status:
            message = f"step {plan.steps[step].node.name} ended with status {status}"
            raise LpdnnError(message)
    results = {}
    for name in graph.outputs:
        tensor: TensorType = graph.types[name]
        data = ctypes.string_at(params.arena + plan.offsets[name], tensor.bytes)
        results[name] = from_memory(np.frombuffer(data, ELEMENT[tensor.dtype]), tensor).copy()
    library.LpdnnNetFree(net)
    library.LpdnnDispose()
    return results


def _difference(got: Any, want: Any, rtol: float, atol: float) -> str:
    """Return how a result differs from what is expected, or nothing."""
    if got.shape != want.shape:
        return f"shape {got.shape} instead of {want.shape}"
    kind = want.dtype.name
    a, b = got.astype(np.float64), want.astype(np.float64)
    if kind.startswith(("int", "uint", "bool")):
        wrong = int(np.sum(a != b))
        return f"{wrong} of {want.size} integers differ" if wrong else ""
    rtol = RELATIVE.get(kind, rtol)
    largest = float(np.max(np.abs(b[np.isfinite(b)]), initial=0.0))
    if np.allclose(a, b, rtol=rtol, atol=max(atol, SMALL * largest), equal_nan=True):
        return ""
    with np.errstate(all="ignore"):
        return f"off by {np.nanmax(np.abs(a - b)):.3g} where the largest value is {largest:.3g}"


def _compared(case: Any, results: dict[str, Any]) -> str:
    for value, expected in zip(case.model.graph.output, case.data_sets[0][1], strict=False):
        result = results[value.name]
        if case.model.graph.node[-1].op_type == "NonMaxSuppression":
            result = result[~(result == -1).all(axis=1)]  # there is room for the most rows there can be
        problem = _difference(result, _array(expected), case.rtol, case.atol)
        if problem:
            return f"{value.name}: {problem}"
    return ""


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
            outcome = Outcome(case.name, _operators(case), "failed")
            tell(begin=number)
            signal.alarm(SECONDS)
            try:
                graph, feeds, outcome.frozen = _imported(case)
                plan = lower(graph, find("native"))
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
        library = _library(plans, Path(temporary))
        for number, case, feeds, outcome in ready:
            tell(begin=number)
            try:
                problem = _compared(case, _run(library, f"case{number}", plans[f"case{number}"], feeds))
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
        reason = _unsuitable(case)
        if reason:
            outcomes[number] = Outcome(case.name, _operators(case), "skipped", reason)
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
        outcomes[number] = Outcome(case.name, _operators(case), "failed", reason)
    elif missing:
        queue += [[item] for item in missing]


SUITES = ("pytorch-converted", "pytorch-operator", "simple")


def collect_suites() -> list[Any]:
    """Return the models that the onnx package brings along with their data: the first data set of each."""
    from onnx.backend.test.loader import load_model_tests  # noqa: PLC0415  # with the cases

    cases = []
    for suite in SUITES:
        for test in sorted(load_model_tests(kind=suite), key=lambda test: test.name):
            folder = Path(test.model_dir)
            model = onnx.load(folder / "model.onnx")
            data = folder / "test_data_set_0"
            sets = []
            for kind, values in (("input", model.graph.input), ("output", model.graph.output)):
                paths = sorted(data.glob(f"{kind}_*.pb"), key=lambda path: int(path.stem.rpartition("_")[2]))
                tensors = []
                for path, _ in zip(paths, values, strict=False):
                    tensor = TensorProto()
                    tensor.ParseFromString(path.read_bytes())
                    tensors.append(tensor)
                sets.append(tensors)
            name = f"{suite}/{test.name}"
            cases.append(
                SimpleNamespace(name=name, model=model, data_sets=[tuple(sets)], rtol=1e-3, atol=1e-7)
            )
    return cases


def collect(wanted: Sequence[str] = ()) -> list[Any]:
    """Return the cases whose names have one of the substrings, or all."""
    warnings.filterwarnings("ignore")
    from onnx.backend.test.case.node import collect_testcases  # noqa: PLC0415  # takes ten seconds

    cases = [*collect_testcases(None), *collect_suites()]
    return [case for case in cases if not wanted or any(part in case.name for part in wanted)]


def _table(outcomes: Sequence[Outcome], status: str) -> Iterator[str]:
    rows = collections.defaultdict(list)
    for outcome in outcomes:
        if outcome.status == status:
            rows[outcome.reason].append(outcome.case.removeprefix("test_"))
    for reason, names in sorted(rows.items(), key=lambda row: (-len(row[1]), row[0])):
        text = reason.replace("|", "\\|").replace("\n", " ")
        yield f"| {len(names)} | {text[:300]} | {', '.join(names)} |"


def page(outcomes: Sequence[Outcome], seconds: float) -> str:
    """Return the report."""
    node = [outcome for outcome in outcomes if "/" not in outcome.case]
    passed = [outcome for outcome in node if outcome.status == "passed"]
    lines = [
        "# ONNX conformance",
        "",
        "The cases of the onnx package through the importer, the passes, the planner and generated C; made by",
        f"`python evaluation/onnx_conformance.py` with onnx {onnx.__version__} in {seconds / 60:.1f} minutes.",
        "",
        "A result passes within the case's own tolerance (1e-3 of each element; 4e-3 for float16 and 4e-2 for",
        f"bfloat16 cases, which are computed in float) or {SMALL:g} of the largest element; integers must be equal.",
        "Inputs that must be known at compile time (shapes, axes, ...) are made constants with the case's values.",
        "NonMaxSuppression has room for the most rows there can be: unused ones, all -1, are not compared.",
        "",
        "| cases | in all | passed | skipped | not supported | refused | failed |",
        "|---|---|---|---|---|---|---|",
    ]
    for suite in ("node", *SUITES):
        part = node if suite == "node" else [o for o in outcomes if o.case.startswith(f"{suite}/")]
        counts = collections.Counter(outcome.status for outcome in part)
        columns = ("passed", "skipped", "unsupported", "refused", "failed")
        lines.append(f"| {suite} | {len(part)} | " + " | ".join(str(counts[c]) for c in columns) + " |")
    lines += [
        "",
        f"Of the node cases that passed, {sum(bool(o.frozen) for o in passed)} had some inputs made constants, and",
        f"{sum(o.known for o in passed)} have results that are known at compile time and only copied by C.",
        "Skipped are types that do not occur on a device; refused are models with one sentence about them.",
        "",
    ]
    for status, title in (
        ("failed", "Failed"),
        ("refused", "Refused"),
        ("unsupported", "Not supported"),
        ("skipped", "Skipped"),
    ):
        lines += [
            f"## {title}",
            "",
            "| cases | reason | names |",
            "|---|---|---|",
            *_table(outcomes, status),
            "",
        ]
    by_operator = collections.Counter(outcome.operators for outcome in passed if "," not in outcome.operators)
    lines += [
        "## Passed",
        "",
        "Cases of one operator: " + ", ".join(f"{n} {c}" for n, c in sorted(by_operator.items())),
    ]
    lines += ["", ", ".join(o.case.removeprefix("test_") for o in outcomes if o.status == "passed"), ""]
    return "\n".join(lines)


def main() -> None:
    """Run the cases, print the report."""
    start = time.perf_counter()
    outcomes = run(collect(sys.argv[1:]))
    print(page(outcomes, time.perf_counter() - start))


if __name__ == "__main__":
    main()
