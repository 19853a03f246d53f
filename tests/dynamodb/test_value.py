"""Attribute values: normalised, measured, compared, and refused in AWS's words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.dynamodb.errors import Malformed
from tailrace.dynamodb.value import admit, admit_value, equal, item_size, same
from tailrace.wire.errors import AwsError

INVALID = "One or more parameter values were invalid: "
EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SEVERAL = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "leaf"}
    for _ in range(levels):
        value = {"M": {"n": value}}
    return value


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"id": {"S": "Fred"}}, 6),  # recorded: SizeBytes of its key
        ({"id": {"S": "my-item-id"}, "attr1": {"S": "value1"}, "attr2": {"S": "value2"}}, 34),
        ({"pk": {"S": "a"}, "n": {"N": "5"}}, 6),
        ({"ü": {"S": "ü€"}}, 2 + 5),
        ({"b": {"B": "Zm9vYmFy"}}, 1 + 6),
        ({"t": {"BOOL": True}, "z": {"NULL": True}}, 4),
        ({"l": {"L": []}, "m": {"M": {}}}, 2 + 3 + 3),
        ({"l": {"L": [{"S": "ab"}, {"N": "1"}]}}, 1 + 3 + (1 + 2) + (1 + 2)),
        ({"m": {"M": {"key": {"S": "ab"}}}}, 1 + 3 + (1 + 3 + 2)),
        ({"s": {"SS": ["a", "bc"]}, "n": {"NS": ["1", "123"]}, "b": {"BS": ["AA=="]}}, 3 + 3 + 5 + 1),
    ],
)
def test_an_item_is_measured(item: dict[str, Any], size: int) -> None:
    assert item_size(item) == size


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, EMPTY),
        ({"X": "a"}, EMPTY),
        ({"S": None}, EMPTY),
        ({"S": "a", "N": "1"}, SEVERAL),
        ({"NULL": False}, f"{INVALID}Null attribute value types must have the value of true"),
        ({"SS": []}, f"{INVALID}An string set  may not be empty"),
        ({"NS": []}, f"{INVALID}An number set  may not be empty"),
        ({"BS": []}, f"{INVALID}Binary sets should not be empty"),
        ({"SS": ["a", "a"]}, f'{INVALID}Input collection ["a", "a"] contains duplicates.'),
        ({"SS": ["b", "a", "b"]}, f'{INVALID}Input collection ["a", "b", "b"] contains duplicates.'),
        (
            {"BS": ["/w==", "AA==", "AA=="]},
            f'{INVALID}Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.',
        ),
        ({"NS": ["2", "1", "2"]}, f"{INVALID}Input collection contains duplicates."),
        ({"NS": ["1", "1.0"]}, f"{INVALID}Input collection contains duplicates."),
        ({"NS": [""]}, "The parameter cannot be converted to a numeric value: "),
        ({"M": {"": {"S": "a"}}}, "Empty attribute name"),
        ({"M": {"a": {"L": [{"N": "x"}]}}}, "The parameter cannot be converted to a numeric value: x"),
        (
            deep(32),
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond "
            "supported limit",
        ),
    ],
)
def test_a_malformed_value_is_refused(value: dict[str, Any], text: str) -> None:
    with pytest.raises(Malformed) as refused:
        admit({"a": value})
    assert refused.value.text == text


@pytest.mark.parametrize(
    ("value", "older"),
    [
        ({"SS": ["b", "a", "b"]}, f"{INVALID}Input collection [b, a, b] contains duplicates."),
        (
            {"BS": ["/w==", "AA==", "AA=="]},
            f"{INVALID}Input collection [/w==, AA==, AA==]of type BS contains duplicates.",
        ),
        ({"NS": ["2", "1", "2"]}, "Input collection contains duplicates"),
    ],
)
def test_the_older_layer_words_duplicates_its_own_way(value: dict[str, Any], older: str) -> None:
    with pytest.raises(Malformed) as refused:
        admit({"a": value})
    assert refused.value.older == older


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"N": 123}, "NUMBER_VALUE cannot be converted to String"),
        ({"S": 1.5}, "DECIMAL_VALUE cannot be converted to String"),
        ({"S": True}, "TRUE_VALUE cannot be converted to String"),
        ({"S": {}}, "Start of structure or map found where not expected"),
        ({"S": []}, "Unrecognized collection type class java.lang.String"),
        ({"B": "abc"}, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        ({"B": "YR=="}, "Invalid last non-pad Base64 character dectected"),
        ({"L": "a"}, "Unexpected field type"),
        ({"M": "a"}, "Unexpected field type"),
        ("a", "Unexpected value type in payload"),
    ],
)
def test_wrong_types_of_json_are_serialization_errors(value: Any, text: str) -> None:
    with pytest.raises(AwsError) as refused:
        admit({"a": value})
    assert (refused.value.code, refused.value.message) == ("SerializationException", text)


def test_the_given_item_stays_as_it_is() -> None:
    given_item = {"n": {"N": "1e3"}, "m": {"M": {"l": {"L": [{"N": "01"}]}}}, "b": {"BOOL": "true"}}
    admitted, _ = admit(given_item)
    assert admitted == {"n": {"N": "1000"}, "m": {"M": {"l": {"L": [{"N": "1"}]}}}, "b": {"BOOL": True}}
    assert given_item["n"] == {"N": "1e3"}
    assert given_item["m"] == {"M": {"l": {"L": [{"N": "01"}]}}}


def test_empty_values_and_the_deepest_are_allowed() -> None:
    for value in ({"S": ""}, {"B": ""}, {"L": []}, {"M": {}}, {"SS": [""]}, {"BS": [""]}, deep(31)):
        assert admit_value(value)[0] is value


def test_long_names_are_refused() -> None:
    admit({"a" * 65_535: {"S": ""}})
    with pytest.raises(Malformed, match="Attribute name is too large, must be less than 65536 bytes"):
        admit({"a" * 65_536: {"S": ""}})
    with pytest.raises(Malformed, match="Empty attribute name"):
        admit({"": {"S": "a"}})


def test_sets_have_no_order_and_maps_neither() -> None:
    assert equal({"SS": ["a", "b"]}, {"SS": ["b", "a"]})
    assert equal({"M": {"a": {"NS": ["1", "2"]}, "b": {"S": "x"}}}, {"M": {"b": {"S": "x"}, "a": {"NS": ["2", "1"]}}})
    assert equal({"L": [{"BS": ["AA==", "AQ=="]}]}, {"L": [{"BS": ["AQ==", "AA=="]}]})
    assert not equal({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]})
    assert not equal({"SS": ["a"]}, {"SS": ["a", "b"]})
    assert not equal({"S": "1"}, {"N": "1"})
    assert not same({"a": {"S": "x"}}, {"b": {"S": "x"}})


scalars = st.one_of(
    st.text(max_size=8).map(lambda text: {"S": text}),
    st.integers(-1000, 1000).map(lambda number: {"N": str(number)}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"NULL": True}),
    st.lists(st.text("abc", max_size=2), min_size=1, max_size=4, unique=True).map(lambda members: {"SS": members}),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda elements: {"L": elements}),
        st.dictionaries(st.text("xyz", min_size=1, max_size=2), inner, max_size=3).map(lambda members: {"M": members}),
    ),
    max_leaves=8,
)


def shuffled(value: Any) -> Any:
    """Answer the same value with its sets and maps in another order."""
    ((kind, inner),) = value.items()
    if kind == "SS":
        return {"SS": inner[::-1]}
    if kind == "L":
        return {"L": [shuffled(element) for element in inner]}
    if kind == "M":
        return {"M": {name: shuffled(inner[name]) for name in reversed(inner)}}
    return value


@given(values)
def test_order_never_matters(value: dict[str, Any]) -> None:
    assert equal(value, shuffled(value))
    assert admit_value(value)[1] == admit_value(shuffled(value))[1]


@given(values, values)
def test_equality_is_that_of_meaning(one: dict[str, Any], other: dict[str, Any]) -> None:
    def meaning(value: Any) -> Any:
        ((kind, inner),) = value.items()
        if kind == "SS":
            return kind, frozenset(inner)
        if kind == "L":
            return kind, tuple(map(meaning, inner))
        if kind == "M":
            return kind, frozenset((name, meaning(member)) for name, member in inner.items())
        return kind, inner

    assert equal(one, other) == (meaning(one) == meaning(other))
