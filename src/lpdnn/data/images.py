"""Photos -> network inputs: resize, crop, channel order, mean, scale.

The resize is the plain bilinear one that Caffe's own tools use (OpenCV's INTER_LINEAR on bytes, with its
11-bit weights), so that a network sees here the very bytes that it sees there.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from lpdnn.ir import Array, LpdnnError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Channels = Literal["bgr", "rgb", "grey"]
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""What photos in a folder are called."""
ONE = 2048
"""1 in OpenCV's 11-bit interpolation weights."""
LARGEST_SIDE = 2**15
"""Pixels; a resize that asks for more is a slip of the pen."""


def read_image(path: Path) -> Array:
    """Return a photo as it is meant to be seen: u8 [H][W][3], red first."""
    # Pillow takes a tenth of a second to load; most commands need none of it.
    from PIL import Image, ImageOps  # noqa: PLC0415

    try:
        with warnings.catch_warnings(), Image.open(path) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I") or upright.mode == "F":
                # 16 bits a pixel: Pillow's own conversion cuts off at 255.
                grey = np.clip(np.asarray(upright, np.float64) / 257, 0, 255).round().astype(np.uint8)
                return np.repeat(grey[:, :, None], 3, axis=2)
            return np.asarray(upright.convert("RGB"))
    except FileNotFoundError as error:
        message = f"{path}: there is no such file"
        raise LpdnnError(message) from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        message = f"{path}: not an image that can be read ({error})"
        raise LpdnnError(message) from error


@dataclass(frozen=True)
class Preprocessing:
    """What is done to a photo before a network sees it: (pixels - mean) * scale / std, pixels from 0 to 255.

    - `channels`: the order the network was trained with, mostly bgr in Caffe; that of `mean` and `std` too.
    - `resize`: the length that the shorter side gets; 0 leaves the size.
    - `crop`: height and width that are cut from the middle; () takes the network's input size.
      With neither resize nor crop, the whole photo is stretched to the network's input.
    - `mean`, `std`: one value, or one a channel; `mean_image` [C][H][W] instead of `mean`.
    - `antialias`: average over the pixels that a smaller photo melts together, as Pillow and torchvision do.
    """

    channels: Channels = "bgr"
    resize: int = 0
    crop: tuple[int, ...] = ()
    mean: tuple[float, ...] = ()
    scale: float = 1.0
    std: tuple[float, ...] = ()
    antialias: bool = False
    mean_image: Array | None = field(default=None, compare=False)

    def __call__(self, image: Array, shape: Sequence[int]) -> Array:
        """Return the network's input for a photo u8 [H][W][3]: f32 [C][H][W], where shape is [N, C, H, W]."""
        planes, height, width = self._target(shape)
        (new_height, new_width), (top, left) = self._placement(image.shape[:2], (height, width))
        if (new_height, new_width) != image.shape[:2]:
            image = _resized(image, new_height, new_width, antialias=self.antialias)
        cut = self._ordered(image[top : top + height, left : left + width])
        pixels: Array = cut.astype(np.float32)
        if self.mean_image is not None:
            pixels = pixels - self._mean_image((planes, height, width))
        elif self.mean:
            pixels = pixels - self._per_channel(self.mean, planes, "mean")
        if self.scale != 1:
            pixels = pixels * np.float32(self.scale)
        if self.std:
            pixels = pixels / self._per_channel(self.std, planes, "std")
        return np.ascontiguousarray(pixels)

    def window(self, size: Sequence[int], shape: Sequence[int]) -> tuple[float, float, float, float]:
        """Return top, left, height and width of what the network sees of a photo of (height, width)."""
        _, height, width = self._target(shape)
        (new_height, new_width), (top, left) = self._placement(size, (height, width))
        down, across = size[0] / new_height, size[1] / new_width
        return top * down, left * across, height * down, width * across

    def _target(self, shape: Sequence[int]) -> tuple[int, int, int]:
        wanted = 1 if self.channels == "grey" else 3
        if len(shape) != 4 or shape[1] != wanted:
            text = "x".join(map(str, shape))
            hint = "" if len(shape) != 4 else "; channels can be bgr, rgb or grey"
            message = f"a {self.channels} photo has {wanted} channels, and the network takes {text}{hint}"
            raise LpdnnError(message)
        return shape[1], shape[2], shape[3]

    def _placement(
        self, size: Sequence[int], target: tuple[int, int]
    ) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return the size that the photo gets, and top and left of what is cut from it."""
        if self.crop and self.crop != target:
            message = (
                f"the crop is {self.crop[0]}x{self.crop[1]}, and the network takes {target[0]}x{target[1]}"
                " (height x width)"
            )
            raise LpdnnError(message)
        if not self.resize and not self.crop:
            return target, (0, 0)
        height, width = size
        if self.resize:
            shorter = min(height, width)
            height, width = (max(1, round(side * self.resize / shorter)) for side in (height, width))
        if height < target[0] or width < target[1] or max(height, width) > LARGEST_SIDE:
            message = (
                f"a photo of {height}x{width} after the resize cannot give a crop of {target[0]}x{target[1]}"
                " (height x width); choose another resize"
            )
            raise LpdnnError(message)
        return (height, width), ((height - target[0]) // 2, (width - target[1]) // 2)

    def _ordered(self, image: Array) -> Array:
        """[H][W][3] -> [C][H][W], channels in the network's order."""
        planes = image.transpose(2, 0, 1)
        if self.channels == "grey":
            # ITU-R BT.601 luma.
            weights = np.array([0.299, 0.587, 0.114])
            return np.asarray(np.rint(np.tensordot(weights, planes, 1))[None])
        return planes[::-1] if self.channels == "bgr" else planes

    def _per_channel(self, values: tuple[float, ...], planes: int, what: str) -> Array:
        if len(values) not in {1, planes}:
            message = f"{what} has {len(values)} values for {planes} channels; give 1 or {planes}"
            raise LpdnnError(message)
        return np.array(values, np.float32).reshape(-1, 1, 1)

    def _mean_image(self, target: tuple[int, int, int]) -> Array:
        """Return the middle of the mean image: Caffe subtracts before it crops."""
        mean = np.asarray(self.mean_image, np.float32)
        mean = mean[0] if mean.ndim == 4 and mean.shape[0] == 1 else mean
        fits = mean.ndim == 3 and mean.shape[0] == target[0]
        if not fits or mean.shape[1] < target[1] or mean.shape[2] < target[2]:
            shapes = ["x".join(map(str, shape)) for shape in (mean.shape, target)]
            message = f"the mean image is {shapes[0]}, and the network takes {shapes[1]}"
            raise LpdnnError(message)
        top, left = (mean.shape[1] - target[1]) // 2, (mean.shape[2] - target[2]) // 2
        return np.asarray(mean[:, top : top + target[1], left : left + target[2]])


def _neighbours(length: int, wanted: int) -> tuple[Array, Array, Array, Array]:
    """Return, for every new pixel, the two old ones around its centre and their weights."""
    centre = ((np.arange(wanted) + 0.5) * (length / wanted) - 0.5).astype(np.float32)
    first = np.floor(centre).astype(np.int64)
    weight = centre - first.astype(np.float32)
    near, far = (np.rint(part * ONE).astype(np.int32) for part in (1 - weight, weight))
    return np.clip(first, 0, length - 1), np.clip(first + 1, 0, length - 1), near, far


def _resized(image: Array, height: int, width: int, *, antialias: bool) -> Array:
    """[H][W][3] -> [height][width][3], bilinear."""
    if antialias:
        from PIL import Image  # noqa: PLC0415

        return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
    above, below, near_y, far_y = _neighbours(image.shape[0], height)
    left, right, near_x, far_x = _neighbours(image.shape[1], width)

    def across(rows: Array) -> Array:
        picked = image[rows]
        blend: Array = picked[:, left] * near_x[:, None] + picked[:, right] * far_x[:, None]
        return blend

    # OpenCV's roundings, in its order: 19 bits, then 15, weighted, 16 dropped, and 2 more with rounding.
    upper = (across(above) >> 4) * near_y[:, None, None] >> 16
    lower = (across(below) >> 4) * far_y[:, None, None] >> 16
    return (upper + lower + 2 >> 2).astype(np.uint8)
