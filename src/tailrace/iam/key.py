"""Access keys and session tokens: made, kept, and thrown away some time after they ended.

An id carries the account's number as AWS's ids do, so GetAccessKeyInfo needs nothing else. Secrets come from the
system's source of randomness and not from the seeded dice: they guard the door.
"""

import base64
import binascii
import random
import secrets
from itertools import islice

from tailrace.engine.front import Front
from tailrace.engine.space import Space
from tailrace.engine.transaction import Transaction
from tailrace.iam.entity import ACCESS_KEYS, SESSIONS, AccessKey, Session
from tailrace.service.call import Call

_ACCOUNT_SHIFT = 7
_ACCOUNT_MASK = 0x7FFF_FFFF_FF80
_TOP_BIT = 1 << 47
_SECRET_BYTES = 30
_TOKEN_BYTES = 264
_KEPT_AFTER_END_S = 86_400
_SWEPT_AT_ONCE = 10
_ENDS = Space("iam/session-ends")
_FRONT = Front(_ENDS)
_ROOT = Space("iam/root-key")


def access_key_id(dice: random.Random, account: str, prefix: str) -> str:
    """Answer a new id: AKIA for long-term keys, ASIA for temporary ones."""
    low = dice.getrandbits(_ACCOUNT_SHIFT)
    head = (_TOP_BIT | int(account) << _ACCOUNT_SHIFT | low).to_bytes(6, "big")
    return prefix + base64.b32encode(head + dice.getrandbits(32).to_bytes(4, "big")).decode()


def account_of(key_id: str) -> str | None:
    """Answer the account in an access key id, or None when it isn't one."""
    try:
        head = base64.b32decode(key_id[4:])[:6]
    except binascii.Error:
        return None
    number = (int.from_bytes(head, "big") & _ACCOUNT_MASK) >> _ACCOUNT_SHIFT
    return f"{number:012d}" if len(head) == 6 and number < 10**12 else None


def secret() -> str:
    """Answer a new secret of 40 characters."""
    return base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def session_token() -> str:
    """Answer a new session token."""
    return base64.b64encode(secrets.token_bytes(_TOKEN_BYTES)).decode()


def issue(call: Call, session: Session) -> None:
    """Stage temporary credentials; those that ended a day ago go."""
    transaction = call.transaction
    ended = f"{int(call.now) - _KEPT_AFTER_END_S:012d}".encode()
    for key, _ in list(islice(_FRONT.scan(transaction, b"", ended, ended), _SWEPT_AT_ONCE)):
        transaction.delete(_ENDS, key)
        SESSIONS.delete(transaction, key.decode().partition("/")[2])
    SESSIONS.put(transaction, session.id, session)
    transaction.put(_ENDS, f"{session.expires:012d}/{session.id}".encode(), b"")


def ensure_root_key(transaction: Transaction, account: str, now: float) -> tuple[str, str]:
    """Answer the id and the secret of the root's access key; it is made at the first time."""
    known = transaction.get(_ROOT, b"")
    key = None if known is None else ACCESS_KEYS.get(transaction, known.decode())
    if key is None:
        dice = random.SystemRandom()
        key = AccessKey(id=access_key_id(dice, account, "AKIA"), secret=secret(), account=account, created=int(now))
        ACCESS_KEYS.put(transaction, key.id, key)
        transaction.put(_ROOT, b"", key.id.encode())
    return key.id, key.secret
