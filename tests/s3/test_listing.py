"""Pages of keys against a naive model, and their cost: that of the page, whatever the bucket holds."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.s3.listing import page

texts = st.text(alphabet="ab/é\U0001f600", max_size=5)


def items_of(keys: set[bytes], prefix: bytes, delimiter: bytes) -> list[bytes]:
    """All items in order: keys, and what keys with a delimiter behind the prefix have in common."""
    found = set()
    for key in keys:
        if key.startswith(prefix):
            rest = key[len(prefix) :]
            cut = rest.find(delimiter) if delimiter else -1
            found.add(key if cut < 0 else prefix + rest[: cut + len(delimiter)])
    return sorted(found)


@settings(max_examples=400)
@given(
    st.sets(texts.filter(bool), max_size=25),
    texts,
    st.sampled_from(["", "/", "a", "ab", "é"]),
    texts,
    st.integers(0, 6),
)
def test_pages_agree_with_a_naive_model(keys: set[str], prefix: str, delimiter: str, after: str, limit: int) -> None:
    raw = {key.encode() for key in keys}
    wanted = [item for item in items_of(raw, prefix.encode(), delimiter.encode()) if item > after.encode()]

    def seek(start: bytes) -> Iterator[tuple[bytes, bytes]]:
        return iter([(key, b"") for key in sorted(raw) if key >= start])

    found = page(seek, prefix.encode(), delimiter.encode(), after.encode(), limit)
    assert sorted([key for key, _ in found.contents] + found.prefixes) == wanted[:limit]
    assert found.truncated == (0 < limit < len(wanted))
    # Page by page, everything comes exactly once.
    marker, everything = after.encode(), []
    while limit:
        found = page(seek, prefix.encode(), delimiter.encode(), marker, limit)
        everything += sorted([key for key, _ in found.contents] + found.prefixes)
        if not found.truncated:
            assert everything == wanted
            break
        assert found.last is not None
        marker = found.last


def test_a_common_prefix_is_passed_by_one_seek() -> None:
    keys = [f"{folder}/{number:05d}".encode() for folder in "abc" for number in range(2000)]
    looked_at = 0

    def seek(start: bytes) -> Iterator[tuple[bytes, bytes]]:
        nonlocal looked_at
        for key in keys:
            if key >= start:
                looked_at += 1
                yield key, b""

    found = page(seek, b"", b"/", b"", 10)
    assert found.prefixes == [b"a/", b"b/", b"c/"]
    assert looked_at <= 4
