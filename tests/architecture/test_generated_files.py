"""What is derived from declarations is current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from lpdnn.codegen import ops_header
from lpdnn.ops import OPERATORS


def test_lpdnn_ops_h_is_current() -> None:
    assert ops_header.PATH.read_text() == ops_header.ops_header(), "run python -m lpdnn.codegen.ops_header"


def test_a_new_attribute_would_change_it(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = OPERATORS["conv2d"]

    @dataclass(frozen=True)
    class Conv2d(parent):  # type: ignore[misc, valid-type]
        NAME: ClassVar[str] = "conv2d"
        new_attribute: int = 1

    monkeypatch.setitem(ops_header.OPERATORS, "conv2d", Conv2d)
    assert "lpdnn_s32 new_attribute;" in ops_header.ops_header()
