"""Photos become what Caffe's own tools would make of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from lpdnn.data import Preprocessing, read_image
from lpdnn.ir import LpdnnError
from shared_data import shared

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(5)
PHOTO = RNG.integers(0, 256, (37, 53, 3), np.uint8)


@pytest.mark.parametrize("size", [(24, 24), (37, 24), (80, 101), (37, 53), (1, 1), (20, 90), (256, 256)])
def test_resize_is_opencvs(size: tuple[int, int]) -> None:
    got = Preprocessing(channels="rgb")(PHOTO, (1, 3, *size))
    wanted = cv2.resize(PHOTO, size[::-1], interpolation=cv2.INTER_LINEAR)
    assert np.array_equal(got, wanted.transpose(2, 0, 1))


def test_antialias_is_pillows() -> None:
    got = Preprocessing(channels="rgb", antialias=True)(PHOTO, (1, 3, 9, 11))
    wanted = np.asarray(Image.fromarray(PHOTO).resize((11, 9), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    assert np.array_equal(got, wanted)


def test_crop_is_the_middle_rounded_down() -> None:
    got = Preprocessing(channels="rgb", crop=(30, 20))(PHOTO, (1, 3, 30, 20))
    assert np.array_equal(got, PHOTO[3:33, 16:36].transpose(2, 0, 1))


def test_resize_makes_the_shorter_side_that_long_and_crops_to_the_network() -> None:
    got = Preprocessing(channels="rgb", resize=74)(PHOTO, (1, 3, 74, 60))
    whole = cv2.resize(PHOTO, (106, 74), interpolation=cv2.INTER_LINEAR)
    assert np.array_equal(got, whole[:, 23:83].transpose(2, 0, 1))


def test_order_mean_scale_std() -> None:
    recipe = Preprocessing(crop=(37, 53), mean=(1, 2, 3), scale=0.5, std=(4, 5, 6))
    got = recipe(PHOTO, (1, 3, 37, 53))
    for plane, (channel, mean, std) in enumerate(((2, 1, 4), (1, 2, 5), (0, 3, 6))):
        np.testing.assert_allclose(got[plane], (PHOTO[:, :, channel] - float(mean)) * 0.5 / std, rtol=1e-6)
    assert got.dtype == np.float32


def test_grey_is_opencvs() -> None:
    got = Preprocessing(channels="grey", crop=(37, 53))(PHOTO, (1, 1, 37, 53))
    assert np.abs(got[0] - cv2.cvtColor(PHOTO, cv2.COLOR_RGB2GRAY)).max() <= 1


def test_mean_image_is_cropped_as_the_photo_is() -> None:
    mean = RNG.random((3, 41, 57), np.float32)
    recipe = Preprocessing(channels="rgb", crop=(37, 53), mean_image=mean)
    got = recipe(PHOTO, (1, 3, 37, 53))
    np.testing.assert_allclose(got, PHOTO.transpose(2, 0, 1) - mean[:, 2:39, 2:55], rtol=1e-6)


def test_window_is_what_the_network_sees() -> None:
    stretched = Preprocessing()
    assert stretched.window((100, 200), (1, 3, 10, 10)) == (0, 0, 100, 200)
    cropped = Preprocessing(resize=50)
    assert cropped.window((100, 200), (1, 3, 40, 40)) == (10, 60, 80, 80)


@pytest.mark.parametrize(
    ("recipe", "shape", "words"),
    [
        (Preprocessing(), (1, 4, 8, 8), "3 channels"),
        (Preprocessing(), (1, 10), "network takes 1x10"),
        (Preprocessing(crop=(9, 9)), (1, 3, 8, 8), "crop is 9x9"),
        (Preprocessing(resize=7), (1, 3, 8, 8), "crop of 8x8"),
        (Preprocessing(mean=(1, 2)), (1, 3, 8, 8), "mean has 2 values"),
        (Preprocessing(std=(1, 2)), (1, 3, 8, 8), "std has 2 values"),
        (Preprocessing(mean_image=np.zeros((3, 7, 8))), (1, 3, 8, 8), "3x7x8"),
        (Preprocessing(mean_image=np.zeros(3)), (1, 3, 8, 8), "mean image"),
    ],
)
def test_what_does_not_fit_is_said(recipe: Preprocessing, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(LpdnnError, match=words):
        recipe(PHOTO, shape)


def test_a_resize_to_more_than_memory_is_refused() -> None:
    thin = np.zeros((1, 2000, 3), np.uint8)
    with pytest.raises(LpdnnError, match="another resize"):
        Preprocessing(resize=256)(thin, (1, 3, 224, 224))


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK", "1", "I;16", "LA"])
def test_every_kind_of_photo_is_read(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("photo.tif" if mode == "CMYK" else "photo.png")
    image = (
        Image.fromarray(PHOTO[:, :, 0].astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(PHOTO).convert(mode)
    )
    image.save(path)
    assert read_image(path).shape == PHOTO.shape
    assert read_image(path).dtype == np.uint8
    if mode == "I;16":
        assert np.array_equal(read_image(path)[:, :, 2], PHOTO[:, :, 0])


def test_a_photo_taken_sideways_is_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(PHOTO).save(tmp_path / "photo.png", exif=exif)
    assert np.array_equal(read_image(tmp_path / "photo.png"), np.rot90(PHOTO, -1))


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"])
def test_what_is_no_photo_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    with pytest.raises(LpdnnError, match=r"photo\.png"):
        read_image(path)


def test_a_truncated_photo_is_said(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.fromarray(PHOTO).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(LpdnnError, match="truncated"):
        read_image(path)


def test_a_missing_photo_is_said(tmp_path: Path) -> None:
    with pytest.raises(LpdnnError, match="no such file"):
        read_image(tmp_path / "none.jpg")


BGR = Preprocessing(resize=256, mean=(104, 117, 123))
RGB = Preprocessing(channels="rgb", resize=256, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))


@pytest.mark.parametrize(
    ("folder", "model", "weights", "recipe", "side"),
    [
        ("squeezenet_v1.0_dc", "SqueezeNet_deploy", "squeezenet_v1.0_dc", BGR, 227),
        ("mobilenet_v2_torchvision", "mobilenet_v2", "mobilenet_v2", RGB, 224),
        (
            "mobilenet_v1_0.75_224",
            "mobilenet_v1_0.75_224",
            "mobilenet_v1_0.75_224",
            replace(RGB, mean=(127.5,), std=(127.5,)),
            224,
        ),
    ],
)
def test_recipes_give_the_scores_that_others_found(
    folder: str, model: str, weights: str, recipe: Preprocessing, side: int
) -> None:
    home = shared(f"models/{folder}")
    photos = shared("data/imagenet_sample_1000/images")
    net = cv2.dnn.readNetFromCaffe(str(home / f"{model}.prototxt"), str(home / f"{weights}.caffemodel"))
    (reference,) = (p for p in home.glob("ref_top5*.tsv") if "onnx" not in p.name)
    rows = [line.split("\t") for line in reference.read_text().splitlines()]
    # Some photos of the folder are not 256 pixels high or wide: these are resized.
    small = [row for row in rows if min(Image.open(photos / row[0]).size) != 256]
    for name, _, classes, scores in [*small[:6], *rows[:4]]:
        net.setInput(recipe(read_image(photos / name), (1, 3, side, side))[None])
        found = net.forward().ravel()[[int(index) for index in classes.split(",")]]
        np.testing.assert_allclose(found, [float(score) for score in scores.split(",")], atol=2e-5)
