"""The names that SQS's lists and maps have in forms and in XML: its definition speaks JSON now and lost them."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tailrace.wire.definition import Member, Shape

NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"

_Named = TypeVar("_Named", Shape, Member)
_LISTS = {
    "AttributeNameList": "AttributeName",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "MessageAttributeNameList": "MessageAttributeName",
    "TagKeyList": "TagKey",
    "QueueUrlList": "QueueUrl",
    "MessageList": "Message",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
}
_MAPS = {  # name of an entry, of its key, of its value
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}


def renamed(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Answer SQS's shapes with those names."""
    return {name: _renamed(name, shape) for name, shape in shapes.items()}


def _renamed(name: str, shape: Shape) -> Shape:
    if name in _LISTS and shape.member is not None:
        return msgspec.structs.replace(shape, member=_called(shape.member, _LISTS[name]))
    if name in _MAPS and shape.key is not None and shape.value is not None:
        _, key, value = _MAPS[name]
        return msgspec.structs.replace(shape, key=_called(shape.key, key), value=_called(shape.value, value))
    members = {
        each: _called(member, _MAPS[member.shape][0]) if member.shape in _MAPS else member
        for each, member in shape.members.items()
    }
    return msgspec.structs.replace(shape, members=members)


def _called(member: Member, name: str) -> Member:
    return msgspec.structs.replace(member, location_name=name)
