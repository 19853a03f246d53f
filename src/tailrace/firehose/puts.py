"""PutRecord and PutRecordBatch: direct puts are appended to the delivery stream's own log."""

from typing import Any

from tailrace.firehose.registry import SERVICE
from tailrace.firehose.source import direct_base
from tailrace.firehose.stream import DIRECT_PUT, DeliveryStream, find, invalid
from tailrace.service.call import Call
from tailrace.service.fault import Fault
from tailrace.service.kinesis_record import SEQUENCE_SHIFT, sequence_number
from tailrace.wire.errors import AwsError

BATCH_BYTES_MAX = 4 * 2**20


@SERVICE.operation("PutRecord")
def put_record(call: Call) -> dict[str, Any]:
    """Append one record."""
    stream = _direct(call)
    data = [call.params["Record"]["Data"]]
    _meter(call, stream, data, "PutRecord")
    return {"RecordId": _record_ids(call, stream, data)[0], "Encrypted": False}


@SERVICE.operation("PutRecordBatch")
def put_record_batch(call: Call) -> dict[str, Any]:
    """Append up to 500 records; order within the batch is kept."""
    stream = _direct(call)
    records = [record["Data"] for record in call.params["Records"]]
    if sum([len(data) for data in records]) > BATCH_BYTES_MAX:
        raise invalid("Records size exceeds 4 MB limit")
    faults = call.cloud.faults
    refused = [faults.any and faults.strikes(Fault.FIREHOSE_PARTIAL) for _ in records]
    taken = [data for data, out in zip(records, refused, strict=True) if not out]
    ids = iter(_record_ids(call, stream, taken))
    _meter(call, stream, taken, "PutRecordBatch")
    answers = [_REFUSAL if out else {"RecordId": next(ids)} for out in refused]
    return {"FailedPutCount": sum(refused), "Encrypted": False, "RequestResponses": answers}


_REFUSAL = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}


def _direct(call: Call) -> DeliveryStream:
    stream = find(call)
    if stream.kind != DIRECT_PUT:
        raise invalid(f"This operation is not permitted on {stream.kind} delivery stream type.")
    if call.cloud.faults.strikes(Fault.FIREHOSE_THROTTLE):
        raise AwsError("ServiceUnavailableException", "Slow down.", status=503)
    return stream


def _record_ids(call: Call, stream: DeliveryStream, records: list[bytes]) -> list[str]:
    """Append records and answer their ids: the same that a transforming function sees."""
    if not records:
        return []
    faults = call.cloud.faults
    again = [data for data in records if faults.strikes(Fault.DUPLICATES)] if faults.any else []
    transaction = call.transaction
    first = transaction.append(stream.log_id, [*records, *again] if again else records, call.now_ms)
    time_ms = next(staged.time_ms for staged in transaction.appended if staged.log.id == stream.log_id)
    number = sequence_number(direct_base(stream), first, time_ms)
    return [f"{number + (index << SEQUENCE_SHIFT)}000000" for index in range(len(records))]


def _meter(call: Call, stream: DeliveryStream, records: list[bytes], operation: str) -> None:
    meter, dimensions = call.cloud.meter, {"DeliveryStreamName": stream.name}
    size = sum([len(data) for data in records])
    meter(call.region, "AWS/Firehose", "IncomingRecords", dimensions, len(records))
    meter(call.region, "AWS/Firehose", "IncomingBytes", dimensions, size, "Bytes")
    meter(call.region, "AWS/Firehose", "IncomingPutRequests", dimensions, 1)
    meter(call.region, "AWS/Firehose", f"{operation}.Requests", dimensions, 1)
    meter(call.region, "AWS/Firehose", f"{operation}.Records", dimensions, len(records))
    meter(call.region, "AWS/Firehose", f"{operation}.Bytes", dimensions, size, "Bytes")
