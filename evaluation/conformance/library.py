"""Many networks in one library: kernels are compiled once, of each network only its tables."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from lpdnn.codegen.model import model_header, model_source
from lpdnn.codegen.netspec import fingerprint, netspec_header, netspec_source
from lpdnn.codegen.units import kernel_units
from lpdnn.ir import ELEMENT, LpdnnError, TensorType, from_memory
from lpdnn.targets import find
from lpdnn.toolchain.compilers import CORE, INCLUDE, Unit, call, compile_units, compiler
from lpdnn.toolchain.program import Params

if TYPE_CHECKING:
    from pathlib import Path

    from lpdnn.planning import Plan


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


def library_of(plans: dict[str, Plan], folder: Path) -> ctypes.CDLL:
    """Return a library of networks, by the symbols that their names begin with."""
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


def run_network(library: ctypes.CDLL, symbol: str, plan: Plan, feeds: dict[str, Any]) -> dict[str, Any]:
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
