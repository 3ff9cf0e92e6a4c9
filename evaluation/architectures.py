"""Every architecture with seeded weights: C against OpenCV's Caffe reader, layer by layer; and its memory.

    python evaluation/architectures.py [FILE ...] > docs/evaluation/architectures.md

Twice each: as it is deployed, where layers melt into others, and without the passes, where every layer of the
file is computed in C and compared. The prototxts are in $LPDNN_SHARED/models/caffe_prototxts (default:
../shared).
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import lpdnn
from lpdnn.compiler import lower
from lpdnn.targets import find

SHARED = Path(os.environ.get("LPDNN_SHARED", Path(__file__).parent.parent.parent / "shared"))
TOLERANCE = 1e-4


def one_image(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the network's input with a batch of 1: the files ask for up to 10 images."""
    graph = lpdnn.load(path, fill="random")
    return {name: (1, *graph.types[name].shape[1:]) for name in graph.inputs}


def with_boxes(path: Path, folder: Path) -> Path:
    """Return the network, a detector with a threshold so low that seeded weights find boxes to compare."""
    lowered = folder / path.name
    lowered.write_text(re.sub(r"(confidence_threshold:\s*)[0-9.]+", r"\g<1>0.06", path.read_text()))
    return lowered


def row(path: Path) -> tuple[str, bool]:
    """Return a network's row of the table, and whether all is well."""
    start = time.perf_counter()
    shapes = one_image(path)
    plan = lower(lpdnn.load(path, fill="random", shapes=shapes), find("native"))
    cells = [path.name.removesuffix(".prototxt").removesuffix(".deploy"), str(len(plan.graph.nodes))]
    good = plan.arena_bytes <= 1.05 * plan.lower_bound
    for simplified in (True, False):
        found = lpdnn.verify(path, against="opencv", fill="random", shapes=shapes, simplified=simplified)
        in_c = [layer for layer in found.layers if layer.computed == "C"]
        worst = max(in_c, key=lambda layer: layer.error)
        good &= all(layer.ok for layer in in_c) and worst.error <= TOLERANCE
        boxes = ", ".join(layer.note for layer in in_c if layer.note)
        cells += [str(len(in_c)), f"{worst.error:.1e} {worst.layer}{f' ({boxes})' if boxes else ''}"]
    cells += [str(plan.arena_bytes), str(plan.lower_bound), "proven" if plan.optimal else "not proven"]
    cells += [str(plan.unaliased_bound), str(plan.naive_bytes), f"{time.perf_counter() - start:.0f}"]
    return f"| {' | '.join(cells)} |", good


def main(wanted: list[str]) -> int:
    """Print the table; return 1 where an error or an arena is too large."""
    print("# Architectures with seeded weights, in generated C, against OpenCV's Caffe reader\n")
    print("Made by `python evaluation/architectures.py > docs/evaluation/architectures.md`. Errors are the")
    print("largest of a layer relative to its largest value, with the layer that has it; detections are")
    print("compared as sets of boxes, at a confidence of 0.06, so that seeded weights find some.")
    print("Bytes at batch 1: the arena; the live-set lower bound of")
    print("its order; both without sharing memory but for views; every value with memory of its own.\n")
    print(
        "| network | nodes | layers compared | worst error | layers compared, without passes | worst error "
        "| arena | lower bound | optimal | unaliased bound | naive | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    failed = 0
    for path in sorted((SHARED / "models" / "caffe_prototxts").glob("*.prototxt")):
        if not wanted or path.name in wanted:
            with TemporaryDirectory() as folder:
                line, good = row(with_boxes(path, Path(folder)))
            failed |= not good
            print(line, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
