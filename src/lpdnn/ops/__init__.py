"""Operators: one file each, found by being here."""

from __future__ import annotations

import importlib
import pkgutil

from lpdnn.ir import Operator


def _discover() -> dict[str, type[Operator]]:
    found: dict[str, type[Operator]] = {}
    for module in sorted(
        info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")
    ):
        for thing in vars(importlib.import_module(f"{__name__}.{module}")).values():
            if isinstance(thing, type) and issubclass(thing, Operator) and thing is not Operator:
                found[thing.NAME] = thing
    return dict(sorted(found.items()))


OPERATORS = _discover()
"""Every operator by its name."""

__all__ = ["OPERATORS"]
