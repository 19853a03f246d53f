"""What every protocol is: it reads a request's parameters, writes a result, and writes a refusal."""

from typing import Any, Protocol

from tailrace.wire.errors import AwsError
from tailrace.wire.message import Request, Response
from tailrace.wire.model import Model, Operation


class Codec(Protocol):
    """One of AWS's protocols."""

    def read(self, operation: Operation, request: Request) -> dict[str, Any]:
        """Answer the parameters of a call. Raises AwsError when the request can't be read."""

    def write(self, operation: Operation, result: dict[str, Any], request_id: str) -> Response:
        """Answer the response for a result."""

    def refuse(self, model: Model | None, error: AwsError, request_id: str) -> Response:
        """Answer the response for an error; the model is None when the service isn't known."""
