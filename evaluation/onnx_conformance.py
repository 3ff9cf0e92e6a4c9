"""The conformance cases of the onnx package through importer, passes, planner and generated C.

    python evaluation/onnx_conformance.py [SUBSTRING ...] > docs/evaluation/onnx_conformance.md

Every case of onnx.backend.test.case.node is a model of its own with inputs and the results that are
expected. The kernels are compiled once; of each case only its tables are, and many cases are linked into
one library. Exits with 1 where a case of an operator that convolutional networks have does not pass as it should.
"""

from __future__ import annotations

import collections
import sys
import time
from typing import TYPE_CHECKING

import onnx
from conformance.cases import SUITES, Outcome, collect
from conformance.compare import SMALL
from conformance.run import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_NAMES = """
Conv ConvTranspose Gemm MatMul BatchNormalization MaxPool AveragePool LpPool GlobalAveragePool
GlobalMaxPool GlobalLpPool Relu LeakyRelu PRelu Clip Sigmoid HardSigmoid HardSwish Tanh Elu Gelu Softplus
Mish Softmax LRN InstanceNormalization LayerNormalization LpNormalization Add Sub Mul Div Max Min Sum
Concat Split Slice Pad Reshape Flatten Transpose Squeeze Unsqueeze Gather Expand Resize Upsample
DepthToSpace ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
ReduceSum ReduceSumSquare ArgMax ArgMin TopK NonMaxSuppression Constant Identity Cast Shape Size
ConstantOfShape Range Dropout QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearConv
QLinearMatMul ConvInteger MatMulInteger
"""
NETWORKS = set(_NAMES.split())
"""Operators that convolutional networks have: each of their cases must pass."""


def _networks(outcomes: Sequence[Outcome]) -> tuple[list[str], bool]:
    """Return what became of the cases of operators that convolutional networks have, and whether all is well."""
    mine = [
        o for o in outcomes if "/" not in o.case and o.operators and set(o.operators.split(", ")) <= NETWORKS
    ]
    counts = collections.Counter(o.status for o in mine)
    left = [o for o in mine if o.status not in {"passed", "skipped"}]
    lines = [
        "",
        f"Of the operators that convolutional networks have there are {len(mine)} node cases: {counts['passed']} pass,",
        f"{counts['skipped']} are of types that do not occur on a device, and {len(left)} do not pass.",
    ]
    lines += [f"- **{o.case.removeprefix('test_')}**: {o.reason[:200]}" for o in left]
    lines += [f"- {o.case.removeprefix('test_')}: {o.reason}" for o in mine if o.status == "skipped"]
    return lines, not left


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
    minutes = seconds / 60
    lines = [
        "# ONNX conformance",
        "",
        "The cases of the onnx package through importer, passes, planner and cpu_vanilla's C; made by",
        f"`python evaluation/onnx_conformance.py` with onnx {onnx.__version__} in {minutes:.1f} minutes.",
        "",
        "A result passes within the case's own tolerance (1e-3 of each element; 4e-3 for float16 and 4e-2 for",
        f"bfloat16 cases, computed in float) or {SMALL:g} of the largest element; integers are equal.",
        "Inputs that must be known at compile time (shapes, axes, ...) are constants of the case's values.",
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
        f"Of the node cases that passed, {sum(bool(o.frozen) for o in passed)} had some inputs made constants,",
        f"{sum(o.known for o in passed)} have results that are known at compile time and only copied by C.",
        "Skipped are types that do not occur on a device; refused are models with one sentence about them.",
        *_networks(outcomes)[0],
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
    if not sys.argv[1:]:
        sys.exit(not _networks(outcomes)[1])


if __name__ == "__main__":
    main()
