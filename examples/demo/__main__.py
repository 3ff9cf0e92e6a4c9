"""The main job on a real network: Caffe files in, C out, photos named. `make demo` runs it."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import mobilenet_v2
import numpy as np
import pth
import wheels
from PIL import Image
from rich.console import Console
from rich.table import Table

import lpdnn

if TYPE_CHECKING:
    from collections.abc import Callable

MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)
ENOUGH = 17
"""Photos of 20 that must be named right; OpenCV names 18 with the same Caffe files."""


class Answer(NamedTuple):
    """What the network says of a photo."""

    photo: str
    truth: int
    answer: int
    confidence: float
    milliseconds: float


def pixels(photo: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the middle 224x224 of a photo whose shorter side is made 256, as the network was trained."""
    image = Image.open(photo).convert("RGB")
    scale = 256 / min(image.size)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR)
    left, top = (image.width - 224) // 2, (image.height - 224) // 2
    x = (np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) - MEAN) / DEVIATION
    return x.transpose(2, 0, 1)[None].astype(np.float32)


def classify(program: Callable[[Any], Any], photo: Path, truth: int) -> Answer:
    """Return the answer of the C program to one photo."""
    x = pixels(photo)
    start = time.perf_counter()
    probabilities = np.ravel(program(x))
    milliseconds = (time.perf_counter() - start) * 1e3
    best = int(probabilities.argmax())
    return Answer(photo.name, truth, best, float(probabilities[best]), milliseconds)


def code_bytes(library: Path) -> int | None:
    """Return the bytes of machine code in a library; None where binutils are not installed."""
    try:
        done = subprocess.run(["size", "-A", str(library)], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return sum(int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith(".text"))


def command(console: Console, *arguments: str | Path) -> None:
    """Run an lpdnn command and show it, so that it can be repeated by hand."""
    words = [str(argument) for argument in arguments]
    console.print(f"[bold]$ lpdnn {' '.join(words)}[/bold]", highlight=False, soft_wrap=True)
    subprocess.run([sys.executable, "-m", "lpdnn.cli", *words], check=True)


def table(answers: list[Answer], names: list[str]) -> Table:
    """Return the answers to read."""
    result = Table()
    for title in ("photo", "shows", "answer"):
        result.add_column(title, no_wrap=title == "photo")
    for title in ("confidence", "", "ms"):
        result.add_column(title, justify="right")
    for a in answers:
        verdict = "[green]right[/green]" if a.answer == a.truth else "[red]wrong[/red]"
        confidence, took = f"{a.confidence:.0%}", f"{a.milliseconds:.1f}"
        result.add_row(a.photo, names[a.truth], names[a.answer], confidence, verdict, took)
    return result


def summary(bundle: Path, library: Path) -> Table:
    """Return what the network takes."""
    facts = json.loads((bundle / "bundle.json").read_text())
    code = code_bytes(library)
    arena, bound = facts["arena_bytes"], facts["lower_bound_bytes"]
    result = Table(box=None, show_header=False)
    result.add_row("network", f"{facts['network']}, {len(facts['steps'])} steps")
    result.add_row("weights", f"{facts['weights_bytes']:,} bytes")
    above = f"{arena / bound - 1:.1%} above the live-set lower bound of {bound:,}"
    result.add_row(
        "arena", f"{arena:,} bytes, {above if arena > bound else 'the least possible (live-set bound)'}"
    )
    result.add_row("code", "unknown: no binutils here" if code is None else f"{code:,} bytes")
    result.add_row("in C", str(bundle))
    return result


def main(folder: Path, console: Console) -> int:
    """Run the demo in a folder; return 0 if the network sees what it should."""
    folder.mkdir(parents=True, exist_ok=True)
    names = wheels.class_names()
    prototxt, caffemodel = folder / "mobilenet_v2.prototxt", folder / "mobilenet_v2.caffemodel"
    mobilenet_v2.write(pth.read(wheels.checkpoint()), prototxt, caffemodel)
    (folder / "labels.txt").write_text("\n".join(names) + "\n", "utf-8")
    shutil.copyfile(wheels.photos()[0][0], folder / "photo.jpg")
    said = f"torchvision's MobileNetV2, written as Caffe files: {prototxt}, {caffemodel}"
    console.print(said, highlight=False, soft_wrap=True)

    net, bundle = folder / "mobilenet_v2.lpdnn", folder / "bundle"
    command(console, "import", prototxt, caffemodel, "-o", net)
    command(console, "generate", net, "--weights", "binary", "-o", bundle)
    command(console, "build", bundle)
    program = lpdnn.build(bundle)
    answers = [classify(program, photo, truth) for photo, truth in wheels.photos()]

    console.print(table(answers, names))
    right = sum(a.answer == a.truth for a in answers)
    median = float(np.median([a.milliseconds for a in answers]))
    said = f"[bold]{right} of {len(answers)} right, {median:.1f} ms a photo on one core[/bold]"
    console.print(said, highlight=False)
    console.print(summary(bundle, bundle / "build" / "liblpdnn.so"))
    return 0 if right >= ENOUGH else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".demo"), help="where the files go (.demo)")
    try:
        sys.exit(main(parser.parse_args().folder, Console()))
    except (lpdnn.LpdnnError, pth.CheckpointError, wheels.MissingWheelError) as error:
        sys.exit(f"demo: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
