"""Every operator in plain ANSI C: the yardstick, and the implementation that is always there."""

from lpdnn.ops.activation import Activation
from lpdnn.ops.conv2d import Conv2d
from lpdnn.primitives import Primitive, in_order

PRIMITIVES = [
    in_order(Activation),
    Primitive(Conv2d, "ref"),
]
