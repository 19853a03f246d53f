"""Filter patterns: every rule of the grammar with what matches and what doesn't, AWS's reasons, and a naive oracle."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.pipes.filter.condition import PatternError
from tailrace.pipes.filter.pattern import Pattern

ORDER = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"pk": {"S": "a"}},
        "NewImage": {"pk": {"S": "a"}, "n": {"N": "5"}, "tags": {"L": [{"S": "x"}, {"S": "y"}]}},
        "SizeBytes": 30,
    },
}


def matches(pattern: Any, event: Any) -> bool:
    return Pattern(pattern if isinstance(pattern, str) else json.dumps(pattern)).matches(event)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{"eventName":["INSERT","MODIFY"]}', True),
        ('{"dynamodb":{"NewImage":{"n":{"N":["5"]}}}}', True),
        ('{"dynamodb":{"NewImage":{"n":{"N":[5]}}}}', False),
        ('{"dynamodb":{"NewImage":{"n":{"N":[{"numeric":[">",1]}]}}}}', False),
        ('{"dynamodb":{"SizeBytes":[{"numeric":[">=",30]}]}}', True),
        ('{"dynamodb":{"NewImage":{"n":[{"exists":true}]}}}', False),
        ('{"dynamodb":{"NewImage":{"n":[{"exists":false}]}}}', True),
        ('{"dynamodb":{"NewImage":{"n":{"N":[{"exists":true}]}}}}', True),
        ('{"dynamodb":{"OldImage":{"pk":{"S":[{"exists":false}]}}}}', True),
        ('{"dynamodb":{"NewImage":{"tags":{"L":{"S":["y"]}}}}}', True),
        ('{"dynamodb":{"NewImage":{"n":{"N":[{"anything-but":["5"]}]}}}}', False),
        ('{"dynamodb":{"NewImage":{"zz":{"S":[{"anything-but":["q"]}]}}}}', False),
        ('{"$or":[{"eventName":["REMOVE"]},{"dynamodb":{"SizeBytes":[30]}}]}', True),
        ('{"$or":[{"eventName":["REMOVE"]},{"dynamodb":{"SizeBytes":[31]}}]}', False),
        ('{"dynamodb.SizeBytes":[30]}', True),
        ('{"EventName":["INSERT"]}', False),
        ('{"eventName":["REMOVE"],"eventName":["INSERT"]}', True),
    ],
)
def test_the_vectors_of_an_order(pattern: str, expected: bool) -> None:
    assert matches(pattern, ORDER) is expected


@pytest.mark.parametrize(
    ("condition", "hits", "misses"),
    [
        ("open", ["open", ["shut", "open"]], ["Open", 0, None, [], {"open": 1}]),
        (300, [300, 300.0, 3.0e2, [1, 300]], ["300", 301, True]),
        (1, [1], [True, "1"]),
        (True, [True], [1, "true", False]),
        (None, [None, [None]], ["", 0, False, []]),
        ("", [""], [None, " "]),
        ({"prefix": "ab"}, ["ab", "abc"], ["xab", "AB", 5]),
        ({"prefix": {"equals-ignore-case": "Ab"}}, ["abc", "ABC"], ["xab"]),
        ({"suffix": ".png"}, ["a.png"], ["a.PNG", ".png.x"]),
        ({"suffix": {"equals-ignore-case": ".PNG"}}, ["a.png"], ["a.jpg"]),
        ({"equals-ignore-case": "aBc"}, ["AbC"], ["abcd", 1]),
        ({"wildcard": "a*b*c"}, ["abc", "a1b2c", "abbcc"], ["ab", "acb", "xabc"]),
        ({"wildcard": "*"}, ["", "x"], [1]),
        ({"wildcard": "a\\*b"}, ["a*b"], ["axb"]),
        ({"wildcard": "a\\\\*"}, ["a\\b"], ["ab"]),
        ({"anything-but": "x"}, ["y", 1, None, ["x", "y"]], ["x"]),
        ({"anything-but": [1, 2]}, [3, "1"], [1, 2.0]),
        ({"anything-but": {"prefix": "a"}}, ["b"], ["ab"]),
        ({"anything-but": {"prefix": ["a", "b"]}}, ["c"], ["ab", "bc"]),
        ({"anything-but": {"suffix": "a"}}, ["b"], ["ba"]),
        ({"anything-but": {"wildcard": "*a*"}}, ["b"], ["xax"]),
        ({"anything-but": {"equals-ignore-case": ["A", "b"]}}, ["c"], ["a", "B"]),
        ({"numeric": ["=", 3]}, [3, 3.0], ["3", 4, True]),
        ({"numeric": [">", 1, "<=", 5]}, [1.5, 5], [1, 5.1, "2"]),
        ({"numeric": ["<", 0]}, [-0.1], [0]),
        ({"cidr": "10.0.0.0/24"}, ["10.0.0.255"], ["10.0.1.0", "nonsense", 10]),
        ({"cidr": "2001:db8::/32"}, ["2001:db8::1"], ["2001:db9::1"]),
        ({"exists": True}, [1, None, "", [1]], [{}, [], {"a": 1}]),
        ({"exists": False}, [{}, [], {"a": 1}], [1, None, [1]]),
        ({"exactly": "x"}, ["x"], ["X"]),
    ],
)
def test_each_condition(condition: Any, hits: list[Any], misses: list[Any]) -> None:
    pattern = Pattern(json.dumps({"f": [condition]}))
    for value in hits:
        assert pattern.matches({"f": value}), value
    for value in misses:
        assert not pattern.matches({"f": value}), value
    assert pattern.matches({"g": 1}) == (condition == {"exists": False})


def test_fields_of_objects_in_an_array_match_in_the_same_element() -> None:
    event = {"rows": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]}
    assert matches({"rows": {"a": [1], "b": [2]}}, event)
    assert not matches({"rows": {"a": [1], "b": [4]}}, event)


def test_exists_false_is_about_the_whole_event() -> None:
    event = {"rows": [{"a": 1}, {"b": 2}]}
    assert not matches({"rows": {"a": [{"exists": False}]}}, event)
    assert matches({"rows": {"c": [{"exists": False}]}}, event)


def test_or_is_a_field_unless_it_holds_patterns() -> None:
    assert matches({"$or": ["x"]}, {"$or": "x"})
    assert matches({"$or": [{"prefix": "x"}, {"prefix": "y"}]}, {"$or": "yes"})
    nested = {"a": {"$or": [{"b": [1]}, {"c": [2]}]}, "d": [3]}
    assert matches(nested, {"a": {"c": 2}, "d": 3})
    assert not matches(nested, {"a": {"c": 2}, "d": 4})


def test_dots_join_in_patterns_and_in_events() -> None:
    assert matches({"a.b": [1]}, {"a": {"b": 1}})
    assert matches({"a": {"b": [1]}}, {"a.b": 1})
    assert matches({"a": {"b.c": [1]}}, {"a.b": {"c": 1}})


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ({"x": "s"}, '"x" must be an object or an array'),
        ({"x": 5}, '"x" must be an object or an array'),
        ({"x": []}, "Empty arrays are not allowed"),
        (["x"], "Filter is not an object"),
        ({"x": [{"EXISTS": True}]}, "Unrecognized match type EXISTS"),
        ({"x": [{"prefix": 1}]}, "prefix match pattern must be a string"),
        ({"x": [{"suffix": ["a"]}]}, "suffix match pattern must be a string"),
        ({"x": [{"equals-ignore-case": ["a"]}]}, "equals-ignore-case match pattern must be a string"),
        ({"x": [{"wildcard": 1}]}, "wildcard match pattern must be a string"),
        ({"x": [{"wildcard": "a**b"}]}, "Consecutive wildcard characters at pos 2"),
        ({"x": [{"anything-but": None}]}, "Value of anything-but must be an array or single string/number value."),
        ({"x": [{"anything-but": ["a", None]}]}, "Inside anything but list, start|null|boolean is not supported."),
        ({"x": [{"anything-but": {"prefix": ""}}]}, "Null prefix/suffix not allowed"),
        ({"x": [{"anything-but": {"suffix": 1}}]}, "prefix/suffix match pattern must be a string"),
        ({"x": [{"numeric": 10}]}, "Value of numeric must be an array."),
        ({"x": [{"numeric": [">", 0, ">", 0]}]}, "Bad numeric range operator: >"),
        ({"x": [{"numeric": [">", 0, "<"]}]}, "Value of < must be numeric"),
        ({"x": [{"numeric": [">", 5, "<", 1]}]}, "Bottom must be less than top"),
        ({"x": [{"cidr": "10.0.0.0"}]}, "Malformed CIDR, one '/' required"),
        ({"x": [{"cidr": "10.0.0.0/x"}]}, "Malformed CIDR, mask bits must be an integer"),
        ({"x": [{"cidr": "xx.11.xx/8"}]}, "Nonstandard IP address: xx.11.xx"),
        ({"x": [{"prefix": "a", "suffix": "b"}]}, "Only one key allowed in match expression"),
    ],
)
def test_what_is_refused_and_why(pattern: Any, why: str) -> None:
    with pytest.raises(PatternError) as refused:
        Pattern(json.dumps(pattern))
    assert str(refused.value) == why


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(PatternError):
        Pattern("{'bad': 'quotation'}")


scalars = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", "b", "ab"]))
names = st.sampled_from(["a", "b", "c"])
events = st.dictionaries(
    names,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)
conditions = st.one_of(
    scalars,
    st.builds(lambda text: {"prefix": text}, st.sampled_from(["a", "ab"])),
    st.builds(lambda number: {"numeric": [">", number]}, st.integers(-3, 3)),
    st.builds(lambda values: {"anything-but": values}, st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=2)),
    st.sampled_from([{"exists": True}, {"exists": False}]),
)
leaves = st.lists(conditions, min_size=1, max_size=2)
patterns = st.dictionaries(
    names,
    st.recursive(leaves, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=2), max_leaves=4),
    min_size=1,
    max_size=2,
)


def flattened(value: Any, path: tuple[str, ...], places: tuple[tuple[Any, ...], ...]) -> list[tuple[Any, ...]]:
    """An event as event-ruler sees it: (path, leaf, places in arrays) for each leaf."""
    if isinstance(value, dict):
        return [each for name, inner in value.items() for each in flattened(inner, (*path, name), places)]
    if isinstance(value, list):
        return [
            each
            for at, inner in enumerate(value)
            for each in flattened(inner, path, (*places, (path, len(places), at)))
        ]
    return [(path, value, places)]


def holds(condition: Any, value: Any) -> bool:
    if not isinstance(condition, dict):
        return type(condition) is type(value) and bool(condition == value)
    ((kind, operand),) = condition.items()
    if kind == "prefix":
        return isinstance(value, str) and value[: len(operand)] == operand
    if kind == "numeric":
        return isinstance(value, int) and not isinstance(value, bool) and value > operand[1]
    if kind == "anything-but":
        return value not in operand
    return bool(operand)


def oracle(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Match by choosing a leaf for each field so that no two come from different elements of one array."""
    fields: list[tuple[tuple[str, ...], list[Any]]] = []

    def collect(inner: Any, path: tuple[str, ...]) -> None:
        for name, value in inner.items():
            if isinstance(value, dict):
                collect(value, (*path, name))
            else:
                fields.append(((*path, name), value))

    collect(pattern, ())
    leaves = flattened(event, (), ())

    def choose(at: int, chosen: dict[Any, int]) -> bool:
        if at == len(fields):
            return True
        path, wanted = fields[at]
        here = [leaf for leaf in leaves if leaf[0] == path]
        if not here and {"exists": False} in wanted and choose(at + 1, chosen):
            return True
        for _, value, places in here:
            if not any(holds(condition, value) for condition in wanted):
                continue
            mine = {(array, depth): index for array, depth, index in places}
            # Only arrays above both fields tie them together.
            if all(chosen.get(array, index) == index for array, index in mine.items() if array[0] != path) and choose(
                at + 1, {**chosen, **{array: index for array, index in mine.items() if array[0] != path}}
            ):
                return True
        return False

    return choose(0, {})


@settings(max_examples=600, deadline=None)
@given(patterns, events)
def test_matching_agrees_with_a_naive_reading_of_the_rules(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert matches(pattern, event) == oracle(pattern, event)


@pytest.mark.parametrize(
    "text", ["[" * 4096, '{"a":' * 800 + "[1]" + "}" * 800, ".".join("a" * 2000).join(('{"', '":[1]}'))]
)
def test_patterns_without_end_are_refused(text: str) -> None:
    with pytest.raises(PatternError):
        Pattern(text)


def test_an_event_without_end_does_not_match() -> None:
    event: Any = 1
    for _ in range(5000):
        event = [event]
    assert not matches({"a": {"b": [1]}}, {"a": event})


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "a.b", "$or", "prefix", "numeric", "exists", "anything-but"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=500, deadline=None)
@given(json_values, st.dictionaries(st.sampled_from(["a", "b", "a.b"]), json_values))
def test_whatever_is_given_is_compiled_or_refused(pattern: Any, event: dict[str, Any]) -> None:
    try:
        compiled = Pattern(json.dumps(pattern))
    except PatternError:
        return
    assert compiled.matches(event) in (True, False)
