"""A whole Tailrace for one test: in memory, on a port of its own, its time moved by the test and by ``settle``."""

import asyncio
import io
import json
import threading
import urllib.error
import urllib.request
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import Any

from tailrace.engine.store import Durability
from tailrace.runtime.settings import REGION, Settings

_CLOCK_STEP_S = 1.0


class DeploymentFailed(AssertionError):
    """The template was not deployed; the text holds the stack's events."""


class Faults:
    """Switch faults on by name, rate and seed; a fault strikes the same way for the same seed."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud

    def enable(self, name: str, *, rate: float = 1.0, seed: int = 0) -> None:
        """Let a fault strike with a probability from 0 to 1."""
        self._cloud.ask("POST", "faults", {"name": name, "rate": rate, "seed": seed})

    def disable(self, name: str | None = None) -> None:
        """Switch one fault off, or all."""
        self._cloud.ask("POST", "faults", {"name": name, "rate": 0})

    def hits(self) -> dict[str, int]:
        """Answer how often each fault that is on has struck."""
        found: dict[str, int] = self._cloud.ask("GET", "faults")["faults"]
        return found


class Cloud:
    """A running Tailrace. Use it in a ``with``; ``client("kinesis")`` makes boto3 clients on it."""

    def __init__(self, data_dir: Path, *, manual_clock: bool = True) -> None:
        self.endpoint = ""
        self.faults = Faults(self)
        self._settings = Settings(
            data_dir=data_dir, durability=Durability.MEMORY, port=0, clock="manual" if manual_clock else "system"
        )
        self._manual = manual_clock
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="tailrace", daemon=True)

    def __enter__(self) -> "Cloud":
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def client(self, service: str, **options: Any) -> Any:
        """Make a boto3 client on this cloud; options are boto3's."""
        import boto3

        chosen = {
            "region_name": REGION,
            "endpoint_url": self.endpoint,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        return boto3.client(service, **{**chosen, **options})

    def deploy(self, template: str | Path, *, stack: str | None = None, **parameters: Any) -> dict[str, str]:
        """Deploy a template with its local code and answer its outputs. Raises DeploymentFailed with the events."""
        path = Path(template)
        name = stack or (path.stem if path.stem != "template" else path.resolve().parent.name)
        outcome: list[str | BaseException] = []
        said = io.StringIO()
        worker = threading.Thread(target=self._deploy, args=(path, name, parameters, said, outcome))
        worker.start()
        while worker.is_alive():
            worker.join(0.05)
            if self._manual and worker.is_alive():
                self.advance(_CLOCK_STEP_S)  # what waits for a resource to become ready waits by the clock
        if outcome[0] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise DeploymentFailed(f"{path} was not deployed: {outcome[0]}\n{said.getvalue()}")
        stacks = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", ())}

    def advance(self, seconds: float) -> None:
        """Move this cloud's clock on; return when everything that became due has moved."""
        self.ask("POST", "clock", {"advance_s": seconds})

    def settle(self, *, patience_s: float = 60.0) -> list[dict[str, Any]]:
        """Return when every accepted change has come to its end, moving the clock as far as that takes.

        Answers the ledger. Raises AssertionError that says what stays in flight and why when time can't help.
        """
        hops: list[dict[str, Any]] = self.ask("POST", "settle", {"patience_s": patience_s})["hops"]
        return hops

    def ledger(self) -> list[dict[str, Any]]:
        """Answer each hop: received, delivered, filtered, dropped, failed, in_flight, lag_ms, note."""
        hops: list[dict[str, Any]] = self.ask("GET", "status")["hops"]
        return hops

    def ask(self, method: str, path: str, wishes: dict[str, Any] | None = None) -> Any:
        """Ask for what only Tailrace can do, under ``/_tailrace/``. Raises AssertionError with its refusal."""
        body = None if wishes is None else json.dumps(wishes).encode()
        request = urllib.request.Request(f"{self.endpoint}/_tailrace/{path}", data=body, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            raise AssertionError(json.loads(refused.read())["message"]) from None

    def _deploy(
        self, template: Path, stack: str, parameters: dict[str, Any], said: io.StringIO, outcome: list[Any]
    ) -> None:
        import typer

        from tailrace.cli.connection import Connection
        from tailrace.cli.deploy import Deployment

        connection = Connection(self.endpoint, REGION)
        given = {name: str(value) for name, value in parameters.items()}
        try:
            with redirect_stdout(said), redirect_stderr(said):
                outcome.append(Deployment(connection, stack, template, as_json=False).run(given))
        except typer.Exit:
            outcome.append("refused")
        except Exception as error:
            outcome.append(error)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from tailrace.runtime.running import running

        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with running(self._settings) as cloud:
            self.endpoint = cloud.endpoint
            self._ready.set()
            await self._stop.wait()
