"""A whole Tailrace for tests: in memory, on a port of its own, its time moved by the test and by ``settle``."""

import asyncio
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from tailrace.engine.store import Durability
from tailrace.runtime.settings import REGION, Settings
from tailrace.testing import crawler, query
from tailrace.testing.endpoint import Hop, Refused, ask
from tailrace.testing.faults import Faults

_PATIENCE_S = 2.0  # of a deployment with a clock that stands still
_CLOCK_STEP_S = 1.0
# What would lead boto3 elsewhere, or say otherwise who calls.
_MISLEADING = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")


class DeploymentFailed(AssertionError):
    """The template was not deployed; the text holds the stack's events."""


class Unsettled(AssertionError):
    """Changes stay in flight whatever time passes; the text says how many, where and why."""


class Cloud:
    """A running Tailrace with an empty state: ``with Cloud() as cloud``. Starting one takes milliseconds.

    ``manual_clock``: time passes only by ``advance`` and ``settle``; otherwise it is the machine's.
    """

    def __init__(self, *, manual_clock: bool = True) -> None:
        self.endpoint = ""
        self._manual = manual_clock
        self._folder = tempfile.TemporaryDirectory(prefix="tailrace-test-", ignore_cleanup_errors=True)
        self._settings = Settings(
            data_dir=Path(self._folder.name) / "data",
            durability=Durability.MEMORY,
            port=0,
            clock="manual" if manual_clock else "system",
        )
        self._session: Any = None
        self._lock = threading.Lock()  # boto3's sessions are not for several threads
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
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._folder.cleanup()
        if self._failure is not None and error is None:
            raise self._failure

    # How code reaches it

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that lead boto3, the AWS CLI and every other SDK here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    @contextmanager
    def as_aws(self) -> Iterator[None]:
        """Set ``environment`` in this process meanwhile, so that boto3 clients that any code makes lead here.

        A client that was made before keeps its endpoint: make clients in functions, or import their module inside.
        """
        import boto3

        misleading = [name for name in os.environ if name in _MISLEADING or name.startswith("AWS_ENDPOINT_URL_")]
        touched = {name: os.environ.get(name) for name in (*self.environment, *misleading)}
        session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, None  # it remembers credentials
        for name in misleading:
            del os.environ[name]
        os.environ.update(self.environment)
        try:
            yield
        finally:
            boto3.DEFAULT_SESSION = session
            for name, value in touched.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    def session(self) -> Any:
        """Make a boto3 session whose clients and resources lead here, for code that is handed one."""
        from tailrace.testing.session import Session

        return Session(self.endpoint)

    def client(self, service: str, **options: Any) -> Any:
        """Make a boto3 client on this cloud; options are boto3's."""
        with self._lock:
            if self._session is None:
                self._session = self.session()
            return self._session.client(service, **options)

    # What is done with it

    def deploy(self, template: str | Path, *, stack: str | None = None, **parameters: object) -> dict[str, str]:
        """Deploy a template with its local code and answer its outputs. Raises DeploymentFailed with the events.

        Parameters may be texts, numbers, booleans and lists. The stack is named like the template's file, or like its
        folder when the file is called template.
        """
        from tailrace.testing.deployment import Deploying

        path = Path(template)
        given = {name: _written(value) for name, value in parameters.items()}
        deploying = Deploying(self.endpoint, self.client, path, stack, given)
        deploying.start()
        deploying.join(_PATIENCE_S)
        while deploying.is_alive():
            deploying.join(0.05)
            if self._manual and deploying.is_alive():
                self.advance(_CLOCK_STEP_S)  # what waits for a resource to become ready waits by the clock
        if deploying.error is not None:
            raise deploying.error
        if not deploying.succeeded:
            raise DeploymentFailed(f"{path} was not deployed: {deploying.status}\n{deploying.said}")
        stacks = self.client("cloudformation").describe_stacks(StackName=deploying.stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", ())}

    def advance(self, seconds: float) -> None:
        """Move this cloud's clock on; return when everything that became due has moved."""
        self.ask("POST", "clock", {"advance_s": seconds})

    @property
    def now(self) -> datetime:
        """The time by this cloud's clock."""
        return datetime.fromtimestamp(self.ask("GET", "status")["now_ms"] / 1000, UTC)

    def settle(self, *, patience_s: float = 60.0) -> list[Hop]:
        """Return when every accepted change has come to its end, moving the clock as far as that takes.

        Answers the ledger. Raises Unsettled, which says what stays in flight and why, when time can't help.
        """
        try:
            hops: list[Hop] = self.ask("POST", "settle", {"patience_s": patience_s})["hops"]
        except Refused as refused:
            raise Unsettled(str(refused)) from None
        return hops

    def ledger(self) -> list[Hop]:
        """Answer what became of the changes at each hop, in the order in which they pass."""
        hops: list[Hop] = self.ask("GET", "status")["hops"]
        return hops

    def crawl(self, name: str) -> None:
        """Run a Glue crawler and return when it has come to its end. Raises CrawlFailed."""
        crawler.crawl(self.client("glue"), name)

    def query(self, sql: str, *, database: str = "default", workgroup: str = "primary") -> list[dict[str, Any]]:
        """Run SQL in Athena and answer its rows by column name; numbers and booleans are Python's. Raises QueryFailed.

        Any other type is Athena's text. A workgroup that names no place for results gets one.
        """
        return query.run(self.client, sql, database, workgroup)

    @property
    def faults(self) -> Faults:
        """The faults, to switch on and off."""
        return Faults(self.endpoint)

    def ask(self, method: str, path: str, wishes: dict[str, Any] | None = None) -> Any:
        """Ask for what only Tailrace can tell, under ``/_tailrace/``. Raises Refused."""
        return ask(self.endpoint, method, path, wishes)

    # How it runs

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


def _written(value: object) -> str:
    """Answer a template's parameter as CloudFormation takes it: always text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(map(_written, value))
    return str(value)
