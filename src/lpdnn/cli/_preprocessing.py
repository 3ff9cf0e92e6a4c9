"""What is done to photos before a network sees them: the options, and what they mean."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpdnn.data import Preprocessing
    from lpdnn.ir import Array

_PANEL = "What is done to photos"
_VALUES = "104,117,123"

Order = Annotated[
    Literal["bgr", "rgb", "grey"] | None,
    typer.Option(
        "--channels", help="The order of channels.  [default: bgr, or grey for one]", rich_help_panel=_PANEL
    ),
]
Resize = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=2**15,
        help="Length of the shorter side, before the crop. Without this and --crop, photos are stretched.",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]
Crop = Annotated[
    str | None,
    typer.Option(
        metavar="227|HEIGHTxWIDTH",
        help="What is cut from the middle; with --resize, by default, what the network takes.",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]
Mean = Annotated[
    str | None,
    typer.Option(
        metavar=f"{_VALUES}|FILE",
        help="Subtracted from pixels of 0 to 255: a value, one a channel, or an image (.npy, .binaryproto).",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]
Factor = Annotated[
    float, typer.Option("--scale", help="What is left is multiplied by this,", rich_help_panel=_PANEL)
]
Std = Annotated[
    str | None,
    typer.Option(
        metavar="58.4,57.1,57.4",
        help="and divided by this: a value, or one for each channel.",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]
Antialias = Annotated[
    bool,
    typer.Option(
        "--antialias", help="Resize as Pillow and torchvision do, not as Caffe does.", rich_help_panel=_PANEL
    ),
]


def recipe(
    channels: Literal["bgr", "rgb", "grey"] | None,
    resize: int | None,
    crop: str | None,
    mean: str | None,
    scale: float,
    std: str | None,
    *,
    antialias: bool,
) -> Callable[[int], Preprocessing]:
    """Return what the options say for a network that takes so many channels."""
    from lpdnn.data import Preprocessing

    is_file = mean is not None and (Path(mean).suffix in {".npy", ".binaryproto"} or Path(mean).is_file())
    common = Preprocessing(
        resize=resize or 0,
        crop=_crop(crop),
        mean=() if mean is None or is_file else _values(mean, "--mean"),
        scale=scale,
        std=() if std is None else _values(std, "--std"),
        antialias=antialias,
        mean_image=_image(Path(mean)) if mean is not None and is_file else None,
    )
    return lambda planes: replace(common, channels=channels or ("grey" if planes == 1 else "bgr"))


def _values(text: str, option: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        message = f"{text!r} is not a number, or numbers with commas between them such as {_VALUES}"
        raise typer.BadParameter(message, param_hint=option) from None
    if option == "--std" and 0 in values:
        message = "0 cannot be divided by"
        raise typer.BadParameter(message, param_hint=option)
    return values


def _crop(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(
        part.isascii() and part.isdigit() and 0 < int(part) < 2**15 for part in parts
    ):
        message = f"{text!r} is not a side such as 227, or HEIGHTxWIDTH"
        raise typer.BadParameter(message, param_hint="--crop")
    return int(parts[0]), int(parts[-1])


def _image(path: Path) -> Array:
    from lpdnn.data import read_array

    if path.suffix != ".binaryproto":
        return read_array(path)
    from lpdnn.frontends.caffe.binaryproto import read_blob
    from lpdnn.frontends.caffe.weights import map_file

    return read_blob(map_file(path), str(path)).load()
