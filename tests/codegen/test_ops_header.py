from lpdnn.codegen.ops_header import PATH, ops_header


def test_header_in_the_tree_is_what_the_operators_derive() -> None:
    assert PATH.read_text() == ops_header(), "run python -m lpdnn.codegen.ops_header"
