"""Networks of integers, layer by layer: the interpreter and C of every compiler, level and instruction set.

    python evaluation/bit_exact.py [NETWORK ...] > docs/evaluation/bit_exact.md

Formats are those that the layer analysis finds; the models and data are in $LPDNN_SHARED (default ../shared).
Each network is shown one image. A hash of a layer is the start of the SHA-256 of its integers in the
interpreter; C is compared with those integers themselves.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

import lpdnn
from lpdnn.data import read_dataset
from lpdnn.interpreter import interpret
from lpdnn.ir import RANGE
from lpdnn.targets import find
from lpdnn.toolchain import Program
from quantization import DATA, Study

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lpdnn.ir import Array

Values = "Mapping[str, Array]"
Trace = "Callable[[Array], Values]"
NETWORKS = (
    "LeNet",
    "CIFAR-10 quick",
    "CIFAR-10 full",
    "CIFAR-10 of CMSIS-NN, M7",
    "CIFAR-10 of CMSIS-NN, M4",
    "SqueezeNet v1.0",
    "MobileNetV2",
)
SCHEMES = {
    "int8": {"bits": (8,), "methods": ("PC",)},
    "16-bit fixed point": {"bits": (16,), "methods": ("D",)},
    "16x8": {"bits": (8,), "activation_bits": (16,), "methods": ("PC",)},
}
COMPILERS = [(cc, level) for cc in ("gcc", "clang") for level in ("-O0", "-O3")]
TARGETS = ("native", "x86-64-avx2", "x86-64-avx512")


@dataclass(frozen=True)
class Case:
    """A network of integers, what it is shown, and what the interpreter makes of that."""

    name: str
    scheme: str
    graph: lpdnn.Graph
    image: Array
    values: Mapping[str, Array]
    notes: tuple[str, ...]

    def layers(self) -> list[str]:
        """Return the values that are integers, in order."""
        made = [value for node in self.graph.nodes for value in node.outputs]
        return [value for value in made if self.graph.types[value].dtype in RANGE]

    def digest(self, value: str) -> str:
        """Return the hash of a layer."""
        return hashlib.sha256(np.ascontiguousarray(self.values[value]).tobytes()).hexdigest()[:12]


def cases(name: str) -> Iterator[Case]:
    """Yield a network in each scheme."""
    study = Study(name)
    graph = study.load()
    shape = graph.types[graph.inputs[0]].shape
    data = read_dataset(DATA / study.network.data, shape, study.network.preprocessing())
    image = data.read(0)[0][None]
    for scheme, options in SCHEMES.items():
        steps = dict.fromkeys(("equalize", "clip", "rounding", "bias"), False)
        found = lpdnn.quantize(graph, data, calibration=16, evaluation=1, steps=steps, **options)
        stored = found.stored()
        values = interpret(stored.graph, {stored.graph.inputs[0]: image})
        yield Case(name, scheme, stored.graph, image, values, stored.notes)


def made_with(bundle: Path, cc: str, flags: str, *more: str) -> Program:
    """Return the program of a bundle, built by its own Makefile."""
    words = ["-s", f"CC={cc}", f"CFLAGS={flags} -fPIC", *more]
    subprocess.run(["make", *words], cwd=bundle, check=True, stdout=subprocess.DEVNULL)
    library = bundle / "build" / "network.so"
    archive = bundle / "build" / "liblpdnn.a"
    whole = ["-Wl,-Bsymbolic", "-Wl,--whole-archive", str(archive), "-Wl,--no-whole-archive"]
    subprocess.run([cc, "-shared", *whole, "-o", str(library)], check=True)
    return Program(bundle, library)


def builds(case: Case, folder: Path) -> Iterator[tuple[str, Program]]:
    """Yield what computes the network, by name."""
    options = {"simplified": False, "weights": "binary"}
    plain = lpdnn.select(case.graph, use=["*=cpu_vanilla"], simplified=False)
    for cc, level in COMPILERS:
        if shutil.which(cc):
            bundle = lpdnn.generate(case.graph, folder / f"{cc}{level}", selection=plain, **options)
            yield f"{cc} {level}", made_with(bundle, cc, level, "ARCH=")
    for target in TARGETS:
        if find(target).runs_here:
            yield target, lpdnn.build(case.graph, target=target, simplified=False)
    if find("x86-64-avx512").runs_here and "avx512vnni" in find("native").features:
        bundle = lpdnn.generate(case.graph, folder / "amx", target="x86-64-amx", **options)
        yield "x86-64-amx, tiles in C", made_with(bundle, "gcc", "-O2 -DLPDNN_TILES_IN_C")


def compare(case: Case) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Return the layers that differ, and how many were compared, by build."""
    wrong: dict[str, list[str]] = {}
    seen: dict[str, int] = {}
    with TemporaryDirectory() as folder:
        for build, program in builds(case, Path(folder)):
            traced = program.trace(case.image)
            there = [value for value in case.layers() if value in traced]
            seen[build] = len(there)
            wrong[build] = [value for value in there if not np.array_equal(traced[value], case.values[value])]
    return wrong, seen


def main(wanted: list[str]) -> int:
    """Print the page; return 1 if a layer differs."""
    names = "".join(f'"{name}" ' for name in wanted)
    print("# Integers, layer by layer\n")
    print(
        f"Made by `python evaluation/bit_exact.py {names}> docs/evaluation/bit_exact.md`. Layers whose integers in C"
    )
    print("are the interpreter's, of those that C has a step for. gcc and clang compile the plain C kernels;")
    print("the targets run the kernels that selection takes there, AMX's on tiles in plain C.\n")
    failed = 0
    hashes: list[str] = []
    for name in wanted or NETWORKS:
        for case in cases(name):
            wrong, seen = compare(case)
            if not hashes:
                print(f"| network | integers | layers | {' | '.join(seen)} |")
                print("|---" * (3 + len(seen)) + "|")
            cells = [
                f"{seen[b] - len(wrong[b])}/{seen[b]}" + (" **differs**" if wrong[b] else "") for b in seen
            ]
            print(f"| {name} | {case.scheme} | {len(case.layers())} | {' | '.join(cells)} |", flush=True)
            failed |= any(wrong.values())
            hashes.append(f"\n### {name}, {case.scheme}\n")
            hashes += [f"Not integers: {note}." for note in case.notes]
            hashes += [" ".join(f"{value} `{case.digest(value)}`" for value in case.layers())]
    print("\n## A hash for each layer")
    print("\n".join(hashes))
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
