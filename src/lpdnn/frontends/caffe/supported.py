"""The Caffe layers that are imported, with the fields of their parameters."""

from __future__ import annotations

from lpdnn.frontends._supported import Supported, snake, summary_of
from lpdnn.frontends.caffe.caffe_pb2 import LayerParameter
from lpdnn.frontends.caffe.layers import CONVERTERS


def supported() -> list[Supported]:
    """Return them by name."""
    fields = LayerParameter.DESCRIPTOR.fields_by_name
    found = []
    for name in sorted(CONVERTERS):
        field = fields.get(f"{snake(name)}_param")
        own = tuple(part.name for part in field.message_type.fields) if field and field.message_type else ()
        found.append(Supported(name, own, summary_of(CONVERTERS[name].convert)))
    return found
