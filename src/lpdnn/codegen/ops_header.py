"""lpdnn_ops.h: what kernels know of the operators, derived from their declarations.

`python -m lpdnn.codegen.ops_header` writes it; a test fails when it is not current.
"""

from __future__ import annotations

from pathlib import Path

from lpdnn.codegen.spec import activation_kinds, struct
from lpdnn.ops import OPERATORS

PATH = Path(__file__).parent.parent / "runtime" / "include" / "lpdnn_ops.h"


def ops_header() -> str:
    """Return the text of lpdnn_ops.h."""
    parts = [
        (
            "/* Operators: the spec struct that a kernel gets, and the order of its operands.\n"
            "   Derived from lpdnn.ops by `python -m lpdnn.codegen.ops_header`; edit those. */"
        ),
        '#ifndef LPDNN_OPS_H\n#define LPDNN_OPS_H\n\n#include "lpdnn_kernel.h"',
        f"/* Scalar functions; lpdnn_activation.kind. */\n{activation_kinds()}",
        *(struct(op) for op in OPERATORS.values()),
        "#endif",
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PATH.write_text(ops_header())
