"""Two threads against one: networks with seeded weights, one image, in turns.

    python evaluation/threads.py [NETWORK ...] > docs/evaluation/threads.md

The prototxts are in $LPDNN_SHARED/models/caffe_prototxts (default ../shared). Both programs have the default
selection, so that they differ by the threads alone; the outputs must be equal to the bit. Let the computer have
nothing else to do: both cores are timed, by the clock on the wall. $LPDNN_LOCK is as in peers.py.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from mix import NETWORKS, simplified
from peers import quiet

import lpdnn
from lpdnn.bench.reports import computer
from lpdnn.compiler import random_inputs

THREADS = 2
ROUNDS = 25
WANTED = {"ResNet-50": 1.8}


def measure(name: str) -> tuple[float, float, float, bool]:
    """Return milliseconds with one thread, with several, how many times faster these are, and if all is equal."""
    graph = simplified(NETWORKS[name])
    x = random_inputs(graph)
    with TemporaryDirectory() as home:
        programs = [
            lpdnn.build(graph, folder=Path(home) / str(n), weights="file", simplified=False, threads=n)
            for n in (1, THREADS)
        ]
        one, several = (program.run(x) for program in programs)
        times: list[list[float]] = [[], []]
        with quiet():
            for _ in range(ROUNDS):
                for program, taken in zip(programs, times, strict=True):
                    program.run(x)
                    start = time.perf_counter()
                    program.run(x)
                    taken.append(time.perf_counter() - start)
    equal = all(np.array_equal(one[key], several[key]) for key in one)
    ratios = [a / b for a, b in zip(*times, strict=True)]
    return median(times[0]) * 1e3, median(times[1]) * 1e3, median(ratios), equal


def main(words: list[str]) -> int:
    """Print the page; return 1 where something is not as it should be."""
    good = True
    print("# Two threads against one\n")
    print("Made by `python evaluation/threads.py > docs/evaluation/threads.md`. " + computer())
    print("Default selection, seeded weights, one image; ms.\n")
    print(f"| network | 1 thread | {THREADS} threads | times faster | same output |")
    print("|---|---|---|---|---|")
    for name in words or list(NETWORKS):
        one, several, ratio, equal = measure(name)
        good = good and equal and ratio >= WANTED.get(name, 1.0)
        print(
            f"| {name} | {one:.2f} | {several:.2f} | {ratio:.2f} | {'yes' if equal else '**no**'} |",
            flush=True,
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
