"""Fast fp32 and 8-bit kernels in GNU C with vector extensions, specialised to each layer's shape."""

from lpdnn.plugins.cpu_simd import (
    _codebook_convolution,
    _codebooks,
    _convolution,
    _depthwise,
    _elementwise,
    _fully_connected,
    _int8_depthwise,
    _int8_direct,
    _int8_elementwise,
    _int8_tiles,
    _separable,
    _strassen,
    _winograd,
)

C_STANDARD = "gnu11"

PRIMITIVES = [
    *_convolution.PRIMITIVES,
    *_depthwise.PRIMITIVES,
    *_separable.PRIMITIVES,
    *_strassen.PRIMITIVES,
    *_winograd.PRIMITIVES,
    *_fully_connected.PRIMITIVES,
    *_codebooks.PRIMITIVES,
    *_codebook_convolution.PRIMITIVES,
    *_elementwise.PRIMITIVES,
    *_int8_direct.PRIMITIVES,
    *_int8_tiles.PRIMITIVES,
    *_int8_depthwise.PRIMITIVES,
    *_int8_elementwise.PRIMITIVES,
]
