"""Whose an access key is: what the verification of a signature needs."""

from typing import Literal, cast

from tailrace.engine.transaction import Transaction
from tailrace.iam.entity import ACCESS_KEYS, SESSIONS, USER, USERS
from tailrace.iam.grants import SessionPrincipal
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

Found = tuple[str, str | None, Principal]


def found_by_key(transaction: Transaction, key_id: str, now: float | None) -> Found | None:
    """Answer (secret, session token or None, principal); None for a key unknown or inactive. Raises ExpiredToken."""
    session = SESSIONS.get(transaction, key_id)
    if session is not None:
        if now is not None and session.expires <= now:
            raise AwsError("ExpiredToken", "The security token included in the request is expired", status=403)
        kind = cast(Literal["root", "user", "role"], session.kind)
        principal = SessionPrincipal(
            kind,
            session.arn,
            session.user_id,
            session.account,
            session.role_arn,
            session.tags,
            session.policies,
            session.issued,
            session.source_identity,
        )
        return session.secret, session.token, principal
    key = ACCESS_KEYS.get(transaction, key_id)
    if key is None or not key.active:
        return None
    if key.user is None:
        return key.secret, None, Principal.root(key.account)
    user = USERS.get(transaction, key.user)
    if user is None:
        return None
    return key.secret, None, Principal("user", USER.arn(key.account, user), user.id, key.account, None, user.tags)
