"""A bundle as a shared library with two functions, bench_load and bench_run: what is raced with other runtimes."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lpdnn.ir import LpdnnError
from lpdnn.targets import find
from lpdnn.toolchain import build
from lpdnn.toolchain.compilers import call, compiler
from lpdnn.toolchain.program import read_description

if TYPE_CHECKING:
    from lpdnn.ir import Array

SOURCE = Path(__file__).parent / "support" / "harness.c"


def harness(bundle: Path) -> Path:
    """Compile a bundle with weights="file"; return the library that has the two functions, beside the bundle's."""
    description = read_description(bundle)
    if description["weights"] != "file" or description["symbol"] != "lpdnn":
        message = f"{bundle} was not generated with the weights in a file and the usual names"
        raise LpdnnError(message)
    library = build(bundle)
    made = library.with_name("libharness.so")
    includes = [f"-I{bundle / 'include'}", f"-I{bundle}"]
    cc = compiler(find(description["target"]))
    call([cc, "-shared", "-fPIC", "-O2", SOURCE, *includes, library, "-Wl,-rpath,$ORIGIN", "-o", made])
    return made


class Harness:
    """A network in such a library, called with the least that Python can do."""

    def __init__(self, library: Path) -> None:
        """Open it and map the weights; `library` is where `harness` left it, in the bundle."""
        bundle = library.parents[1]
        description = read_description(bundle)
        self._library = ctypes.CDLL(str(library))
        self._library.bench_load.restype = ctypes.c_void_p
        self._net = ctypes.c_void_p(self._library.bench_load(str(bundle / "lpdnn_model.bin").encode()))
        if not self._net:
            message = f"{library}: bench_load failed"
            raise LpdnnError(message)
        self.outputs = [np.zeros(value["shape"], np.float32) for value in description["outputs"]]
        self._pointers = (ctypes.c_void_p * len(self.outputs))(*[a.ctypes.data for a in self.outputs])

    def __call__(self, x: Array) -> list[Array]:
        """Run one inference; return the outputs, which the next one overwrites."""
        if self._library.bench_run(self._net, ctypes.c_void_p(x.ctypes.data), self._pointers):
            message = "bench_run failed"
            raise LpdnnError(message)
        return self.outputs
