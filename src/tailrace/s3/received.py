"""A body that has been received: sealed in its file, measured, and checked against what its sender said of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tailrace.engine.files import Staged
from tailrace.s3 import checksum
from tailrace.service.call import Call

_NOTHING_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


class Received(NamedTuple):
    """What a row says about the bytes. ``path`` is empty when there are none."""

    path: str
    size: int
    etag: str
    algorithm: str
    checksum: str


def received(call: Call, algorithm: str | None = None) -> Received:
    """Answer the call's body: a sealed ``Staged``, or nothing. Raises BadDigest, InvalidDigest, InvalidRequest.

    Who made the ``Staged`` discards it when the operation fails. ``algorithm`` is computed when none is declared.
    """
    body: Staged | bytes | None = call.params.get("Body")
    if isinstance(body, Staged) and body.size:
        if not body.sealed:
            raise RuntimeError("a body is sealed before the operation that names it")
        md5, size, path = body.md5(), body.size, body.path
        call.transaction.on_commit(body.keep)
    elif not body or isinstance(body, Staged):
        md5, size, path = bytes.fromhex(_NOTHING_MD5), 0, ""
    else:
        raise TypeError("a body with bytes is handed over as a sealed Staged of cloud.files")
    checksum.check_md5(call.params.get("ContentMD5"), md5)
    name, value = _verified(call, call.params, path, algorithm or checksum.DEFAULT)
    return Received(path, size, md5.hex(), name, value)


def _verified(call: Call, params: Mapping[str, Any], path: str, default: str) -> tuple[str, str]:
    declared = checksum.declared(params)
    algorithm = default if declared is None else declared[0]
    if path:
        actual = checksum.of_file(algorithm, call.cloud.files.path(path))
    else:
        actual = checksum.of_bytes(algorithm, b"")
    if declared is not None and declared[1] != actual:
        raise checksum.mismatch(algorithm)
    return algorithm, actual
