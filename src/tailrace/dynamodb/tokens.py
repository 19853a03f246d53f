"""Client request tokens of TransactWriteItems: for ten minutes the same request again is a success without effect."""

from itertools import islice

import msgspec

from tailrace.engine.front import Front
from tailrace.engine.rows import Rows
from tailrace.engine.space import Space
from tailrace.service.call import Call
from tailrace.wire.errors import AwsError

_LIFE_MS = 10 * 60 * 1000
_FORGOTTEN_AT_ONCE = 20  # old tokens a request sweeps away, so that they stay bounded


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked under a token, when, and what reading its items again costs, by table."""

    digest: str
    done_ms: int
    read_units: dict[str, float]


_ROWS = Rows("dynamodb/tokens", TokenRow)
_BY_TIME = Space("dynamodb/token-times")  # 8 bytes of milliseconds + key of the row
_FRONT = Front(_BY_TIME)


def find_token(call: Call, token: str, digest: str) -> dict[str, float] | None:
    """Answer the read units of a request done already; None for a new one. Raises IdempotentParameterMismatch."""
    row = _ROWS.get(call.transaction, call.key(token))
    if row is None or call.now_ms - row.done_ms > _LIFE_MS:
        return None
    if row.digest != digest:
        raise AwsError(
            "IdempotentParameterMismatchException",
            "DynamoDB rejected the request because you retried a request with a different payload but with an "
            "idempotent token that was already used.",
        )
    return row.read_units


def keep_token(call: Call, token: str, digest: str, read_units: dict[str, float]) -> None:
    """Stage that a request was done under a token."""
    transaction, key = call.transaction, call.key(token)
    old = (call.now_ms - _LIFE_MS).to_bytes(8, "big")
    for timed, _ in list(islice(_FRONT.scan(transaction, b"", old, old), _FORGOTTEN_AT_ONCE)):
        transaction.delete(_BY_TIME, timed)
        row = _ROWS.get(transaction, timed[8:].decode())
        if row is not None and row.done_ms == int.from_bytes(timed[:8], "big"):
            _ROWS.delete(transaction, timed[8:].decode())
    _ROWS.put(transaction, key, TokenRow(digest=digest, done_ms=call.now_ms, read_units=read_units))
    transaction.put(_BY_TIME, call.now_ms.to_bytes(8, "big") + key.encode(), b"")
