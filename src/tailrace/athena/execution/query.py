"""A query as it is kept: what was asked, by whom, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from tailrace.athena.execution.ending import ENDINGS
from tailrace.athena.results.columns import Column
from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.service.principal import Principal

JOB_KIND = "athena/query"
HISTORY_MS = 45 * 86_400_000
_LAST_MS = 10**14  # so that a key of the time left to it puts the newest first
_EXPIRED_AT_ONCE = 1000
FINAL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")


class PrincipalRow(msgspec.Struct, frozen=True):
    """Who asked."""

    kind: Any
    arn: str
    user_id: str
    account: str
    role_arn: str | None
    tags: dict[str, str]

    @classmethod
    def of(cls, principal: Principal) -> PrincipalRow:
        """Answer a principal as it is kept."""
        return cls(
            principal.kind,
            principal.arn,
            principal.user_id,
            principal.account,
            principal.role_arn,
            dict(principal.tags),
        )

    def principal(self) -> Principal:
        """Answer the principal."""
        return Principal(self.kind, self.arn, self.user_id, self.account, self.role_arn, self.tags)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A query execution. ``output`` is the whole path of its result; times are epoch milliseconds."""

    id: str
    region: str
    text: str
    statement_type: str
    substatement_type: str
    workgroup: str
    catalog: str
    database: str | None
    output: str
    prefix: str
    result_configuration: dict[str, Any]
    enforced: bool
    principal: PrincipalRow
    parameters: list[str]
    reuse: dict[str, Any]
    submitted_ms: int
    state: str = "QUEUED"
    reason: str | None = None
    error: dict[str, Any] | None = None
    started_ms: int | None = None
    planned_ms: int | None = None
    completed_ms: int | None = None
    scanned: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    update_count: int = 0
    columns: list[Column] = []
    manifest: str | None = None
    reused: bool = False
    cutoff: int | None = None
    token: str | None = None


class Named(msgspec.Struct, frozen=True):
    """What a ClientRequestToken was used for."""

    id: str
    fingerprint: str


class Past(msgspec.Struct, frozen=True):
    """A query's place in its workgroup's history."""

    id: str


QUERIES = Rows("athena/queries", Query)
HISTORY = Rows("athena/history", Past)
TOKENS = Rows("athena/tokens", Named)


def history_key(query: Query) -> str:
    """Answer the key under which a workgroup's queries are found, newest first."""
    return f"{query.region}/{query.workgroup}/{_LAST_MS - query.submitted_ms:015d}/{query.id}"


def add(transaction: Transaction, query: Query) -> None:
    """Stage a new query."""
    QUERIES.put(transaction, f"{query.region}/{query.id}", query)
    HISTORY.put(transaction, history_key(query), Past(query.id))


def expire(transaction: Transaction, now_ms: int) -> None:
    """Stage that queries which are too old go, with the tokens that name them; of each workgroup a number at once."""
    old = f"{_LAST_MS - now_ms + HISTORY_MS:015d}"
    after = ""
    while (first := next(HISTORY.scan(transaction, after=after), None)) is not None:
        region, workgroup, _ = first[0].split("/", 2)
        prefix = f"{region}/{workgroup}/"
        expired = HISTORY.scan(transaction, prefix, after=prefix + old)
        for key, past in list(islice(expired, _EXPIRED_AT_ONCE)):
            query = get(transaction, region, past.id)
            HISTORY.delete(transaction, key)
            QUERIES.delete(transaction, f"{region}/{past.id}")
            if query is not None and query.token is not None:
                TOKENS.delete(transaction, f"{region}/{query.token}")
        after = f"{prefix}~"  # behind the digits of every moment


def history(transaction: Transaction, region: str, workgroup: str, after: str = "") -> Iterator[tuple[str, str]]:
    """Answer (key, id) of a workgroup's queries, newest first."""
    for key, past in HISTORY.scan(transaction, prefix=f"{region}/{workgroup}/", after=after):
        yield key, past.id


def get(transaction: Transaction, region: str, query_id: str) -> Query | None:
    """Answer a query; None when there is none."""
    return QUERIES.get(transaction, f"{region}/{query_id}")


def put(transaction: Transaction, query: Query) -> None:
    """Stage a query as it is now; who waits for its end learns of it when it is on disk."""
    QUERIES.put(transaction, f"{query.region}/{query.id}", query)
    if query.state in FINAL_STATES:
        transaction.on_durable(lambda: ENDINGS.ring(query.id))
