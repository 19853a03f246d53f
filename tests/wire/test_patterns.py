"""The patterns of AWS's definitions: none takes for ever, whatever text it is asked about.

A pattern that can read a text in many ways tries them all before it says no. Texts of the longest kind of repetition
find such a pattern out; time is the processor's, and ten seconds of it are as good as for ever.
"""

import itertools
import re
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from tailrace.runtime import services
from tailrace.wire.constraint import pattern_of
from tailrace.wire.model import model_of

LENGTH = 400
COMMON = 'a1A- _.:/ "\\\t'
FOR_EVER_S = 10.0
SERVICES = sorted(room.name for room in services.load())


def texts(pattern: str) -> Iterator[str]:
    """Answer texts made of one or two signs again and again, with a last one that fits nowhere."""
    own = "".join(sorted({char for char in pattern if char.isprintable() and char not in "\\()[]{}^$?+|"}))
    signs = list(dict.fromkeys(COMMON + own))[:20]
    found = re.match(r"[A-Za-z0-9:/$<{\"_.-]+", pattern.lstrip("^("))
    for start in {"", found.group() if found else ""}:
        for piece in (*signs, *map("".join, itertools.product(signs[:7], repeat=2))):
            yield start + piece * (LENGTH // len(piece)) + "\x00"


@pytest.mark.parametrize("service", SERVICES)
def test_no_pattern_takes_for_ever(service: str) -> None:
    def give_up(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, give_up)
    try:
        for text in {shape.pattern for shape in model_of(service).shapes.values() if shape.pattern}:
            compiled = pattern_of(text)
            if compiled is not None:
                signal.setitimer(signal.ITIMER_VIRTUAL, FOR_EVER_S)
                for asked in texts(text):
                    compiled.fullmatch(asked)
    except TimeoutError:
        pytest.fail(f"{text} is asked about {asked[:20]!r} and more of that kind")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("text", ["a", " ", "\ta b", "a\t", " a ", "~", "a\tb\tc"])
def test_header_values_are_still_known(text: str) -> None:
    (shape,) = [each for name, each in model_of("pipes").shapes.items() if name == "HeaderValue"]
    assert shape.pattern is not None and (ours := pattern_of(shape.pattern)) is not None
    assert ours.fullmatch(text) and re.fullmatch(shape.pattern, text)
    assert not ours.fullmatch(f"{text}\n") and not ours.fullmatch("\t")
