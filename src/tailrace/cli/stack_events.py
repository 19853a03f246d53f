"""A stack's events as they come: followed through boto3, shown as lines, or as a picture where there is a terminal."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

_COLOURS = {"FAILED": "red", "ROLLBACK": "yellow", "COMPLETE": "green", "PROGRESS": "cyan"}


class Follower:
    """The events of one stack that were not there when it began."""

    def __init__(self, formation: Any, stack_id: str) -> None:
        self._formation = formation
        self._stack_id = stack_id
        self._seen = {event["EventId"] for event in self._page({})["StackEvents"]}

    def new(self) -> Iterator[dict[str, Any]]:
        """Answer what has happened since the last time, in order."""
        fresh: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self._page(token)
            unseen = [event for event in page["StackEvents"] if event["EventId"] not in self._seen]
            fresh += unseen
            if "NextToken" not in page or len(unseen) < len(page["StackEvents"]):
                break
            token = {"NextToken": page["NextToken"]}
        self._seen.update(event["EventId"] for event in fresh)
        yield from reversed(fresh)

    def _page(self, token: dict[str, str]) -> dict[str, Any]:
        page: dict[str, Any] = self._formation.describe_stack_events(StackName=self._stack_id, **token)
        return page


class View(Protocol):
    """Where events are shown."""

    def show(self, event: dict[str, Any]) -> None:
        """Show an event."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Lines:
    """A line an event: for pipes and log files."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, event: dict[str, Any]) -> None:
        """Write a line: time, status, type, logical id, and the reason if there is one."""
        reason = f"  {event['ResourceStatusReason']}" if event.get("ResourceStatusReason") else ""
        print(
            f"{event['Timestamp']:%H:%M:%S}  {event['ResourceStatus']:<28}  {event['ResourceType']:<38}  "
            f"{event['LogicalResourceId']}{reason}",
            file=self._stream,
            flush=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Picture:
    """A table with a row a resource, its status now; reasons of failures stay below it."""

    def __init__(self) -> None:
        from rich.live import Live

        self._rows: dict[str, dict[str, Any]] = {}
        self._failures: list[dict[str, Any]] = []
        self._live = Live(refresh_per_second=8)

    def show(self, event: dict[str, Any]) -> None:
        """Bring a resource's row up to date."""
        self._rows[event["LogicalResourceId"]] = event
        if event["ResourceStatus"].endswith("_FAILED"):
            self._failures.append(event)
        self._live.update(self._table())

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)
        for event in self._failures:
            print(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', event['ResourceStatus'])}")

    def _table(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        for heading in ("resource", "type", "status"):
            table.add_column(heading, no_wrap=True)
        for name, event in self._rows.items():
            status = str(event["ResourceStatus"])
            colour = next(colour for word, colour in _COLOURS.items() if word in status)
            table.add_row(name, event["ResourceType"], Text(status, style=colour))
        return table
