"""Patterns of Java's DateTimeFormatter; expected texts are Java's own (JDK 9 and later, Locale.US)."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tailrace.firehose.java_time import BadPattern, compiled

INSTANT = datetime(2026, 2, 3, 4, 5, 6, 78_901, UTC)
AFTERNOON = datetime(2025, 12, 29, 17, 0, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "instant", "text"),
    [
        ("yyyy/MM/dd/HH/", INSTANT, "2026/02/03/04/"),
        ("yyyy-MM-dd'T'HH", INSTANT, "2026-02-03T04"),
        ("YYYY-MM-DD", INSTANT, "2026-02-34"),
        ("YYYY-MM-DD", AFTERNOON, "2026-12-363"),
        ("y yy yyy yyyyy", INSTANT, "2026 26 2026 02026"),
        ("u uu uuuu", INSTANT, "2026 26 2026"),
        ("M MM MMM MMMM MMMMM", INSTANT, "2 02 Feb February F"),
        ("d dd", INSTANT, "3 03"),
        ("D DD DDD", INSTANT, "34 34 034"),
        ("E EEE EEEE EEEEE", INSTANT, "Tue Tue Tuesday T"),
        ("e ee", INSTANT, "3 03"),
        ("Q QQ QQQ QQQQ", INSTANT, "1 01 Q1 1st quarter"),
        ("w ww W", INSTANT, "6 06 1"),
        ("w Y W", AFTERNOON, "1 2026 5"),
        ("a h hh K H k", AFTERNOON, "PM 5 05 5 17 17"),
        ("h K k", AFTERNOON.replace(hour=0), "12 0 24"),
        ("m mm s ss", AFTERNOON, "0 00 9 09"),
        ("S SSS SSSSSSSSS n A", INSTANT, "0 078 078901000 78901000 14706078"),
        ("G GGGG", INSTANT, "AD Anno Domini"),
        ("'year='yyyy''", INSTANT, "year=2026'"),
        ("''", INSTANT, "'"),
        ("'it''s'", INSTANT, "it's"),
        ("[yyyy]", INSTANT, "2026"),
        ("X XX XXX x xx xxx Z ZZZZ O OOOO", INSTANT, "Z Z Z +00 +0000 +00:00 +0000 GMT GMT GMT"),
        ("VV z", INSTANT, "UTC UTC"),
        (
            "VV z X XXX O OOOO",
            INSTANT.astimezone(ZoneInfo("Europe/Paris")),
            "Europe/Paris CET +01 +01:00 GMT+1 GMT+01:00",
        ),
        ("X XXX Z", INSTANT.astimezone(timezone(timedelta(hours=-3, minutes=-30))), "-0330 -03:30 -0330"),
    ],
)
def test_patterns(pattern: str, instant: datetime, text: str) -> None:
    assert compiled(pattern)(instant) == text


@pytest.mark.parametrize("pattern", ["b", "yyyy'", "{", "#", "HHH", "DDDD", "OO", "V"])
def test_what_java_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compiled(pattern)
