"""Every operator in plain ANSI C: the yardstick, and the implementation that is always there."""

from lpdnn.ir import LAYOUTS
from lpdnn.ops.activation import Activation
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.convert import Convert
from lpdnn.primitives import Primitive, in_order

PRIMITIVES = [
    in_order(Activation),
    Primitive(Conv2d, "ref"),
    *(
        Primitive(Convert, "ref", layout=source, out_layout=target)
        for source in LAYOUTS
        for target in LAYOUTS
        if source != target and {source, target} != {"nchw8c", "nchw16c"}
    ),
]
