"""Policy documents: what IAM accepts as one, and the texts with which it refuses the others (MalformedPolicyDocument).

Nothing is decided here; see ``policy`` for what a document means.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from tailrace.iam.condition import parsed_name
from tailrace.wire.errors import AwsError

VERSIONS = ("2008-10-17", "2012-10-17")
_TOP = {"Version", "Id", "Statement"}
_STATEMENT = {
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
}
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_PARTITION = re.compile(r"aws(-cn|-us-gov|-iso(-[bef])?|-eusc)?|\*")
_VENDOR = re.compile(r"[a-zA-Z0-9\-.]+|\*")
_ASSUME_ACTIONS = re.compile(r"sts:(\*|[A-Za-z*?]+)", re.IGNORECASE)

INVALID_JSON = "This policy contains invalid Json"
SYNTAX = "Syntax errors in policy."
NO_PRINCIPALS = (
    "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: "
    "The passed in policy has a statement with no principals!"
)


def malformed(text: str) -> AwsError:
    """Answer IAM's refusal of a document."""
    return AwsError("MalformedPolicyDocument", text)


def size_of(text: str) -> int:
    """Answer a document's size as quotas count it: white space doesn't."""
    return len(re.sub(r"\s", "", text))


def parse_identity(text: str) -> dict[str, Any]:
    """Answer the document of an identity's policy. Raises MalformedPolicyDocument."""
    document = _parsed(text)
    for statement in statements_of(document):
        if "Principal" in statement or "NotPrincipal" in statement:
            raise malformed("Policy document should not specify a principal.")
        if not _given(statement, "Action"):
            raise malformed("Policy statement must contain actions.")
        if not _given(statement, "Resource"):
            raise malformed("Policy statement must contain resources.")
        _check_actions(statement)
        _check_resources(statement)
    return document


def parse_trust(text: str) -> dict[str, Any]:
    """Answer the document that says who may assume a role. Raises MalformedPolicyDocument."""
    document = _parsed(text)
    for statement in statements_of(document):
        if "Resource" in statement or "NotResource" in statement:
            raise malformed("Has prohibited field Resource")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise malformed("Missing required field Principal")
        if not any(True for _ in principals_of(statement)):
            raise malformed(NO_PRINCIPALS)
        if not _given(statement, "Action"):
            raise malformed("Missing required field Action")
        _check_actions(statement)
        if not all(_ASSUME_ACTIONS.fullmatch(action) for action in texts(statement.get("Action", []))):
            raise malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    return document


def statements_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Answer a document's statements; a single one may stand without its list."""
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]


def principals_of(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Answer a statement's principals: their kind (AWS, Service, Federated, CanonicalUser) and their text."""
    named = statement.get("Principal", statement.get("NotPrincipal"))
    if named == "*":
        yield "AWS", "*"
        return
    for kind, values in (named or {}).items():
        for value in texts(values):
            yield kind, value


def texts(value: Any) -> list[str]:
    """Answer one text or many as a list."""
    return value if isinstance(value, list) else [value]


def _parsed(text: str) -> dict[str, Any]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise malformed(INVALID_JSON) from error
    if not isinstance(document, dict) or not _is_well_formed(document):
        raise malformed(SYNTAX)
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        raise malformed("Policy document must be version 2012-10-17 or greater.")
    sids = [statement["Sid"] for statement in statements_of(document) if statement.get("Sid")]
    if len(sids) != len(set(sids)):
        raise malformed("Statement IDs (SID) in a single policy must be unique.")
    return document


def _is_well_formed(document: dict[str, Any]) -> bool:
    if set(document) - _TOP or not isinstance(document.get("Id", ""), str):
        return False
    statements = document.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return all(isinstance(statement, dict) and _is_statement(statement) for statement in listed)


def _is_statement(statement: dict[str, Any]) -> bool:
    if set(statement) - _STATEMENT or statement.get("Effect") not in ("Allow", "Deny"):
        return False
    if any(first in statement and second in statement for first, second in _PAIRS):
        return False
    if not isinstance(statement.get("Sid", ""), str):
        return False
    listed = (name for pair in _PAIRS[:2] for name in pair if name in statement)
    if not all(_is_texts(statement[name]) for name in listed):
        return False
    principals = (statement[name] for name in _PAIRS[2] if name in statement)
    return all(map(_is_principals, principals)) and _is_condition(statement.get("Condition", {}))


def _is_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _is_principals(value: Any) -> bool:
    if isinstance(value, dict):
        kinds = {"AWS", "Service", "Federated", "CanonicalUser"}
        return set(value) <= kinds and all(_is_texts(each) for each in value.values())
    return bool(value == "*")


def _is_condition(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    for name, keys in value.items():
        if parsed_name(name) is None or not isinstance(keys, dict):
            return False
        if not all(_is_values(values) for values in keys.values()):
            return False
    return True


def _is_values(value: Any) -> bool:
    listed = value if isinstance(value, list) else [value]
    return all(isinstance(each, str | int | float | bool) for each in listed)


def _given(statement: Mapping[str, Any], name: str) -> bool:
    return bool(statement.get(name)) or bool(statement.get(f"Not{name}"))


def _check_actions(statement: Mapping[str, Any]) -> None:
    for action in texts(statement.get("Action", statement.get("NotAction", []))):
        if action == "*":
            continue
        vendor, *rest = action.split(":")
        if not rest:
            raise malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        if len(rest) > 1:
            raise malformed("Actions/Condition can contain only one colon.")
        if not _VENDOR.fullmatch(vendor):
            raise malformed(f"Vendor {vendor} is not valid")


def _check_resources(statement: Mapping[str, Any]) -> None:
    for resource in texts(statement.get("Resource", statement.get("NotResource", []))):
        if resource == "*" or resource.startswith("${"):
            continue
        parts = resource.split(":", 5)
        if parts[0] not in ("arn", "*"):
            raise malformed(f'Resource {resource} must be in ARN format or "*".')
        if len(parts) < 2 or parts[0] == "*":
            raise malformed("The policy failed legacy parsing")
        if not _PARTITION.fullmatch(parts[1]) and "${" not in parts[1]:
            raise malformed(f'Partition "{parts[1]}" is not valid for resource "{resource}".')
        if len(parts) < 4:
            raise malformed("The policy failed legacy parsing")
