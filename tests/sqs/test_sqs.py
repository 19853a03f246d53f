"""Queues on the real wire: sending, receiving once at a time, waiting, dead letters, and AWS's refusals."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sqs(client: Callable[..., Any]) -> Any:
    return client("sqs")


@pytest.fixture
def queue(sqs: Any, unique: Callable[[str], str]) -> str:
    url: str = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    return url


def code_of(refused: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = refused.value.response["Error"]["Code"]
    return code


def test_a_message_is_received_once_until_its_timeout_and_gone_when_deleted(sqs: Any, queue: str) -> None:
    attributes = {
        "kind": {"DataType": "String", "StringValue": "order"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    sent = sqs.send_message(QueueUrl=queue, MessageBody="hello", MessageAttributes=attributes)
    (received,) = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], AttributeNames=["All"])["Messages"]
    assert received["Body"] == "hello"
    assert received["MessageId"] == sent["MessageId"]
    assert received["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert received["MessageAttributes"] == attributes
    assert received["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=received["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=again["ReceiptHandle"])
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=again["ReceiptHandle"])
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == "0"
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "0"
    assert counts["QueueArn"].startswith("arn:aws:sqs:us-east-1:123456789012:")


def test_batches_say_which_entries_failed(sqs: Any, queue: str) -> None:
    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(3)]
    entries.append({"Id": "bad", "MessageBody": "\x01"})
    answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert [each["Id"] for each in answer["Successful"]] == ["0", "1", "2"]
    assert [(each["Id"], each["Code"]) for each in answer["Failed"]] == [("bad", "InvalidMessageContents")]
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [each["Body"] for each in received] == ["m0", "m1", "m2"]
    handles = [{"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(received)]
    handles.append({"Id": "bad", "ReceiptHandle": "nonsense"})
    answer = sqs.delete_message_batch(QueueUrl=queue, Entries=handles)
    assert len(answer["Successful"]) == 3
    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"


def test_a_waiting_receiver_is_woken_by_a_message(sqs: Any, client: Callable[..., Any], queue: str) -> None:
    received: list[str] = []

    def receive() -> None:
        answer = client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)
        received.extend(each["Body"] for each in answer["Messages"])

    receiver = threading.Thread(target=receive)
    receiver.start()
    sqs.send_message(QueueUrl=queue, MessageBody="woken")
    receiver.join(15)
    assert received == ["woken"]


def test_what_is_received_too_often_becomes_a_dead_letter(sqs: Any, queue: str, unique: Callable[[str], str]) -> None:
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"2"}}'
    settings = {"RedrivePolicy": policy, "VisibilityTimeout": "0"}
    source = sqs.create_queue(QueueName=unique("source"), Attributes=settings)["QueueUrl"]
    sqs.send_message(QueueUrl=source, MessageBody="poison")
    for _ in range(2):
        assert sqs.receive_message(QueueUrl=source)["Messages"][0]["Body"] == "poison"
    assert "Messages" not in sqs.receive_message(QueueUrl=source)
    (dead,) = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"]
    assert dead["Body"] == "poison"
    assert dead["Attributes"]["DeadLetterQueueSourceArn"].endswith(source.rpartition("/")[2])


def test_queues_are_made_once_listed_and_deleted(sqs: Any, unique: Callable[[str], str]) -> None:
    prefix = unique("listed")
    urls = [sqs.create_queue(QueueName=f"{prefix}-{number}", tags={"a": "b"})["QueueUrl"] for number in range(3)]
    assert sqs.create_queue(QueueName=f"{prefix}-0")["QueueUrl"] == urls[0]
    with pytest.raises(ClientError) as refused:
        sqs.create_queue(QueueName=f"{prefix}-0", Attributes={"DelaySeconds": "5"})
    assert code_of(refused) in ("QueueNameExists", "QueueAlreadyExists")
    first = sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2)
    assert first["QueueUrls"] == urls[:2]
    assert sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2, NextToken=first["NextToken"])["QueueUrls"] == urls[2:]
    assert sqs.list_queue_tags(QueueUrl=urls[0])["Tags"] == {"a": "b"}
    assert sqs.get_queue_url(QueueName=f"{prefix}-1")["QueueUrl"] == urls[1]
    for url in urls:
        sqs.delete_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as missing:
        sqs.send_message(QueueUrl=urls[0], MessageBody="x")
    assert code_of(missing) == "AWS.SimpleQueueService.NonExistentQueue"


@pytest.mark.parametrize(
    ("name", "attributes", "code"),
    [
        ("has space", {}, "InvalidParameterValue"),
        ("queue.fifo", {}, "InvalidParameterValue"),
        ("queue", {"DelaySeconds": "901"}, "InvalidAttributeValue"),
        ("queue", {"Nonsense": "1"}, "InvalidAttributeName"),
        ("queue", {"RedrivePolicy": "{}"}, "InvalidParameterValue"),
    ],
)
def test_what_sqs_refuses(sqs: Any, name: str, attributes: dict[str, str], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        sqs.create_queue(QueueName=name, Attributes=attributes)
    assert code_of(refused) == code


def test_purging_leaves_an_empty_queue(sqs: Any, queue: str) -> None:
    for number in range(5):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    sqs.purge_queue(QueueUrl=queue)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert counts == {"ApproximateNumberOfMessages": "0"}


def refusal(operation: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        operation(**params)
    return code_of(refused), refused.value.response["Error"]["Message"]


def test_purging_twice_within_a_minute_is_refused(sqs: Any, queue: str) -> None:
    sqs.purge_queue(QueueUrl=queue)
    code, text = refusal(sqs.purge_queue, QueueUrl=queue)
    assert code == "AWS.SimpleQueueService.PurgeQueueInProgress"
    assert text == f"Only one PurgeQueue operation on {queue.rpartition('/')[2]} is allowed every 60 seconds."


def test_sources_of_dead_letters_are_listed(sqs: Any, queue: str, unique: Callable[[str], str]) -> None:
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":3}}'
    urls = [
        sqs.create_queue(QueueName=unique("source"), Attributes={"RedrivePolicy": policy})["QueueUrl"] for _ in range(2)
    ]
    assert sorted(sqs.list_dead_letter_source_queues(QueueUrl=queue)["queueUrls"]) == sorted(urls)
    first = sqs.list_dead_letter_source_queues(QueueUrl=queue, MaxResults=1)
    rest = sqs.list_dead_letter_source_queues(QueueUrl=queue, MaxResults=1, NextToken=first["NextToken"])
    assert sorted(first["queueUrls"] + rest["queueUrls"]) == sorted(urls)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (
            {"MessageBody": "x" * 1025},
            "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
        ),
        (
            {"MessageBody": "x", "MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}},
            "Message (user) attribute 'a' must contain a non-empty value of type 'String'.",
        ),
        (
            {"MessageBody": "x", "MessageGroupId": "group 1"},
            "Value group 1 for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include "
            "alphanumeric and punctuation characters. 1 to 128 in length.",
        ),
    ],
)
def test_messages_that_are_refused(sqs: Any, queue: str, params: dict[str, Any], text: str) -> None:
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    assert refusal(sqs.send_message, QueueUrl=queue, **params) == ("InvalidParameterValue", text)


def test_batches_that_are_refused(sqs: Any, queue: str) -> None:
    entry = {"Id": "a", "MessageBody": "x"}
    for entries, code in (
        ([entry, entry], "BatchEntryIdsNotDistinct"),
        ([{**entry, "Id": "a b"}], "InvalidBatchEntryId"),
        ([{**entry, "Id": str(number)} for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": str(number), "MessageBody": "x" * 2**19} for number in range(3)], "BatchRequestTooLong"),
    ):
        assert refusal(sqs.send_message_batch, QueueUrl=queue, Entries=entries)[0] == f"AWS.SimpleQueueService.{code}"
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    large = {"Id": "large", "MessageBody": "x" * 1025}
    (failed,) = sqs.send_message_batch(QueueUrl=queue, Entries=[large])["Failed"]
    assert failed["Message"] == (
        "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes."
    )


@pytest.mark.parametrize("seconds", [21, -1])
def test_waits_that_are_refused(sqs: Any, queue: str, seconds: int) -> None:
    assert refusal(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=seconds) == (
        "InvalidParameterValue",
        f"Value {seconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
    )


def test_a_delayed_message_is_waited_for(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=1)
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesDelayed"] == "1"
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "later"


def test_a_group_id_comes_back(sqs: Any, queue: str) -> None:
    sqs.send_message(QueueUrl=queue, MessageBody="x", MessageGroupId="tenant-1")
    (message,) = sqs.receive_message(QueueUrl=queue, AttributeNames=["MessageGroupId"])["Messages"]
    assert message["Attributes"] == {"MessageGroupId": "tenant-1"}


def test_attributes_are_set_and_taken_back(sqs: Any, queue: str) -> None:
    sqs.set_queue_attributes(
        QueueUrl=queue, Attributes={"VisibilityTimeout": "77", "Policy": '{"Version":"2012-10-17"}'}
    )
    told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout", "Policy"])["Attributes"]
    assert told == {"VisibilityTimeout": "77", "Policy": '{"Version":"2012-10-17"}'}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    assert "Policy" not in sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    sqs.tag_queue(QueueUrl=queue, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=queue, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=queue)["Tags"] == {"b": "2"}
    assert refusal(sqs.get_queue_attributes, QueueUrl=queue, AttributeNames=["Nonsense"])[0] == "InvalidAttributeName"
