"""Make one JSON row of each change of an order: what Firehose calls on the way from Kinesis to S3.

A record it cannot read comes back as ProcessingFailed and lands under errors/; it never fails the records beside it.
"""

import json
import re
from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from json.encoder import encode_basestring as quote
from time import gmtime, strftime

# The order's fields, in the order of the row's members. An attribute the item does not have is left out.
FIELDS = (
    "order_id",
    "customer_id",
    "product",
    "category",
    "quantity",
    "unit_price",
    "total",
    "currency",
    "country",
    "status",
    "created_at",
    "updated_at",
)
MEMBERS = tuple((name, f',"{name}":') for name in FIELDS)

# What JSON calls a number. DynamoDB's numbers are decimal text with up to 38 digits: they pass through as text,
# since a float would round them.
is_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch


def handler(event, context):
    """Answer each record once, in order, under its own recordId."""
    return {"records": [transform(record) for record in event["records"]]}


def transform(record):
    """Answer Firehose's verdict on one record: Ok with the row, or ProcessingFailed with the data as it came."""
    try:
        data = b2a_base64(row(json.loads(a2b_base64(record["data"]))).encode(), newline=False).decode()
        return {"recordId": record["recordId"], "result": "Ok", "data": data}
    except Exception as error:  # whatever is wrong with one record must not fail the batch
        print(f"record {record['recordId']} is not a change of an order: {type(error).__name__}: {error}")
        return {"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]}


def row(change):
    """Answer the JSON row, newline included, of one DynamoDB stream record. A delete is told by its old image."""
    event_name, stream = change["eventName"], change["dynamodb"]
    image = stream["OldImage" if event_name == "REMOVE" else "NewImage"]
    if "order_id" not in image:
        raise ValueError("the item has no order_id")
    # The sequence number stays text: it has more digits than SQL's bigint.
    parts = [
        f'{{"event_id":{quote(change["eventID"])},"event_name":{quote(event_name)}'
        f',"sequence_number":{quote(stream["SequenceNumber"])}'
        f',"event_time":"{utc(stream["ApproximateCreationDateTime"])}"'
    ]
    for name, member in MEMBERS:
        attribute = image.get(name)
        if attribute is not None:
            parts.append(member + text(attribute))
    parts.append("}\n")
    return "".join(parts)


def text(attribute):
    """Answer the JSON text of a DynamoDB attribute value, for example {"N": "1.50"}: 1.50. Nothing is rounded."""
    ((kind, value),) = attribute.items()
    return WRITERS[kind](value)


def number(value):
    """Answer a number as it was stored, digit by digit."""
    if not is_number(value):
        raise ValueError(f"not a number: {value!r}")
    return value


def boolean(value):
    """Answer true or false."""
    return {True: "true", False: "false"}[value]


def list_of(write):
    """Answer a writer of JSON lists."""
    return lambda values: f"[{','.join(map(write, values))}]"


def map_of(values):
    """Answer a JSON object."""
    return f"{{{','.join(f'{quote(name)}:{text(value)}' for name, value in values.items())}}}"


# Sets become lists; binary stays the base64 text that it is on the wire.
WRITERS = {
    "S": quote,
    "N": number,
    "B": quote,
    "BOOL": boolean,
    "NULL": lambda value: "null",
    "SS": list_of(quote),
    "NS": list_of(number),
    "BS": list_of(quote),
    "L": list_of(text),
    "M": map_of,
}


@lru_cache(maxsize=4096)
def utc(seconds):
    """Answer epoch seconds as ISO 8601 in UTC: 2026-01-02T03:04:05Z, with milliseconds where there are any."""
    milliseconds = round(seconds * 1000)
    fraction = f".{milliseconds % 1000:03d}" if milliseconds % 1000 else ""
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(milliseconds // 1000)) + fraction + "Z"
