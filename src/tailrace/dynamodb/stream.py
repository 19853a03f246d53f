"""Streams as they are remembered: one row a stream, with its shards and the logs that hold their records."""

from typing import Literal

import msgspec

RETENTION_MS = 24 * 3600 * 1000  # of a record, and of a stream that was closed
ViewType = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


class ShardRow(msgspec.Struct, frozen=True, kw_only=True):
    """One shard of a stream: its id, its log, and what its sequence numbers and event ids are made with."""

    shard_id: str
    log_id: str
    created_ms: int
    salt: int


class StreamRow(msgspec.Struct, frozen=True, kw_only=True):
    """A table's stream; when ``closed_ms`` is set it is disabled, and readable for another day."""

    arn: str
    label: str
    table: str
    table_uuid: str
    view: ViewType
    keys: tuple[tuple[str, str], ...]  # attribute, HASH or RANGE
    created: float
    shards: tuple[ShardRow, ...]
    closed_ms: int | None = None
