"""What the text of our C may contain, and that each rule can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from architecture import c_rules
from architecture.project import CORE, HEADERS, KERNELS, PACKAGE, ROOT, own_files

PLAIN = [*CORE, *KERNELS, *HEADERS]


def _file(folder: Path, text: str) -> list[Path]:
    path = folder / "breach.c"
    path.write_text(text)
    return [path]


def test_only_own_headers_and_three_of_the_standard() -> None:
    assert list(c_rules.foreign_includes(PLAIN, HEADERS)) == []


def test_foreign_headers_are_seen(tmp_path: Path) -> None:
    text = '#include <math.h>\n #  include <limits.h> /* fine */\n#include "lpdnn_ops.h"\n'
    text += '#include "other.h"\n#include WHAT\n'
    breaches = list(c_rules.foreign_includes(_file(tmp_path, text), HEADERS))
    assert breaches == [f"breach.c includes {what}" for what in ("<math.h>", '"other.h"', "WHAT")]


def test_strings_are_short() -> None:
    assert list(c_rules.long_strings(PLAIN)) == []


def test_long_strings_are_seen(tmp_path: Path) -> None:
    part = '"' + "x" * 255 + '"'
    assert list(c_rules.long_strings(_file(tmp_path, f"const char *s = {part}\n/* on */ {part};")))
    assert not list(c_rules.long_strings(_file(tmp_path, f"const char *s = {part}, *t = {part};")))


def test_the_first_line_says_what_a_file_is() -> None:
    files = [path for path in own_files(".c", ".h") if "/templates/" not in str(path)]
    assert list(c_rules.unexplained_files(files)) == []


def test_unexplained_files_are_seen(tmp_path: Path) -> None:
    assert list(c_rules.unexplained_files(_file(tmp_path, "int x;\n")))


def test_c_is_formatted() -> None:
    generated = PACKAGE / "runtime" / "include" / "lpdnn_ops.h"
    files = [p for p in own_files(".c", ".h") if p != generated and "/templates/" not in str(p)]
    assert _format(files) == ""


def test_formatting_is_checked(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".clang-format", tmp_path)
    assert "breach.c:1:" in _format(_file(tmp_path, "int f(void) { return 1; }\n"))


def _format(files: list[Path]) -> str:
    tool = Path(sys.executable).with_name("clang-format")
    command = [str(tool) if tool.exists() else "clang-format", "--dry-run", "-Werror", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr
