"""Runs the command line in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from lpdnn.cli import app

if TYPE_CHECKING:
    from typer.testing import Result


def lpdnn(*arguments: object) -> Result:
    """Return what a command says and how it ends; an exception that is no exit goes through."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="lpdnn")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def refused(result: Result, *words: str) -> None:
    """Assert that a command ended with one sentence on stderr that has these words."""
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.stderr
