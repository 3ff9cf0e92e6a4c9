"""Names from model files, made harmless in C."""

from __future__ import annotations

import re

_LIMIT = 100


def identifier(name: str, index: int) -> str:
    """Return a C identifier of at most 31 characters, unique by its index and readable by its name."""
    return f"t{index}_{re.sub(r'[^A-Za-z0-9_]+', '_', name)}"[:31].rstrip("_")


def comment(text: str) -> str:
    """Return text that can stand in a C comment."""
    return re.sub(r"[^A-Za-z0-9_.,:()\[\]+=<> -]|(?<=/)\*|\*(?=/)", "_", text)[:_LIMIT]


def string(text: str) -> str:
    """Return a C string literal; what is not plain ASCII becomes an underscore."""
    return '"' + re.sub(r"[^ !#-\[\]-~]|\?", "_", text)[:_LIMIT] + '"'


def symbol(name: str) -> str:
    """Return a prefix for C symbols and files, from a name a user chose."""
    clean = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_").lower() or "lpdnn"
    return f"net_{clean}" if clean[0].isdigit() else clean
