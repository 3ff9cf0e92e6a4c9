"""Codebooks: bytes of trained networks, what they answer, and their time beside float weights.

    python evaluation/codebooks.py [NETWORK ...] > docs/evaluation/codebooks.md

The models and data are in $LPDNN_SHARED (default ../shared; see classifiers.py). $LPDNN_IMAGES is how many
images each network sees at most, instead of 1000. Let the computer have nothing else to do.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from classifiers import CAFFE_PIXELS, SHARED, TORCH_PIXELS, Labelled, cifar10

import lpdnn
from lpdnn.bench.network import one_core
from lpdnn.bench.objects import Job, load_jobs, timer
from lpdnn.bench.stopwatch import Clock, Timed
from lpdnn.compiler import lower
from lpdnn.data import Preprocessing, read_image
from lpdnn.ir import TensorType
from lpdnn.ops._codebooks import sample
from lpdnn.ops.fc_codebook import FcCodebook
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.primitives import discover
from lpdnn.quantization import Scheme, apply_codebooks, lossless
from lpdnn.quantization.apply_codebooks import layers
from lpdnn.selection import Implementation
from lpdnn.targets import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lpdnn.ir import Array, Graph, Operator
    from lpdnn.toolchain import Program

IMAGES = int(os.environ.get("LPDNN_IMAGES", "1000"))
MODELS = SHARED / "models"
SCHEMES = {
    "8 bits": Scheme(8),
    "4 bits, factors": Scheme(4, scaled=True),
    "8 bits a pair, factors": Scheme(8, vector=2, scaled=True, iterations=10),
    "4 bits, factors, entries [3.5]": Scheme(4, scaled=True, fixed=(3, 5)),
    "2 bits, factors": Scheme(2, scaled=True),
}
ROUNDS = 11
"""Turns that layers alone are timed in."""
TIMED = 40
"""Images that networks are timed with."""
OTHERS = 64 << 20
"""Bytes that are read between two calls of a layer, so that its weights come from memory."""


def sampled(preprocessing: Preprocessing) -> Callable[[tuple[int, ...]], Labelled]:
    """Return the images of one a class of ImageNet."""

    def images(shape: tuple[int, ...]) -> Labelled:
        folder = SHARED / "data" / "imagenet_sample_1000"
        for line in (folder / "labels.txt").read_text().splitlines():
            name, label = line.split()[:2]
            yield preprocessing(read_image(folder / "images" / name), shape)[None], int(label)

    return images


@dataclass(frozen=True)
class Network:
    """A trained network and its data."""

    definition: str
    weights: str
    data: Callable[[tuple[int, ...]], Labelled]


NETWORKS = {
    "SqueezeNet v1.0": Network(
        "squeezenet_v1.0_dc/SqueezeNet_deploy.prototxt",
        "squeezenet_v1.0_dc/squeezenet_v1.0_dc.caffemodel",
        sampled(CAFFE_PIXELS),
    ),
    "MobileNetV2": Network(
        "mobilenet_v2_torchvision/mobilenet_v2.prototxt",
        "mobilenet_v2_torchvision/mobilenet_v2.caffemodel",
        sampled(TORCH_PIXELS),
    ),
    "CIFAR-10 quick": Network(
        "cifar10_bvlc/cifar10_quick.prototxt", "cifar10_bvlc/cifar10_quick_iter_5000.caffemodel", cifar10
    ),
    "CIFAR-10 full": Network(
        "cifar10_bvlc/cifar10_full.prototxt", "cifar10_bvlc/cifar10_full_iter_70000.caffemodel", cifar10
    ),
    "CIFAR-10 of CMSIS-NN, M7": Network(
        "cifar10_arm_cmsisnn/cifar10_m7_deploy.prototxt",
        "cifar10_arm_cmsisnn/cifar10_m7_iter_300000.caffemodel.h5",
        cifar10,
    ),
    "CIFAR-10 of CMSIS-NN, M4": Network(
        "cifar10_arm_cmsisnn/cifar10_m4_deploy.prototxt",
        "cifar10_arm_cmsisnn/cifar10_m4_iter_70000.caffemodel.h5",
        cifar10,
    ),
}


@dataclass
class Variant:
    """A network in some codebooks: its program, bytes of its weights' file and of its arena, and what it did."""

    name: str
    program: Program
    stored: int
    arena: int
    right: int = 0
    seconds: list[float] = field(default_factory=list)


def simplified(network: Network) -> Graph:
    """Return a network for one image."""
    definition, weights = MODELS / network.definition, MODELS / network.weights
    graph = lpdnn.load(definition, weights)
    shapes = {name: (1, *graph.types[name].shape[1:]) for name in graph.inputs}
    return lpdnn.simplify(lpdnn.load(definition, weights, shapes=shapes))


def built(name: str, graph: Graph, folder: Path) -> Variant:
    """Return a variant, and measure the file of its weights."""
    plan = lower(graph, find("native"), simplified=False)
    bundle = lpdnn.generate(plan, folder, weights="file")
    (stored,) = (path.stat().st_size for path in bundle.glob("*.bin"))
    return Variant(name, lpdnn.build(bundle), stored, plan.arena_bytes)


def variants(graph: Graph, home: Path) -> Iterator[Variant]:
    """Yield the network in float weights, in codebooks that lose nothing, and by each scheme."""
    yield built("float", graph, home / "float")
    exact = lossless(graph)
    if exact:
        yield built("lossless", apply_codebooks(graph, exact), home / "lossless")
    for number, (name, scheme) in enumerate(SCHEMES.items()):
        fitting = {
            layer: scheme if weight[0].size % scheme.vector == 0 else Scheme(4, scaled=scheme.scaled)
            for layer, weight in layers(graph).items()
        }
        yield built(name, apply_codebooks(graph, fitting), home / str(number))


def rows(name: str, network: Network) -> Iterator[str]:
    """Yield the rows of a network, all variants seeing each image in turn."""
    graph = simplified(network)
    weights = sum(weight.size for weight in layers(graph).values())
    with TemporaryDirectory(prefix="lpdnn-codebooks-") as home, one_core():
        there = list(variants(graph, Path(home)))
        count = 0
        for x, label in network.data(graph.types[graph.inputs[0]].shape):
            if count == IMAGES:
                break
            count += 1
            for variant in there:
                answer = np.asarray(variant.program(x)).ravel()
                variant.right += int(np.argmax(answer)) == label
                if count <= TIMED:
                    variant.seconds.append(variant.program.seconds({graph.inputs[0]: x}))
        for variant in there:
            ratio = median(o / f for o, f in zip(variant.seconds, there[0].seconds, strict=True))
            yield (
                f"| {name} | {variant.name} | {variant.stored:,} | {8 * variant.stored / weights:.2f} "
                f"| {variant.right} of {count} | {100 * (variant.right - there[0].right) / count:+.1f} "
                f"| {ratio:.2f} | {variant.arena:,} |"
            )


def _timed(kind: str, op: Operator, arrays: tuple[Array | None, ...]) -> tuple[Job, tuple[Array | None, ...]]:
    plugin, primitive = next(
        (plugin, primitive)
        for plugin in discover()
        for primitive in plugin.primitives
        if primitive.name == kind
    )
    types = tuple(None if x is None else TensorType.of(x) for x in arrays)
    return Job.of(Implementation(plugin, primitive, primitive.layout), op, types), (None, *arrays[1:])


def streams(shape: tuple[int, int], folder: Path) -> Iterator[str]:
    """Yield the rows of a fully connected layer whose weights come from memory."""
    rng = np.random.default_rng(0)
    x, bias = rng.random((1, shape[1]), np.float32), rng.random(shape[0], np.float32)
    weight = rng.standard_normal(shape).astype(np.float32)
    jobs = {
        f"float, {isa}": _timed(f"fc_f32_nchw__stream_{isa}", FullyConnected(), (x, weight, bias))
        for isa in ("avx512", "avx2")
    }
    for bits, vector in ((8, 1), (6, 1), (5, 1), (4, 1), (3, 1), (2, 1), (1, 1), (4, 2), (8, 4)):
        indices, book = sample(shape, bits, 1, vector)
        for isa in ("avx512vbmi", "avx2") if bits == 8 else ("avx512", "avx2"):
            name = f"{bits} bits" + (f" for {vector} weights" if vector > 1 else "") + f", {isa}"
            operands = (x, indices, book, None, bias)
            jobs[name] = _timed(f"fc_codebook_f32_nchw__stream_{isa}", FcCodebook(shape, bits), operands)
    target = find("native")
    clock = Clock(str(timer(target, folder)), OTHERS)
    loaded = load_jobs([job for job, _ in jobs.values()], target, folder)
    timed = [Timed(clock, one, *job) for one, job in zip(loaded, jobs.values(), strict=True)]
    seconds = [[one.seconds() for one in timed] for _ in range(ROUNDS)]
    for number, name in enumerate(jobs):
        ratio = median(row[0] / row[number] for row in seconds)
        time = median(row[number] for row in seconds)
        yield f"| {shape[0]} x {shape[1]} | {name} | {time * 1e6:.0f} | {ratio:.2f} |"


def main(wanted: list[str]) -> int:
    """Print the page."""
    print("# Codebooks\n")
    print(
        "Made by `python evaluation/codebooks.py > docs/evaluation/codebooks.md`. One codebook a layer; with"
    )
    print(
        "*factors*, one for each filter too. *Bytes* are those of the file of weights in the bundle: indices as"
    )
    print(
        "the chosen kernels want them, tables, factors, biases. *Bits* are these by the weights that can have"
    )
    print("codebooks. *Points* is the change of right answers (top-1) in percent; nothing was done to rescue")
    print(
        "accuracy (`lpdnn quantize` has what does). *Time* is the median over images of the ratio to the same"
    )
    print(
        "network with float weights, all in turns on one core: below 1 is faster. *Arena* is the RAM, of which"
    )
    print("a buffer for looked-up weights is part.\n")
    print("| network | weights | bytes | bits | right | points | time | arena |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name, network in NETWORKS.items():
        if not wanted or name in wanted:
            for row in rows(name, network):
                print(row, flush=True)
    if not wanted or "layers" in wanted:
        print(
            "\nA fully connected layer whose weights come from memory, alone: microseconds, and how many times as"
        )
        print("fast as with float weights by AVX-512; medians, in turns.\n")
        print("| layer | weights | us | times |")
        print("|---|---|---|---|", flush=True)
        for shape in ((1000, 1280), (4096, 9216)):
            with TemporaryDirectory() as folder, one_core():
                for row in streams(shape, Path(folder)):
                    print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
