"""The tables of README.md and docs/ are what the registries make of them today."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "tables.py")
assert _SPEC is not None
assert _SPEC.loader is not None
tables = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tables)


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: page.name)
def test_tables_are_current(page: Path) -> None:
    text = page.read_text("utf-8")
    assert tables.current(text) == text, "run python docs/tables.py"


def test_every_table_stands_on_a_page() -> None:
    text = "".join(page.read_text("utf-8") for page in tables.PAGES)
    assert {match[2] for match in tables.MARKED.finditer(text)} == set(tables.TABLES)


def test_an_old_table_is_seen() -> None:
    old = "<!-- table: targets -->\n| gone |\n<!-- end of table -->"
    assert "| `native` |" in tables.current(old)
    assert "gone" not in tables.current(old)


def test_links_lead_somewhere() -> None:
    for page in [*tables.PAGES, ROOT / "ARCHITECTURE.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
