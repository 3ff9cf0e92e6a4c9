"""Every operator in plain ANSI C: the yardstick, and the implementation that is always there."""

from lpdnn.ir import LAYOUTS
from lpdnn.ops.activation import Activation
from lpdnn.ops.batch_norm import BatchNorm
from lpdnn.ops.bias import Bias
from lpdnn.ops.concat import Concat
from lpdnn.ops.conv2d import Conv2d
from lpdnn.ops.convert import Convert
from lpdnn.ops.deconv2d import Deconv2d
from lpdnn.ops.eltwise import Eltwise
from lpdnn.ops.fully_connected import FullyConnected
from lpdnn.ops.lrn import Lrn
from lpdnn.ops.pool import Pool
from lpdnn.ops.power import Power
from lpdnn.ops.prelu import PRelu
from lpdnn.ops.scale import Scale
from lpdnn.ops.softmax import Softmax
from lpdnn.primitives import Primitive, in_order

PRIMITIVES = [
    in_order(Activation),
    in_order(BatchNorm),
    in_order(Bias),
    Primitive(Concat, "ref"),
    Primitive(Conv2d, "ref"),
    *(
        Primitive(Convert, "ref", layout=source, out_layout=target)
        for source in LAYOUTS
        for target in LAYOUTS
        if source != target and {source, target} != {"nchw8c", "nchw16c"}
    ),
    Primitive(Deconv2d, "ref"),
    Primitive(Eltwise, "ref", in_place=("x",)),
    Primitive(FullyConnected, "ref"),
    Primitive(Lrn, "ref"),
    Primitive(Pool, "ref"),
    in_order(Power),
    in_order(PRelu),
    in_order(Scale),
    in_order(Softmax),
]
