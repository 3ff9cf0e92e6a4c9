"""What holds for every subcommand."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import lpdnn.cli
from cli.commands import lpdnn as run
from cli.commands import refused
from lpdnn.cli import _app

FILES = sorted(path.stem for path in Path(lpdnn.cli.__file__).parent.glob("[a-z]*.py"))
COMMANDS = [name.rstrip("_") for name in FILES]


def test_every_file_is_a_command() -> None:
    assert {"import", "check", "generate", "build", "run", "verify", "plugins", "targets", "ops"} <= set(
        COMMANDS
    )
    shown = run("--help").output
    assert all(f" {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    lines = [line.strip() for line in result.output.splitlines()]
    assert any(line.startswith(f"lpdnn {command}") for line in lines[lines.index("For example:") :])


def test_version() -> None:
    assert run("--version").output == f"lpdnn {version('lpdnn')}\n"


def test_help_does_not_load_what_is_slow() -> None:
    code = (
        "import sys; sys.argv = ['lpdnn', '--help']\n"
        "import lpdnn.cli\n"
        "try: lpdnn.cli.main()\n"
        "except SystemExit as end: print(end.code)\n"
        "print([name for name in ('numpy', 'h5py', 'PIL', 'google.protobuf', 'lpdnn.compiler') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["0", "[]"]


def test_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lpdnn.cli", "check", "nothing.prototxt"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: nothing.prototxt: there is no such file\n"


@pytest.mark.parametrize("arguments", [["unknown"], ["run"], ["import", "x.prototxt"], ["ops", "--what"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error" in result.stderr


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "weights.bin"), "weights.bin: Permission denied"),
        (OSError("disk full"), "disk full"),
        (MemoryError(), "not enough memory"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_of_the_system_are_sentences(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("lpdnn.compiler.load", fail)
    refused(run("check", "x.prototxt"), words)


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lpdnn.compiler.load", interrupt)
    result = run("check", "x.prototxt")
    assert (result.exit_code, result.stderr) == (130, "error: interrupted\n")


def test_faults_of_ours_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("lpdnn.compiler.load", fail)
    with pytest.raises(ZeroDivisionError):
        run("check", "x.prototxt")


def test_the_group_is_the_application() -> None:
    assert lpdnn.cli.app is _app.app
