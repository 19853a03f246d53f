"""How a record lies in the log of a Kinesis shard, and how its sequence number follows from where it lies.

Agreed between Kinesis, which writes such logs, and whoever reads them without going through GetRecords.
Numbers in hex digits: 2, shard creation (9), shard nibble, log sequence (16), 00, record second (9), shard (8), 2.
"""

_EXPLICIT = 0x8000  # the key's length needs 11 bits at most, so the top bit says that a hash key follows
_HASH_BYTES = 16

VERSION = 2
SHARD_SHIFT = 4
TIME_SHIFT = 36
SEQUENCE_SHIFT = 80
NIBBLE_SHIFT = 144
CREATED_SHIFT = 148
MARK_SHIFT = 184
_TIME_MASK = (1 << 36) - 1
_SEQUENCE_MASK = (1 << 64) - 1


def encode(partition_key: str, data: bytes, explicit_hash: int | None = None) -> bytes:
    """Encode a record: the length of its partition key in two bytes, the key, its hash key if given, the data."""
    return entry(partition_key.encode(), data, explicit_hash)


def entry(key: bytes, data: bytes, explicit_hash: int | None = None) -> bytes:
    """Encode a record whose partition key is in UTF-8 already."""
    if explicit_hash is None:
        return len(key).to_bytes(2, "big") + key + data
    return (len(key) | _EXPLICIT).to_bytes(2, "big") + key + explicit_hash.to_bytes(_HASH_BYTES, "big") + data


def decode(record: bytes) -> tuple[str, bytes]:
    """Decode a record into its partition key and its data."""
    length = record[0] << 8 | record[1]
    if length < _EXPLICIT:
        return record[2 : 2 + length].decode(), record[2 + length :]
    end = 2 + (length & ~_EXPLICIT)
    return record[2:end].decode(), record[end + _HASH_BYTES :]


def shard_base(created_s: int, shard: int) -> int:
    """Answer what all sequence numbers of a shard have in common."""
    return (
        (VERSION << MARK_SHIFT)
        | (created_s << CREATED_SHIFT)
        | ((shard & 0xF) << NIBBLE_SHIFT)
        | (shard << SHARD_SHIFT)
        | VERSION
    )


def sequence_number(base: int, sequence: int, time_ms: int) -> int:
    """Answer the sequence number of the record at a position of a shard's log, written at a time."""
    return base + (sequence << SEQUENCE_SHIFT) + (time_ms // 1000 << TIME_SHIFT)


def number_base(starting_sequence_number: str) -> int:
    """Answer the same from the number that a shard starts with."""
    number = int(starting_sequence_number)
    return number & ~(_SEQUENCE_MASK << SEQUENCE_SHIFT) & ~(_TIME_MASK << TIME_SHIFT)
