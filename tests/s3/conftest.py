"""What the tests of S3 share: a client and a bucket of one's own."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Refusal = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def s3(client: Callable[..., Any]) -> Any:
    """A real S3 client."""
    return client("s3")


@pytest.fixture
def bucket(s3: Any, unique: Callable[[str], str]) -> str:
    """A bucket that is new and empty."""
    name = unique("bucket")
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def refused() -> Refusal:
    """Call an operation that must be refused; answer the error with its status under ``Status``."""

    def call(operation: Callable[..., Any], **params: Any) -> dict[str, Any]:
        with pytest.raises(ClientError) as caught:
            operation(**params)
        response = caught.value.response
        return {**response["Error"], "Status": response["ResponseMetadata"]["HTTPStatusCode"]}

    return call
