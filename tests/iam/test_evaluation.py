"""Decisions, against an oracle that reads the documents as the guide tells it, with no compiling and no keeping."""

import fnmatch
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.iam import policy
from tailrace.iam.evaluation import Grants, Refusal, Source
from tailrace.iam.grants import context_of
from tailrace.service.principal import Principal

ACTIONS = ["s3:GetObject", "s3:PutObject", "kinesis:PutRecords", "kinesis:GetRecords"]
RESOURCES = ["arn:aws:s3:::lake/orders/a", "arn:aws:s3:::lake/errors/b", "arn:aws:kinesis:us-east-1:1:stream/orders"]
TEAMS = ["red", "blue"]


def grants(*documents: dict[str, Any], **layers: Any) -> Grants:
    return Grants([policy.compiled(document) for document in documents], **layers)


def statement(effect: str, action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def oracle(documents: list[dict[str, Any]], action: str, resource: str, context: dict[str, list[str]]) -> str:
    effects = {
        each["Effect"]
        for one in documents
        for each in one["Statement"]
        if covers(each, "Action", action.lower()) and covers(each, "Resource", resource) and holds(each, context)
    }
    return "explicit" if "Deny" in effects else "allowed" if "Allow" in effects else "implicit"


def covers(each: dict[str, Any], name: str, text: str) -> bool:
    negated = f"Not{name}" in each
    patterns = each[f"Not{name}" if negated else name]
    lower = [pattern.lower() if name == "Action" else pattern for pattern in patterns]
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in lower) is not negated


def holds(each: dict[str, Any], context: dict[str, list[str]]) -> bool:
    return all(
        holds_key(operator, values, context.get(key.lower(), []))
        for operator, keys in each.get("Condition", {}).items()
        for key, values in keys.items()
    )


def holds_key(operator: str, wanted: list[str], actual: list[str]) -> bool:
    over, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if name == "Null":
        return (wanted == ["true"]) == (not actual)
    negated = "Not" in name
    if not actual:
        return if_exists or over == "ForAllValues" or (negated and not over)

    def one(value: str) -> bool:
        if "Like" in name:
            return any(fnmatch.fnmatchcase(value, pattern) for pattern in wanted) is not negated
        return (value in wanted) is not negated

    if over == "ForAllValues":
        return all(map(one, actual))
    if over == "ForAnyValue":
        return any(map(one, actual))
    return all(map(one, actual)) if negated else any(map(one, actual))


actions = st.lists(
    st.sampled_from([*ACTIONS, "s3:*", "*", "kinesis:Put*", "S3:GETOBJECT", "s3:?etObject"]), min_size=1, max_size=2
)
resources = st.lists(
    st.sampled_from([*RESOURCES, "*", "arn:aws:s3:::lake/*", "arn:aws:s3:::*/orders/*"]), min_size=1, max_size=2
)
operators = st.builds(
    lambda over, base, if_exists: f"{over}{base}{if_exists}",
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]),
    st.sampled_from(["", "IfExists"]),
)
conditions = st.dictionaries(
    st.one_of(operators, st.just("Null")),
    st.dictionaries(
        st.sampled_from(["aws:PrincipalTag/team", "s3:prefix"]),
        st.lists(st.sampled_from([*TEAMS, "r*"]), min_size=1, max_size=2),
    ),
    max_size=2,
).map(lambda found: {name: ({k: ["true"] for k in keys} if name == "Null" else keys) for name, keys in found.items()})


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    found[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(actions)
    found[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(resources)
    if draw(st.booleans()):
        found["Condition"] = draw(conditions)
    return found


contexts = st.dictionaries(
    st.sampled_from(["aws:principaltag/team", "s3:prefix"]), st.lists(st.sampled_from(TEAMS), min_size=1, max_size=2)
)
requests = st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(RESOURCES), contexts), min_size=1, max_size=6)


@settings(max_examples=300)
@given(st.lists(st.lists(statements(), max_size=3).map(lambda found: document(*found)), max_size=3), requests)
def test_decisions_are_the_oracles(documents: list[dict[str, Any]], asked: list[Any]) -> None:
    compiled = grants(*documents)
    for action, resource, context in asked:
        verdict = compiled.known(action, resource)
        if verdict is False:
            verdict = compiled.judge(action, resource, context)
        got = "allowed" if verdict is None else "explicit" if verdict.explicit else "implicit"
        assert got == oracle(documents, action, resource, context)


def test_an_explicit_deny_wins() -> None:
    found = grants(document(statement("Allow", "s3:*"), statement("Deny", "s3:PutObject")))
    assert found.judge("s3:GetObject", RESOURCES[0], {}) is None
    verdict = found.judge("s3:PutObject", RESOURCES[0], {})
    assert verdict == Refusal(Source.IDENTITY, explicit=True)
    assert verdict.reason("s3:PutObject") == "with an explicit deny in an identity-based policy"


def test_bounds_only_take_away() -> None:
    everything = policy.compiled(document(statement("Allow", "*")))
    reading = policy.compiled(document(statement("Allow", "s3:GetObject")))
    bounded = Grants([everything], boundary=reading)
    assert bounded.judge("s3:GetObject", RESOURCES[0], {}) is None
    verdict = bounded.judge("s3:PutObject", RESOURCES[0], {})
    assert verdict is not None
    assert verdict.reason("s3:PutObject") == "because no permissions boundary allows the s3:PutObject action"
    session = Grants([reading], session=[everything])
    verdict = session.judge("s3:PutObject", RESOURCES[0], {})
    assert verdict is not None
    assert verdict.reason("s3:PutObject") == "because no identity-based policy allows the s3:PutObject action"
    verdict = Grants([everything], session=[reading]).judge("s3:PutObject", RESOURCES[0], {})
    assert verdict is not None
    assert verdict.reason("s3:PutObject") == "because no session policy allows the s3:PutObject action"


def test_variables_in_resources_follow_the_caller() -> None:
    found = grants(document(statement("Allow", "s3:GetObject", "arn:aws:s3:::home/${aws:username}/*")))
    anna = Principal("user", "arn:aws:iam::1:user/anna", "AIDA", "1")
    role = Principal("role", "arn:aws:sts::1:assumed-role/r/s", "AROA:s", "1", "arn:aws:iam::1:role/r")
    assert found.judge("s3:GetObject", "arn:aws:s3:::home/anna/x", context_of(anna, {})) is None
    assert found.judge("s3:GetObject", "arn:aws:s3:::home/bert/x", context_of(anna, {})) is not None
    assert found.judge("s3:GetObject", "arn:aws:s3:::home/anna/x", context_of(role, {})) is not None
    assert found.known("s3:GetObject", "arn:aws:s3:::home/anna/x") is False


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("NumericLessThanEquals", "10", "10.0", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericGreaterThan", "10", "ten", False),
        ("NumericNotEquals", "10", "11", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "1767225601", True),
        ("DateNotEquals", "2026-01-01", "2026-01-01T00:00:00Z", False),
        ("Bool", "true", "True", True),
        ("Bool", False, "false", True),
        ("BinaryEquals", "aGk=", "aGk=", True),
        ("IpAddress", "10.0.0.0/8", "10.2.3.4", True),
        ("IpAddress", "203.0.113.7", "203.0.113.8", False),
        ("NotIpAddress", ["10.0.0.0/8", "192.168.0.0/16"], "10.2.3.4", False),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
        ("ArnLike", "arn:aws:pipes:*:1:pipe/*", "arn:aws:pipes:us-east-1:1:pipe/orders", True),
        ("ArnEquals", "arn:aws:pipes:*:1:pipe/o*", "arn:aws:pipes:us-east-1:1:pipe/orders", True),
        ("ArnNotLike", "arn:aws:pipes:*:2:pipe/*", "arn:aws:pipes:us-east-1:1:pipe/orders", True),
        ("StringEqualsIgnoreCase", "RED", "red", True),
        ("StringNotEqualsIgnoreCase", "RED", "red", False),
        ("StringEquals", "r*", "red", False),
    ],
)
def test_operators(operator: str, wanted: Any, actual: str, expected: bool) -> None:
    found = grants(document(statement("Allow", "*", Condition={operator: {"Some:Key": wanted}})))
    assert (found.judge("s3:GetObject", "*", {"some:key": (actual,)}) is None) is expected
