"""One kernel, many cases: a program that feeds a primitive's kernel and returns what it wrote."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.codegen.spec import initialiser
from lpdnn.ir import ELEMENT, Graph, GraphBuilder, LpdnnError, Node, TensorType
from lpdnn.toolchain.compilers import CORE, INCLUDE, SUPPORT, Unit, compile_units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Array, Operator
    from lpdnn.primitives import Plugin, Primitive


@dataclass(frozen=True)
class Case:
    """An operator with its inputs; None where absent. `in_place`: position of the input whose memory the output takes."""

    op: Operator
    inputs: tuple[Array | None, ...]
    in_place: int = -1

    def graph(self) -> Graph:
        """Return a network of this one node, all of its inputs network inputs."""
        builder = GraphBuilder("case")
        names: list[str | None] = [
            None if x is None else builder.input(f"in{i}", TensorType(tuple(x.shape), _dtype(x)))
            for i, x in enumerate(self.inputs)
        ]
        outputs = tuple(f"out{i}" for i in range(len(self.op.OUTPUTS)))
        builder.add(Node("node", self.op, tuple(names), outputs))
        return builder.finish(outputs)


def _dtype(x: Array) -> str:
    return next(name for name, element in ELEMENT.items() if x.dtype == element)


def _longs(name: str, values: Sequence[int]) -> str:
    return f"static const long {name}[] = {{{', '.join(map(str, values))}}};"


def cases_source(primitive: Primitive, cases: Sequence[Case]) -> str:
    """Return kernel_cases.c: the kernel under test and its cases."""
    lines = ['#include "kernel_cases.h"', f"extern lpdnn_kernel {primitive.symbol};"]
    rows = []
    for i, case in enumerate(cases):
        graph = case.graph()
        (node,) = graph.nodes
        inputs, outputs = graph.input_types(node), graph.output_types(node)
        spec, tables = initialiser(graph, node, f"spec{i}")
        lines += [*tables, spec]
        lines.append(_longs(f"in{i}", [-1 if t is None else t.bytes for t in inputs]))
        lines.append(_longs(f"out{i}", [t.bytes for t in outputs]))
        workspace = primitive.workspace(node.op, inputs, outputs)
        rows.append(
            f"    {{&spec{i}, {len(inputs)}, {len(outputs)}, in{i}, out{i}, {workspace}, {case.in_place}}}"
        )
    lines.append(f"lpdnn_kernel *const kernel_under_test = {primitive.symbol};")
    lines.append("const kernel_case kernel_cases[] = {\n" + ",\n".join(rows) + "\n};")
    lines.append(f"const int kernel_case_count = {len(cases)};")
    return "\n".join(lines) + "\n"


def run_cases(
    plugin: Plugin,
    primitive: Primitive,
    cases: Sequence[Case],
    cc: str = "gcc",
    flags: Sequence[str] = ("-O1",),
) -> list[tuple[Array, ...]]:
    """Return the outputs of each case, computed by the kernel in a program of its own."""
    standard = f"-std={plugin.c_standard}"
    with TemporaryDirectory() as folder:
        home = Path(folder)
        source = home / "kernel_cases.c"
        source.write_text(cases_source(primitive, cases))
        kernel = plugin.kernels / f"{primitive.file}.c"
        units = [Unit(kernel, (standard, *flags))]
        units += [Unit(path, ("-std=c89", *flags)) for path in sorted(CORE.glob("*.c"))]
        units += [Unit(path, ("-std=gnu99", *flags)) for path in (source, SUPPORT / "kernel_driver.c")]
        objects = compile_units(cc, units, (INCLUDE, SUPPORT, plugin.folder / "support"))
        program = home / "cases"
        subprocess.run([cc, *flags, *map(str, objects), "-o", str(program)], check=True)
        constants = [primitive.prepare(case.op, case.inputs) for case in cases]
        (home / "in").write_bytes(
            b"".join(np.ascontiguousarray(x).tobytes() for row in constants for x in row if x is not None)
        )
        done = subprocess.run(
            [str(program), str(home / "in"), str(home / "out")], capture_output=True, text=True, check=False
        )
        if done.returncode:
            message = f"{primitive.symbol} failed: {done.stderr.strip()[-3000:]}"
            raise LpdnnError(message)
        raw = (home / "out").read_bytes()
    results: list[tuple[Array, ...]] = []
    position = 0
    for case in cases:
        graph = case.graph()
        outputs = []
        for tensor in graph.output_types(graph.nodes[0]):
            element = np.dtype(ELEMENT[tensor.dtype])
            outputs.append(np.frombuffer(raw, element, tensor.count, position).reshape(tensor.shape))
            position += tensor.bytes
        results.append(tuple(outputs))
    return results
