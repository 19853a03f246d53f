"""Older formats: what lay in them lies in the present one afterwards, also when the step was cut short."""

from pathlib import Path

from rocksdict import WriteBatch

from tailrace.engine.block import Entry
from tailrace.engine.database import open_database
from tailrace.engine.log import LOGS
from tailrace.engine.migration import MIGRATIONS
from tailrace.engine.store import Durability, Store

_RECORDS = 2500
_CUT_AT = 1200


def record(sequence: int) -> bytes:
    return b"%d" % sequence


def entry(number: int, sequence: int) -> tuple[bytes, bytes]:
    """A record as format 2 had it; ten share a millisecond."""
    place = number.to_bytes(8, "big") + sequence.to_bytes(8, "big")
    return b"e\x00" + place, (sequence // 10).to_bytes(8, "big") + record(sequence)


def write(path: Path, rows: list[tuple[bytes, bytes]]) -> None:
    database = open_database(path)
    batch = WriteBatch(raw_mode=True)
    for key, value in rows:
        batch.put(key, value)
    database.write(batch)
    database.close()


def test_records_of_format_2_are_found_in_blocks(tmp_path: Path) -> None:
    rows = []
    for number, name in ((1, b"one"), (2, b"other")):
        meta = b"".join(part.to_bytes(8, "big") for part in (number, 0, 1, 0))
        rows += [(LOGS.prefix + name, meta), *[entry(number, sequence) for sequence in range(1, _RECORDS + 1)]]
    (tmp_path / "store").mkdir()
    write(tmp_path / "store", rows[:_CUT_AT] + [row for row in rows if row[0].startswith(LOGS.prefix)])
    MIGRATIONS[2](tmp_path)
    write(tmp_path / "store", rows[_CUT_AT:])  # as if it had been cut short
    MIGRATIONS[2](tmp_path)
    MIGRATIONS[2](tmp_path)
    store = Store(tmp_path / "store", Durability.OS)
    for name in ("one", "other"):
        log = store.log(name)
        assert (log.head, log.last_time_ms) == (_RECORDS, _RECORDS // 10)
        expected = [Entry(sequence, sequence // 10, record(sequence)) for sequence in range(1, _RECORDS + 1)]
        assert log.read(0, _RECORDS + 1, 10**9) == expected
    store.close()
