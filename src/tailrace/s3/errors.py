"""S3's errors: a constructor for each code, with the exact text and members that AWS answers (recorded 2025/2026)."""

from typing import Any

from tailrace.wire.errors import AwsError

MALFORMED_XML = "The XML you provided was not well-formed or did not validate against our published schema"


def no_such_bucket(bucket: str) -> AwsError:
    """The bucket isn't there."""
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=bucket)


def no_such_key(key: str) -> AwsError:
    """The object isn't there."""
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=key)


def no_such_version(key: str, version_id: str) -> AwsError:
    """The version isn't there."""
    return AwsError("NoSuchVersion", "The specified version does not exist.", 404, Key=key, VersionId=version_id)


def no_such_upload(upload_id: str) -> AwsError:
    """The multipart upload isn't there, or not any more."""
    message = (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed."
    )
    return AwsError("NoSuchUpload", message, 404, UploadId=upload_id)


def owned_already(bucket: str) -> AwsError:
    """The bucket is there and is the caller's."""
    message = "Your previous request to create the named bucket succeeded and you already own it."
    return AwsError("BucketAlreadyOwnedByYou", message, 409, BucketName=bucket)


def precondition_failed(header: str) -> AwsError:
    """A condition does not hold."""
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", message, 412, Condition=header)


def conflict(header: str, key: str) -> AwsError:
    """The object changed while a conditional multipart upload went on."""
    message = "The conditional request cannot succeed due to a conflicting operation against this resource."
    return AwsError("ConditionalRequestConflict", message, 409, Condition=header, Key=key)


def invalid_argument(message: str, name: str, value: object = None) -> AwsError:
    """An argument makes no sense."""
    members: dict[str, Any] = {"ArgumentName": name}
    if value is not None:
        members["ArgumentValue"] = value
    return AwsError("InvalidArgument", message, 400, **members)


def invalid_request(message: str) -> AwsError:
    """The request as a whole makes no sense."""
    return AwsError("InvalidRequest", message, 400)


def malformed_xml() -> AwsError:
    """The body is not what the schema says."""
    return AwsError("MalformedXML", MALFORMED_XML, 400)


def header_not_implemented(header: str, more: str | None = None) -> AwsError:
    """A header asks for something that S3 itself, or Tailrace, does not do."""
    members = {"Header": header}
    if more is not None:
        members["additionalMessage"] = more
    message = "A header you provided implies functionality that is not implemented"
    return AwsError("NotImplemented", message, 501, **members)


def not_built(what: str, instead: str) -> AwsError:
    """Something that S3 does and Tailrace does not: never accepted without being done."""
    return AwsError("NotImplemented", f"Tailrace does not carry out {what}; {instead}", 501)


def missing(code: str, message: str, bucket: str) -> AwsError:
    """A bucket has no such configuration."""
    return AwsError(code, message, 404, BucketName=bucket)
