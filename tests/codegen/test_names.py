"""Names from models cannot become C."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpdnn.codegen.names import comment, identifier, string, symbol

if TYPE_CHECKING:
    from pathlib import Path

EVIL = [
    'conv"1',
    "a*/b",
    "/*x",
    "a\\",
    "??/",
    "x\ny",
    "%s%n",
    "é",
    "",
    "/" * 300,
    "a" * 200,
    "int",
    "1x",
    "??=define",
]


@pytest.mark.parametrize("name", EVIL)
def test_identifier_is_one(name: str) -> None:
    made = identifier(name, 7)
    assert made.isidentifier()
    assert made.isascii()
    assert len(made) <= 31


def test_symbol_is_an_identifier_whatever_the_name() -> None:
    assert all(symbol(name).isidentifier() for name in EVIL)


@given(st.text())
def test_comment_and_string_cannot_be_left(text: str) -> None:
    assert "*/" not in comment(text)
    assert "/*" not in comment(text)
    assert comment(text).isascii()
    inside = string(text)[1:-1]
    assert not set(inside) & set('"\\\n?')
    assert inside.isascii()


def test_compiles(tmp_path: Path) -> None:
    source = tmp_path / "names.c"
    lines = [
        f"/* {comment(n)} */ static const char *{identifier(n, i)} = {string(n)};" for i, n in enumerate(EVIL)
    ]
    uses = "".join(f" + {identifier(n, i)}[0]" for i, n in enumerate(EVIL))
    source.write_text("\n".join([*lines, f"int f(void); int f(void) {{ return 0{uses}; }}\n"]))
    subprocess.run(
        ["gcc", "-std=c89", "-pedantic-errors", "-Wall", "-Werror", "-c", source, "-o", "/dev/null"],
        check=True,
    )
