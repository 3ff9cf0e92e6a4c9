"""The text format: what it means, and where it is wrong."""

from __future__ import annotations

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from hypothesis import given
from hypothesis import strategies as st

from caffe_files import layer
from lpdnn.frontends.caffe.caffe_pb2 import DESCRIPTOR, LayerParameter, NetParameter, Skipped
from lpdnn.frontends.caffe.prototxt import Block, Scalar, parse
from lpdnn.frontends.caffe.schema import fill
from lpdnn.ir import LpdnnError
from shared_data import shared

DEEP = 20_000


def scalars(text: str) -> list[tuple[str, int, str]]:
    return [(f.name, f.line, f.value.text) for f in parse(text, "t").fields if isinstance(f.value, Scalar)]


def net(text: str) -> NetParameter:
    message = NetParameter()
    fill(message, parse(text, "t"), "t")
    return message


def test_fields_know_their_lines() -> None:
    text = (
        '# layer { a: 1 }\nname: "n" # comment\n\nlayer {\n  name: "a#b"\n}\nlayer: < a: \'c\' >; x: 1, y: 2'
    )
    tree = parse(text, "t")
    assert [(f.name, f.line) for f in tree.fields] == [
        ("name", 2),
        ("layer", 4),
        ("layer", 7),
        ("x", 7),
        ("y", 7),
    ]
    inner = tree.fields[1].value
    assert isinstance(inner, Block)
    assert inner.fields[0].line == 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r"'it''s'", "its"),
        ('"one" \n "two"', "onetwo"),
        (r'"\n\t\x41\101\\"', "\n\tAA\\"),
        (r'"\303\244"', "ä"),
        (r'"\u00e4"', "ä"),
        ('"ä"', "ä"),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert scalars(f"s: {text}") == [("s", 1, value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("-2.5", -2.5), ("1e-3", 1e-3), ("1.5f", 1.5), (".5", 0.5), ("- 3", -3.0), ("1E+2", 100.0)],
)
def test_numbers(text: str, value: float) -> None:
    message = LayerParameter()
    fill(message, parse(f"power_param {{ shift: {text} }}", "t"), "t")
    assert message.power_param.shift == pytest.approx(value)


def test_integers_in_other_bases_and_lists() -> None:
    message = LayerParameter()
    text = "convolution_param { kernel_size: [3, 0x5] pad: 010 } reshape_param { shape { dim: [-1, 2] } }"
    fill(message, parse(text, "t"), "t")
    assert list(message.convolution_param.kernel_size) == [3, 5]
    assert list(message.convolution_param.pad) == [8]
    assert list(message.reshape_param.shape.dim) == [-1, 2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("layer {\n name: 'a'\n", "t:3: the file ends inside the block opened on line 1"),
        ("layer {\n name 'a' }", "t:2: expects ':' or '{' after name, found \"'a'\""),
        ("layer {\n name: 'a }", "t:2: cannot read a string that does not end on its line"),
        ("layer }", "t:1: expects ':' or '{' after layer, found '}'"),
        ("}", "t:1: expects a field name, found '}'"),
        ("name:", "t:1: expects a value for name, found the end of the file"),
        ("a: [1 2]", "t:1: expects ',' or ']' in the list of a, found '2'"),
        ("a: 1\nb: $", "t:2: cannot read '$'"),
        ('a: "\\377"', "t:1: the string '\"\\\\377\"' is not UTF-8 text"),
        ("layer { > }", "t:1: expects a field name, found '>'"),
    ],
)
def test_errors_name_the_line(text: str, sentence: str) -> None:
    with pytest.raises(LpdnnError) as caught:
        parse(text, "t")
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: 3", "t:1: name expects a quoted string, found '3'"),
        ("name: 'a'\nname: 'b'", "t:2: name is given twice"),
        ("name { }", "t:1: name expects a value, not a block"),
        ("layer: 3", "t:1: layer expects a block { ... }"),
        (
            "layer {\n convolution_param { num_output: -1 } }",
            "t:2: layer.convolution_param.num_output expects an",
        ),
        ("input_dim: 99999999999", "t:1: input_dim expects an integer from -2147483648 to 2147483647"),
        ("layer { elu_param { alpha: one } }", "t:1: layer.elu_param.alpha expects a number, found 'one'"),
        ("layer { clip_param { } clip_param { } }", "t:1: layer.clip_param is given twice"),
        ("layer { argmax_param { out_max_val: 2 } }", "expects true or false, found '2'"),
    ],
)
def test_types_are_checked(text: str, sentence: str) -> None:
    with pytest.raises(LpdnnError) as caught:
        net(text)
    assert sentence in str(caught.value)


def test_what_is_unknown_is_noted_not_lost() -> None:
    text = layer("Pooling", "pooling_param {\n pool: L2\n fuzz: 1 } other_param { deep { x: 1 } }")
    notes = fill(NetParameter(), parse(text, "t"), "t")
    assert [(n.line, n.path, n.value) for n in notes] == [
        (2, "layer.pooling_param.pool", "L2"),
        (3, "layer.pooling_param.fuzz", None),
        (3, "layer.other_param", None),
    ]


def test_settings_of_training_are_read_over() -> None:
    text = layer("Convolution", "param { lr_mult: 1 decay_mult: 0 } convolution_param { engine: MKL2017 }")
    assert not fill(NetParameter(), parse(text, "t"), "t")


def test_depth_is_no_danger() -> None:
    assert len(parse("a {" * DEEP + "}" * DEEP, "t").fields) == 1
    with pytest.raises(LpdnnError, match="ends inside the block"):
        parse("a {" * DEEP, "t")


def without_skipped() -> type:
    """Return NetParameter as a schema for text_format, which knows no type that takes anything."""
    file = descriptor_pb2.FileDescriptorProto()
    DESCRIPTOR.CopyToProto(file)
    file.package = "plain.caffe"
    for message in file.message_type:
        for field in list(message.field):
            if field.type_name:
                field.type_name = field.type_name.replace(".lpdnn.", ".plain.")
            if field.type_name.endswith(".Skipped"):
                message.field.remove(field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("plain.caffe.NetParameter"))


def test_real_files_mean_what_protobuf_says() -> None:
    plain = without_skipped()
    files = sorted(shared("models").glob("**/*.prototxt"))
    assert len(files) > 30
    for path in files:
        text = path.read_text()
        theirs = text_format.Parse(text, plain(), allow_unknown_field=True)
        assert net(text).SerializePartialToString() == theirs.SerializePartialToString(), path


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)


@given(
    name=TEXTS,
    bottoms=st.lists(TEXTS, max_size=3),
    eps=st.floats(width=32, allow_nan=False),
    pads=st.lists(st.integers(0, 2**32 - 1), max_size=3),
    dims=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
    flag=st.booleans(),
)
def test_reads_what_protobuf_writes(
    name: str, bottoms: list[str], eps: float, pads: list[int], dims: list[int], *, flag: bool
) -> None:
    made = NetParameter()
    one = made.layer.add(name=name, type="T", bottom=bottoms)
    one.batch_norm_param.eps = eps
    one.batch_norm_param.use_global_stats = flag
    one.convolution_param.pad.extend(pads)
    one.reshape_param.shape.dim.extend(dims)
    one.include.add(phase="TEST")
    for options in (
        {},
        {"as_utf8": True},
        {"as_one_line": True},
        {"pointy_brackets": True},
        {"use_short_repeated_primitives": True},
    ):
        assert net(text_format.MessageToString(made, **options)) == made


def test_skipped_holds_nothing() -> None:
    assert not Skipped.DESCRIPTOR.fields
