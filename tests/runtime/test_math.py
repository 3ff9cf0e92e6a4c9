"""The runtime's exp, log, pow, tanh and sqrt: accuracy, special values, equal bits, clean small objects."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Doubles = NDArray[np.float64]
    Record = Callable[[str, object], None]
    Case = tuple[tuple[float, ...], float]

ROOT = Path(__file__).parents[2]
INCLUDE = ROOT / "src/lpdnn/runtime/include"
MATH = ROOT / "src/lpdnn/runtime/core/math.c"
ARRAYS = Path(__file__).with_name("math_arrays.c")

EXHAUSTIVE = os.environ.get("LPDNN_EXHAUSTIVE") == "1"
CHUNK = 1 << 22

# What lpdnn_kernel.h promises is 2 ulp for exp and sqrt and 4 for the rest; what we hold is better.
LARGEST_ERROR = {"exp": 0.7, "log": 0.6, "tanh": 0.6, "sqrt": 0.5, "pow": 2.0}
REFERENCE: dict[str, np.ufunc] = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "sqrt": np.sqrt}
NAMES = ("exp", "log", "pow", "sqrt", "tanh")

STRICT = ["-std=c89", "-pedantic-errors", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion"]
STRICT += ["-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Werror"]
CORTEX_M4 = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
CORTEX_M0 = ["-mcpu=cortex-m0", "-mthumb"]

INF = float("inf")
NAN = float("nan")
CANONICAL_NAN = 0x7FC00000


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if name == "gcc":
            pytest.fail("gcc is not installed: the runtime cannot be tested without it")
        pytest.skip(f"{name} is not installed: nothing is known of math.c under it")
    return found


def compiled(source: Path, folder: Path, compiler: str, *options: str) -> Path:
    target = folder / f"{source.stem}.o"
    command = [tool(compiler), *options, f"-I{INCLUDE}", "-c", str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return target


class Runtime:
    """math.c as one compiler with one set of options makes it."""

    def __init__(self, folder: Path, compiler: str, *options: str) -> None:
        target = folder / "libmath.so"
        objects = [str(compiled(source, folder, compiler, "-fPIC", *options)) for source in (MATH, ARRAYS)]
        # Linked without the options: with -ffast-math it would make this process flush its subnormals.
        sanitizers = [option for option in options if option.startswith("-fsanitize")]
        subprocess.run([tool(compiler), "-shared", *sanitizers, *objects, "-o", str(target)], check=True)
        self.library = ctypes.CDLL(str(target))

    def __call__(self, name: str, *operands: Floats) -> Floats:
        arrays = [np.ascontiguousarray(operand, dtype=np.float32) for operand in operands]
        result = np.empty_like(arrays[0])
        assert all(array.shape == result.shape for array in arrays)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (*arrays, result)]
        getattr(self.library, f"{name}_array")(*pointers, ctypes.c_size_t(result.size))
        return result


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    return Runtime(tmp_path_factory.mktemp("math"), "gcc", "-O2")


def floats(bits: object) -> Floats:
    return np.asarray(bits).astype(np.uint32).view(np.float32)


def ulps(got: Floats, exact: Doubles) -> Doubles:
    """Error in units of the last place that a float of the exact value has; an infinity counts as 2^128."""
    top = 2.0**128
    exact = np.clip(exact, -top, top)
    exponent = np.clip(np.frexp(exact)[1] - 1, -126, 127)
    error = np.abs(np.clip(got.astype(np.float64), -top, top) - exact)
    last_place: Doubles = np.ldexp(1.0, exponent - 23)
    return error / last_place


def largest_error(name: str, got: Floats, exact: Doubles, *operands: Floats) -> float:
    """Check NaN and signs everywhere and the error against the limit; return the largest error."""
    nan = np.isnan(exact)
    wrong = np.isnan(got) != nan
    wrong |= ~nan & (np.signbit(got) != np.signbit(exact))
    error = np.where(nan, 0.0, ulps(got, exact))
    wrong |= ~(error <= LARGEST_ERROR[name])
    if wrong.any():
        at = int(np.argmax(np.where(wrong, np.where(np.isfinite(error), error, INF), -1.0)))
        of = ", ".join(float(operand[at]).hex() for operand in operands)
        told = f"{name}({of}) is {float(got[at]).hex()} instead of {float(exact[at]).hex()}"
        pytest.fail(f"{told}: {error[at]:.3f} ulp; {int(wrong.sum())} such results")
    return float(error.max(initial=0.0))


def all_floats() -> Iterator[Floats]:
    """Every float, or every 509th and all those around the places where something changes."""
    step = 1 if EXHAUSTIVE else 509
    for start in range(0, 1 << 32, CHUNK * step):
        yield floats(np.arange(start, min(start + CHUNK * step, 1 << 32), step, dtype=np.uint64))
    if not EXHAUSTIVE:
        corners = [0.0, 2.0**-126, 2.0**-24, 0.5, 2**-0.5, 1.0, 2**0.5, 2.0, 9.01, 88.0, 88.73, 103.3, 103.98]
        for corner in np.array([*corners, INF], np.float32).view(np.uint32):
            near = (np.arange(-(1 << 12), 1 << 12) + int(corner)) % (1 << 31)
            yield floats(np.concatenate([near, near + (1 << 31)]))


def report(record: Record, name: str, count: int, error: float) -> None:
    record(f"{name} ulp", error)
    print(f"{name}: at most {error:.4f} ulp over {count} operands")


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_error_of_function(name: str, runtime: Runtime, record_property: Record) -> None:
    error, count = 0.0, 0
    for x in all_floats():
        with np.errstate(all="ignore"):
            exact = REFERENCE[name](x.astype(np.float64))
        error = max(error, largest_error(name, runtime(name, x), exact, x))
        count += x.size
    assert count > (1 << 32) - 1 if EXHAUSTIVE else count > 1 << 23
    report(record_property, name, count, error)


def power_pairs(seed: int, count: int) -> Iterator[tuple[Floats, Floats]]:
    """Pairs whose power is mostly finite, from every region where pow is hard."""
    random = np.random.default_rng(seed)

    def bits(low: int, high: int) -> Floats:
        return floats(random.integers(low, high, count, dtype=np.uint64))

    def exponents(x: Floats) -> Floats:
        """Exponents that spread the powers evenly over the logarithms of all floats, and a little further."""
        with np.errstate(all="ignore"):
            scale = np.log2(np.abs(x).astype(np.float64))
            return (random.uniform(-152, 130, count) / scale).astype(np.float32)

    def negative(x: Floats) -> tuple[Floats, Floats]:
        return -x, np.rint(exponents(x))

    around_one = (1 + random.integers(-5000, 5001, count) * 2.0**-24).astype(np.float32)
    middle = np.exp2(random.uniform(-1, 1, count)).astype(np.float32)
    worst = random.uniform(0.69, 0.73, count).astype(np.float32)  # where log2 cancels most
    wide = np.exp2(random.uniform(-20, 20, count)).astype(np.float32)
    small_integers = random.integers(2, 2000, count).astype(np.float32)
    subnormal = bits(1, 1 << 23)
    any_positive = bits(0, 0x7F800000)
    yield bits(0, 1 << 32), bits(0, 1 << 32)
    for x in (around_one, middle, worst, wide, subnormal, any_positive):
        yield x, exponents(x)
    yield negative(wide)
    yield negative(middle)
    yield small_integers, random.integers(-12, 13, count).astype(np.float32)
    yield around_one, bits(0, 1 << 32)


def test_error_of_pow(runtime: Runtime, record_property: Record) -> None:
    error, count = 0.0, 0
    for seed in range(12 if EXHAUSTIVE else 1):
        for x, p in power_pairs(seed, 1 << 20 if EXHAUSTIVE else 1 << 17):
            with np.errstate(all="ignore"):
                exact = np.power(x.astype(np.float64), p.astype(np.float64))
            error = max(error, largest_error("pow", runtime("pow", x, p), exact, x, p))
            count += x.size
    assert count >= (100_000_000 if EXHAUSTIVE else 1_000_000)
    report(record_property, "pow", count, error)


def edge_values() -> Floats:
    magnitudes = [0.0, 2.0**-149, 2.0**-148, 2.0**-127, 2.0**-126 - 2.0**-149, 2.0**-126, 1e-30, 2.0**-24]
    magnitudes += [1e-3, 0.1, 0.25, 1 / 3, 0.5, 0.75, 1 - 2.0**-24, 1.0, 1 + 2.0**-23, 1.5, 2.0, 2.5, 3.0]
    magnitudes += [4.0, 5.0, 7.0, 31.0, 32.0, 63.5, 64.0, 127.0, 128.0, 148.0, 149.0, 150.0, 151.0, 1e4, 1e6]
    magnitudes += [2.0**22 + 0.5, 2.0**23 - 0.5, 2.0**23, 2.0**23 + 1, 2.0**24 - 1, 2.0**24, 2.0**24 + 2]
    magnitudes += [2.0**31, 2.0**32, 1e20, 2.0**127, 2.0**128 - 2.0**104, INF, NAN]
    positive = np.array(magnitudes, np.float32)
    return np.concatenate([positive, -positive])


def test_pow_of_edge_values(runtime: Runtime) -> None:
    edges = edge_values()
    x, p = np.repeat(edges, edges.size), np.tile(edges, edges.size)
    with np.errstate(all="ignore"):
        exact = np.power(x.astype(np.float64), p.astype(np.float64))
    largest_error("pow", runtime("pow", x, p), exact, x, p)


def test_exact_powers_are_exact(runtime: Runtime) -> None:
    pairs = [(b, n) for b in range(1, 4000) for n in range(2, 25) if b**n < 1 << 24]
    assert len(pairs) > 4000
    x, p = np.array(pairs, np.float32).T
    np.testing.assert_array_equal(runtime("pow", x, p), np.array([b**n for b, n in pairs], np.float32))
    k = np.arange(-149, 128, dtype=np.float32)
    powers_of_two = np.ldexp(np.float32(1), k.astype(int))
    np.testing.assert_array_equal(runtime("pow", np.full_like(k, 2), k), powers_of_two)


def cases(result: float, *operands: tuple[float, ...]) -> list[Case]:
    return [(each, result) for each in operands]


def of(result: float, *operands: float) -> list[Case]:
    return [((each,), result) for each in operands]


# C99's Annex F.9, which the comparisons with numpy above also cover, by hand.
SPECIAL: dict[str, list[Case]] = {
    "exp": [
        *of(1.0, 0.0, -0.0, 1e-40, -1e-40, 1e-45),
        *of(INF, INF, 89.0, 3e38),
        *of(0.0, -INF, -104.0, -3e38),
        *of(NAN, NAN, -NAN),
    ],
    "log": [
        *of(0.0, 1.0),
        *of(-INF, 0.0, -0.0),
        *of(INF, INF),
        *of(NAN, NAN, -NAN, -INF, -1.0, -1e-45),
    ],
    "tanh": [
        *[((x,), x) for x in (0.0, -0.0, 1e-45, -1e-45, 1e-38, -1e-38, 1.0 / (1 << 30))],
        *of(1.0, INF, 10.0, 3e38),
        *of(-1.0, -INF, -10.0, -3e38),
        *of(NAN, NAN, -NAN),
    ],
    "sqrt": [
        *[((x * x,), x) for x in (0.0, 1.0, 3.0, 2.0**-74, 2.0**63, INF)],
        *of(-0.0, -0.0),
        *of(NAN, NAN, -NAN, -INF, -1.0, -1e-45),
    ],
    "pow": [
        *cases(INF, *product([0.0], [-1.0, -3.0, -2.0, -0.5, -INF])),
        *cases(-INF, *product([-0.0], [-1.0, -3.0, 1.0 - 2.0**24])),
        *cases(INF, *product([-0.0], [-2.0, -0.5, -(2.0**24), -INF])),
        *cases(0.0, *product([0.0], [1.0, 3.0, 2.0, 0.5, INF])),
        *cases(-0.0, *product([-0.0], [1.0, 3.0, 2.0**24 - 1.0])),
        *cases(0.0, *product([-0.0], [2.0, 0.5, 2.0**24, INF])),
        *cases(1.0, *product([-1.0], [INF, -INF, 1e30, 2.0, -4.0])),
        *cases(-1.0, *product([-1.0], [1.0, -3.0, 2.0**23 + 1.0, 2.0**24 - 1.0])),
        *cases(1.0, *product([1.0], [NAN, INF, -INF, 0.0, 1e30, -1e-45])),
        *cases(1.0, *product([NAN, INF, -INF, 0.0, -0.0, -5.0], [0.0, -0.0])),
        *cases(NAN, *product([-1.0, -0.5, -1e-45, -3e38], [0.5, -1.5, 1e-45, 2.0**22 + 0.5])),
        *cases(NAN, *product([NAN], [1.0, -0.5, INF, NAN])),
        *cases(NAN, *product([2.0, -1.0, 0.0, INF, -INF], [NAN])),
        *cases(INF, *product([0.5, -0.5, 1.0 - 2.0**-24, 1e-45], [-INF])),
        *cases(0.0, *product([2.0, -2.0, 1.0 + 2.0**-23, INF, -INF], [-INF])),
        *cases(0.0, *product([0.5, -0.5, 1.0 - 2.0**-24, 1e-45], [INF])),
        *cases(INF, *product([2.0, -2.0, 1.0 + 2.0**-23, INF, -INF], [INF])),
        *cases(-0.0, *product([-INF], [-1.0, -3.0])),
        *cases(0.0, *product([-INF], [-2.0, -0.5, -(2.0**24)])),
        *cases(-INF, *product([-INF], [1.0, 3.0, 2.0**24 - 1.0])),
        *cases(INF, *product([-INF], [2.0, 0.5, 1e30])),
        *cases(0.0, *product([INF], [-1.0, -0.5, -1e-45])),
        *cases(INF, *product([INF], [1.0, 0.5, 1e-45])),
        *cases(INF, (2.0, 128.0), (-2.0, 130.0), (2.0, 3e38)),
        *cases(-INF, (-2.0, 129.0)),
        *cases(0.0, (2.0, -151.0), (-2.0, -152.0), (2.0, -3e38)),
        *cases(-0.0, (-2.0, -151.0)),
        *cases(-27.0, (-3.0, 3.0)),
        *cases(-(2.0**-149), (-2.0, -149.0)),
    ],
}


@pytest.mark.parametrize("name", NAMES)
def test_special_values(name: str, runtime: Runtime) -> None:
    operands = np.array([case[0] for case in SPECIAL[name]], np.float32).T
    expected = np.array([case[1] for case in SPECIAL[name]], np.float32)
    expected.view(np.uint32)[np.isnan(expected)] = CANONICAL_NAN
    got = runtime(name, *operands)
    for case, bits, wanted in zip(SPECIAL[name], got.view(np.uint32), expected.view(np.uint32), strict=True):
        assert bits == wanted, f"{name}{case[0]} is {bits:#010x}, not {case[1]}"


def test_every_nan_gives_the_quiet_nan(runtime: Runtime) -> None:
    nans = floats([0x7F800001, 0x7FBFFFFF, 0x7FC00000, 0x7FFFFFFF, 0xFF800001, 0xFFC12345, 0xFFFFFFFF])
    for name in REFERENCE:
        assert set(runtime(name, nans).view(np.uint32).tolist()) == {CANONICAL_NAN}
    assert set(runtime("pow", nans, nans).view(np.uint32).tolist()) == {CANONICAL_NAN}


@functools.cache
def sample() -> tuple[Floats, Floats, Floats]:
    """Operands to compare compilers on: one array for the functions of one operand, two for pow."""
    random = np.random.default_rng(2)
    x = np.concatenate([edge_values(), floats(random.integers(0, 1 << 32, 1 << 17, dtype=np.uint64))])
    x = np.concatenate([x, random.uniform(-100, 100, 1 << 17).astype(np.float32)])
    edges = edge_values()
    pairs = [*power_pairs(3, 1 << 14), (np.repeat(edges, edges.size), np.tile(edges, edges.size))]
    return x, np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def results(runtime: Runtime) -> dict[str, NDArray[np.uint32]]:
    x, base, power = sample()
    found = {name: runtime(name, x).view(np.uint32) for name in REFERENCE}
    return {**found, "pow": runtime("pow", base, power).view(np.uint32)}


OPTIONS = ["-O0", "-Os", "-O3", "-O3 -std=c89", "-O3 -march=native"]
OPTIONS += ["-O3 -march=native -ffp-contract=fast", "-O3 -march=native -ffast-math"]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("options", OPTIONS)
def test_same_bits(compiler: str, options: str, runtime: Runtime, tmp_path: Path) -> None:
    expected = results(runtime)
    for name, got in results(Runtime(tmp_path, compiler, *options.split())).items():
        np.testing.assert_array_equal(got, expected[name], err_msg=name)


def test_no_undefined_behaviour(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    results(Runtime(tmp_path, "gcc", "-O1", "-fsanitize=undefined"))
    assert "runtime error" not in capfd.readouterr().err


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("level", ["-O0", "-O3"])
def test_clean_object(compiler: str, level: str, tmp_path: Path) -> None:
    check_symbols("nm", compiled(MATH, tmp_path, compiler, *STRICT, level))


@pytest.mark.parametrize("core", [CORTEX_M4, CORTEX_M0], ids=["cortex-m4", "cortex-m0"])
def test_small_on_microcontroller(core: list[str], tmp_path: Path) -> None:
    target = compiled(MATH, tmp_path, "arm-none-eabi-gcc", *core, *STRICT, "-Os", "-ffreestanding")
    check_symbols("arm-none-eabi-nm", target)
    command = [tool("arm-none-eabi-size"), str(target)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    text, data, bss = map(int, told.stdout.splitlines()[1].split()[:3])
    assert text <= 1600
    assert data == bss == 0


def check_symbols(nm: str, target: Path) -> None:
    """Nothing is defined but the five functions, and nothing is asked for but copying and filling."""
    told = subprocess.run([tool(nm), "-g", str(target)], capture_output=True, text=True, check=True)
    symbols = [line.split()[-2:] for line in told.stdout.splitlines()]
    assert {name for kind, name in symbols if kind != "U"} == {f"lpdnn_{name}f" for name in NAMES}
    assert {name for kind, name in symbols if kind == "U"} <= {"memcpy", "memset"}
