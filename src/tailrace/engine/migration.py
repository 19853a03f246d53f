"""What brings a data directory from one format to the next. A step may be cut short at any moment and begun again."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rocksdict import Rdict, WriteBatch

from tailrace.engine.block import blocks_of
from tailrace.engine.database import open_database
from tailrace.engine.log import BLOCKS
from tailrace.engine.space import Space

_ENTRIES = Space("e")  # of format 2: number of the log + sequence -> time + record
_NUMBER_BYTES = _SEQUENCE_BYTES = _TIME_BYTES = 8
_RECORDS_AT_ONCE = 1000

Entry = tuple[bytes, int, int, bytes]  # number of the log, sequence, time in milliseconds, record


def _from_1(directory: Path) -> None:
    """Format 2 lets the ledger's rows count what came out of logs that are gone; a row that doesn't counts nothing."""


def _from_2(directory: Path) -> None:
    """In format 3 the records of logs lie in blocks."""
    database = open_database(directory / "store")
    while entries := list(_entries(database)):
        batch = WriteBatch(raw_mode=True)
        for run in _runs(entries):
            number, first, time_ms, _ = run[0]
            for last, block in blocks_of(first, time_ms, [record for _, _, _, record in run]):
                batch.put(BLOCKS.prefix + number + last.to_bytes(_SEQUENCE_BYTES, "big"), block)
            for _, sequence, _, _ in run:
                batch.delete(_ENTRIES.prefix + number + sequence.to_bytes(_SEQUENCE_BYTES, "big"))
        database.write(batch)
    database.flush_wal(True)
    database.close()


def _entries(database: Rdict) -> Iterator[Entry]:
    at = database.iter()
    at.seek(_ENTRIES.prefix)
    for _ in range(_RECORDS_AT_ONCE):
        if not at.valid() or not (key := at.key()).startswith(_ENTRIES.prefix):
            break
        place, value = key[len(_ENTRIES.prefix) :], at.value()
        sequence, time_ms = (int.from_bytes(part, "big") for part in (place[_NUMBER_BYTES:], value[:_TIME_BYTES]))
        yield place[:_NUMBER_BYTES], sequence, time_ms, value[_TIME_BYTES:]
        at.next()


def _runs(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Answer the entries of one log that follow each other and are of one time."""
    run: list[Entry] = []
    for entry in entries:
        number, sequence, time_ms, _ = entry
        if run and (run[-1][0], run[-1][1] + 1, run[-1][2]) != (number, sequence, time_ms):
            yield run
            run = []
        run.append(entry)
    yield run


MIGRATIONS: dict[int, Callable[[Path], None]] = {1: _from_1, 2: _from_2}  # format -> what brings it to the next one
