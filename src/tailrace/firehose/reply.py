"""What a function answered, record by record: delivered, dropped or failed. The whole contract of the transformation.

Each recordId must come back exactly once; Ok needs data; Dropped leaves nothing behind; what is wrong with one record
is that record's own failure (Firehose developer guide, "Data Transformation and Status Model").
"""

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tailrace.firehose.batch import Batch, Record
from tailrace.firehose.failure import Failure


@dataclass(slots=True)
class Outcome:
    """What became of a batch: the data to deliver in order, the records that failed, and the counts for the ledger."""

    data: list[bytes]
    failures: list[tuple[Record, Failure]]
    delivered: int = 0
    dropped: int = 0
    failed: int = 0


def untransformed(batch: Batch) -> Outcome:
    """Answer a batch as it came."""
    return Outcome([record.data for record in batch.records], [], delivered=batch.count)


def all_failed(batch: Batch, failure: Failure) -> Outcome:
    """Answer a batch whose every record failed for the same reason."""
    return Outcome([], [(record, failure) for record in batch.records], failed=batch.count)


def judged(batch: Batch, payload: bytes, attempts: int, now_ms: int) -> Outcome:
    """Answer what a function's reply says of each record of a batch."""
    try:
        returned = orjson.loads(payload)["records"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        returned = None
    if not isinstance(returned, list):
        return all_failed(batch, Failure("Lambda.JsonProcessingException", attempts, now_ms))
    data: list[bytes] = []
    failures: list[tuple[Record, Failure]] = []
    ends: list[str] = []
    for record, answer in zip(batch.records, _matched(batch.records, returned), strict=True):
        end, found = _end(answer)
        ends.append(end)
        if found is not None:
            data.append(found)
        elif end != _DROPPED:
            failures.append((record, Failure(end, attempts, now_ms)))
    return _counted(batch, Outcome(data, failures), ends)


_OK = "Ok"
_DROPPED = "Dropped"
_TWICE: dict[str, Any] = {}


def _matched(records: Sequence[Record], returned: list[Any]) -> list[Any]:
    """Answer the returned record for each one sent: None when it is missing, ``_TWICE`` when it came more than once."""
    if len(records) == len(returned):
        try:
            # As a rule they come back in order, and then no table is needed.
            if [record[0] for record in records] == [answer["recordId"] for answer in returned]:
                return returned
        except (TypeError, KeyError):
            pass
    table: dict[Any, Any] = {}
    for answer in returned:
        record_id = answer.get("recordId") if isinstance(answer, dict) else None
        if isinstance(record_id, str):
            table[record_id] = _TWICE if record_id in table else answer
    return [table.get(record[0]) for record in records]


def _end(answer: Any) -> tuple[str, bytes | None]:
    """Answer how a record ended, Ok, Dropped or an error code, and its data if it is to be delivered."""
    if answer is None:
        return "Lambda.MissingRecordId", None
    if answer is _TWICE:
        return "Lambda.DuplicatedRecordId", None
    result = answer.get("result")
    if result == _OK:
        try:
            return _OK, a2b_base64(answer["data"])
        except (KeyError, TypeError, ValueError, Base64Error):
            return "Lambda.JsonProcessingException", None
    if result == _DROPPED:
        return _DROPPED, None
    if result == "ProcessingFailed":
        return "Lambda.ProcessingFailedStatus", None
    return "Lambda.JsonProcessingException", None


def _counted(batch: Batch, outcome: Outcome, ends: list[str]) -> Outcome:
    if batch.sizes is None:
        outcome.delivered = len(outcome.data)
        outcome.failed = len(outcome.failures)
        outcome.dropped = batch.count - outcome.delivered - outcome.failed
        return outcome
    # A packed record counts once: as failed if any part of it failed, as delivered if any was, else as dropped.
    at = 0
    for size in batch.sizes:
        inside = set(ends[at : at + size])
        at += size
        if inside - {_OK, _DROPPED}:
            outcome.failed += 1
        elif _OK in inside:
            outcome.delivered += 1
        else:
            outcome.dropped += 1
    return outcome
