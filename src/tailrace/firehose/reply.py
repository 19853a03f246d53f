"""What a function answered, record by record: delivered, dropped or failed. The whole contract of the transformation.

Each recordId must come back exactly once; Ok needs data; Dropped leaves nothing behind; what is wrong with one record
is that record's own failure (Firehose developer guide, "Data Transformation and Status Model").
"""

from binascii import a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from tailrace.firehose.batch import Batch, Record
from tailrace.firehose.failure import Failure

_OK = "Ok"
_DROPPED = "Dropped"
_MALFORMED = "Lambda.JsonProcessingException"


class Answer(msgspec.Struct, rename="camel", gc=False):
    """What a function says of one record; members that Firehose doesn't know are ignored."""

    record_id: str
    result: str
    data: bytes | None = None


class _Reply(msgspec.Struct, gc=False):
    records: list[Answer]


_decode = msgspec.json.Decoder(_Reply).decode
_TWICE = Answer("", "")


@dataclass(slots=True)
class Outcome:
    """What became of a batch: the data to deliver in order, the records that failed, and the counts for the ledger."""

    data: list[bytes]
    failures: list[tuple[Record, Failure]]
    delivered: int = 0
    dropped: int = 0
    failed: int = 0


def all_failed(batch: Batch, failure: Failure) -> Outcome:
    """Answer a batch whose every record failed for the same reason."""
    return Outcome([], [(record, failure) for record in batch.records], failed=batch.count)


def judged(batch: Batch, payload: bytes, attempts: int, now_ms: int) -> Outcome:
    """Answer what a function's reply says of each record of a batch."""
    answers = _answers(payload)
    if answers is None:
        return all_failed(batch, Failure(_MALFORMED, attempts, now_ms))
    data: list[bytes] = []
    failures: list[tuple[Record, Failure]] = []
    ends: list[str] = []
    matched = _matched(batch.records, answers)
    if matched is answers and batch.sizes is None:
        good = [answer.data for answer in answers if answer.result == _OK and answer.data is not None]
        if len(good) == batch.count:  # as a rule
            return Outcome(good, [], delivered=batch.count)
    for record, answer in zip(batch.records, matched, strict=True):
        if answer is not None and answer.result == _OK and answer.data is not None:
            data.append(answer.data)
            ends.append(_OK)
            continue
        end = _end(answer)
        ends.append(end)
        if end != _DROPPED:
            failures.append((record, Failure(end, attempts, now_ms)))
    return _counted(batch, Outcome(data, failures), ends)


def _answers(payload: bytes) -> list[Answer] | None:
    """Answer what is said of records, whatever else is wrong with it; None when it isn't a reply at all."""
    try:
        return _decode(payload).records
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        returned = orjson.loads(payload)["records"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    if not isinstance(returned, list):
        return None
    named = [each for each in returned if isinstance(each, dict) and isinstance(each.get("recordId"), str)]
    return [Answer(each["recordId"], str(each.get("result")), _decoded(each.get("data"))) for each in named]


def _decoded(data: Any) -> bytes | None:
    try:
        return a2b_base64(data)
    except (TypeError, ValueError):
        return None


def _matched(records: Sequence[Record], answers: list[Answer]) -> Sequence[Answer | None]:
    """Answer what is said of each record sent: None when it is missing, ``_TWICE`` when it came more than once."""
    # As a rule they come back in order, and then no table is needed.
    if [record.record_id for record in records] == [answer.record_id for answer in answers]:
        return answers
    table: dict[str, Answer] = {}
    for answer in answers:
        table[answer.record_id] = _TWICE if answer.record_id in table else answer
    return [table.get(record.record_id) for record in records]


def _end(answer: Answer | None) -> str:
    """Answer how a record ended that isn't delivered: Dropped, or an error code."""
    if answer is None:
        return "Lambda.MissingRecordId"
    if answer is _TWICE:
        return "Lambda.DuplicatedRecordId"
    return {_DROPPED: _DROPPED, "ProcessingFailed": "Lambda.ProcessingFailedStatus"}.get(answer.result, _MALFORMED)


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
