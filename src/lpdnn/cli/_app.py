"""The application: every subcommand that is here, and what happens to their errors."""

from __future__ import annotations

import errno
import importlib
import pkgutil
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lpdnn.cli._console import hearing, tell_error, tell_warning


def _sentence(error: Exception) -> str | None:
    """Return what to tell the user of an error; None where it is a fault of ours."""
    from lpdnn.ir import LpdnnError  # loads numpy

    if isinstance(error, LpdnnError):
        return str(error)
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this network"
    return None


class Commands(TyperGroup):
    """The subcommands; an error that a user can act on ends one with a sentence and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run a subcommand."""
        try:
            with hearing(tell_warning):
                return super().invoke(ctx)
        except (Exception, KeyboardInterrupt) as error:
            if isinstance(error, KeyboardInterrupt):
                tell_error("interrupted")
                raise typer.Exit(130) from error
            sentence = _sentence(error)
            if sentence is None:
                raise
            tell_error(sentence)
            raise typer.Exit(1) from error


def _version(asked: bool) -> None:  # noqa: FBT001  # a callback of typer
    if asked:
        from importlib.metadata import version

        typer.echo(f"lpdnn {version('lpdnn')}")
        raise typer.Exit


def _options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def _discover() -> typer.Typer:
    application = typer.Typer(
        name="lpdnn",
        cls=Commands,
        help="Turn a trained network into the smallest, fastest C program that runs it on a given device.",
        epilog="MODEL is a Caffe .prototxt (with its WEIGHTS), an .onnx file, or an .lpdnn file made by "
        "`lpdnn import`.",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    application.callback()(_options)
    names = (info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]))
    found = {name: importlib.import_module(f"lpdnn.cli.{name}") for name in names if not name.startswith("_")}
    for name, module in sorted(found.items(), key=lambda item: (item[1].PANEL, item[0])):
        application.command(name.rstrip("_"), rich_help_panel=module.PANEL)(module.command)
    return application


app = _discover()
