"""Graph -> graph, one verb a file. PASSES is their order."""

from lpdnn.passes.drop_identity import drop_identity
from lpdnn.passes.fold_batchnorm import fold_batchnorm
from lpdnn.passes.fold_constants import fold_constants
from lpdnn.passes.fold_scale import fold_scale
from lpdnn.passes.fuse_activation import fuse_activation
from lpdnn.passes.melt_flatten import melt_flatten
from lpdnn.passes.recognize_patterns import recognize_patterns

PASSES = (
    drop_identity,
    fold_constants,
    recognize_patterns,
    melt_flatten,
    fold_batchnorm,
    fold_scale,
    fuse_activation,
)

__all__ = ["PASSES"]
