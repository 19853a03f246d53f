"""The faults that Tailrace brings about when it is asked to: each at the place where AWS fails, with AWS's own words.

This is the one table of them. What they do is told to users as it stands here, under ``GET /_tailrace/faults``.
"""

from enum import StrEnum


class Fault(StrEnum):
    """A fault by its name, and ``does``: what happens when it strikes."""

    does: str

    def __new__(cls, name: str, does: str) -> "Fault":
        """Make a member of a name and of what it does."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.does = does
        return member

    DUPLICATES = (
        "duplicates",
        "a record put to Kinesis or Firehose is stored once more behind its batch, as when its producer got no answer "
        "and sent it again",
    )
    DYNAMODB_THROTTLE = (
        "dynamodb:throttle",
        "PutItem, UpdateItem, DeleteItem, GetItem, Query or Scan is refused: ThrottlingException for an on-demand "
        "table, ProvisionedThroughputExceededException for a provisioned one",
    )
    DYNAMODB_BATCH = (
        "dynamodb:batch-partial",
        "BatchWriteItem or BatchGetItem leaves an item undone, in UnprocessedItems or UnprocessedKeys",
    )
    DYNAMODB_ITERATOR = (
        "dynamodbstreams:expired-iterator",
        "GetRecords of a table's stream answers ExpiredIteratorException",
    )
    KINESIS_THROTTLE = (
        "kinesis:throttle",
        "PutRecord or PutRecords is refused as a whole: ProvisionedThroughputExceededException",
    )
    KINESIS_PARTIAL = (
        "kinesis:put-records-partial",
        "a record of PutRecords fails by itself: FailedRecordCount, ProvisionedThroughputExceededException in its "
        "place",
    )
    KINESIS_THROTTLE_READS = (
        "kinesis:throttle-reads",
        "GetRecords is refused: ProvisionedThroughputExceededException",
    )
    KINESIS_ITERATOR = (
        "kinesis:expired-iterator",
        "GetRecords answers ExpiredIteratorException",
    )
    FIREHOSE_THROTTLE = (
        "firehose:throttle",
        "PutRecord or PutRecordBatch is refused as a whole: ServiceUnavailableException, Slow down.",
    )
    FIREHOSE_PARTIAL = (
        "firehose:put-record-batch-partial",
        "a record of PutRecordBatch fails by itself: FailedPutCount, ServiceUnavailableException in its place",
    )
    LAMBDA_THROTTLE = (
        "lambda:throttle",
        "an invocation, whoever asks for it, is refused: TooManyRequestsException, ConcurrentInvocationLimitExceeded",
    )
    LAMBDA_ERROR = (
        "lambda:error",
        "an invocation ends with an error that the handler did not catch; the handler is not run",
    )
    LAMBDA_TIMEOUT = (
        "lambda:timeout",
        "an invocation takes as long as it may and ends with Task timed out; the handler is not run",
    )
    S3_ERROR = (
        "s3:error",
        "PutObject, UploadPart or GetObject answers 500 InternalError",
    )
    S3_SLOW_DOWN = (
        "s3:slow-down",
        "PutObject, UploadPart or GetObject answers 503 SlowDown",
    )


FAULTS: dict[str, str] = {fault.value: fault.does for fault in Fault}
