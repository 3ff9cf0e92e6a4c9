"""The ONNX operators that are imported, with the attributes that the standard has for each today."""

from __future__ import annotations

import onnx

from lpdnn.frontends._supported import Supported, summary_of
from lpdnn.frontends.onnx.operators import CONVERTERS


def supported() -> list[Supported]:
    """Return them by name; others are imported by their definitions, where the standard has one."""
    found = []
    for name in sorted(CONVERTERS):
        known = onnx.defs.has(name)
        attributes = tuple(onnx.defs.get_schema(name).attributes) if known else ()
        found.append(Supported(name, attributes, summary_of(CONVERTERS[name])))
    return found
