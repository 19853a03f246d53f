"""``tailrace tail``: the change records of a Kinesis stream or of a table's stream, by shard and time, as they come."""

import base64
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer

from tailrace.cli.change_source import ChangeSource, find
from tailrace.cli.connection import AwsOption, EndpointOption, JsonOption, RegionOption, connect, fail

_POLL_S = 0.25  # a shard allows five reads a second


@dataclass(slots=True)
class Reader:
    """One shard being read: where the next read begins; None at its end."""

    shard: str
    iterator: str | None


def tail(
    name: Annotated[str, typer.Argument(help="A Kinesis stream, or a table whose stream is on.")],
    shard: Annotated[str | None, typer.Option(help="Only this shard.")] = None,
    at_timestamp: Annotated[str | None, typer.Option(help="From this moment on: ISO 8601, or epoch seconds.")] = None,
    from_start: Annotated[bool, typer.Option("--from-start", help="From the oldest record.")] = False,
    latest: Annotated[bool, typer.Option("--latest", help="From now on (what it does unless told otherwise).")] = False,
    follow: Annotated[bool, typer.Option(help="Go on as records come; --no-follow ends when it has caught up.")] = True,
    as_json: JsonOption = False,
    endpoint: EndpointOption = None,
    region: RegionOption = None,
    aws: AwsOption = False,
) -> None:
    """Print change records, a line each: time, shard, event name, keys. --json prints all of each record.

    Examples: tailrace tail orders --from-start; tailrace tail orders-changes --at-timestamp 2026-01-02T03:04:05Z
    """
    if sum((at_timestamp is not None, from_start, latest)) > 1:
        fail("choose one of --at-timestamp, --from-start and --latest", 2)
    start = _instant(at_timestamp) if at_timestamp is not None else "TRIM_HORIZON" if from_start else "LATEST"
    source = find(connect(endpoint, region, aws=aws), name)
    readers = [Reader(found, source.iterator(found, start)) for found in source.shards() if shard in (None, found)]
    if shard is not None and not readers:
        fail(f"{name} has no shard {shard}; it has {', '.join(source.shards())}")
    try:
        for line in _lines(source, readers, follow=follow, only=shard):
            sys.stdout.write(_json(line) if as_json else _text(line))
            sys.stdout.flush()
    except KeyboardInterrupt:
        return


def _lines(source: ChangeSource, readers: list[Reader], *, follow: bool, only: str | None) -> Iterator[dict[str, Any]]:
    known = {reader.shard for reader in readers}
    while True:
        busy = False
        for reader in readers:
            if reader.iterator is None:
                continue
            records, reader.iterator, more = source.read(reader.iterator)
            busy = busy or (more and reader.iterator is not None)
            yield from ({"shard": reader.shard, **record} for record in records)
        if any(reader.iterator is None for reader in readers) and only is None:
            # A shard that came to its end has children.
            readers = [reader for reader in readers if reader.iterator is not None]
            born = [found for found in source.shards() if found not in known]
            known.update(born)
            readers += [Reader(found, source.iterator(found, "TRIM_HORIZON")) for found in born]
            busy = busy or bool(born)
        if not busy and not (follow and readers):
            return
        if not busy:
            time.sleep(_POLL_S)


def _text(line: dict[str, Any]) -> str:
    data = line["data"]
    change = data if isinstance(data, dict) else {}
    keys = change.get("dynamodb", {}).get("Keys", {})
    shown = " ".join(f"{name}={next(iter(value.values()))}" for name, value in keys.items())
    moment = line["time"].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{moment} {line['shard']} {change.get('eventName', '-'):6} {shown or line.get('partitionKey', '')}\n"


def _json(line: dict[str, Any]) -> str:
    return orjson.dumps(line, default=_plain).decode() + "\n"


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            fail(f"{text} is no moment; write it like 2026-01-02T03:04:05Z, or as epoch seconds", 2)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
