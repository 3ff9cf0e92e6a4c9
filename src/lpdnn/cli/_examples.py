"""Options that say by which examples a network is calibrated and evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_PANEL = "Examples"

Data = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="SOURCE",
        help="A folder of photos (with labels.txt, or a folder a class), .npz with x and y, MNIST's idx, "
        "CIFAR's .bin, or MODULE:FUNCTION.",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The class of each photo: FILE CLASS a line.  [default: labels.txt in the folder]",
        rich_help_panel=_PANEL,
        show_default=False,
    ),
]
Calibration = Annotated[
    int, typer.Option(min=1, help="How many examples everything is chosen by.", rich_help_panel=_PANEL)
]
Evaluation = Annotated[
    int, typer.Option(min=1, help="How many others scores are of, at most.", rich_help_panel=_PANEL)
]
Metric = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="top1, top5, agreement (with float), cosine, map (of boxes), or MODULE:FUNCTION.",
        rich_help_panel=_PANEL,
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, help="The seed that examples are drawn by.", rich_help_panel=_PANEL)
]
