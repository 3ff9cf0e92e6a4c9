"""Core, cpu_vanilla and generated files: clean under every compiler, and asking for nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from architecture.everything import everything
from architecture.objects import (
    BARE,
    FLAGS,
    HOST,
    code_bytes,
    compile_all,
    defined_symbols,
    foreign_symbols,
    look_alikes,
    tool,
)
from architecture.project import CORE, INCLUDE, KERNELS, SUPPORT, VANILLA
from lpdnn import compiler
from lpdnn.codegen import WARNINGS

if TYPE_CHECKING:
    from pathlib import Path

BUILDS = [(cc, level) for cc in HOST for level in ("-O0", "-O3")]
BUILDS += [(BARE, level) for level in ("-O0", "-O3", "-Os")]
FORMS = ("c", "binary", "file")
CORE_LIMIT = 6 * 1024
"""Bytes of the runtime without kernels on a Cortex-M4."""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    graph = everything()
    return [compiler.generate(graph, folder / form, weights=form, symbol=f"lpdnn_{form}") for form in FORMS]


def _nm(cc: str) -> str:
    return "arm-none-eabi-nm" if cc == BARE else "nm"


@pytest.mark.parametrize(("cc", "level"), BUILDS)
def test_core_and_kernels_are_clean_and_self_sufficient(cc: str, level: str, tmp_path: Path) -> None:
    assert compile_all(cc, [*CORE, *KERNELS], [INCLUDE, SUPPORT], tmp_path, level) == ""
    objects = sorted(tmp_path.glob("*.o"))
    assert len(objects) == len(CORE) + len(KERNELS)
    assert list(foreign_symbols(objects, _nm(cc))) == []


@pytest.mark.parametrize("cc", ["gcc", BARE])
def test_kernels_of_integers_are_clean_and_need_no_floating_point(cc: str, tmp_path: Path) -> None:
    soft = (
        ("-mfloat-abi=soft", "-mfpu=auto") if cc == BARE else ()
    )  # what floats do, they ask of a library there
    floating = {"qresize_single"}  # its results are what single precision gives
    others = [p for p in VANILLA.primitives if p.dtype != "f32" and p.op.NAME not in floating]
    assert len(others) > 50
    for primitive in others:
        defines = (f"LPDNN_KERNEL={primitive.symbol}", *primitive.types) if primitive.like else ()
        source = VANILLA.kernels / f"{primitive.file}.c"
        folder = tmp_path / primitive.name
        flags = ["-O2", *soft, *(f"-D{define}" for define in defines)]
        assert compile_all(cc, [source], [INCLUDE, SUPPORT], folder, *flags) == ""
        assert list(foreign_symbols(folder.glob("*.o"), _nm(cc))) == []
        assert primitive.symbol in defined_symbols(folder.glob("*.o"), _nm(cc))
    fixed = [path for path in CORE if path.name == "fixed.c"]
    assert compile_all(cc, fixed, [INCLUDE], tmp_path, "-O2", *soft) == ""
    assert list(foreign_symbols([tmp_path / "fixed.o"], _nm(cc))) == []


@pytest.mark.skipif(shutil.which(BARE) is None, reason=f"{BARE} is not installed")
def test_floating_point_would_be_seen(tmp_path: Path) -> None:
    source = tmp_path / "f.c"
    source.write_text("float f(float x);\nfloat f(float x)\n{\n    return x * x;\n}\n")
    assert compile_all(BARE, [source], [], tmp_path, "-mfloat-abi=soft", "-mfpu=auto") == ""
    assert list(foreign_symbols([tmp_path / "f.o"], _nm(BARE))) == ["f.o needs __aeabi_fmul"]


@pytest.mark.parametrize(("cc", "level"), BUILDS)
def test_generated_files_are_clean_and_self_sufficient(
    cc: str, level: str, bundles: list[Path], tmp_path: Path
) -> None:
    for bundle in bundles:
        files = sorted([*bundle.glob("*.c"), bundle / "test" / "golden_data.c"])
        folder = tmp_path / bundle.name
        said = compile_all(cc, files, [bundle / "include", bundle, bundle / "test"], folder, level)
        assert said == ""
        objects = sorted(folder.glob("*.o"))
        assert len(objects) == 3
        assert list(foreign_symbols(objects, _nm(cc))) == []


def test_names_differ_in_their_first_31_characters(bundles: list[Path], tmp_path: Path) -> None:
    assert compile_all("gcc", [*CORE, *KERNELS], [INCLUDE, SUPPORT], tmp_path) == ""
    for bundle in bundles:
        includes = [bundle / "include", bundle]
        assert compile_all("gcc", sorted(bundle.glob("*.c")), includes, tmp_path) == ""
    names = defined_symbols(tmp_path.glob("*.o"))
    assert {"LpdnnInit", "lpdnn_expf", "lpdnn_conv2d_f32_nchw__ref", "lpdnn_c_network_spec"} <= names
    assert list(look_alikes(names)) == []


def test_the_core_is_small_on_a_cortex_m4(tmp_path: Path) -> None:
    assert compile_all(BARE, CORE, [INCLUDE], tmp_path, "-Os") == ""
    assert code_bytes(tmp_path.glob("*.o"), "arm-none-eabi-size") <= CORE_LIMIT


def test_bundles_are_built_under_the_design_s_flags() -> None:
    assert set(FLAGS) - {"-std=c89"} == set(WARNINGS)


BREACHES = {
    "comment": "int f(void);\nint f(void)\n{\n    return 1; // one\n}\n",
    "late declaration": "int f(void);\nint f(void)\n{\n    f();\n    int x = 1;\n    return x;\n}\n",
    "narrowing": "char f(int x);\nchar f(int x)\n{\n    return x;\n}\n",
    "double": "float f(float x);\nfloat f(float x)\n{\n    return (float)(x * 1.5);\n}\n",
    "shadow": "int f(int x);\nint f(int x)\n{\n    {\n        int x = 1;\n        return x;\n    }\n}\n",
    "no prototype": "int f(int x)\n{\n    return x;\n}\n",
    "old prototype": "int f();\n",
    "long long": "long long f(void);\n",
    "unused": "int f(int x);\nint f(int x)\n{\n    return 1;\n}\n",
    "long string": 'extern const char *const s;\nconst char *const s = "' + "x" * 510 + '";\n',
}


@pytest.mark.parametrize("cc", [*HOST, BARE])
@pytest.mark.parametrize("breach", BREACHES)
def test_flags_catch(breach: str, cc: str, tmp_path: Path) -> None:
    source = tmp_path / "breach.c"
    source.write_text(BREACHES[breach])
    assert "error" in compile_all(cc, [source], [], tmp_path)


FOREIGN = {
    "expf": "float expf(float);\nfloat f(float x);\nfloat f(float x)\n{\n    return expf(x);\n}\n",
    "malloc": "void *malloc(unsigned long);\nvoid *f(void);\nvoid *f(void)\n{\n    return malloc(4);\n}\n",
    "division": "extern double x;\nint f(void);\nint f(void)\n{\n    return x / 3.0 > 2.0;\n}\n",
}


@pytest.mark.parametrize(("what", "cc"), [("expf", "gcc"), ("malloc", "clang"), ("division", BARE)])
def test_foreign_symbols_are_seen(what: str, cc: str, tmp_path: Path) -> None:
    source = tmp_path / "breach.c"
    source.write_text(FOREIGN[what])
    assert compile_all(cc, [source], [], tmp_path) == ""
    assert list(foreign_symbols([tmp_path / "breach.o"], _nm(cc)))


def test_look_alikes_are_seen() -> None:
    name = "lpdnn_convert_f32_nchw16c_nhwc__ref"
    assert list(look_alikes([name, name + "_avx2", "lpdnn_expf"])) == [f"{name} and {name}_avx2"]


def test_code_size_counts(tmp_path: Path) -> None:
    tool("arm-none-eabi-size")
    source = tmp_path / "table.c"
    source.write_text("extern const int table[1000];\nconst int table[1000] = {1};\n")
    assert compile_all(BARE, [source], [], tmp_path, "-Os") == ""
    assert code_bytes([tmp_path / "table.o"], "arm-none-eabi-size") == 4000
