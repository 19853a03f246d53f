"""A multipart upload: its row, its parts' rows, and how an operation finds them.

Uploads are keyed bucket/key, a zero byte, and an id that grows with time: the order in which S3 lists them.
"""

from collections.abc import Iterator

import msgspec

from tailrace.engine.rows import Rows
from tailrace.engine.transaction import Transaction
from tailrace.s3.errors import invalid_argument, no_such_upload
from tailrace.service.call import Call

PARTS_MAX = 10_000
PART_BYTES_MIN = 5 * 2**20


class Upload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was said when an upload was begun. ``disturbed``: the key was written or deleted since."""

    id: str
    key: str
    initiated_s: int
    headers: dict[str, str] = {}
    metadata: dict[str, str] = {}
    tags: list[tuple[str, str]] = []
    storage_class: str = "STANDARD"
    algorithm: str | None = None
    checksum_type: str | None = None
    disturbed: bool = False


class UploadedPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part that has come in. ``checksum`` is of the upload's algorithm, or CRC64NVME if it has none."""

    number: int
    size: int
    etag: str
    modified_s: int
    checksum: str
    path: str = ""


UPLOADS = Rows("s3/uploads", Upload)
UPLOADED = Rows("s3/upload-parts", UploadedPart)


def upload_key(bucket: str, key: str, upload_id: str = "") -> str:
    """Answer the row key of an upload, or what those of all uploads of a key begin with."""
    return f"{bucket}/{key}\x00{upload_id}"


def find(call: Call, transaction: Transaction, bucket: str) -> Upload:
    """Answer the upload that a call names. Raises NoSuchUpload."""
    upload_id = call.params["UploadId"]
    found = UPLOADS.get(transaction, upload_key(bucket, call.params["Key"], upload_id))
    if found is None:
        raise no_such_upload(upload_id)
    return found


def put(transaction: Transaction, bucket: str, upload: Upload) -> None:
    """Stage an upload."""
    UPLOADS.put(transaction, upload_key(bucket, upload.key, upload.id), upload)


def parts(transaction: Transaction, upload_id: str, after: int = 0) -> Iterator[UploadedPart]:
    """Answer an upload's parts behind a number, in order."""
    for _, part in UPLOADED.scan(transaction, f"{upload_id}/", part_key(upload_id, after)):
        yield part


def part_key(upload_id: str, number: int) -> str:
    """Answer the row key of a part."""
    return f"{upload_id}/{number:05d}"


def check_part_number(number: int) -> None:
    """Refuse a part number that no part may have."""
    if not 1 <= number <= PARTS_MAX:
        message = f"Part number must be an integer between 1 and {PARTS_MAX}, inclusive"
        raise invalid_argument(message, "partNumber", str(number))


def disturb(transaction: Transaction, bucket: str, key: str) -> None:
    """Stage for the uploads of a key that it changed: their conditions on it can't be answered any more."""
    for row_key, upload in list(UPLOADS.scan(transaction, upload_key(bucket, key))):
        if upload.key == key and not upload.disturbed:
            UPLOADS.put(transaction, row_key, msgspec.structs.replace(upload, disturbed=True))


def forget(transaction: Transaction, bucket: str, upload: Upload) -> list[str]:
    """Stage the removal of an upload with its parts, and answer the paths of their files."""
    paths = []
    for part in list(parts(transaction, upload.id)):
        UPLOADED.delete(transaction, part_key(upload.id, part.number))
        if part.path:
            paths.append(part.path)
    UPLOADS.delete(transaction, upload_key(bucket, upload.key, upload.id))
    return paths
