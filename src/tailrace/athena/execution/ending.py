"""The ends of queries, waited for a moment: most take milliseconds here, and clients look again a second later.

PyAthena, awswrangler and the AWS SDK's samples ask at once and then once a second.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

PATIENCE_S = 1.0


class Endings:
    """Who waits for the end of which query."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @property
    def waiting(self) -> int:
        """How many queries are waited for."""
        return len(self._waiting)

    async def wait(self, query_id: str) -> None:
        """Return when a query that runs has come to its end, or after a moment.

        The moment is one of the machine's clock: what is waited for is work, which no clock in a user's hand moves.
        """
        event = asyncio.Event()
        waiting = self._waiting.setdefault(query_id, set())
        waiting.add(event)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await event.wait()
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop(query_id, None)

    def ring(self, query_id: str) -> None:
        """Wake everybody who waits for a query."""
        for event in self._waiting.get(query_id, ()):
            event.set()


ENDINGS = Endings()
