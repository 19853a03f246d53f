"""ExclusiveStartKey: where a page goes on, checked against the keys that a Query or Scan reads."""

from collections.abc import Mapping
from typing import Any

from tailrace.dynamodb.errors import Layer, Malformed, validation
from tailrace.dynamodb.page import Reading
from tailrace.dynamodb.value import Item, admit
from tailrace.wire.errors import AwsError

_INVALID = "The provided starting key is invalid"


def admit_start_key(key: Mapping[str, Any], layer: Layer) -> Item:
    """Answer a starting key normalised. Raises AwsError."""
    try:
        return admit(dict(key))[0]
    except Malformed as fault:
        # Numbers and sets are worded by themselves, what is empty or doubled as a wrong starting key (dynalite).
        if fault.text.startswith("Supplied AttributeValue"):
            raise validation(f"{_INVALID}: {layer.text(fault)}") from None
        raise layer.error(fault) from None


def place_of(reading: Reading, key: Item, *, scans: bool) -> bytes:
    """Answer the bytes of a starting key in what is read. Raises AwsError when it is not a key of it."""
    table, index = reading.table, reading.index
    mismatch = "The provided key element does not match the schema"
    if len(key) != len(reading.key_names):
        raise validation(f"{_INVALID}: {mismatch}" if scans and index is None else _INVALID)
    if index is not None and not index.key.fits(key):
        raise validation(_INVALID)
    if not table.key.fits(key):
        raise validation(f"{_INVALID}: {mismatch}")
    try:
        place = table.key.locate(table.key.key_of(key))[0]
        return reading.prefix + (place if index is None else index.key.locate(key)[0] + place)
    except AwsError as refused:
        raise validation(f"{_INVALID}: {refused.message}") from None
