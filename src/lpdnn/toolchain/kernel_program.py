"""One primitive, many cases: a program that feeds its kernel and returns what it wrote."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.codegen.libraries import (
    HEADER,
    HOSTED,
    OPENER,
    includes,
    libraries_header,
    library_units,
    links,
    opened,
    uses,
)
from lpdnn.codegen.spec import initialiser
from lpdnn.codegen.units import specialised
from lpdnn.ir import ELEMENT, Graph, LpdnnError, Node, TensorType, from_memory, to_memory
from lpdnn.toolchain.compilers import CORE, INCLUDE, SUPPORT, Unit, call, compile_units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpdnn.ir import Array, Operator
    from lpdnn.primitives import Plugin, Primitive


@dataclass(frozen=True)
class Case:
    """An operator with its inputs in N, C, H, W order, None where absent.

    `in_place` is the position of the input whose memory the output takes over, or -1; `layout` that of the
    images, for a primitive that works on any; `apart` how many more elements there are from a pixel of the
    result to the next than it has channels.
    """

    op: Operator
    inputs: tuple[Array | None, ...]
    in_place: int = -1
    layout: str = ""
    apart: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", self.op.padded(self.inputs))

    def graph(self, primitive: Primitive) -> Graph:
        """Return a network of this one node, with the types that the primitive reads and writes."""
        plain = tuple(None if x is None else TensorType.of(x) for x in self.inputs)
        inputs = primitive.in_types(plain, self.layout)
        outputs = primitive.out_types(self.op, inputs)
        if self.apart:
            outputs = tuple(replace(t, pitch=t.shape[1] + self.apart) for t in outputs)
        names = tuple(None if t is None else f"in{i}" for i, t in enumerate(inputs))
        results = tuple(f"out{i}" for i in range(len(outputs)))
        types = {n: t for n, t in zip((*names, *results), (*inputs, *outputs), strict=True) if n and t}
        node = Node("node", self.op, names, results)
        return Graph("case", tuple(n for n in names if n), results, (node,), types, {})

    def operands(self, primitive: Primitive) -> tuple[Array | None, ...]:
        """Return the inputs as they lie in memory: images in their layout, weights prepared."""
        graph = self.graph(primitive)
        prepared = primitive.prepare(self.op, self.inputs)
        return tuple(
            x if x is None or t is None or self.op.input_name(i) in self.op.PARAMETERS else to_memory(x, t)
            for i, (x, t) in enumerate(zip(prepared, graph.input_types(graph.nodes[0]), strict=True))
        )


def _longs(name: str, values: Sequence[int]) -> str:
    return f"static const long {name}[] = {{{', '.join(map(str, values))}}};"


def _cases_source(primitive: Primitive, cases: Sequence[Case]) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Return kernel_cases.c, and the macros of each kernel symbol in it."""
    lines = ['#include "kernel_cases.h"']
    rows = []
    symbols: dict[str, tuple[str, ...]] = {}
    for i, case in enumerate(cases):
        graph = case.graph(primitive)
        (node,) = graph.nodes
        inputs, outputs = graph.input_types(node), graph.output_types(node)
        symbol, defines = specialised(primitive, node.op, inputs, outputs)
        if symbol not in symbols:
            lines.append(f"extern lpdnn_kernel {symbol};")
        symbols[symbol] = defines
        spec, tables = initialiser(graph, node, f"spec{i}")
        lines += [*tables, spec]
        lines.append(_longs(f"in{i}", [-1 if x is None else x.nbytes for x in case.operands(primitive)]))
        lines.append(_longs(f"out{i}", [t.bytes for t in outputs]))
        workspace = primitive.workspace(node.op, inputs, outputs)
        rows.append(
            f"    {{{symbol}, &spec{i}, {len(inputs)}, {len(outputs)}, in{i}, out{i}, "
            f"{workspace}, {case.in_place}}}"
        )
    lines.append("const kernel_case kernel_cases[] = {\n" + ",\n".join(rows) + "\n};")
    lines.append(f"const int kernel_case_count = {len(cases)};")
    return "\n".join(lines) + "\n", symbols


def _blank_between(flat: Array, tensor: TensorType) -> bool:
    """Tell whether what lies between pixels that are apart is as the driver left it: all ones."""
    if not tensor.pitch:
        return True
    width, channels = flat.itemsize, tensor.shape[1]
    filled = np.pad(flat.view(np.uint8), (0, (tensor.pitch - channels) * width), constant_values=255)
    return bool((filled.reshape(tensor.pixels, -1)[:, channels * width :] == 255).all())


def _results(primitive: Primitive, cases: Sequence[Case], raw: bytes) -> list[tuple[Array, ...]]:
    results: list[tuple[Array, ...]] = []
    position = 0
    for case in cases:
        graph = case.graph(primitive)
        outputs = []
        for tensor in graph.output_types(graph.nodes[0]):
            flat = np.frombuffer(raw, ELEMENT[tensor.dtype], tensor.elements, position)
            if not _blank_between(flat, tensor):
                message = f"{primitive.symbol} wrote between the pixels of its result: {case.op}"
                raise LpdnnError(message)
            outputs.append(from_memory(flat, tensor))
            position += tensor.bytes
        results.append(tuple(outputs))
    return results


def run_cases(
    plugin: Plugin,
    primitive: Primitive,
    cases: Sequence[Case],
    cc: str = "gcc",
    flags: Sequence[str] = ("-O1",),
) -> list[tuple[Array, ...]]:
    """Return the outputs of each case, computed by the kernel in a program of its own."""
    text, symbols = _cases_source(primitive, cases)
    with TemporaryDirectory() as folder:
        home = Path(folder)
        source = home / "kernel_cases.c"
        source.write_text(text)
        used = uses([(plugin, primitive.library)])
        if opened(used):
            (home / HEADER).write_text(libraries_header(used))
        kernel = plugin.kernels / f"{primitive.file}.c"
        standard = f"-std={plugin.c_standard}"
        units = [
            Unit(kernel, (standard, *flags, *(f"-D{d}" for d in defines))) for defines in symbols.values()
        ]
        units += [
            Unit(unit.source, (f"-std={unit.standard}", *flags, *(f"-D{d}" for d in unit.defines)))
            for unit in library_units(used)
        ]
        units += [Unit(OPENER[0], ("-std=gnu11", *flags))] if opened(used) else []
        units += [Unit(path, ("-std=c89", *flags)) for path in sorted(CORE.glob("*.c"))]
        units += [Unit(path, ("-std=gnu99", *flags)) for path in (source, SUPPORT / "kernel_driver.c")]
        objects = compile_units(cc, units, (INCLUDE, SUPPORT, plugin.support, home, HOSTED, *includes(used)))
        program = home / "cases"
        call([cc, *flags, *objects, "-o", program, *links(used)])
        operands = (x for case in cases for x in case.operands(primitive) if x is not None)
        (home / "in").write_bytes(b"".join(np.ascontiguousarray(x).tobytes() for x in operands))
        done = subprocess.run(
            [str(program), str(home / "in"), str(home / "out")], capture_output=True, text=True, check=False
        )
        if done.returncode:
            message = f"{primitive.symbol} failed: {done.stderr.strip()[-3000:]}"
            raise LpdnnError(message)
        return _results(primitive, cases, (home / "out").read_bytes())
