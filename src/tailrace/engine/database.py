"""RocksDB, opened: its options, what its errors mean, and what its recovery had to leave behind.

It recovers up to the first record of the write-ahead log that it can't read, and forgets the rest. That is right after
a power cut; but where writers were told that more is on disk, a disk has lost it, and nothing may be forgotten.
"""

import re
import shutil
from pathlib import Path

from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Env, Options, Rdict

from tailrace.engine.errors import StoreDamaged, StoreFull
from tailrace.engine.synced import instead_of_lost, lost

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


def recover(path: Path, promised: int) -> Rdict:
    """Open the state in a folder and find everything up to a sequence number.

    Raises StoreDamaged when that is not there; the folder is then left as it was found.
    """
    found = path.with_name(f"{path.name}.as-found")
    if found.exists() and not path.exists():
        found.rename(path)  # killed while it was put back
    for left in (found, _aside(path), _unfinished(path)):
        shutil.rmtree(left, ignore_errors=True)
    if path.exists():
        _link(path, found)
    try:
        database = open_database(path)
        missing = promised - database.latest_sequence_number()
        if missing > 0:
            database.close()
            raise StoreDamaged(f"the write-ahead log in {path}: {lost(missing)}; {instead_of_lost(path)}")
    except BaseException:
        if found.exists():
            _put_back(found, path)
        raise
    shutil.rmtree(found, ignore_errors=True)
    return database


def _link(path: Path, found: Path) -> None:
    """Give RocksDB's files a second name, under which they stay when it is done with them; it never changes one."""
    unfinished = _unfinished(path)
    try:
        unfinished.mkdir()
        for each in path.iterdir():
            if not each.name.startswith(("LOG", "LOCK")):
                (unfinished / each.name).hardlink_to(each)
        unfinished.rename(found)
    except OSError:  # a file system without second names: what is lost is told all the same
        shutil.rmtree(unfinished, ignore_errors=True)


def _put_back(found: Path, path: Path) -> None:
    """Replace the state's folder; at any moment one of the two names leads to all files."""
    path.rename(_aside(path))
    found.rename(path)
    shutil.rmtree(_aside(path), ignore_errors=True)


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.opened")


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.linking")


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
    options.set_memtable_prefix_bloom_ratio(0.05)  # most items looked up before a write are new ones
    options.set_memtable_whole_key_filtering(True)
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
