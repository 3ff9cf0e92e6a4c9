"""How nodes become integers, by family; importing the family files fills `registry.LOWERED`."""

from __future__ import annotations

import importlib
import pkgutil

from lpdnn.quantization.operators.registry import LOWERED

for _family in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_family.name}")

__all__ = ["LOWERED"]
