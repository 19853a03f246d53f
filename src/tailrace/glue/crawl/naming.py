"""Names of the tables that a crawl makes: the last element of the path, in lower case, letters, digits and ``_``."""

import hashlib
import re

NAME_CHARS_MAX = 128
_OTHER = re.compile(r"[^a-z0-9_]")
_HASH_CHARS = 32


def table_name(prefix: str, bucket: str, path: str) -> str:
    """Answer the name for what lies at a path; the bucket's own name for the whole bucket."""
    element = path.rstrip("/").rpartition("/")[2] or bucket
    return _cleaned(f"{prefix}{element}")[:NAME_CHARS_MAX]


def told_apart(name: str, location: str) -> str:
    """Answer another name, when something else has that one: with a hash of where it lies."""
    mark = hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: NAME_CHARS_MAX - _HASH_CHARS - 1]}_{mark}"


def _cleaned(name: str) -> str:
    return _OTHER.sub("_", name.lower())
