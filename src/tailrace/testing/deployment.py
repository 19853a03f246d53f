"""A deployment beside a test: what ``tailrace deploy`` does, in a thread, so that the test can move the clock."""

import io
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from tailrace.cli.connection import Connection
from tailrace.cli.deploy import Deployment, clear_errors, name_of
from tailrace.runtime.settings import REGION

_SUCCEEDED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True, slots=True)
class _Connection(Connection):
    """Clients of a cloud in this process, whatever the environment says."""

    clients: Callable[[str], Any]

    def client(self, service: str) -> Any:
        """Make a client."""
        return self.clients(service)


class Deploying(threading.Thread):
    """One template on its way. When it has ended: ``status``, and ``said`` with the events; or ``error``."""

    def __init__(
        self,
        endpoint: str,
        clients: Callable[[str], Any],
        template: Path,
        stack: str | None,
        parameters: dict[str, str],
    ) -> None:
        super().__init__(name="tailrace deploy", daemon=True)
        self.stack = stack or name_of(template)
        self.status = "refused"
        self.error: Exception | None = None
        self._parameters = parameters
        self._said = io.StringIO()
        self._connection = _Connection(endpoint, REGION, clients)
        self._deployment = Deployment(self._connection, self.stack, template, as_json=False)

    @property
    def said(self) -> str:
        """What was told on the way."""
        return self._said.getvalue()

    @property
    def succeeded(self) -> bool:
        """Whether the stack is as the template says."""
        return self.status in _SUCCEEDED

    def run(self) -> None:
        """Deploy."""
        try:
            with redirect_stdout(self._said), redirect_stderr(self._said), clear_errors(self._connection):
                self.status = self._deployment.run(self._parameters)
        except typer.Exit:
            pass  # it was refused, and said why
        except Exception as error:
            self.error = error
