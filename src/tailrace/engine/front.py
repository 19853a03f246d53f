"""The front of a queue in the store: what was removed there is not walked over again.

RocksDB keeps a mark of every removed row until it has compacted it away; whoever scans from the beginning passes them
all. So a queue remembers, for as long as the process lives, where its first row was when somebody last looked.
"""

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from tailrace.engine.space import Space
from tailrace.engine.store import Store
from tailrace.engine.transaction import Transaction


class Front:
    """Scan rows whose keys grow with time. One object serves every store."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._first: WeakKeyDictionary[Store, dict[bytes, bytes]] = WeakKeyDictionary()

    def scan(self, transaction: Transaction, prefix: bytes, stop: bytes, floor: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Answer (key, value) with prefix <= key < stop in key order, staged writes included.

        ``floor`` is a promise: no row of the prefix is ever written before it from now on.
        """
        store, space = transaction.store, self._space
        known = self._first.setdefault(store, {})
        start = known.get(prefix, prefix)
        # What is committed counts: a transaction that has removed the first rows may be given up.
        cut = len(space.prefix)
        committed = next((key[cut:] for key, _ in store.iterate(space.prefix + start, space.prefix + stop)), stop)
        known[prefix] = max(start, min(committed, floor))
        yield from transaction.scan(space, start, stop)

    def forget(self, store: Store, prefix: bytes) -> None:
        """Remember nothing of a prefix that is not used any more."""
        self._first.get(store, {}).pop(prefix, None)
