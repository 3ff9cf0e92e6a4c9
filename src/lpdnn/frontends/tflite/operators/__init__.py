"""TFLite's operators as ours, by family; importing the family files fills `context.CONVERTERS`."""

from __future__ import annotations

import importlib
import pkgutil

from lpdnn.frontends.tflite.context import CONVERTERS

for _family in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_family.name}")

__all__ = ["CONVERTERS"]
