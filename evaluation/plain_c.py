"""How much faster than plain C: MobileNetV1 by the best mix, and by cpu_vanilla as compilers may build it.

    python evaluation/plain_c.py > docs/evaluation/plain_c.md

The mix is that of evaluation/mix.py, whose cost table it goes on with. cpu_vanilla's bundle is built by its own
Makefile, with other flags each time; all programs then run in turns. Let the computer have nothing else to do.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from mix import NETWORKS, simplified

import lpdnn
from lpdnn.bench.network import MIX, PLAIN, contenders, one_core, priced
from lpdnn.bench.reports import measured_on
from lpdnn.compiler import random_inputs
from lpdnn.selection import load_costs
from lpdnn.targets import find
from lpdnn.toolchain import Program
from lpdnn.toolchain.compilers import cache_folder

NAME = "MobileNetV1"
AIM = 80
ROUNDS = 7
BUILDS = {
    "-O3 -march=native": "as in all other tables: gcc turns loops into AVX-512",
    "-O2 -march=x86-64": "as any x86-64 computer takes it",
    "-O2 -march=x86-64 -fno-tree-vectorize": "without vector instructions, as on a core that has none",
    "-Os -march=x86-64": "small",
    "-O0 -march=x86-64": "as a debugger wants it",
}


def built(bundle: Path, flags: str, name: str) -> Program:
    """Return a bundle as its own Makefile builds it with other flags."""
    make = ["make", "-s", "-C", str(bundle), f"BUILD={name}", f"CFLAGS={flags} -fPIC", "ARCH="]
    subprocess.run(make, check=True, stdout=sys.stderr)
    (archive,) = (bundle / name).glob("lib*.a")
    library = bundle / f"{name}.so"
    whole = ["-Wl,--whole-archive", str(archive), "-Wl,--no-whole-archive"]
    subprocess.run(["gcc", "-shared", "-Wl,-Bsymbolic", *whole, "-o", str(library)], check=True)
    return Program(bundle, library)


def main() -> int:
    """Print the page."""
    graph = simplified(NETWORKS[NAME])
    costs = cache_folder() / "mix" / NAME / "costs.json"
    costs.parent.mkdir(parents=True, exist_ok=True)
    table = lpdnn.tune(graph, costs=costs, simplified=False)
    chosen = {one.name: one.selection for one in contenders(priced(graph, table), [PLAIN])}
    x = random_inputs(graph)
    programs: dict[str, Program] = {}
    with TemporaryDirectory() as home, one_core():
        programs[MIX] = lpdnn.build(graph, folder=Path(home) / "mix", simplified=False, selection=chosen[MIX])
        bundle = lpdnn.generate(
            graph, Path(home) / "plain", simplified=False, selection=chosen[PLAIN], weights="binary"
        )
        for number, flags in enumerate(BUILDS):
            programs[flags] = built(bundle, flags, f"build{number}")
        samples: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(ROUNDS):
            for name, program in programs.items():
                program.seconds(x)
                samples[name].append(program.seconds(x))
    times = {name: median(found) for name, found in samples.items()}
    mix = times[MIX]
    operations = 2 * sum(
        node.op.cost(graph.input_types(node), graph.output_types(node)).multiplications
        for node in graph.nodes
    )
    least = operations / (table.peak * 1e9)
    print("# How much faster than plain C\n")
    print(
        f"Made by `python evaluation/plain_c.py > docs/evaluation/plain_c.md`: {NAME}, one image, seeded weights.\n"
    )
    print("\n".join(measured_on(load_costs(costs, find("native")))) + "\n")
    print(f"| program | ms | times the mix | at most, at the core's peak | for {AIM} times, ms |")
    print("|---|---|---|---|---|")
    print(f"| best mix | {mix * 1e3:.2f} | 1 | {mix / least:.2f} | |")
    for flags, what in BUILDS.items():
        row = (f"{times[flags] * 1e3:.1f}", f"{times[flags] / mix:.1f}", f"{times[flags] / least:.1f}")
        print(f"| cpu_vanilla, gcc {flags}: {what} | {' | '.join(row)} | {times[flags] / AIM * 1e3:.2f} |")
    print(
        f"\nThe network multiplies and adds {operations / 2e6:.0f} million times. At {table.peak:.0f} GFLOP/s, what "
        f"this core does at best in fp32,\nthat takes {least * 1e3:.2f} ms, and the mix takes {mix * 1e3:.2f}: "
        f"{least / mix:.0%} of the peak.\n"
        "No fp32 program on this core can be further above a build than the fourth column says."
    )
    reached = [flags for flags in BUILDS if times[flags] / mix >= AIM]
    print(
        f"\n{AIM} times is reached over: {', '.join(f'gcc {flags}' for flags in reached) or 'none of these builds'}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
