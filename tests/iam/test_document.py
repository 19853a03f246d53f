"""What IAM refuses as a policy document, and in which words."""

import json
from typing import Any

import pytest

from tailrace.iam.document import parse_identity, parse_trust, size_of
from tailrace.wire.errors import AwsError

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}


def text(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


IDENTITY = [
    ("{", "This policy contains invalid Json"),
    ("[]", "Syntax errors in policy."),
    (json.dumps({"Version": "2012-10-17"}), "Syntax errors in policy."),
    (text({**ALLOW, "Effect": "Maybe"}), "Syntax errors in policy."),
    (text({**ALLOW, "Extra": 1}), "Syntax errors in policy."),
    (text({**ALLOW, "NotAction": "*"}), "Syntax errors in policy."),
    (text({**ALLOW, "Condition": {"StringIs": {"a:b": "c"}}}), "Syntax errors in policy."),
    (text(ALLOW, Version="2020-01-01"), "Policy document must be version 2012-10-17 or greater."),
    (text({**ALLOW, "Sid": "a"}, {**ALLOW, "Sid": "a"}), "Statement IDs (SID) in a single policy must be unique."),
    (text({**ALLOW, "Principal": "*"}), "Policy document should not specify a principal."),
    (text({"Effect": "Allow", "Resource": "*"}), "Policy statement must contain actions."),
    (text({"Effect": "Allow", "Action": "s3:*"}), "Policy statement must contain resources."),
    (
        text({**ALLOW, "Action": "GetObject"}),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    (text({**ALLOW, "Action": "s3:Get:Object"}), "Actions/Condition can contain only one colon."),
    (text({**ALLOW, "Action": "s 3:GetObject"}), "Vendor s 3 is not valid"),
    (text({**ALLOW, "Resource": "lake"}), 'Resource lake must be in ARN format or "*".'),
    (
        text({**ALLOW, "Resource": "arn:azure:s3:::lake"}),
        'Partition "azure" is not valid for resource "arn:azure:s3:::lake".',
    ),
    (text({**ALLOW, "Resource": "arn:aws:s3"}), "The policy failed legacy parsing"),
]
TRUSTS = [
    (text({**TRUST, "Resource": "*"}), "Has prohibited field Resource"),
    (text({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
    (text({**TRUST, "Action": "s3:GetObject"}), "AssumeRole policy may only specify STS AssumeRole actions."),
    (text({**TRUST, "Principal": {"AWS": []}}), "with no principals!"),
]


@pytest.mark.parametrize(("document", "message"), IDENTITY)
def test_refused_for_identities(document: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse_identity(document)
    assert (caught.value.code, caught.value.message, caught.value.status) == ("MalformedPolicyDocument", message, 400)


@pytest.mark.parametrize(("document", "message"), TRUSTS)
def test_refused_for_trust(document: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse_trust(document)
    assert caught.value.message.endswith(message)


@pytest.mark.parametrize(
    "document",
    [
        text(ALLOW),
        json.dumps({"Version": "2008-10-17", "Statement": ALLOW}),
        json.dumps({"Statement": [{**ALLOW, "Sid": ""}, {**ALLOW, "Sid": ""}]}),
        text({**ALLOW, "Action": ["*"], "Resource": ["arn:aws:s3:::${aws:username}", "arn:aws:s3:::a/*"]}),
        text({**ALLOW, "Condition": {"ForAllValues:StringEqualsIfExists": {"aws:TagKeys": ["a", "b"]}}}),
        text({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": False}}}),
    ],
)
def test_accepted(document: str) -> None:
    assert parse_identity(document) == json.loads(document)


def test_white_space_does_not_count() -> None:
    assert size_of('{ "a" :\n\t1 }') == len('{"a":1}')
