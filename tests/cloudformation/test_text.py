"""The text of templates: short tags, YAML 1.1's traps, and where text is not well-formed."""

from typing import Any

import pytest

from tailrace.cloudformation.text import parse
from tailrace.wire.errors import AwsError

VALUES: list[tuple[str, Any]] = [
    ("a: !Ref X", {"Ref": "X"}),
    ("a: !Condition X", {"Condition": "X"}),
    ("a: !GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
    ("a: !GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
    ("a: !Sub '${X}-y'", {"Fn::Sub": "${X}-y"}),
    ("a: !Sub ['${X}', {X: !Ref Y}]", {"Fn::Sub": ["${X}", {"X": {"Ref": "Y"}}]}),
    ("a: !If [C, !Ref X, !Ref 'AWS::NoValue']", {"Fn::If": ["C", {"Ref": "X"}, {"Ref": "AWS::NoValue"}]}),
    ("a: !GetAZs ''", {"Fn::GetAZs": ""}),
    ("a: !Transform {Name: T, Parameters: {P: 1}}", {"Fn::Transform": {"Name": "T", "Parameters": {"P": 1}}}),
    ("a: !FindInMap [M, !Ref K, S]", {"Fn::FindInMap": ["M", {"Ref": "K"}, "S"]}),
    ("a: 2012-10-17", "2012-10-17"),
    ("a: 2012-10-17T10:00:00Z", "2012-10-17T10:00:00Z"),
    ("a: '2012-10-17'", "2012-10-17"),
    ("a: 012345678901", "012345678901"),
    ("a: 1.50", 1.5),
    ("a: yes", True),
    ("a: {on: 1, 5: 2, 2012-10-17: 3}", {"on": 1, "5": 2, "2012-10-17": 3}),
    ("a: |\n  x\n  y\n", "x\ny\n"),
    ("a: ~", None),
    ('{"a": {"Ref": "X"}}', {"Ref": "X"}),
    ('  {"a": [1, 2.5, true, null]}', [1, 2.5, True, None]),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_values(text: str, value: Any) -> None:
    assert parse(text)["a"] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "Template format error: YAML not well-formed. (line 2, column 1)"),
        ("a: b: c", "Template format error: YAML not well-formed. (line 1, column 5)"),
        ("a: !Nothing x", "Template format error: YAML not well-formed. (line 1, column 4)"),
        ("? [1]\n: x", "Template format error: YAML not well-formed. (line 1, column 3)"),
        ("\x00", "Template format error: YAML not well-formed. (line 1, column 1)"),
        ("a: &x 1\nb: *x", "Template error: YAML aliases are not allowed in CloudFormation templates"),
        ('{"a": ,}', "Template format error: JSON not well-formed. (line 1, column 7)"),
        ('{"a": NaN}', "Template format error: JSON not well-formed. (line 1, column 1)"),
        ('{"a":' * 50_000, "Template format error: JSON not well-formed. (line 1, column 1)"),
        ("", "Template format error: unsupported structure."),
        ("- a", "Template format error: unsupported structure."),
        ("just text", "Template format error: unsupported structure."),
    ],
)
def test_what_is_not_a_template(text: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.message) == ("ValidationError", message)


def test_order_is_kept() -> None:
    assert list(parse("z: 1\na: 2\nm: 3")) == ["z", "a", "m"]
