"""Item collections: all items of one partition key and their entries in local indexes; 10 GB is their limit."""

from typing import Any

from tailrace.dynamodb.key import HASH_BYTES
from tailrace.dynamodb.layout import COLLECTIONS
from tailrace.dynamodb.table import Table
from tailrace.dynamodb.value import Item
from tailrace.engine.transaction import Transaction
from tailrace.wire.errors import AwsError

COLLECTION_BYTES_MAX = 10 * 2**30
_GB = 2**30


def partition_of(place: bytes) -> bytes:
    """Answer what the places of an item collection begin with: the hash, and the one hash value behind its length."""
    length = int.from_bytes(place[HASH_BYTES : HASH_BYTES + 2], "big")
    return place[: HASH_BYTES + 2 + length]


def collection_size(transaction: Transaction, table: Table, partition: bytes) -> int:
    """Answer the bytes of an item collection."""
    return int.from_bytes(transaction.get(COLLECTIONS, table.uuid + partition) or b"", "big")


def grow_collection(transaction: Transaction, table: Table, partition: bytes, growth: int) -> None:
    """Stage that an item collection has grown or shrunk. Raises ItemCollectionSizeLimitExceededException."""
    size = collection_size(transaction, table, partition) + growth
    if growth > 0 and size > COLLECTION_BYTES_MAX:
        raise AwsError("ItemCollectionSizeLimitExceededException", "Collection size exceeded.")
    if size > 0:
        transaction.put(COLLECTIONS, table.uuid + partition, size.to_bytes(8, "big"))
    else:
        transaction.delete(COLLECTIONS, table.uuid + partition)


def collection_metrics(transaction: Transaction, table: Table, item: Item, place: bytes) -> dict[str, Any]:
    """Answer the ItemCollectionMetrics of the collection an item belongs to: a range of 1 GB around its size."""
    lower = collection_size(transaction, table, partition_of(place)) // _GB
    name = table.row.hash
    return {"ItemCollectionKey": {name: item[name]}, "SizeEstimateRangeGB": [float(lower), float(lower + 1)]}
