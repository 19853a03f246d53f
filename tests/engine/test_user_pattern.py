"""Expressions of users are matched within bounds: what would take for ever is given up, and says so."""

import re
import signal
import threading

import pytest

from tailrace.engine.user_pattern import BadPattern, UserPattern


def test_a_match_and_none() -> None:
    assert UserPattern("A+", re.IGNORECASE).fullmatch("aaa")
    assert not UserPattern("a+").fullmatch("aab")


@pytest.mark.parametrize("text", ["(", "a{99999999999}", "(" * 2000 + ")" * 2000, "*"])
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(BadPattern):
        UserPattern(text)


@pytest.mark.parametrize("text", ["(a+)+$", "(a|a)*b", "a*a*a*a*a*a*a*a*b"])
def test_what_takes_too_long(text: str) -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(BadPattern, match="too long"):
        UserPattern(text).fullmatch("a" * 3000 + "!")
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_other_threads_match_too() -> None:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(UserPattern("a+").fullmatch("aa")))
    thread.start()
    thread.join()
    assert found == [True]
