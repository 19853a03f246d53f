"""Who a role trusts: ARNs in a trust policy stand for the identities that had them when it was written.

A role deleted and made anew is another one, and the grant doesn't reach it (IAM, principal element).
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from tailrace.engine.transaction import Transaction
from tailrace.iam import document
from tailrace.iam.entity import ROLE, ROLES, USER, USERS, Role

_ARN = re.compile(r"arn:aws[a-z-]*:(?P<vendor>iam|sts)::(?P<account>\d{12}):(?P<resource>.+)")
_ACCOUNT = re.compile(r"\d{12}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?|[a-z0-9.-]+\.aws\.internal")


def identify(transaction: Transaction, account: str, parsed: Mapping[str, Any]) -> dict[str, str]:
    """Answer the unique ids behind the ARNs of a trust policy. Raises MalformedPolicyDocument for one that isn't."""
    ids: dict[str, str] = {}
    for statement in document.statements_of(parsed):
        for kind, text in document.principals_of(statement):
            if kind == "Service" and not _SERVICE.fullmatch(text):
                raise document.malformed(f'Invalid principal in policy: "SERVICE":"{text}"')
            if kind == "AWS" and not _ACCOUNT.fullmatch(text) and text != "*":
                unique = _identified(transaction, account, text)
                if unique is None:
                    raise document.malformed(f'Invalid principal in policy: "AWS":"{text}"')
                if unique:
                    ids[text] = unique
    return ids


def shown(transaction: Transaction, account: str, role: Role) -> str:
    """Answer a role's trust policy as it is shown: an identity that is gone shows its unique id."""
    gone = {arn: unique for arn, unique in role.trusted_ids.items() if current_id(transaction, account, arn) != unique}
    if not gone:
        return role.trust
    parsed = orjson.loads(role.trust)
    for statement in document.statements_of(parsed):
        named = statement.get("Principal", statement.get("NotPrincipal"))
        if isinstance(named, dict) and "AWS" in named:
            shown_names = [gone.get(text, text) for text in document.texts(named["AWS"])]
            named["AWS"] = shown_names if isinstance(named["AWS"], list) else shown_names[0]
    return orjson.dumps(parsed).decode()


def still_meant(transaction: Transaction, account: str, role: Role, arn: str) -> bool:
    """Answer whether an ARN in a role's trust policy means who has that ARN today."""
    known = role.trusted_ids.get(arn)
    return known is None or current_id(transaction, account, arn) == known


def current_id(transaction: Transaction, account: str, arn: str) -> str | None:
    """Answer the unique id of the role or user of this account that an ARN names, or None."""
    found = _ARN.fullmatch(arn)
    if found is None or found["account"] != account:
        return None
    parts = found["resource"].split("/")
    if found["vendor"] == "sts":
        role = ROLES.get(transaction, parts[1].lower()) if parts[0] == "assumed-role" and len(parts) == 3 else None
        return None if role is None else role.id
    for kind, rows in ((ROLE, ROLES), (USER, USERS)):
        entity = rows.get(transaction, parts[-1].lower()) if parts[0] == kind.noun.lower() else None
        if entity is not None and kind.arn(account, entity) == arn:
            unique: str = entity.id
            return unique
    return None


def _identified(transaction: Transaction, account: str, text: str) -> str | None:
    """Answer an id, '' for what has none that could change, or None for what isn't a principal."""
    found = _ARN.fullmatch(text)
    if found is None:
        return None
    if found["resource"] == "root" or found["account"] != account:
        return ""
    return current_id(transaction, account, text)
