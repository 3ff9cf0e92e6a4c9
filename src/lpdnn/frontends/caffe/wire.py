"""Protobuf's binary encoding, walked without copying.

A caffemodel is up to 2 GB of packed floats in a few messages. Parsing it into Python objects costs several
times its size; walking the fields over a memory map costs nothing, and lets forks put what they like under
other numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5
_WIDTH: Final = {FIXED64: 8, FIXED32: 4}
_LONGEST_VARINT: Final = 10


_CUT: Final = "it ends inside a number"
_KIND: Final = "it has a field of no known kind"
_LONG: Final = "it has a number of more than 64 bits"
_NUMBER: Final = "it has a field without a number"
_TEXT: Final = "it has a name that is not UTF-8 text"
_WIDE: Final = "it ends inside a field"


class WireError(ValueError):
    """These bytes are no protobuf message, and why."""


class WireField(NamedTuple):
    """One field: an integer for VARINT, else the payload; `start` is where its tag begins."""

    number: int
    kind: int
    value: int
    payload: memoryview
    start: int
    end: int


def fields(message: memoryview) -> Iterator[WireField]:
    """Yield the fields of one message, in order."""
    position = 0
    size = len(message)
    nothing = message[:0]
    while position < size:
        start = position
        tag, position = _varint(message, position)
        number, kind = tag >> 3, tag & 7
        value, width = 0, _WIDTH.get(kind, 0)
        if kind == VARINT:
            value, position = _varint(message, position)
        elif kind == BYTES:
            width, position = _varint(message, position)
        elif not width:
            raise WireError(_KIND)
        if number == 0 or width > size - position:
            raise WireError(_NUMBER if number == 0 else _WIDE)
        payload = message[position : position + width] if width else nothing
        position += width
        yield WireField(number, kind, value, payload, start, position)


def varints(payload: memoryview) -> Iterator[int]:
    """Yield the values of a packed repeated field of integers."""
    position = 0
    while position < len(payload):
        value, position = _varint(payload, position)
        yield value


def signed(value: int) -> int:
    """Return a varint read as int32 or int64: both are written in 64 bits."""
    return value - (1 << 64) if value >> 63 else value


def text(payload: memoryview) -> str:
    """Return the text of a string field."""
    try:
        return bytes(payload).decode("utf-8")
    except UnicodeDecodeError:
        raise WireError(_TEXT) from None


def tag(number: int, kind: int) -> bytes:
    """Return what stands before a field's value."""
    return varint(number << 3 | kind)


def varint(value: int) -> bytes:
    """Return an unsigned integer, seven bits a byte, lowest first."""
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for index in range(_LONGEST_VARINT):
        if position >= len(message):
            raise WireError(_CUT)
        byte = message[position]
        position += 1
        value |= (byte & 127) << (7 * index)
        if byte < 128:
            return value & (2**64 - 1), position
    raise WireError(_LONG)
