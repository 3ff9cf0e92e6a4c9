"""x86-64 computers with AVX-512 (Intel Skylake-SP, AMD Zen 4, and what followed)."""

from lpdnn.targets._cpu import cpu_features
from lpdnn.targets.target import Target

_EXTENSIONS = ("avx512f", "avx512vl", "avx512bw", "avx512dq")

TARGET = Target(
    name="x86-64-avx512",
    summary="x86-64 with AVX-512 F, VL, BW and DQ",
    compilers=("gcc", "clang"),
    flags=(
        "-O3",
        "-mavx2",
        "-mfma",
        "-mf16c",
        "-mbmi2",
        *(f"-m{name}" for name in _EXTENSIONS),
        "-mprefer-vector-width=512",
        "-ffp-contract=fast",
    ),
    runs_here={"x86_64", "avx2", "fma", "f16c", "bmi2", *_EXTENSIONS} <= cpu_features(),
    declared=frozenset({"avx", "avx2", "fma", "f16c", "bmi2", *_EXTENSIONS}),
)
