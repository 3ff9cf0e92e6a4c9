"""Graph -> graph, one verb a file. PASSES is their order."""

from lpdnn.passes.drop_identity import drop_identity
from lpdnn.passes.fold_batchnorm import fold_batchnorm
from lpdnn.passes.fold_constants import fold_constants
from lpdnn.passes.fold_scale import fold_scale
from lpdnn.passes.fuse_activation import fuse_activation
from lpdnn.passes.melt_flatten import melt_flatten
from lpdnn.passes.melt_pad import melt_pad
from lpdnn.passes.melt_permute import melt_permute
from lpdnn.passes.recognize_patterns import recognize_patterns
from lpdnn.passes.specialize_binary import specialize_binary

PASSES = (
    fold_constants,
    melt_permute,
    drop_identity,
    specialize_binary,
    recognize_patterns,
    melt_flatten,
    melt_pad,
    fold_batchnorm,
    fold_scale,
    fuse_activation,
)

__all__ = ["PASSES"]
