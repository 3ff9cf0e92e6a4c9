"""Plan -> C: lpdnn_netspec, lpdnn_model, and the bundle around them."""

from lpdnn.codegen.bundle import WARNINGS, write_bundle
from lpdnn.codegen.dispatch import write_dispatch_bundle
from lpdnn.codegen.model import Form

__all__ = ["WARNINGS", "Form", "write_bundle", "write_dispatch_bundle"]
