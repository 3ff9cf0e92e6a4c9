"""Flash and RAM of networks with float weights, 16-bit, 8-bit and 4-bit ones, from what is built for a Cortex-M4.

    python evaluation/footprints.py [NETWORK ...] > docs/evaluation/footprints.md

The models and data are in $LPDNN_SHARED (default ../shared). Each bundle is built by arm-none-eabi-gcc, and the
sections of its archive are added up. Formats come from few examples: they change no size.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import lpdnn
from lpdnn.compiler import lower
from lpdnn.data import read_dataset
from lpdnn.quantization import Scheme, apply_codebooks
from lpdnn.quantization.apply_codebooks import layers
from lpdnn.targets import find
from lpdnn.toolchain import build
from lpdnn.toolchain.compilers import compiler
from lpdnn.toolchain.sizes import sizes
from quantization import DATA, NETWORKS, Study

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpdnn.ir import Graph

BOARD = find("cortex-m4")
FIXED = {
    "16-bit fixed point": {"bits": (16,), "methods": ("D",)},
    "int8": {"bits": (8,), "methods": ("PC",)},
    "4-bit codebooks": {"bits": (4,), "activation_bits": (8,), "methods": ("PC",)},
}
"""What is computed in integers: options of lpdnn.quantize."""


def variants(name: str) -> Iterator[tuple[str, Graph]]:
    """Yield a network in each form."""
    study = Study(name)
    graph = study.load()
    yield "float", lpdnn.simplify(graph)
    net = lpdnn.simplify(graph)
    books = {layer: Scheme(4, method="uniform", scaled=True) for layer in layers(net)}
    yield "4-bit codebooks of floats", apply_codebooks(net, books)
    shape = graph.types[graph.inputs[0]].shape
    data = read_dataset(DATA / study.network.data, shape, study.network.preprocessing())
    steps = dict.fromkeys(("equalize", "clip", "rounding", "bias"), False)
    for scheme, options in FIXED.items():
        found = lpdnn.quantize(graph, data, calibration=8, evaluation=1, steps=steps, **options)
        yield scheme, found.stored(pack="codebooks" in scheme).graph


def measured(graph: Graph, folder: Path) -> dict[str, int]:
    """Return bytes of flash and RAM, and those of the plan: weights and arena."""
    plan = lower(graph, BOARD, simplified=False)
    archive = build(lpdnn.generate(plan, folder, target=BOARD.name, weights="binary"))
    found = sizes(archive, compiler(BOARD))
    weights = sum(array.nbytes for array in plan.graph.constants.values())
    return {
        "flash": found["code"] + found["data"],
        "RAM": found["data"] + found["zeroed"],
        "weights": weights,
        "arena": plan.arena_bytes,
    }


def main(wanted: list[str]) -> int:
    """Print the page."""
    names = "".join(f'"{name}" ' for name in wanted)
    print("# Flash and RAM, by the bits of weights\n")
    print(
        f"Made by `python evaluation/footprints.py {names}> docs/evaluation/footprints.md`. Bytes of the archive"
    )
    print(
        "that `lpdnn build --target cortex-m4` makes, by `arm-none-eabi-size`: *flash* is code, constants and"
    )
    print(
        "weights, *RAM* everything that is written, without the stack and the program around it. *Arena* is what"
    )
    print("the plan said before anything was compiled. Nothing is read from files.\n")
    heads = ("network", "weights are", "flash", "of float", "weights", "RAM", "of float", "arena")
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for name in wanted or NETWORKS:
        base: dict[str, int] = {}
        for variant, graph in variants(name):
            with TemporaryDirectory() as folder:
                found = measured(graph, Path(folder) / "bundle")
            base = base or found
            shares = {kind: f"{found[kind] / base[kind]:.2f}" for kind in ("flash", "RAM")}
            print(
                f"| {name} | {variant} | {found['flash']:,} | {shares['flash']} | {found['weights']:,} "
                f"| {found['RAM']:,} | {shares['RAM']} | {found['arena']:,} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
