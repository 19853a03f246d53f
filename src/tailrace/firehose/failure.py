"""Why records could not be transformed, and the lines that tell of it under the error prefix.

Codes and texts: Firehose developer guide, "Monitoring with CloudWatch Logs"; the line's form as captured in Sep 2026.
"""

from binascii import b2a_base64
from dataclasses import dataclass

import orjson

from tailrace.firehose.batch import Metadata, Record

_ACCESS = "Access was denied. Ensure that the"
MESSAGES = {
    "Lambda.ProcessingFailedStatus": "ProcessingFailed status set for record",
    "Lambda.AssumeRoleAccessDenied": (
        f"{_ACCESS} trust policy for the provided IAM role allows Kinesis Data Firehose to assume the role."
    ),
    "Lambda.InvokeAccessDenied": f"{_ACCESS} access policy allows access to the Lambda function.",
    "Lambda.JsonProcessingException": (
        "There was an error parsing returned records from the Lambda function. Ensure that the returned records "
        "follow the status model required by Kinesis Data Firehose."
    ),
    "Lambda.InvokeLimitExceeded": (
        "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit."
    ),
    "Lambda.DuplicatedRecordId": (
        "Multiple records were returned with the same record ID. Ensure that the Lambda function returns unique "
        "record IDs for each record."
    ),
    "Lambda.MissingRecordId": (
        "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids."
    ),
    "Lambda.ResourceNotFound": (
        "The specified Lambda function does not exist. Use a different function that does exist."
    ),
    "Lambda.FunctionTimedOut": (
        "The Lambda function invocation timed out. Increase the Timeout setting in the Lambda function."
    ),
    "Lambda.FunctionError": "The Lambda function was successfully invoked but it returned an error result.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of a record, or of a whole batch, that could not be transformed."""

    code: str
    attempts: int
    ended_ms: int

    @property
    def message(self) -> str:
        """AWS's text for the code."""
        return MESSAGES[self.code]


def error_line(record: Record, failure: Failure, function_arn: str) -> bytes:
    """Answer the line of one failed record."""
    line = {
        "rawData": b2a_base64(record.data, newline=False).decode(),
        "errorCode": failure.code,
        "errorMessage": failure.message,
        "attemptsMade": failure.attempts,
        "arrivalTimestamp": record.approximate_arrival_timestamp,
        "attemptEndingTimestamp": failure.ended_ms,
        "lambdaARN": function_arn,
    }
    metadata = record.kinesis_record_metadata
    if isinstance(metadata, Metadata):
        line["sequenceNumber"], line["subSequenceNumber"] = metadata.sequence_number, metadata.subsequence_number
    return orjson.dumps(line) + b"\n"
