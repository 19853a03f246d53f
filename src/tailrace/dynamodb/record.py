"""Change records: the event JSON that Lambda, Pipes and the Streams API hand out, spliced from item bytes as stored.

A sequence number is 13 digits of the shard's birth in milliseconds and 15 of the log's sequence: position and number
are one, and numbers grow from shard to shard. (Recorded shape: facts of AWS 2025, eventVersion 1.1.)
"""

from tailrace.dynamodb.stream import ShardRow, StreamRow

_POSITION_DIGITS = 15
_POSITIONS: int = 10**_POSITION_DIGITS
_MASK = 2**64 - 1
_SPREAD = 0x9E3779B97F4A7C15  # odd, so that multiplying by it is one-to-one: event ids never repeat within a shard

_EXPIRED = b',"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"}'
_EXPIRED_ON_WIRE = b',"userIdentity":{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"}'


class RecordFormat:
    """The records of one shard: what all of them share is written once, as patterns of bytes."""

    __slots__ = ("_expired", "_insert", "_modify", "_new", "_old", "_remove", "_salt", "_tail")

    def __init__(self, stream: StreamRow, shard: ShardRow, region: str) -> None:
        self._new = stream.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
        self._old = stream.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
        self._salt = shard.salt
        self._insert, self._modify, self._remove = (
            (
                f'{{"eventID":"{shard.salt * _SPREAD & _MASK:016x}%016x","eventName":"{name}","eventVersion":"1.1",'
                f'"eventSource":"aws:dynamodb","awsRegion":"{region}","dynamodb":{{"ApproximateCreationDateTime":%d,'
                '"Keys":%b'
            ).encode()
            for name in ("INSERT", "MODIFY", "REMOVE")
        )
        end = _arn_end(stream.arn)
        tail = (
            f',"SequenceNumber":"{shard.created_ms:013d}%0{_POSITION_DIGITS}d","SizeBytes":%d,'
            f'"StreamViewType":"{stream.view}"}}'
        ).encode()
        self._tail, self._expired = tail + end, tail + _EXPIRED + end

    def write(
        self,
        position: int,
        second: int,
        keys: bytes,
        keys_size: int,
        new: tuple[int, bytes] | None,
        old: tuple[int, bytes] | None,
        *,
        expired: bool = False,
    ) -> bytes:
        """Answer the record of one change: its place in the log, its time, its key, and (size, JSON) of its images."""
        head = self._remove if new is None else self._insert if old is None else self._modify
        record = head % (((position * _SPREAD) & _MASK) ^ self._salt, second, keys)
        size = keys_size
        if new is not None and self._new:
            size += new[0]
            record += b',"NewImage":' + new[1]
        if old is not None and self._old:
            size += old[0]
            record += b',"OldImage":' + old[1]
        return record + (self._expired if expired else self._tail) % (position, size)


def sequence_number(shard: ShardRow, position: int) -> str:
    """Answer the sequence number of a place in a shard's log."""
    return f"{shard.created_ms:013d}{position:0{_POSITION_DIGITS}d}"


def position_of(shard: ShardRow, number: str) -> int:
    """Answer the place in a shard's log that a sequence number stands for; one before the shard's birth is 0."""
    begin, position = divmod(int(number), _POSITIONS)
    if begin == shard.created_ms:
        return position
    return 0 if begin < shard.created_ms else _POSITIONS


def on_wire(record: bytes, arn: str) -> bytes:
    """Answer a record as GetRecords writes it: without the stream's ARN, and a user identity in capital letters."""
    record = record.removesuffix(_arn_end(arn))
    if record.endswith(_EXPIRED):
        record = record[: -len(_EXPIRED)] + _EXPIRED_ON_WIRE
    return record + b"}"


def _arn_end(arn: str) -> bytes:
    return f',"eventSourceARN":"{arn}"}}'.encode()
