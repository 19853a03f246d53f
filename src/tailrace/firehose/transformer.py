"""Invoke the function for a batch, again when the invocation fails, and judge its reply.

Retried are failed invocations only, never what a function says of a record (Firehose developer guide, "Data
Transformation Failure Handling").
"""

import asyncio
import uuid
from typing import Any

import orjson

from tailrace.firehose.batch import Batch, event
from tailrace.firehose.failure import Failure
from tailrace.firehose.plan import Transformation
from tailrace.firehose.reply import Outcome, all_failed, judged
from tailrace.firehose.stream import SERVICE_PRINCIPAL, DeliveryStream
from tailrace.service.cloud import Cloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

INVOCATION_S_MAX = 300.0
OUTSTANDING_MAX = 20  # of all lanes together, so that memory stays bounded whatever the number of shards
_BACK_OFF_S = 0.1
_TIMED_OUT = "Lambda.FunctionTimedOut"
_CODES = {
    "TooManyRequestsException": "Lambda.InvokeLimitExceeded",
    "AccessDeniedException": "Lambda.InvokeAccessDenied",
    "AccessDenied": "Lambda.InvokeAccessDenied",
    "ResourceNotFoundException": "Lambda.ResourceNotFound",
}


class Transformer:
    """Transforms batches with one function as one role."""

    def __init__(self, cloud: Cloud, stream: DeliveryStream, transformation: Transformation) -> None:
        self._cloud = cloud
        self._stream = stream
        self.transformation = transformation
        self.places = asyncio.Semaphore(OUTSTANDING_MAX)

    async def transform(self, batch: Batch) -> Outcome:
        """Answer what became of each record."""
        invocation_id = str(uuid.UUID(int=self._cloud.random.getrandbits(128), version=4))
        payload = event(batch, invocation_id, self._stream.arn, self._stream.region)
        attempts = 0
        while True:
            attempts += 1
            code, reply = await self._invoke(payload)
            now_ms = self._cloud.clock.now_ms()
            if code is None:
                outcome = judged(batch, reply, attempts, now_ms)
                break
            if attempts > self.transformation.retries:
                outcome = all_failed(batch, Failure(code, attempts, now_ms))
                break
            await self._cloud.clock.sleep(_BACK_OFF_S * 2 ** min(attempts - 1, 6))
        self._meter(batch, outcome)
        return outcome

    async def _invoke(self, payload: bytes) -> tuple[str | None, bytes]:
        """Answer an error code, or None and the reply."""
        try:
            role = self._role()
        except AwsError:
            return "Lambda.AssumeRoleAccessDenied", b""
        params = {"FunctionName": self.transformation.function_arn, "Payload": payload}
        invocation = asyncio.ensure_future(
            self._cloud.request("lambda", "Invoke", params, role, region=self._stream.region)
        )
        try:
            if not await self._cloud.clock.wait_for(invocation, INVOCATION_S_MAX):
                return _TIMED_OUT, b""
            reply = invocation.result()
        except AwsError as error:
            return _CODES.get(error.code, "Lambda.FunctionError"), b""
        if "FunctionError" in reply:
            return _function_error(reply), b""
        return None, reply["Payload"]

    def _role(self) -> Principal:
        return self._cloud.assume_role(
            self.transformation.role_arn,
            SERVICE_PRINCIPAL,
            self._stream.name,
            region=self._stream.region,
            source_arn=self._stream.arn,
        )

    def _meter(self, batch: Batch, outcome: Outcome) -> None:
        meter, dimensions = self._cloud.meter, {"DeliveryStreamName": self._stream.name}
        region, size = self._stream.region, sum([len(data) for data in outcome.data])
        meter(region, "AWS/Firehose", "ExecuteProcessing.Success", dimensions, 0 if outcome.failures else 1)
        meter(region, "AWS/Firehose", "SucceedProcessing.Records", dimensions, batch.count - outcome.failed)
        meter(region, "AWS/Firehose", "SucceedProcessing.Bytes", dimensions, size, "Bytes")


def _function_error(reply: dict[str, Any]) -> str:
    try:
        message = orjson.loads(reply["Payload"])["errorMessage"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        message = ""
    return _TIMED_OUT if "Task timed out after" in str(message) else "Lambda.FunctionError"
