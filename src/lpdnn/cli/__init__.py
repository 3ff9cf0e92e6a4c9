"""The command line: one file a subcommand, found by being here; its `command` function is what runs."""

from lpdnn.cli._app import app


def main() -> None:
    """Run the command line."""
    app(prog_name="lpdnn")


__all__ = ["app", "main"]
