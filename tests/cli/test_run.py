"""lpdnn run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from cli.commands import lpdnn, refused
from small_networks import COLOURS, adder, colour_classifier, detector

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

RGB = {"red": (250, 10, 10), "green": (10, 250, 10), "blue": (10, 10, 250)}


def _photo(folder: Path, colour: str, size: tuple[int, int] = (12, 20)) -> Path:
    path = folder / f"{colour}.png"
    Image.new("RGB", size[::-1], RGB[colour]).save(path)
    return path


def _labels(folder: Path) -> Path:
    path = folder / "labels.txt"
    path.write_text("\n".join(f"n0000000{i} {name}" for i, name in enumerate(COLOURS)))
    return path


def _run(folder: Path, *arguments: object) -> tuple[Result, dict[str, Any]]:
    result = lpdnn("run", *arguments, "--json", folder / "report.json")
    assert result.exit_code == 0, result.stderr
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return result, report


def _tops(report: dict[str, Any], output: str = "prob") -> list[str]:
    return [answer["outputs"][output]["classes"][0]["label"] for answer in report["answers"]]


@pytest.mark.parametrize("how", [(), ("--interpreter",)], ids=["c", "interpreter"])
def test_photos_are_named(tmp_path: Path, how: tuple[str, ...]) -> None:
    model, weights = colour_classifier(tmp_path)
    photos = [argument for name in RGB for argument in ("-i", _photo(tmp_path, name))]
    result, report = _run(tmp_path, model, weights, *photos, "--labels", _labels(tmp_path), *how, "--top", 2)
    assert _tops(report) == list(RGB)
    assert [answer["input"] for answer in report["answers"]] == [f"{name}.png" for name in RGB]
    classes = report["answers"][0]["outputs"]["prob"]["classes"]
    assert len(classes) == 2
    # Scores of 250/32 for red and 10/32 for two others, by softmax.
    assert classes[0]["score"] == pytest.approx(
        np.exp(250 / 32) / (np.exp(250 / 32) + 2 * np.exp(10 / 32) + 2)
    )
    assert all(word in result.stdout for word in ("red.png", "green", "█"))


def test_channels_mean_scale_std_reach_the_network(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    arguments = (model, weights, "-i", _photo(tmp_path, "red"), "--labels", _labels(tmp_path))
    assert _tops(_run(tmp_path, *arguments)[1]) == ["red"]
    assert _tops(_run(tmp_path, *arguments, "--channels", "rgb")[1]) == ["blue"]
    assert _tops(_run(tmp_path, *arguments, "--mean", "0,0,245")[1]) == ["blue"]
    assert _tops(_run(tmp_path, *arguments, "--scale", "-1")[1]) == ["blue"]
    assert _tops(_run(tmp_path, *arguments, "--std", "1,1,100")[1]) == ["blue"]


def test_a_mean_image_reaches_the_network(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    mean = np.zeros((3, 8, 8), np.float32)
    mean[2] = 245
    np.save(tmp_path / "mean.npy", mean)
    # A BlobProto: its shape (field 7) and its values (field 5), packed.
    data = mean.astype("<f4").tobytes()
    (tmp_path / "mean.binaryproto").write_bytes(b"\x3a\x05\x0a\x03\x03\x08\x08\x2a\x80\x06" + data)
    arguments = (model, weights, "-i", _photo(tmp_path, "red"), "--labels", _labels(tmp_path))
    for name in ("mean.npy", "mean.binaryproto"):
        assert _tops(_run(tmp_path, *arguments, "--mean", tmp_path / name)[1]) == ["blue"]
    (tmp_path / "bad.binaryproto").write_bytes(data)
    refused(lpdnn("run", *arguments, "--mean", tmp_path / "bad.binaryproto"), "bad.binaryproto")


def test_the_crop_is_what_the_network_sees(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    pixels = np.zeros((16, 24, 3), np.uint8)
    pixels[:] = RGB["blue"]
    pixels[4:12, 8:16] = RGB["green"]
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    arguments = (model, weights, "-i", tmp_path / "photo.png", "--labels", _labels(tmp_path))
    assert _tops(_run(tmp_path, *arguments)[1]) == ["blue"]
    assert _tops(_run(tmp_path, *arguments, "--crop", 8)[1]) == ["green"]
    assert _tops(_run(tmp_path, *arguments, "--resize", 16, "--crop", "8x8")[1]) == ["green"]
    assert _tops(_run(tmp_path, *arguments, "--resize", 8)[1]) == ["blue"]
    refused(lpdnn("run", *arguments, "--crop", 7), "photo.png", "crop is 7x7")


def test_a_folder_is_its_photos_and_a_batch_is_filled(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path, batch=2)
    (tmp_path / "photos").mkdir()
    for name in RGB:
        _photo(tmp_path / "photos", name)
    (tmp_path / "photos" / "notes.txt").write_text("no photo")
    output = tmp_path / "y.npy"
    arguments = (model, weights, "-i", tmp_path / "photos", "--labels", _labels(tmp_path), "-o", output)
    _, report = _run(tmp_path, *arguments)
    assert _tops(report) == ["blue", "green", "red"]
    assert np.load(output).shape == (3, 5, 1, 1)
    assert np.argmax(np.load(output)[:, :, 0, 0], axis=1).tolist() == [0, 1, 2]
    (tmp_path / "empty").mkdir()
    refused(lpdnn("run", model, weights, "-i", tmp_path / "empty"), "no photo")


def test_arrays_in_and_arrays_out(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    rng = np.random.default_rng(1)
    x = rng.standard_normal((4, 3, 8, 8)).astype(np.float32) * 60
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "one.npy", x[2].astype(np.float64))
    arguments = (model, weights, "-o", tmp_path / "y.npy")
    _, report = _run(tmp_path, *arguments, "-i", tmp_path / "x.npy")
    y = np.load(tmp_path / "y.npy")
    score = np.maximum(np.pad(x.mean(axis=(2, 3)) / 32, ((0, 0), (0, 2))), 0)
    np.testing.assert_allclose(
        y[:, :, 0, 0], np.exp(score) / np.exp(score).sum(axis=1, keepdims=True), rtol=1e-5
    )
    assert [answer["input"] for answer in report["answers"]] == [f"x.npy[{i}]" for i in range(4)]
    _run(tmp_path, *arguments, "-i", tmp_path / "one.npy")
    assert np.array_equal(np.load(tmp_path / "y.npy"), y[2:3])


def test_a_bundle_runs_with_several_inputs_and_outputs(tmp_path: Path) -> None:
    assert lpdnn("generate", adder(tmp_path), "-o", tmp_path / "b").exit_code == 0
    for name, values in (("x", [1.0, -2, 3, -4]), ("y", [10.0, 20, 30, 40])):
        np.save(tmp_path / f"{name}.npy", np.array([values]))
    given = [f"x={tmp_path / 'x.npy'}", f"y={tmp_path / 'y.npy'}"]
    result = lpdnn("run", tmp_path / "b", "-i", given[1], "-i", given[0], "-o", tmp_path / "out.npz")
    assert result.exit_code == 0, result.stderr
    assert "y.npy: sum" in result.stdout or "x.npy: sum" in result.stdout
    with np.load(tmp_path / "out.npz") as out:
        assert out["sum"].tolist() == [[11, 18, 33, 36]]
        assert out["positive"].tolist() == [[1, 0, 3, 0]]
    refused(lpdnn("run", tmp_path / "b", "-i", given[0]), "'y'")
    refused(lpdnn("run", tmp_path / "b", "-i", tmp_path / "x.npy"), "2 inputs")
    refused(lpdnn("run", tmp_path / "b", "-i", given[0], "-i", given[1], "-o", tmp_path / "o.npy"), ".npz")
    np.save(tmp_path / "y.npy", np.zeros((2, 4)))
    refused(lpdnn("run", tmp_path / "b", "-i", given[0], "-i", given[1]), "do not go together")


def test_boxes_are_told_surest_first(tmp_path: Path) -> None:
    arrays = {
        "x": [[0.0] * 8],
        "y": [[0.1, 0.2, 0.7, 0.1, 0.8, 0.1]],
        "z": [[[0.0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1], [0.1] * 8]],
    }
    for name, values in arrays.items():
        np.save(tmp_path / f"{name}.npy", np.array(values, np.float32))
    inputs = [argument for name in arrays for argument in ("-i", f"{name}={tmp_path / name}.npy")]
    labels = tmp_path / "labels.txt"
    labels.write_text("background\ncat\ndog\n")
    result, report = _run(tmp_path, detector(tmp_path), *inputs, "--labels", labels)
    boxes = report["answers"][0]["outputs"]["found"]["boxes"]
    assert [(box["label"], round(box["score"], 4), box["box"]) for box in boxes[:2]] == [
        ("cat", 0.8, [0.5, 0.5, 1.0, 1.0]),
        ("dog", 0.7, [0.0, 0.0, 0.5, 0.5]),
    ]
    assert "dog" in result.stdout


def test_profile_has_every_step(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    result, report = _run(tmp_path, model, weights, "-i", _photo(tmp_path, "red"), "--profile")
    assert [step["operator"] for step in report["profile"]] == ["conv2d", "softmax"]
    assert all(step["ms"] > 0 for step in report["profile"])
    assert "2 steps" in result.stdout


def test_too_few_labels_are_a_warning(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    labels = tmp_path / "labels.txt"
    labels.write_text("blue\ngreen\n")
    result, report = _run(tmp_path, model, weights, "-i", _photo(tmp_path, "red"), "--labels", labels)
    assert _tops(report) == ["class 2"]
    assert "warning: there are 2 labels" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("-i", "x.npy", "--interpreter", "--profile"),
        ("-i", "x.npy", "--mean", "1,a"),
        ("-i", "x.npy", "--std", "0"),
        ("-i", "x.npy", "--crop", "0"),
        ("-i", "x.npy", "--crop", "1x2x3"),
        ("-i", "x.npy", "--resize", "0"),
        ("-i", "x.npy", "--channels", "cmyk"),
        ("-i", "x.npy", "--top", "0"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert lpdnn("run", *colour_classifier(tmp_path), *arguments).exit_code == 2


def test_inputs_that_do_not_fit_are_said(tmp_path: Path) -> None:
    model, weights = colour_classifier(tmp_path)
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 8, 9)))
    refused(lpdnn("run", model, weights, "-i", tmp_path / "x.npy"), "1x3x8x9", "1x3x8x8")
    refused(lpdnn("run", model, weights, "-i", tmp_path / "none.jpg"), "none.jpg", "no such file")
    refused(lpdnn("run", model, weights, "-i", model), "not an image")
    photo = _photo(tmp_path, "red")
    refused(lpdnn("run", model, weights, "-i", photo, "--channels", "grey"), "red.png", "grey")
    refused(lpdnn("run", adder(tmp_path), "-i", f"x={photo}", "-i", f"y={photo}"), "no photo")
