"""A tree of names and words becomes a NetParameter, with what it says that the schema does not know.

A wrong type is an error at its line. An unknown field or enumerator is only noted: if its layer turns out to
be unsupported, that is what the user must hear; otherwise the importer reports it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf.descriptor import FieldDescriptor

from lpdnn.frontends.caffe.caffe_pb2 import Skipped
from lpdnn.frontends.caffe.prototxt import Block, Field, Scalar
from lpdnn.frontends.caffe.report import at

if TYPE_CHECKING:
    from google.protobuf.message import Message

_TRUE: Final = ("true", "True", "t", "1")
_FALSE: Final = ("false", "False", "f", "0")
_INTEGER_BITS: Final = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
}
_LARGEST_FLOAT: Final = 3.4028235677973366e38  # above: rounds to infinity in float32


class Note(NamedTuple):
    """Something the schema does not know: a field, or an enumerator as `value` of a known field."""

    line: int
    path: str
    value: str | None = None


def fill(message: Message, block: Block, source: str, path: str = "") -> list[Note]:
    """Set the fields of `message` from `block`."""
    notes = []
    seen = set()
    for item in block.fields:
        descriptor: Any = message.DESCRIPTOR.fields_by_name.get(item.name)
        where = f"{path}.{item.name}" if path else item.name
        if descriptor is None:
            notes.append(Note(item.line, where))
            continue
        if descriptor.message_type is Skipped.DESCRIPTOR:
            continue
        if descriptor.has_presence and item.name in seen:
            raise at(source, item.line, f"{where} is given twice")
        seen.add(item.name)
        notes += _set(message, descriptor, item, source, where)
    return notes


def _set(message: Message, descriptor: FieldDescriptor, item: Field, source: str, where: str) -> list[Note]:
    if descriptor.message_type is not None:
        if not isinstance(item.value, Block):
            raise at(source, item.line, f"{where} expects a block {{ ... }}")
        target = getattr(message, item.name)
        if not descriptor.has_presence:
            target = target.add()
        else:
            target.SetInParent()
        return fill(target, item.value, source, where)
    if isinstance(item.value, Block):
        raise at(source, item.line, f"{where} expects a value, not a block")
    if descriptor.enum_type is not None and _enumerator(descriptor, item.value) is None:
        return [Note(item.line, where, item.value.text)]
    value = _value(descriptor, item.value)
    if value is None:
        kind = _kind(descriptor)
        raise at(source, item.line, f"{where} expects {kind}, found {item.value.text[:40]!a}")
    if not descriptor.has_presence:
        getattr(message, item.name).append(value)
    else:
        setattr(message, item.name, value)
    return []


def _value(descriptor: FieldDescriptor, scalar: Scalar) -> str | bool | int | float | None:
    """Return the value in the field's type, None if it is none."""
    if descriptor.type == FieldDescriptor.TYPE_STRING:
        return scalar.text if scalar.kind == "string" else None
    if scalar.kind == "string":
        return None
    if descriptor.type == FieldDescriptor.TYPE_BOOL:
        return True if scalar.text in _TRUE else False if scalar.text in _FALSE else None
    if descriptor.enum_type is not None:
        return _enumerator(descriptor, scalar)
    if descriptor.type in _INTEGER_BITS:
        low, high = _INTEGER_BITS[descriptor.type]
        integer = _integer(scalar.text)
        return integer if integer is not None and low <= integer <= high else None
    return _real(scalar.text)


def _enumerator(descriptor: FieldDescriptor, scalar: Scalar) -> int | None:
    enum = descriptor.enum_type
    assert enum is not None
    if scalar.kind == "word":
        named = enum.values_by_name.get(scalar.text)
        return None if named is None else int(named.number)
    number = _integer(scalar.text)
    return number if number in enum.values_by_number else None


def _integer(text: str) -> int | None:
    """Decimal, hexadecimal (0x) or octal (leading 0), as C writes them."""
    digits = text.lstrip("-").strip()
    sign = -1 if text.startswith("-") else 1
    octal = len(digits) > 1 and digits.startswith("0") and digits.isdecimal()
    try:
        return sign * int(digits, 8 if octal else 0)
    except ValueError:
        return None


def _real(text: str) -> float | None:
    sign = -1.0 if text.startswith("-") else 1.0
    digits = text.lstrip("-").strip().lower()
    if digits in ("inf", "infinity", "inff"):
        return sign * math.inf
    if "_" in digits:
        return None
    try:
        number = float(digits.removesuffix("f"))
    except ValueError:
        return None
    return sign * (number if number < _LARGEST_FLOAT else math.inf)


def _kind(descriptor: FieldDescriptor) -> str:
    if descriptor.type == FieldDescriptor.TYPE_STRING:
        return "a quoted string"
    if descriptor.type == FieldDescriptor.TYPE_BOOL:
        return "true or false"
    if descriptor.type in _INTEGER_BITS:
        low, high = _INTEGER_BITS[descriptor.type]
        return f"an integer from {low} to {high}"
    return "a number"
