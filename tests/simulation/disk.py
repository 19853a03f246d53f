"""The disk under a simulated cloud: the moments at which a process may die, and what is left behind then.

A killed process leaves what the operating system was given; a power cut leaves what was synced, and of the rest as much
as chance has it. What the process does after its death concerns nobody: the copy was taken at that moment.
"""

import asyncio
import errno
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tailrace.engine.faults import Faults
from tailrace.engine.files import Staged
from tailrace.engine.store import Durability
from tailrace.engine.transaction import Transaction
from tailrace.runtime.cloud import LocalCloud

MOMENTS = (
    "commit: begun",
    "commit: written",
    "commit: visible",
    "sync: begun",
    "sync: done",
    "body: half written",
    "body: written",
    "body: synced",
    "body: in place",
    "turn",
)


@dataclass(slots=True)
class Doom:
    """When a process dies: at which occurrence of which moment."""

    moment: str
    occurrence: int


@dataclass
class Disk:
    """The disk of one life. ``copy_to`` is where the next life finds what is left."""

    data: Path
    copy_to: Path
    dice: random.Random
    doom: Doom | None = None
    power_cut: bool = False
    dead: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    written: Callable[[Transaction], None] = lambda _: None
    _log_bytes: dict[str, int] = field(default_factory=dict)  # of each write-ahead log: how much is synced
    _synced_files: dict[int, int] = field(default_factory=dict)  # inode -> bytes
    _synced_names: dict[int, set[str]] = field(default_factory=dict)  # folder's inode -> names

    def begin(self) -> None:
        """Take what is there already for synced."""
        for folder, folders, files in os.walk(self.data):
            path = Path(folder)
            self._synced_names[path.stat().st_ino] = {*folders, *files}
            for name in files:
                found = (path / name).stat()
                self._synced_files[found.st_ino] = found.st_size

    def moment(self, name: str) -> None:
        """A moment at which the process may die."""
        if self.dead:
            return
        self.seen[name] += 1
        if self.doom is not None and self.doom.moment == name and self.doom.occurrence == self.seen[name]:
            self.die()

    def die(self) -> None:
        """Leave behind what is on disk now."""
        self.dead = True
        self._copy()
        if self.power_cut:
            self._forget_unsynced_log()
            self._forget_unsynced_bodies(self.data / "s3", self.copy_to / "s3", kept=self._has_entry(self.data, "s3"))

    def watch(self, cloud: LocalCloud) -> None:
        """Put the moments into a cloud's store and files."""
        store, files = cloud.store, cloud.files
        take, write, commit, sync = store._take, store._write_out, store.commit, store._sync
        create, place = files.create, files.place
        gathered: list[Transaction] = []

        def watched_take(transaction: Transaction) -> bool:
            self.moment("commit: begun")
            if transaction.ranges:
                store._write_out()  # as it will be itself, and at once
            gathered.append(transaction)
            try:
                return take(transaction)
            except BaseException:
                gathered.remove(transaction)
                raise

        def watched_write() -> None:
            if not store._gathered.changed:
                return
            write()
            while gathered:
                transaction = gathered.pop(0)
                if not self.dead:
                    self.written(transaction)
            self.moment("commit: written")

        def watched_commit(transaction: Transaction) -> Any:
            durable = commit(transaction)
            self.moment("commit: visible")
            return durable

        def watched_sync() -> BaseException | None:
            sizes = dict(self._sizes("*.log"))
            self.moment("sync: begun")
            error = sync()
            self._log_bytes |= sizes
            self.moment("sync: done")
            return error

        def watched_place(temporary: Path, relative: str) -> None:
            self.moment("body: synced")
            place(temporary, relative)
            self.moment("body: in place")

        def watched_create(name: str) -> Staged:
            staged = create(name)
            self._watch_writes(staged, cloud.faults)
            return staged

        store._take, store._write_out = watched_take, watched_write  # type: ignore[method-assign]
        store.commit, store._sync = watched_commit, watched_sync  # type: ignore[method-assign]
        files.create, files.place = watched_create, watched_place  # type: ignore[method-assign]
        if store.durability is Durability.FSYNC:
            store._syncer.shutdown()
            store._syncer = SlowDisk(self.dice)  # type: ignore[assignment]

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Take note of every sync, and let threads do their work in this one, some turns later."""
        fsync, to_thread = os.fsync, asyncio.to_thread

        def noted(descriptor: int) -> None:
            found = os.fstat(descriptor)
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            if path.is_dir():
                self._synced_names[found.st_ino] = {each.name for each in path.iterdir()}
            else:
                self._synced_files[found.st_ino] = found.st_size

        async def inline(work: Callable[..., Any], *arguments: Any) -> Any:
            for _ in range(self.dice.randrange(8)):
                await asyncio.sleep(0)
            return work(*arguments)

        os.fsync, asyncio.to_thread = noted, inline  # type: ignore[assignment]
        try:
            yield
        finally:
            os.fsync, asyncio.to_thread = fsync, to_thread

    def _watch_writes(self, staged: Staged, faults: Faults) -> None:
        file = staged._file
        write = file.write

        def halting(data: bytes | bytearray | memoryview) -> int:
            half = len(data) // 2
            write(data[:half])
            if self.doom is not None and self.doom.moment == "body: half written":
                file.flush()
            self.moment("body: half written")
            if faults.strikes("files:full"):
                raise OSError(errno.ENOSPC, "No space left on device, by chance")
            write(data[half:])
            self.moment("body: written")
            return len(data)

        staged._file = Halting(file, halting)  # type: ignore[assignment]

    def _copy(self) -> None:
        """Copy the data directory as it is at one moment, although RocksDB may be compacting in threads of its own."""
        while True:
            before = self._listing()
            try:
                shutil.copytree(self.data, self.copy_to, ignore=shutil.ignore_patterns("LOG*", "lock"))
            except shutil.Error:
                shutil.rmtree(self.copy_to)
                continue
            if self._listing() == before:
                return
            shutil.rmtree(self.copy_to)

    def _listing(self) -> list[tuple[str, int]]:
        return sorted(found for found in self._sizes("*") if not found[0].startswith("LOG"))

    def _sizes(self, pattern: str) -> Iterator[tuple[str, int]]:
        for path in (self.data / "store").glob(pattern):
            with suppress(FileNotFoundError):  # RocksDB has just removed it
                yield path.name, path.stat().st_size

    def _forget_unsynced_log(self) -> None:
        for path in (self.copy_to / "store").glob("*.log"):
            synced, size = self._log_bytes.get(path.name, 0), path.stat().st_size
            if size > synced:
                os.truncate(path, self.dice.randint(synced, size))

    def _forget_unsynced_bodies(self, folder: Path, copy: Path, *, kept: bool) -> None:
        """Keep what was synced with all folders above it; anything else is there, cut or gone, as chance has it."""
        if not folder.exists():
            return
        if not kept and self.dice.random() < 0.5:
            shutil.rmtree(copy)
            return
        for path in sorted(folder.iterdir()):
            entry = self._has_entry(folder, path.name)
            if path.is_dir():
                self._forget_unsynced_bodies(path, copy / path.name, kept=entry)
            elif not entry and self.dice.random() < 0.5:
                (copy / path.name).unlink()
            else:
                found = path.stat()
                synced = self._synced_files.get(found.st_ino, 0)
                if found.st_size > synced:
                    os.truncate(copy / path.name, self.dice.randint(synced, found.st_size))

    def _has_entry(self, folder: Path, name: str) -> bool:
        return name in self._synced_names.get(folder.stat().st_ino, ())


class Halting:
    """A file that is written to in another way."""

    def __init__(self, file: Any, write: Callable[[Any], int]) -> None:
        self.write = write
        self.flush, self.fileno, self.close = file.flush, file.fileno, file.close


class SlowDisk:
    """In the place of the thread that syncs: the same work in the loop's own thread, some turns later."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._waiting: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], None]) -> None:
        """Do it some turns later."""
        self._waiting.append(work)
        asyncio.get_running_loop().call_soon(self._turn, self._dice.randrange(12), work)

    def shutdown(self, wait: bool = True) -> None:
        """Do at once what waits."""
        while self._waiting:
            self._waiting.pop(0)()

    def _turn(self, turns: int, work: Callable[[], None]) -> None:
        if work not in self._waiting:
            return
        if turns:
            asyncio.get_running_loop().call_soon(self._turn, turns - 1, work)
            return
        self._waiting.remove(work)
        work()
