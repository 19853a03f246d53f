"""Records packed by the Kinesis Producer Library."""

from hashlib import md5

from hypothesis import given
from hypothesis import strategies as st

from tailrace.firehose.aggregation import MAGIC, taken_apart

PACKED = bytes.fromhex(
    "f3899ac20a026b310a026b321a0908001a0568656c6c6f1a0908011a05776f726c64c4b234c121650f4512d22bf67dca9de2"
)


def packed(message: bytes) -> bytes:
    return MAGIC + message + md5(message, usedforsecurity=False).digest()


def test_a_packed_record_is_taken_apart() -> None:
    assert taken_apart(PACKED) == [("k1", b"hello"), ("k2", b"world")]


def test_what_does_not_fit_is_plain_data() -> None:
    assert taken_apart(b"plain") is None
    assert taken_apart(MAGIC) is None
    assert taken_apart(PACKED[:-1] + b"\x00") is None
    assert taken_apart(packed(b"\x1a\x02\x08\x05")) is None, "a key that isn't in the table"
    assert taken_apart(packed(b"\x0a\x7f")) is None, "a field longer than its message"
    assert taken_apart(packed(b"\x0d\x00\x00\x00\x00")) is None, "a wire type that never comes"


@given(message=st.binary(max_size=40))
def test_nothing_breaks_it(message: bytes) -> None:
    taken_apart(packed(message))
