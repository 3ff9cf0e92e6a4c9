"""The front door: the names that users hold on to are there, and they are the documented ones."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import lpdnn
from architecture.everything import everything
from architecture.objects import tool
from architecture.project import PUBLIC_HEADERS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")

LISTING = """
#include "lpdnn_api.h"
#include "lpdnn_model.h"
#include "lpdnn_netspec.h"

int main(void)
{
    LpdnnInit();
    const LpdnnNetParams* spec = &lpdnn_network_spec;
    const void* model = &lpdnn_network_model;
    LpdnnNetHndl net = LpdnnNetAlloc("AlexNet");
    LpdnnNetInit(net, spec, model);
    LpdnnBlobHndl input = LpdnnNetInputBlobGet(net);
    float* x = LpdnnBlobDataGet(input);
    x[0] = 1.0f;
    LpdnnNetInfer(net, input);
    LpdnnConstBlobHndl output = LpdnnNetGetLayerOutput(net);
    const float* y = LpdnnBlobDataGet(output);
    int seen = y != 0;
    LpdnnNetFree(net);
    LpdnnDispose();
    return !seen;
}
"""
"""What the design promises to a user, to the letter."""


def _declared_functions() -> set[str]:
    text = "\n".join(path.read_text() for path in PUBLIC_HEADERS)
    return set(
        re.findall(r"^[\w ]+[ *](Lpdnn\w+)\(", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL), re.MULTILINE)
    )


def test_python_s_names_are_the_documented_ones() -> None:
    documented = set(re.findall(r"^\| `lpdnn\.(\w+)", PAGE, re.MULTILINE))
    assert set(lpdnn.__all__) == documented
    assert all(hasattr(lpdnn, name) for name in lpdnn.__all__)


def test_c_s_functions_are_the_documented_ones() -> None:
    table = PAGE[PAGE.index("| Function |") : PAGE.index("Types:")]
    assert _declared_functions() == set(re.findall(r"`(Lpdnn\w+)`", table))
    assert "LpdnnNetInfer" in _declared_functions()


def test_the_design_s_listing_compiles_and_runs(tmp_path: Path) -> None:
    bundle = lpdnn.generate(everything(), tmp_path / "bundle")
    subprocess.run(["make", "-s", "CFLAGS=-O0"], cwd=bundle, check=True)
    source = tmp_path / "listing.c"
    source.write_text(LISTING)
    cc = [tool("gcc"), "-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{bundle / 'include'}", f"-I{bundle}"]
    program = tmp_path / "listing"
    subprocess.run([*cc, str(source), str(bundle / "build" / "liblpdnn.a"), "-o", str(program)], check=True)
    assert subprocess.run([str(program)], check=False).returncode == 0
