"""Results used again: the same text in the same place, young enough, and the earlier one's object stays the result."""

from __future__ import annotations

from itertools import islice

import msgspec

from tailrace.athena.execution import query as queries
from tailrace.athena.execution.query import Query
from tailrace.engine.transaction import Transaction

_LOOKED_AT = 1000
_DEFAULT_MINUTES = 60


def reusable(transaction: Transaction, query: Query) -> Query | None:
    """Answer the query as succeeded with an earlier one's result; None when there is none to use."""
    age = query.reuse.get("ResultReuseByAgeConfiguration", {})
    if not age.get("Enabled") or query.substatement_type != "SELECT":
        return None
    oldest = query.submitted_ms - age.get("MaxAgeInMinutes", _DEFAULT_MINUTES) * 60_000
    for _, query_id in islice(queries.history(transaction, query.region, query.workgroup), _LOOKED_AT):
        earlier = queries.get(transaction, query.region, query_id)
        if earlier is None or earlier.submitted_ms < oldest:
            return None
        if earlier.state == "SUCCEEDED" and _same(earlier, query):
            return msgspec.structs.replace(
                query,
                state="SUCCEEDED",
                output=earlier.output,
                started_ms=query.submitted_ms,
                completed_ms=query.submitted_ms,
                columns=earlier.columns,
                result_rows=earlier.result_rows,
                result_bytes=earlier.result_bytes,
                reused=True,
            )
    return None


def _same(earlier: Query, query: Query) -> bool:
    return (earlier.text, earlier.catalog, earlier.database, earlier.prefix, earlier.parameters) == (
        query.text,
        query.catalog,
        query.database,
        query.prefix,
        query.parameters,
    )
