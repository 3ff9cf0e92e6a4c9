"""Plan -> C: lpdnn_netspec, lpdnn_model, and the bundle around them."""

from lpdnn.codegen.bundle import WARNINGS, write_bundle
from lpdnn.codegen.model import Form

__all__ = ["WARNINGS", "Form", "write_bundle"]
