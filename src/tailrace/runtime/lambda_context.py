"""The context object of a Lambda handler, in full.

Members as in AWS's runtime interface client (github.com/aws/aws-lambda-python-runtime-interface-client).
"""

import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import Any


class _Members:
    """An object whose members come from a JSON object; those that are missing are None."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, values: Mapping[str, Any]) -> None:
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self) -> str:
        return f"{type(self).__name__}([{','.join(f'{name}={getattr(self, name)}' for name in self.__slots__)}])"


class CognitoIdentity(_Members):
    """Who called through Cognito: nobody, here."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Members):
    """The mobile application that called."""

    __slots__ = ("app_package_name", "app_title", "app_version_code", "app_version_name", "installation_id")


class ClientContext(_Members):
    """What the caller gave as X-Amz-Client-Context."""

    __slots__ = ("client", "custom", "env")
    client: Any

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        if self.client is not None:
            self.client = Client(self.client)


class LambdaContext:
    """What a handler is told about its invocation, its function and its environment."""

    def __init__(
        self, request_id: str, deadline_ms: int, invoked_function_arn: str, client_context: Mapping[str, Any] | None
    ) -> None:
        self.aws_request_id = request_id
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = invoked_function_arn
        self.tenant_id = None
        self.client_context = None if client_context is None else ClientContext(client_context)
        self.identity = CognitoIdentity({})
        self._epoch_deadline_time_in_ms = deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        """Answer the milliseconds left before the invocation is ended."""
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def log(self, message: object) -> None:
        """Write to the function's log."""
        for handler in logging.getLogger().handlers:
            write = getattr(handler, "write", None)
            if write is not None:
                write(str(message))
                return
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        names = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        return f"{type(self).__name__}([{','.join(f'{name}={getattr(self, name)}' for name in names)}])"
