"""Opaque tokens: what was handed out is understood, nothing else is."""

import base64

import pytest

from tailrace.kinesis.token import ListPlace, ShardIterator, opened, sealed

ITERATOR = ShardIterator(1_767_225_600_000, "us-east-1", "orders", "id", 3, 42)
PLACE = ListPlace(1_767_225_600_000, "orders", "id", 3, "FROM_TRIM_HORIZON", 0)


@pytest.mark.parametrize("place", [ITERATOR, PLACE])
def test_what_was_handed_out_is_understood(place: ShardIterator | ListPlace) -> None:
    assert opened(sealed(place)) == place
    assert sealed(place).startswith("AAAAAAAAAAG")


def test_an_iterator_fits_the_model() -> None:
    longest = ShardIterator(2**50, "us-gov-west-1", "n" * 128, "0" * 36, 2**31 - 1, 2**63 - 1)
    assert len(sealed(longest)) <= 512


@pytest.mark.parametrize("text", ["", "a", "garbage!", "AAAAAAAAAAEAAAA=", sealed(ITERATOR)[:-8], "ü"])
def test_garbage_is_known_as_such(text: str) -> None:
    assert opened(text) is None


def test_a_changed_token_is_known_as_such() -> None:
    raw = bytearray(base64.b64decode(sealed(ITERATOR)))
    raw[20] ^= 1
    assert opened(base64.b64encode(raw).decode()) is None
