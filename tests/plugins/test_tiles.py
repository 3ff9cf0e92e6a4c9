"""AMX's kernels, on instructions in plain C where the CPU has none, and what of them becomes real ones."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lpdnn.codegen.units import specialised
from lpdnn.ir import RANGE, GraphBuilder, LpdnnError, TensorType
from lpdnn.ops._integers import weighted
from lpdnn.ops.qconv2d import QConv2d
from lpdnn.ops.qfc import QFullyConnected
from lpdnn.primitives import Plugin, Primitive, discover
from lpdnn.selection import fastest, model
from lpdnn.targets import find
from lpdnn.targets._cpu import cpu_features, tiles_allowed
from lpdnn.targets.core import core_of
from lpdnn.toolchain.compilers import INCLUDE
from lpdnn.toolchain.kernel_program import Case, run_cases
from plugins.test_int8 import METHOD, WAYS, case, taken

if TYPE_CHECKING:
    from lpdnn.targets import Target

AMX = find("x86-64-amx")
HAS_VNNI = find("x86-64-avx512").runs_here and "avx512_vnni" in cpu_features()
NEEDS_VNNI = pytest.mark.skipif(
    not HAS_VNNI, reason="this computer lacks avx512vnni, which sums are finished with"
)
IN_C = "-DLPDNN_TILES_IN_C"
SANITIZE = (*AMX.flags, "-O0", IN_C, "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
KERNELS = {
    p.name: (plugin, p)
    for plugin in discover()
    for p in plugin.primitives
    if p.library and p.library.name == "amx"
}
PADDED = (1, 1, 1, 1)
CONVOLUTIONS = {
    "pairs across rows, a part of a vector": (QConv2d(padding=PADDED, x_zero=9), (1, 64, 13, 14), (40, 64, 3, 3)),
    "a last block that is not whole, stride 2": (QConv2d((2, 2), PADDED, y_zero=3), (1, 22, 15, 13), (16, 22, 3, 3)),
    "in place, a line of all rows, tiles overlap": (QConv2d(x_zero=5), (1, 128, 7, 7), (48, 128, 1, 1)),
    "in place, stride 2": (QConv2d((2, 2)), (2, 64, 9, 35), (17, 64, 1, 1)),
    "in place, lines with gaps": (QConv2d(x_zero=3), (1, 32, 9, 9), (33, 32, 3, 3)),
    "bands, of which the last overlaps": (QConv2d(x_zero=3), (1, 200, 41, 40), (3, 200, 1, 1)),
    "chunks": (QConv2d(), (1, 256, 27, 37), (4, 256, 1, 1)),
    "groups": (QConv2d(padding=PADDED, groups=2), (2, 128, 5, 6), (80, 64, 3, 3)),
}  # fmt: skip


def kernel(start: str) -> tuple[Plugin, Primitive]:
    """Return the primitive whose name begins so."""
    (found,) = (KERNELS[name] for name in KERNELS if name.startswith(f"{start}_"))
    return found


def same(plugin: Plugin, primitive: Primitive, cases: list[Case]) -> None:
    """Expect the integers that the operator says, bit by bit, and no byte read or written beyond operands."""
    assert cases
    for one, (got,) in zip(cases, run_cases(plugin, primitive, cases, flags=SANITIZE), strict=True):
        np.testing.assert_array_equal(got, one.op.reference(*one.inputs)[0], err_msg=str(one.op))


@NEEDS_VNNI
@pytest.mark.parametrize("name", KERNELS)
def test_every_sample_gives_what_the_operator_says(name: str) -> None:
    plugin, primitive = KERNELS[name]
    cases = [Case(sample.op, sample.arrays(seed)) for seed, sample in enumerate(primitive.op.samples())]
    same(plugin, primitive, [one for one in cases if fits(primitive, one)])


def fits(primitive: Primitive, one: Case) -> bool:
    """Tell whether a case has the primitive's types."""
    (node,) = (graph := one.graph(primitive)).nodes
    inputs, outputs = graph.input_types(node), graph.output_types(node)
    return primitive.fits(inputs, outputs) and not primitive.accepts(one.op, inputs, outputs, AMX)


def convolutions(dtype: str) -> dict[str, Case]:
    """Return a case of each convolution."""
    found = {}
    for seed, (words, (op, x, w)) in enumerate(CONVOLUTIONS.items()):
        low, high = RANGE[dtype]
        one = replace(op, low=low, high=high)
        found[words] = Case(one, weighted(one, dtype, "s8", x, w, seed).arrays(seed))
    return found


def test_convolutions_are_cut_as_they_are_called() -> None:
    _, primitive = kernel("qconv2d_s8")
    cuts = {}
    for words, one in convolutions("s8").items():
        (node,) = (graph := one.graph(primitive)).nodes
        cuts[words] = primitive.defines(one.op, graph.input_types(node), graph.output_types(node))
    assert [words for words, found in cuts.items() if not found["COPIED"]] == [
        words for words in cuts if words.startswith(("in place", "chunks"))
    ]
    for words, found in cuts.items():
        tiles = found["LINES"] * found["TILES"]
        assert ("overlap" in words and "tiles" in words) <= (found["TILES"] * found["PIXELS"] > found["LINE"])
        assert ("gaps" in words) <= (found["LINE_ROW"] > found["OUT_WIDTH"])
        assert ("across rows" in words) <= (found["LINES"] > 1 and found["TILES"] % 2 == 1)
        assert ("bands" in words) == (found["BANDS"] > 1)
        assert ("bands" in words) <= (found["OUT_HEIGHT"] % found["BAND_OUT"] > 0)
        assert ("chunks" in words) <= (tiles > found["CHUNK"])
        assert ("whole" in words) <= (found["BLOCKS"] * found["BLOCK"] > 3 * found["DEPTH"])


@NEEDS_VNNI
@pytest.mark.parametrize("dtype", ["s8", "u8"])
def test_every_cut_of_a_map_gives_what_the_operator_says(dtype: str) -> None:
    cases = list(convolutions(dtype).values())
    same(*kernel(f"qconv2d_{dtype}"), cases if dtype == "s8" else cases[::3])


@NEEDS_VNNI
def test_a_fully_connected_layer_of_many_images() -> None:
    samples = [weighted(QFullyConnected(x_zero=3), "s8", "s8", (n, 1001), (37, 1001), n) for n in (1, 35)]
    same(*kernel("qfc_s8"), [Case(sample.op, sample.arrays(0)) for sample in samples])


@NEEDS_VNNI
@pytest.mark.parametrize("way", WAYS)
def test_every_way_from_sums_to_results(way: str) -> None:
    plugin, primitive = kernel("qconv2d_s8")
    rest = case(way).operands(primitive)[3]
    assert rest is not None
    assert taken(rest, 32) >= {METHOD[way]}
    same(plugin, primitive, [case(way)])


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program of tile_shapes.c."""
    program = tmp_path_factory.mktemp("tiles") / "shapes"
    source = Path(__file__).with_name("tile_shapes.c")
    headers = (f"-I{INCLUDE}", f"-I{kernel('qfc_s8')[0].support}")
    subprocess.run(["gcc", "-O1", *headers, source, "-o", program], check=True)
    return program


@pytest.mark.parametrize("is_signed", [0, 1])
@pytest.mark.parametrize(("rows", "bytes_"), [(16, 64), (5, 64), (16, 12), (1, 4)])
def test_products_of_tiles_are_those_of_matrices(
    shapes: Path, rows: int, bytes_: int, is_signed: int
) -> None:
    rng = np.random.default_rng(rows)
    a, b = (rng.integers(0, 256, (16, 64)).astype(np.uint8) for _ in range(2))
    sums = rng.integers(-(2**31), 2**31, (16, 16)).astype(np.int32)
    done = subprocess.run(
        [shapes, str(rows), str(bytes_), str(is_signed)],
        input=b"".join(x.tobytes() for x in (a, b, sums)),
        capture_output=True,
        check=True,
    )
    left = (a.view(np.int8) if is_signed else a)[:rows, :bytes_].astype(np.int64)
    right = b.view(np.int8).reshape(16, 16, 4).swapaxes(1, 2).reshape(64, 16)[:bytes_].astype(np.int64)
    want = sums.copy()
    want[:rows] = (sums[:rows] + left @ right).astype(np.int32)
    np.testing.assert_array_equal(np.frombuffer(done.stdout, np.int32).reshape(16, 16), want)


@pytest.mark.parametrize("wrong", ["k", "p", "r", "n", "s", "z", "e"])
def test_what_raises_an_exception_on_a_cpu_ends_the_program(shapes: Path, wrong: str) -> None:
    done = subprocess.run(
        [shapes, "8", "32", "1", wrong], input=bytes(3 << 10), capture_output=True, check=False
    )
    assert done.returncode < 0
    done = subprocess.run([shapes, "8", "32", "1"], input=bytes(3 << 10), capture_output=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("cc", ["gcc", "clang"])
@pytest.mark.parametrize("dtype", ["s8", "u8"])
def test_kernels_are_made_of_the_instructions(tmp_path: Path, cc: str, dtype: str) -> None:
    if not shutil.which(cc) or not shutil.which("objdump"):
        pytest.skip(f"{cc} or objdump is not installed")
    plugin, primitive = kernel(f"qconv2d_{dtype}")
    one = convolutions(dtype)["pairs across rows, a part of a vector"]
    (node,) = (graph := one.graph(primitive)).nodes
    _, defines = specialised(primitive, one.op, graph.input_types(node), graph.output_types(node))
    flags = (*AMX.flags, "-std=gnu11", f"-I{INCLUDE}", f"-I{plugin.support}", *(f"-D{d}" for d in defines))
    source, built = plugin.kernels / f"{primitive.file}.c", tmp_path / "kernel.o"
    if subprocess.run([cc, *flags, "-c", source, "-o", built], check=False).returncode:
        pytest.skip(f"this {cc} knows no AMX")
    text = subprocess.run(
        ["objdump", "-d", "-M", "intel", built], capture_output=True, text=True, check=True
    ).stdout
    found = set(re.findall(r"\t(t(?:ile|dp)\w+|ldtilecfg)\b *(tmm\d,tmm\d,tmm\d|tmm\d)?", text))
    product = "tdpbssd" if dtype == "s8" else "tdpbusd"
    assert {operands for name, operands in found if name.startswith("tdp")} == {
        "tmm0,tmm4,tmm6",
        "tmm1,tmm4,tmm7",
        "tmm2,tmm5,tmm6",
        "tmm3,tmm5,tmm7",
    }
    assert {name for name, _ in found} == {
        "ldtilecfg",
        "tilezero",
        "tileloadd",
        product,
        "tilestored",
        "tilerelease",
    }


@NEEDS_VNNI
@pytest.mark.skipif(tiles_allowed(), reason="this computer has AMX")
def test_without_amx_a_kernel_refuses_and_says_so() -> None:
    plugin, primitive = kernel("qfc_s8")
    sample = primitive.op.samples()[0]
    with pytest.raises(LpdnnError, match="status 7"):
        run_cases(plugin, primitive, [Case(sample.op, sample.arrays(0))], flags=(*AMX.flags, "-O0"))


def test_only_targets_with_amx_get_it_and_only_for_what_fills_its_tiles() -> None:
    def chosen(shape: tuple[int, ...], weight: tuple[int, ...], groups: int, board: Target) -> str:
        builder = GraphBuilder("one")
        x = builder.input("x", TensorType(shape, "s8", layout="nhwc"))
        sample = weighted(QConv2d(padding=PADDED, groups=groups), "s8", "s8", shape, weight, 0)
        _, *constants = sample.arrays(0)
        names = [builder.constant(f"c{i}", c) for i, c in enumerate(constants) if c is not None]
        graph = builder.finish([builder.apply(sample.op, x, *names, name="y")])
        selection = fastest(model(graph, board))
        told[:] = selection.notes
        return selection.nodes["y"].primitive.how

    told: list[str] = []
    xeon = replace(AMX, core=core_of("GenuineIntel", 6, 0x8F))
    deep, depthwise = ((1, 256, 14, 14), (256, 256, 3, 3), 1), ((1, 64, 14, 14), (64, 1, 3, 3), 64)
    for board in (AMX, xeon):
        assert chosen(*deep, board) == "tiles"
        assert chosen(*depthwise, board) == "depthwise_avx512vnni"
        assert not told
    denied = replace(AMX, denied=frozenset({"amx_tile", "amx_int8"}))
    assert chosen(*deep, denied) == "direct_avx512vnni"
    assert any("amx_int8, amx_tile, which its system does not let" in note for note in told)
    assert "amx_int8" not in find("x86-64-avx512").features
