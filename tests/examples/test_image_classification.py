"""The C example: a photo in, the five best answers out, as the interpreter has them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lpdnn
from lpdnn.interpreter import interpret
from lpdnn.ir import Graph, GraphBuilder, TensorType
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.softmax import Softmax

EXAMPLE = Path(__file__).parents[2] / "examples" / "image_classification"
SIDE = 8
MEAN, DEVIATION = (100.0, 110.0, 120.0), (50.0, 60.0, 70.0)
OPTIONS = ("--mean", "100,110,120", "--std", "50,60,70")
Photo = np.ndarray[Any, np.dtype[np.uint8]]


@pytest.fixture(scope="module")
def graph() -> Graph:
    rng = np.random.default_rng(0)
    net = GraphBuilder("tiny")
    net.input("data", TensorType((1, 3, SIDE, SIDE)))
    weight = net.constant("weight", (rng.standard_normal((7, 3, SIDE, SIDE)) / 16).astype(np.float32))
    net.apply(Conv2d(), "data", weight, name="classes")
    net.apply(Softmax(axis=1), "classes", name="answer")
    return net.finish(("answer",))


@pytest.fixture(scope="module")
def classify(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    bundle = lpdnn.generate(graph, folder / "bundle")
    shutil.copytree(EXAMPLE, folder / "example", ignore=shutil.ignore_patterns("classify"))
    flags = "CFLAGS=-O1 -Werror -fsanitize=address,undefined -fno-sanitize-recover=all"
    subprocess.run(["make", "-s", f"BUNDLE={bundle}", flags], cwd=folder / "example", check=True)
    (folder / "labels.txt").write_text("".join(f"thing {i}\n" for i in range(7)))
    return folder / "example" / "classify"


def _photo(seed: int, side: int = SIDE) -> Photo:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def _ppm(path: Path, photo: Photo, head: str = "P6\n# a comment\n{w} {h}\n255\n") -> Path:
    path.write_bytes(head.format(h=photo.shape[0], w=photo.shape[1]).encode() + photo.tobytes())
    return path


def _run(classify: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(classify), *map(str, arguments)], capture_output=True, text=True, check=False)


def _expected(graph: Graph, photo: Photo) -> np.ndarray[Any, Any]:
    x = ((photo.astype(np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1)[None].astype(np.float32)
    return interpret(graph, {"data": x})["answer"].ravel()


def _agrees(said: str, expected: np.ndarray[Any, Any], tolerance: float = 2e-5) -> None:
    rows = [line.split(maxsplit=2) for line in said.splitlines()]
    assert [int(row[1]) for row in rows] == list(np.argsort(-expected)[:5])
    assert [row[2] for row in rows] == [f"thing {row[1]}" for row in rows]
    for probability, index, _ in rows:
        assert abs(float(probability) - expected[int(index)]) <= tolerance


@pytest.mark.parametrize("seed", range(3))
def test_answers_are_the_network_s(classify: Path, graph: Graph, seed: int, tmp_path: Path) -> None:
    photo = _photo(seed)
    labels = classify.parent.parent / "labels.txt"
    done = _run(classify, _ppm(tmp_path / "photo.ppm", photo), "--labels", labels, *OPTIONS)
    assert done.returncode == 0, done.stderr
    _agrees(done.stdout, _expected(graph, photo))


def test_channels_can_be_turned(classify: Path, graph: Graph, tmp_path: Path) -> None:
    photo = _photo(5)
    labels = classify.parent.parent / "labels.txt"
    done = _run(classify, _ppm(tmp_path / "photo.ppm", photo), "--labels", labels, "--bgr", *OPTIONS)
    _agrees(done.stdout, _expected(graph, photo[:, :, ::-1]))


def test_a_larger_photo_is_resized_and_its_middle_taken(classify: Path, graph: Graph, tmp_path: Path) -> None:
    half = _photo(6, 10)
    wide = np.pad(half.repeat(2, 0).repeat(2, 1), ((0, 0), (8, 8), (0, 0)))
    labels = classify.parent.parent / "labels.txt"
    photo = _ppm(tmp_path / "photo.ppm", wide)
    done = _run(classify, photo, "--labels", labels, "--resize", "10", *OPTIONS)
    _agrees(done.stdout, _expected(graph, half[1:9, 1:9]))


@pytest.mark.parametrize(
    "head",
    [
        "P5\n8 8\n255\n",
        "P6\n8 8\n65535\n",
        "P6\n0 8\n255\n",
        "P6\n8 9\n255\n",
        "P6\n99999 8\n255\n",
        "P6 8",
        "",
    ],
)
def test_what_is_no_photo_is_refused(classify: Path, head: str, tmp_path: Path) -> None:
    done = _run(classify, _ppm(tmp_path / "photo.ppm", _photo(0), head))
    assert done.returncode == 1
    assert "is no binary PPM photo" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [[], ["a.ppm", "b.ppm"], ["a.ppm", "--mean", "1"], ["a.ppm", "--resize", "x"]]
)
def test_wrong_arguments_get_the_usage(classify: Path, arguments: list[str]) -> None:
    done = _run(classify, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage:")
