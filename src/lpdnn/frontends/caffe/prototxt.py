"""Protobuf's text format, read into a tree that knows its lines.

google.protobuf.text_format tells no lines, drops unknown fields without a word and recurses; model files need
the opposite of all three. Meaning comes later, in `schema`: here a file is only names, words and braces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lpdnn.frontends.caffe.report import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpdnn.ir import LpdnnError

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r\f\v]+|\#[^\n]*)
      | (?P<newline>\n)
      | (?P<string>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')
      | (?P<word>[A-Za-z_][A-Za-z0-9_.]*)
      | (?P<number>-?[ \t]*(?:[0-9.][A-Za-z0-9_.]*(?:(?<=[eE])[+-][0-9]+[fF]?)?|(?:inf|infinity|nan)f?\b))
      | (?P<mark>[{}<>\[\]:,;])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ESCAPE: Final = re.compile(
    r"\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))"
)
_SIMPLE: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CLOSER: Final = {"{": "}", "<": ">"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as it was written: kind is "string" (quotes and escapes undone), "word" or "number"."""

    kind: str
    text: str


@dataclass(slots=True)
class Block:
    """What stands between two braces, or in a whole file."""

    fields: list[Field] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Field:
    """`name: value` or `name { ... }`, and the line its name is on."""

    name: str
    line: int
    value: Scalar | Block


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def parse(text: str, source: str) -> Block:
    """Return the tree of a whole file; `source` is what errors call it."""
    tokens = _tokens(text, source)
    token = next(tokens)
    top = Block()
    open_blocks: list[tuple[Block, str, int]] = [(top, "", 0)]
    while True:
        block, closer, opened = open_blocks[-1]
        if token.kind == "end":
            if closer:
                raise at(source, token.line, f"the file ends inside the block opened on line {opened}")
            return top
        if token.kind == "mark" and token.text == closer:
            open_blocks.pop()
            token = _after_separator(tokens)
            continue
        if token.kind != "word":
            raise _unexpected(source, token, "a field name")
        name, line = token.text, token.line
        token = next(tokens)
        colon = token.text == ":" and token.kind == "mark"
        if colon:
            token = next(tokens)
        if token.kind == "mark" and token.text in _CLOSER:
            inner = Block()
            block.fields.append(Field(name, line, inner))
            open_blocks.append((inner, _CLOSER[token.text], line))
            token = next(tokens)
        elif not colon:
            raise _unexpected(source, token, f"':' or '{{' after {name}")
        elif token.kind == "mark" and token.text == "[":
            token = _list(tokens, source, block, Field(name, line, Scalar("word", "")))
        else:
            value, token = _scalar(token, tokens, source, name)
            block.fields.append(Field(name, line, value))
            token = _skip_separator(token, tokens)


def _tokens(text: str, source: str) -> Iterator[_Token]:
    line = 1
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            what = (
                "a string that does not end on its line" if text[position] in "\"'" else ascii(text[position])
            )
            raise at(source, line, f"cannot read {what}")
        position = match.end()
        kind = str(match.lastgroup)
        if kind == "newline":
            line += 1
        elif kind != "blank":
            yield _Token(kind, match.group(), line)
    yield _Token("end", "", line)


def _list(tokens: Iterator[_Token], source: str, block: Block, head: Field) -> _Token:
    """Append one field for each scalar of `name: [a, b]`; the token after the list."""
    token = next(tokens)
    while not (token.kind == "mark" and token.text == "]"):
        value, token = _scalar(token, tokens, source, head.name)
        block.fields.append(Field(head.name, head.line, value))
        if token.kind == "mark" and token.text == ",":
            token = next(tokens)
        elif token.text != "]":
            raise _unexpected(source, token, f"',' or ']' in the list of {head.name}")
    return _after_separator(tokens)


def _scalar(token: _Token, tokens: Iterator[_Token], source: str, name: str) -> tuple[Scalar, _Token]:
    if token.kind == "string":
        pieces = []
        while token.kind == "string":  # neighbours are one string, as in C
            pieces.append(_unquote(token, source))
            token = next(tokens)
        return Scalar("string", "".join(pieces)), token
    if token.kind in ("word", "number"):
        return Scalar(token.kind, token.text), next(tokens)
    raise _unexpected(source, token, f"a value for {name}")


def _unquote(token: _Token, source: str) -> str:
    body = token.text[1:-1]
    if "\\" in body:
        # Octal and hex escapes are bytes, so a character outside ASCII may be spelled with several of them.
        raw = _ESCAPE.sub(_unescape, body)
        try:
            body = raw.encode("utf-8", "surrogateescape").decode("utf-8")
        except UnicodeError:
            body = "\udc80"
    if not body.isascii() and any("\ud800" <= c <= "\udfff" for c in body):
        raise at(source, token.line, f"the string {token.text[:40]!a} is not UTF-8 text")
    return body


def _unescape(match: re.Match[str]) -> str:
    octal, hexadecimal, short, long, simple = match.groups()
    if octal or hexadecimal:
        byte = int(octal, 8) if octal else int(hexadecimal, 16)
        return chr(byte & 255) if byte & 255 < 128 else chr(0xDC00 + (byte & 255))
    if short or long:
        code = int(short or long, 16)
        return chr(code) if code <= 0x10FFFF else "\udc80"
    return _SIMPLE.get(simple, simple)


def _after_separator(tokens: Iterator[_Token]) -> _Token:
    return _skip_separator(next(tokens), tokens)


def _skip_separator(token: _Token, tokens: Iterator[_Token]) -> _Token:
    return next(tokens) if token.kind == "mark" and token.text in ",;" else token


def _unexpected(source: str, token: _Token, wanted: str) -> LpdnnError:
    found = "the end of the file" if token.kind == "end" else ascii(token.text[:40])
    return at(source, token.line, f"expects {wanted}, found {found}")
