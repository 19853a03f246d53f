"""The thread that waits for the disk, so that the event loop doesn't: one piece of work after the other, in order."""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Syncer:
    """Its thread starts with the first work. Leaner than an executor: nobody asks for results, and each sync counts."""

    def __init__(self) -> None:
        self._works: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, work: Callable[[], None]) -> None:
        """Have something done that never raises. Raises RuntimeError after ``shutdown``."""
        if self._closed:
            raise RuntimeError("the store is closed")
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
            self._thread.start()
        self._works.put(work)

    def shutdown(self) -> None:
        """Return when everything that was submitted is done; take nothing more."""
        self._closed = True
        self._works.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (work := self._works.get()) is not None:
            work()
