"""Checksums: published values, parts put together, and bodies that aren't what is said of them."""

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.s3 import checksum
from tailrace.wire.errors import AwsError

HELLO = {
    "CRC32": "NhCmhg==",
    "CRC32C": "mnG7TA==",
    "CRC64NVME": "M3eFcAZSQlc=",
    "SHA1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
    "SHA256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
}


@pytest.mark.parametrize(("algorithm", "value"), HELLO.items())
def test_published_values(algorithm: str, value: str, tmp_path: Path) -> None:
    assert checksum.of_bytes(algorithm, b"hello") == value
    (tmp_path / "body").write_bytes(b"xxhelloyy")
    assert checksum.of_file(algorithm, tmp_path / "body", 2, 5) == value


def test_a_large_file_is_read_piece_by_piece(tmp_path: Path) -> None:
    body = b"0123456789abcdef" * 200_000
    (tmp_path / "body").write_bytes(body)
    for algorithm in checksum.ALGORITHMS:
        assert checksum.of_file(algorithm, tmp_path / "body") == checksum.of_bytes(algorithm, body)


def test_a_multipart_object_recorded_on_aws() -> None:
    parts = [b"a" * 5 * 2**20, b"b"]
    told = [(checksum.of_bytes("CRC32", part), len(part)) for part in parts]
    assert [value for value, _ in told] == ["r/zBbw==", "cb7v+Q=="]
    assert checksum.of_parts("CRC32", checksum.COMPOSITE, told) == "dYPmEQ==-2"
    assert checksum.of_parts("CRC32", checksum.FULL_OBJECT, told) == "rBxv8Q=="


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_the_checksum_of_parts_is_that_of_the_whole(parts: list[bytes]) -> None:
    for algorithm in ("CRC32", "CRC32C", "CRC64NVME"):
        told = [(checksum.of_bytes(algorithm, part), len(part)) for part in parts]
        assert checksum.of_parts(algorithm, checksum.FULL_OBJECT, told) == checksum.of_bytes(algorithm, b"".join(parts))


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        (
            {"ChecksumCRC32": "NhCmhg==", "ChecksumSHA1": "x"},
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ),
        ({"ChecksumCRC32": "abc"}, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid."),
        ({"ChecksumCRC32": "NhCm"}, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid."),
        (
            {"ChecksumAlgorithm": "CRC32"},
            "InvalidRequest",
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers "
            "were found.",
        ),
        ({"ChecksumXXHASH3": "abc"}, "NotImplemented", "Tailrace does not compute XXHASH3; take CRC64NVME."),
    ],
)
def test_declarations_that_contradict_themselves(params: dict[str, str], code: str, text: str) -> None:
    with pytest.raises(AwsError) as refused:
        checksum.declared(params)
    assert (refused.value.code, refused.value.message) == (code, text)


def test_content_md5() -> None:
    digest = hashlib.md5(b"hello").digest()
    checksum.check_md5(None, digest)
    checksum.check_md5("XUFAKrxLKna5cZ2REBfFkg==", digest)
    for wrong in ("000", "MTIz", "__invalid__", "dGVzdC1zdHJpbmc="):
        with pytest.raises(AwsError) as refused:
            checksum.check_md5(wrong, digest)
        assert refused.value.code == "InvalidDigest"
        assert refused.value.members == {"Content-MD5": wrong}
    other = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    with pytest.raises(AwsError) as refused:
        checksum.check_md5(other, digest)
    assert refused.value.code == "BadDigest"
    assert refused.value.members["CalculatedDigest"] == "XUFAKrxLKna5cZ2REBfFkg=="
