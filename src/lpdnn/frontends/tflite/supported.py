"""The TFLite operators that are imported, with the options that the schema has for each."""

from __future__ import annotations

import inspect
from typing import Any

import tflite

from lpdnn.frontends._supported import Supported, snake, summary_of
from lpdnn.frontends.tflite.context import WITH_INTEGERS
from lpdnn.frontends.tflite.operators import CONVERTERS

_TABLES = {
    "MAX_POOL_2D": "Pool2DOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "L2_POOL_2D": "Pool2DOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"), "ReducerOptions"),
    **dict.fromkeys(("REDUCE_ANY", "REDUCE_ALL"), "ReducerOptions"),
}
"""Tables of options that are not called as the operator is."""


def _fields(table: type[Any]) -> tuple[str, ...]:
    methods = inspect.getmembers(table, inspect.isfunction)
    names = [n for n, f in methods if n != "Init" and not n.endswith(("Length", "AsNumpy", "IsNone"))]
    return tuple(snake(name) for name in names)


def supported() -> list[Supported]:
    """Return them by name."""
    tables = {name.upper(): table for name, table in vars(tflite).items() if name.endswith("Options")}
    found = []
    for name in sorted({*CONVERTERS, *WITH_INTEGERS}):
        table = tables.get(_TABLES.get(name, f"{name.replace('_', '')}Options").upper())
        fields = _fields(table) if inspect.isclass(table) else ()
        found.append(Supported(name, fields, summary_of(CONVERTERS.get(name) or WITH_INTEGERS[name])))
    return found
