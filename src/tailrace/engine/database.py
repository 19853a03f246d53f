"""RocksDB, opened: its options, what its errors mean, and what its recovery had to leave behind.

It recovers up to the first record of the write-ahead log that it can't read; how much follows is told.
"""

import re
from pathlib import Path

from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Env, Options, Rdict

from tailrace.engine.errors import StoreDamaged, StoreFull

_CACHE_BYTES = 32 * 2**20
_WRITE_BUFFER_BYTES = 16 * 2**20
_NOTES_BYTES_MAX = 4 * 2**20  # of RocksDB's own notes, which would grow for ever
_FULL = "No space left on device"
_DROPPED = re.compile(r"\.log: dropping (\d+) bytes")


def open_database(path: Path, *, in_memory: bool = False) -> Rdict:
    """Open the state in a folder, or begin it. Raises StoreDamaged when it can't be read, StoreFull."""
    try:
        return Rdict(str(path), _options(in_memory))
    except Exception as error:
        raise damaged(path, error) from error


def dropped_bytes(path: Path) -> int:
    """Answer how many bytes of the write-ahead log the last opening could not read."""
    notes = path / "LOG"
    if not notes.is_file():
        return 0
    return sum(int(size) for size in _DROPPED.findall(notes.read_text(errors="replace")))


def damaged(path: Path, error: BaseException) -> StoreDamaged | StoreFull:
    """Answer what a failed read or opening means."""
    reason = " ".join(str(error).split())
    if _FULL in reason:
        return StoreFull(f"the disk under {path.parent} is full: {reason}; free some space")
    return StoreDamaged(f"the state in {path} can't be read: {reason}; bring back a copy or name another --data-dir")


def _options(in_memory: bool) -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(4)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(_NOTES_BYTES_MAX)
    options.set_stats_dump_period_sec(0)
    blocks = BlockBasedOptions()
    blocks.set_block_cache(Cache(_CACHE_BYTES))
    blocks.set_bloom_filter(10, False)
    options.set_block_based_table_factory(blocks)
    if in_memory:
        options.set_env(Env.mem_env())
    return options
