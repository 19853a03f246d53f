"""CheckBodies: every body that a row names is there and whole, and no file lies about that nothing names.

For ``tailrace check``; nothing else calls it. A file without a row is what a process leaves that dies between writing a
body and committing its row: harmless, and removed when asked.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tailrace.engine.transaction import Transaction
from tailrace.s3.leftover import LEFTOVERS
from tailrace.s3.object import OBJECTS
from tailrace.s3.registry import SERVICE
from tailrace.s3.upload import UPLOADED
from tailrace.service.call import Call

_FOLDER = "s3"


@SERVICE.internal("CheckBodies")
async def check_bodies(call: Call) -> dict[str, Any]:
    """Answer what is wrong with bodies: ``Missing`` and ``Cut`` with Name and Path, ``Unnamed`` paths.

    ``Remove`` removes the unnamed ones; ask for it only when nothing is being written.
    """
    transaction = call.cloud.store.begin()
    named = dict(_named(transaction))
    kept = {key[14:].decode() for key, _ in transaction.scan(LEFTOVERS)}
    root = call.cloud.files.root
    found = await asyncio.to_thread(_sizes, root)
    unnamed = sorted(path for path in found if path not in named and path not in kept)
    if call.params.get("Remove"):
        await asyncio.to_thread(_remove, call, unnamed)
    return {
        "Missing": [_told(path, name) for path, (name, _) in named.items() if path not in found],
        "Cut": [_told(path, name) for path, (name, size) in named.items() if found.get(path, size) != size],
        "Unnamed": unnamed,
        "Bodies": len(named),
    }


def _named(transaction: Transaction) -> Iterator[tuple[str, tuple[str, int]]]:
    for key, stored in OBJECTS.scan(transaction):
        if stored.path:
            yield stored.path, (f"s3://{key}", stored.size)
    for key, part in UPLOADED.scan(transaction):
        if part.path:
            yield part.path, (f"part {part.number} of upload {key.partition('/')[0]}", part.size)


def _sizes(root: Path) -> dict[str, int]:
    folder = root / _FOLDER
    return {str(path.relative_to(root)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def _remove(call: Call, paths: list[str]) -> None:
    for path in paths:
        call.cloud.files.remove(path)


def _told(path: str, name: str) -> dict[str, str]:
    return {"Name": name, "Path": path}
