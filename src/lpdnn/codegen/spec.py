"""Operators in C: the spec struct of each, and the initialiser of one node's."""

from __future__ import annotations

import dataclasses
import textwrap
import typing
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import numpy as np

from lpdnn.ir import RANGE, LpdnnError, Operator, TensorType
from lpdnn.ops.activation import ActivationFunction, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lpdnn.ir import Graph, Node


def _attributes(op: type[Operator]) -> Iterator[tuple[str, Any]]:
    hints = typing.get_type_hints(op)
    for field in dataclasses.fields(op):  # type: ignore[arg-type]
        if field.name not in op.HOST_ONLY:
            yield field.name, hints[field.name]


def enumerator(op: str, field: str, value: str) -> str:
    """Return the C constant of one choice of an attribute."""
    return f"LPDNN_{op}_{field}_{value}".upper()


def _members(name: str, hint: Any) -> list[str]:
    """Return the C declarations of one attribute."""
    if hint is ActivationFunction:
        return [f"lpdnn_activation {name};"]
    if get_origin(hint) is Literal or hint in (int, bool):
        return [f"lpdnn_s32 {name};"]
    if hint is float:
        return [f"float {name};"]
    if get_origin(hint) is tuple:
        arguments = get_args(hint)
        ctype = "float" if arguments[0] is float else "lpdnn_s32"
        if arguments[-1] is Ellipsis:
            return [f"lpdnn_s32 {name}_count;", f"const {ctype} *{name};"]
        return [f"{ctype} {name}[{len(arguments)}];"]
    message = f"attribute {name} has type {hint}, which has no form in C"
    raise TypeError(message)


def _sample_geometry(op: type[Operator]) -> dict[str, int | tuple[int, ...]]:
    sample = op.samples()[0]
    inputs = tuple(
        None if x is None else TensorType.of(x) if isinstance(x, np.ndarray) else TensorType(x)
        for x in sample.inputs
    )
    return sample.op.geometry(inputs, sample.op.infer(*inputs))


def struct(op: type[Operator]) -> str:
    """Return the typedef of an operator's spec struct, and its constants."""
    lines = [f"/* {op.summary()} */"]
    enums = [f"LPDNN_{op.NAME}_{name.strip('?*')}".upper() + f" = {i}" for i, name in enumerate(op.INPUTS)]
    lines.append("enum { " + ", ".join(enums) + " };")
    for name, hint in _attributes(op):
        if get_origin(hint) is Literal:
            values = [f"{enumerator(op.NAME, name, value)} = {i}" for i, value in enumerate(get_args(hint))]
            lines.append("enum { " + ", ".join(values) + " };")
    lines.append("typedef struct {")
    for name, value in _sample_geometry(op).items():
        lines += [f"    {m}" for m in _members(name, tuple[int, ...] if isinstance(value, tuple) else int)]
    for name, hint in _attributes(op):
        lines += [f"    {m}" for m in _members(name, hint)]
    lines.append(f"}} lpdnn_{op.NAME}_spec;")
    return "\n".join(lines)


def whole(value: int) -> str:
    """Return a C89 constant of an integer; the least of 32 bits has none of its own."""
    return str(value) if value > RANGE["s32"][0] else f"({value + 1} - 1)"


INFINITE = "(float)HUGE_VAL"


def headers(text: Iterable[str]) -> list[str]:
    """Return the line that includes what constants in a text need, if any."""
    return ["#include <math.h>"] if any(INFINITE in line for line in text) else []


def literal(single: float) -> str:
    """Return a C89 constant of a float that is a number; an infinite one needs <math.h>."""
    text = f"{single:.9g}"
    if text.endswith("inf"):
        return text.replace("inf", INFINITE)
    return (text if "." in text or "e" in text else text + ".0") + "f"


def real(value: float) -> str:
    """Return a C89 constant that reads back as the same float."""
    single = np.float32(value)
    if np.isnan(single):
        message = "NaN has no constant in C89"
        raise LpdnnError(message)
    return literal(float(single))


def _values(op: str, name: str, hint: Any, value: Any, table: str) -> tuple[list[str], list[str]]:
    """Return the initialiser's items for one field, and the tables they point to."""
    if hint is ActivationFunction:
        kind = f"LPDNN_ACTIVATION_{value.kind.upper()}"
        return [f"{{{kind}, {real(value.alpha)}, {real(value.beta)}}}"], []
    if get_origin(hint) is Literal:
        return [enumerator(op, name, value)], []
    if hint in (int, bool, float):
        return [real(value) if hint is float else whole(int(value))], []
    arguments = get_args(hint)
    one = real if arguments[0] is float else lambda item: whole(int(item))
    items = ", ".join(one(item) for item in value)
    if arguments[-1] is not Ellipsis:
        return [f"{{{items}}}"], []
    if not value:
        return ["0", "0"], []
    ctype = "float" if arguments[0] is float else "lpdnn_s32"
    return [str(len(value)), table], [f"static const {ctype} {table}[{len(value)}] = {{{items}}};"]


def initialiser(graph: Graph, node: Node, symbol: str) -> tuple[str, list[str]]:
    """Return the spec struct's definition for a node under a symbol, and the tables to print before it."""
    op = node.op
    items: list[str] = []
    tables: list[str] = []
    fields: list[tuple[str, Any, Any]] = [
        (name, tuple[int, ...] if isinstance(value, tuple) else int, value)
        for name, value in op.geometry(graph.input_types(node), graph.output_types(node)).items()
    ]
    fields += [(name, hint, getattr(op, name)) for name, hint in _attributes(type(op))]
    for name, hint, value in fields:
        some, more = _values(op.NAME, name, hint, value, f"{symbol}_{name}")
        items.append(f"/* {name} */ {', '.join(some)}")
        tables += more
    body = textwrap.fill(
        ", ".join(items).replace("*/ ", "*/~"), 106, break_long_words=False, break_on_hyphens=False
    )
    body = textwrap.indent(body.replace("*/~", "*/ "), "    ")
    return f"static const lpdnn_{op.NAME}_spec {symbol} = {{\n{body}\n}};", tables


def activation_kinds() -> str:
    """Return the enum of scalar functions."""
    kinds = [f"LPDNN_ACTIVATION_{kind.upper()} = {i}" for i, kind in enumerate(get_args(Kind))]
    return "enum {\n    " + ",\n    ".join(kinds) + "\n};"
