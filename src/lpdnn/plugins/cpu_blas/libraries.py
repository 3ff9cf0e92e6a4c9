"""The libraries with matrix products, and one of our own."""

from lpdnn.primitives import Library

OWN = Library("own", sources=("blas_own.c",))
BLAS = (
    Library(
        "openblas",
        "pip install scipy-openblas32, or apt install libopenblas0-serial",
        ("blas_cblas.c",),
        ("libopenblas.so.0", "libscipy_openblas.so"),
        wheels=("scipy-openblas32",),
    ),
    Library(
        "blis",
        "apt install libblis4-serial",
        ("blas_cblas.c",),
        ("libblis.so.4", "libblis.so.5"),
    ),
    Library(
        "atlas",
        "apt install libatlas3-base",
        ("blas_cblas.c",),
        ("libcblas.so.3", "libsatlas.so.3"),
    ),
    Library(
        "mkl",
        "pip install --no-deps mkl (x86-64)",
        ("blas_cblas.c",),
        ("libmkl_rt.so.3", "libmkl_rt.so.2"),
        wheels=("mkl",),
    ),
)
