"""Kernels for measurements: compiled in parallel, kept in the object cache, in one shared object for each plugin."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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
from lpdnn.ir import Graph, LpdnnError, Node
from lpdnn.toolchain.compilers import CORE, INCLUDE, Unit, call, compile_units, compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpdnn.ir import Operator, TensorType, Types
    from lpdnn.primitives import Plugin
    from lpdnn.selection import Implementation
    from lpdnn.targets import Target

HERE = Path(__file__).parent / "support"


@dataclass(frozen=True)
class Job:
    """An implementation of a layer, to be called: what it reads and writes, with layouts."""

    implementation: Implementation
    op: Operator
    inputs: Types
    outputs: tuple[TensorType, ...]

    @staticmethod
    def of(implementation: Implementation, op: Operator, inputs: Types) -> Job:
        """Return an implementation for a layer whose types have no layouts yet."""
        reads = implementation.primitive.in_types(inputs, implementation.layout)
        return Job(implementation, op, reads, implementation.primitive.out_types(op, reads))

    @property
    def kernel(self) -> tuple[str, tuple[str, ...]]:
        """The C symbol, and the macros that its source is compiled with."""
        return specialised(self.implementation.primitive, self.op, self.inputs, self.outputs)

    def spec(self, symbol: str) -> list[str]:
        """Return the definition of its spec struct in C, under a symbol that can be seen."""
        names = tuple(None if t is None else f"in{i}" for i, t in enumerate(self.inputs))
        results = tuple(f"out{i}" for i in range(len(self.outputs)))
        types = {
            n: t for n, t in zip((*names, *results), (*self.inputs, *self.outputs), strict=True) if n and t
        }
        node = Node("node", self.op, names, results)
        graph = Graph("case", tuple(n for n in names if n), results, (node,), types, {})
        text, tables = initialiser(graph, node, symbol)
        return [*tables, text.replace("static const", "const", 1)]


@dataclass(frozen=True)
class Loadable:
    """Where a kernel and its spec are; or why it cannot be compiled."""

    library: Path
    symbol: str
    spec: str
    failure: str = ""


def timer(target: Target, folder: Path) -> Path:
    """Return a shared object with the clock and the peak alone."""
    cc = compiler(target)
    pic = (*target.flags, "-fPIC")
    objects = compile_units(cc, [Unit(HERE / "kernel_timer.c", ("-std=gnu99", *pic))], (INCLUDE,))
    library = folder / "timer.so"
    call([cc, "-shared", *objects, "-o", library])
    return library


def load_jobs(
    jobs: Sequence[Job], target: Target, folder: Path, tell: Callable[[int], None] = lambda _done: None
) -> list[Loadable]:
    """Compile the kernels of jobs, a plugin at a time; `tell` hears how many jobs are done."""
    found: list[Loadable | None] = [None] * len(jobs)
    by_plugin: dict[str, list[int]] = {}
    for number, job in enumerate(jobs):
        by_plugin.setdefault(job.implementation.plugin.name, []).append(number)
    for name, numbers in sorted(by_plugin.items()):
        made = _Objects(jobs[numbers[0]].implementation.plugin, target, folder / name)
        for number, loadable in zip(numbers, made.link([jobs[n] for n in numbers], tell), strict=True):
            found[number] = loadable
    return [one for one in found if one is not None]


class _Objects:
    """The shared object of a plugin in the making."""

    def __init__(self, plugin: Plugin, target: Target, folder: Path) -> None:
        self.plugin, self.folder = plugin, folder
        self.cc = compiler(target)
        self.flags = (*target.flags, "-fPIC")
        folder.mkdir()

    def _unit(self, source: Path, standard: str, defines: Sequence[str] = ()) -> Unit:
        return Unit(source, (f"-std={standard}", *self.flags, *(f"-D{define}" for define in defines)))

    def link(self, jobs: Sequence[Job], tell: Callable[[int], None]) -> list[Loadable]:
        """Return where each job is; those that do not compile fail alone."""
        used = uses((self.plugin, job.implementation.primitive.library) for job in jobs)
        if opened(used):
            (self.folder / HEADER).write_text(libraries_header(used))
        folders = (INCLUDE, self.plugin.support, self.folder, HOSTED, *includes(used))

        def compiled(unit: Unit) -> Path | LpdnnError:
            try:
                return compile_units(self.cc, [unit], folders)[0]
            except LpdnnError as error:
                return error

        sources = {
            job.kernel[0]: self._unit(
                self.plugin.kernels / f"{job.implementation.primitive.file}.c",
                self.plugin.c_standard,
                job.kernel[1],
            )
            for job in jobs
        }
        users: dict[str, int] = {}
        for job in jobs:
            users[job.kernel[0]] = users.get(job.kernel[0], 0) + 1
        objects: dict[str, Path | LpdnnError] = {}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for symbol, made in zip(sources, pool.map(compiled, sources.values()), strict=True):
                objects[symbol] = made
                tell(users[symbol])
        cases = self.folder / "cases.c"
        lines = ['#include "lpdnn_ops.h"']
        for number, job in enumerate(jobs):
            lines += job.spec(f"spec{number}")
        cases.write_text("\n".join((*lines, "")))
        shared = [self._unit(unit.source, unit.standard, unit.defines) for unit in library_units(used)]
        shared += [self._unit(OPENER[0], "gnu11")] if opened(used) else []
        shared += [self._unit(path, "c89") for path in sorted(CORE.glob("*.c"))]
        shared += [self._unit(path, "gnu99") for path in (cases, HERE / "kernel_timer.c")]
        parts = [
            *(o for o in objects.values() if isinstance(o, Path)),
            *compile_units(self.cc, shared, folders),
        ]
        library = self.folder / "kernels.so"
        (self.folder / "link").write_text("\n".join(f'"{part}"' for part in parts))
        call([self.cc, "-shared", "-Wl,-Bsymbolic", f"@{self.folder / 'link'}", "-o", library, *links(used)])
        return [
            Loadable(library, job.kernel[0], f"spec{number}", _reason(objects[job.kernel[0]]))
            for number, job in enumerate(jobs)
        ]


def _reason(made: Path | LpdnnError) -> str:
    if isinstance(made, Path):
        return ""
    lines = [line for line in str(made).splitlines() if "error" in line]
    return f"it does not compile: {lines[0].strip() if lines else 'the compiler failed'}"[:300]
