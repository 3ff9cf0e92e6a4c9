"""The runtime's front door in C: statuses, blobs, several networks in one program, under ASan and UBSan."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import lpdnn
from small_networks import adder, colour_classifier

FLAGS = (
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-Wall",
    "-Wextra",
    "-Werror",
)


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_two_networks_in_one_program(tmp_path: Path, cc: str) -> None:
    networks = {"first": lpdnn.load(*colour_classifier(tmp_path)), "second": lpdnn.load(adder(tmp_path))}
    sources: dict[str, Path] = {}
    for symbol, net in networks.items():
        bundle = lpdnn.generate(
            net, tmp_path / symbol, symbol=symbol, selection=lpdnn.select(net, use=["*=cpu_vanilla"])
        )
        for path in (*bundle.glob("*.c"), *bundle.glob("core/*.c"), *bundle.glob("kernels/*/*.c")):
            sources[path.name] = path
    includes = [f"-I{tmp_path / symbol}{sub}" for symbol in networks for sub in ("", "/include")]
    program = tmp_path / "program"
    source = Path(__file__).parent / "test_net.c"
    subprocess.run([cc, "-std=c89", *FLAGS, *includes, source, *sources.values(), "-o", program], check=True)
    done = subprocess.run([program], check=False)
    assert done.returncode == 0, f"line {done.returncode} of test_net.c"
