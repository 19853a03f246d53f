"""Lifecycle rules: which objects expire when, and which uploads are given up (user guide, "Expiring objects").

Expiration happens at midnight UTC after the days of a rule. Transitions are refused: all classes are alike here.
"""

import math
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

from tailrace.s3.bucket import Bucket
from tailrace.s3.errors import invalid_argument, invalid_request, malformed_xml, not_built
from tailrace.s3.object import Object
from tailrace.wire.errors import AwsError

DAY_S = 86_400
_RULES_MAX = 1000
_LAST_MIDNIGHT_S = 253_402_214_400  # of the year 9999: no date can be written after it
_CONDITIONS = ("Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And")

Rule = dict[str, Any]


def checked(rules: list[Rule], new_id: str) -> list[Rule]:
    """Answer rules as they are kept, each with an id. Raises MalformedXML, InvalidArgument, InvalidRequest."""
    if not 1 <= len(rules) <= _RULES_MAX:
        raise malformed_xml()
    taken = [_checked(rule, f"{new_id}-{at}" if at else new_id) for at, rule in enumerate(rules)]
    if len({rule["ID"] for rule in taken}) < len(taken):
        text = "Rule ID must be unique. Found same ID for more than one rule"
        raise AwsError("InvalidArgument", text, 400)
    return taken


def enabled(bucket: Bucket) -> list[Rule]:
    """Answer a bucket's rules that are in force."""
    rules = (bucket.lifecycle or {}).get("Rules", [])
    return [rule for rule in rules if rule["Status"] == "Enabled"]


def prefix_of(rule: Rule) -> str:
    """Answer what the keys that a rule is about begin with."""
    given = rule.get("Filter", {})
    prefix: str = rule.get("Prefix") or given.get("Prefix") or given.get("And", {}).get("Prefix") or ""
    return prefix


def expires_s(rule: Rule, key: str, stored: Object) -> int | None:
    """Answer when a rule makes an object expire, in seconds since the epoch; None when it never does."""
    if not _applies(rule, key, stored):
        return None
    expiration = rule.get("Expiration", {})
    if "Date" in expiration:
        return int(expiration["Date"])
    return None if "Days" not in expiration else _midnight_after(stored.modified_s, expiration["Days"])


def given_up_s(rule: Rule, initiated_s: int) -> int | None:
    """Answer when a rule gives an unfinished upload up; None when it never does."""
    days = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
    return None if days is None else _midnight_after(initiated_s, days)


def expiration_facts(bucket: Bucket, key: str, stored: Object) -> dict[str, str]:
    """Answer what readers and writers are told of an object's end."""
    ends = [(at, rule["ID"]) for rule in enabled(bucket) if (at := expires_s(rule, key, stored)) is not None]
    if not ends:
        return {}
    at, rule_id = min(ends)
    return {"Expiration": f'expiry-date="{formatdate(at, usegmt=True)}", rule-id="{quote(rule_id)}"'}


def _midnight_after(start_s: int, days: int) -> int:
    return min(math.ceil(start_s / DAY_S + days) * DAY_S, _LAST_MIDNIGHT_S)


def _applies(rule: Rule, key: str, stored: Object) -> bool:
    given = rule.get("Filter", {})
    conditions = {**given, **given.get("And", {})}
    tags = dict(stored.tags)
    wanted = [*conditions.get("Tags", []), *([conditions["Tag"]] if "Tag" in conditions else [])]
    return (
        key.startswith(prefix_of(rule))
        and all(tags.get(tag["Key"]) == tag["Value"] for tag in wanted)
        and stored.size > conditions.get("ObjectSizeGreaterThan", -1)
        and stored.size < conditions.get("ObjectSizeLessThan", math.inf)
    )


def _checked(rule: Rule, new_id: str) -> Rule:
    if "Transitions" in rule or "NoncurrentVersionTransitions" in rule:
        raise not_built("lifecycle transitions", "leave them out: all storage classes are alike here")
    if ("Filter" in rule) == ("Prefix" in rule) or rule["Status"] not in ("Enabled", "Disabled"):
        raise malformed_xml()
    actions = ("Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
    if not any(action in rule for action in actions):
        raise AwsError("InvalidRequest", "At least one action needs to be specified in a rule", 400)
    _check_filter(rule.get("Filter", {}))
    _check_expiration(rule.get("Expiration", {}))
    if "NoncurrentVersionExpiration" in rule and "NoncurrentDays" not in rule["NoncurrentVersionExpiration"]:
        raise malformed_xml()
    return {**rule, "ID": rule.get("ID") or new_id}


def _check_filter(given: dict[str, Any]) -> None:
    if sum(name in given for name in _CONDITIONS) > 1:
        raise malformed_xml()
    names = [tag["Key"] for tag in given.get("And", {}).get("Tags", [])]
    if len(set(names)) < len(names):
        raise invalid_request("Duplicate Tag Keys are not allowed.")


def _check_expiration(expiration: dict[str, Any]) -> None:
    if len(expiration) > 1:
        raise malformed_xml()
    if expiration.get("Days", 1) <= 0:
        raise AwsError("InvalidArgument", "'Days' for Expiration action must be a positive integer", 400)
    date = expiration.get("Date")
    if date is not None and date % DAY_S:
        raise invalid_argument("'Date' must be at midnight GMT", "Date", int(date))
