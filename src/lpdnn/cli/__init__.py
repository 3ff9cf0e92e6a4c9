"""The command line: one file a subcommand, found by being here; a file's `command` function is the subcommand."""

from lpdnn.cli._app import app


def main() -> None:
    """Run the command line."""
    app(prog_name="lpdnn")


__all__ = ["app", "main"]
