"""Cron expressions: when something is due next."""

from datetime import UTC, datetime

import pytest

from tailrace.glue.schedule import parsed
from tailrace.wire.errors import AwsError

NOW = datetime(2026, 1, 14, 10, 20, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(15 12 * * ? *)", "2026-01-14T12:15"),
        ("cron(15 9 * * ? *)", "2026-01-15T09:15"),
        ("cron(0/15 * * * ? *)", "2026-01-14T10:30"),
        ("cron(*/5 10 * * ? *)", "2026-01-14T10:25"),
        ("cron(0 8 1 * ? *)", "2026-02-01T08:00"),
        ("cron(0 8 L * ? *)", "2026-01-31T08:00"),
        ("cron(0 8 15W 2 ? *)", "2026-02-16T08:00"),
        ("cron(0 8 1W 8 ? *)", "2026-08-03T08:00"),
        ("cron(0 18 ? * MON-FRI *)", "2026-01-14T18:00"),
        ("cron(0 8 ? * SUN *)", "2026-01-18T08:00"),
        ("cron(0 8 ? * 6L *)", "2026-01-30T08:00"),
        ("cron(0 8 ? * 3#2 *)", "2026-02-10T08:00"),
        ("cron(0 8 ? JAN,mar 2#1 *)", "2026-03-02T08:00"),
        ("cron(30 10 29 2 ? *)", "2028-02-29T10:30"),
        ("cron(0 0 1 1 ? 2030)", "2030-01-01T00:00"),
    ],
)
def test_due(expression: str, expected: str) -> None:
    due = parsed(expression).after(NOW.timestamp())
    assert due == datetime.fromisoformat(f"{expected}:00+00:00").timestamp()


def test_due_is_after_and_never_at() -> None:
    at = datetime(2026, 1, 14, 12, 15, tzinfo=UTC).timestamp()
    assert parsed("cron(15 12 * * ? *)").after(at) == at + 86_400
    assert parsed("cron(0 0 1 1 ? 2020)").after(at) is None


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "15 12 * * ? *",
        "cron(15 12 * * *)",
        "cron(60 12 * * ? *)",
        "cron(0 0 * * * *)",
        "cron(0 0 ? * ? *)",
        "rate(5 minutes)",
        "cron(a 0 * * ? *)",
        "cron(5-1 0 * * ? *)",
        "cron(0 0 ? * XXX *)",
        "cron(0 0 0W * ? *)",
        "cron(0 0 ? * 2#9 *)",
        "cron(0 0 ? * 1,2#1 *)",
    ],
)
def test_refused(expression: str) -> None:
    with pytest.raises(AwsError, match="Invalid schedule expression"):
        parsed(expression)
