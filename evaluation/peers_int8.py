"""LPDNN in int8 beside other runtimes on one core: twelve networks in ONNX's QDQ form, all runtimes in turns.

    python evaluation/peers_int8.py [NETWORK ...] > docs/evaluation/peers_int8.md

As peers.py, whose words it takes: --page measures nothing, --again prepares LPDNN anew, --skip=NAME,NAME. The
harness makes the models (`python models.py` there). Results are kept beside those of floats, in lpdnn-int8.json.
"""

from __future__ import annotations

import json
import shutil
import sys
from statistics import geometric_mean
from typing import TYPE_CHECKING

from peers import DEFAULT, HARNESS, SECONDS, Results, by_network, harness, number, quiet, table

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = HARNESS / "lpdnn-int8.json"
WRONG = 0.9
"""The error from which on a result does not count, as in the harness."""
PEERS = ("onnxruntime", "openvino", "tflite-xnnpack", "tract")


def measure(network: str, skip: Sequence[str], *, again: bool) -> None:
    """Prepare all runtimes for a network, and run them."""
    words = ["-r", DEFAULT, *(name for name in PEERS if name not in skip)]
    if again:
        shutil.rmtree(HARNESS / "cache" / DEFAULT / "int8" / network, ignore_errors=True)
    harness("prepare", network, "--core", "0", *words, variant="int8")
    with quiet():
        harness("run", network, *words, "--seconds", str(SECONDS), "--out", str(RESULTS), variant="int8")


def page(found: Results) -> tuple[list[str], bool]:
    """Return the page, and whether ours is ahead of the best other in geometric mean."""
    peers = found.measured(PEERS)
    ratios = found.ratios(DEFAULT)
    rows = []
    for network, there in found.rows.items():
        cells = [number(there[name]["median_ms"]) if name in there else "-" for name in (DEFAULT, *peers)]
        rows.append([network, *cells, f"{ratios[network]:.2f}" if network in ratios else "-"])
    versions = sorted({there[p]["version"] for there in found.rows.values() for p in peers if p in there})
    means = {
        peer: geometric_mean(
            there[peer]["median_ms"] / there[DEFAULT]["median_ms"]
            for there in found.rows.values()
            if peer in there and DEFAULT in there
        )
        for peer in peers
    }
    mean = geometric_mean(ratios.values())
    return [
        "# In int8 beside other runtimes",
        "",
        "Made by `python evaluation/peers_int8.py > docs/evaluation/peers_int8.md`. Batch 1, one thread on one core of",
        f"{found.machine['cpu']}; each runtime in a fresh process, all of a network in turns, medians of the clock on",
        "the wall. Weights are random, with a scale for each filter; activations are unsigned. Every runtime reads the",
        "same QDQ file, but TensorFlow Lite, for which the float network is quantized once more.",
        "",
        "Versions: " + "; ".join(versions) + ".",
        "",
        *table(["ms", DEFAULT, *peers, "best other / ours"], rows),
        f"In geometric mean the best other of each network takes {mean:.2f} times ours; "
        + ", ".join(f"{peer} {value:.2f}" for peer, value in means.items())
        + ".",
        "",
        "## How far from floats",
        "The largest difference of an output from ONNX Runtime's in fp32, relative to its largest value. Networks of",
        "random weights lose much in int8; the runtimes that do the same lose the same.",
        "",
        *by_network(found, [DEFAULT, *peers], lambda _, row: f"{row['max_rel_diff']:.3f}"),
    ], mean > 1


def main(words: Sequence[str]) -> int:
    """Measure, and print the page; return 1 where ours is behind."""
    if not (HARNESS / "models" / "tiny-resnet8-32.int8.onnx").exists():
        print(f"{HARNESS} has no networks in int8; see its README, and set LPDNN_PEERS")
        return 2
    networks = [
        name for name in json.loads((HARNESS / "models" / "stats.json").read_text()) if name != "null"
    ]
    skip = [n for word in words if word.startswith("--skip=") for n in word.partition("=")[2].split(",")]
    for network in [] if "--page" in words else [w for w in words if not w.startswith("--")] or networks:
        measure(network, skip, again="--again" in words)
    lines, good = page(Results(json.loads(RESULTS.read_text()), WRONG))
    print("\n".join(lines).rstrip())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
