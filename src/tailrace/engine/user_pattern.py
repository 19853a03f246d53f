"""Regular expressions that users write: compiled and matched within bounds, for some take longer than the world lasts.

Time is the processor's, so a busy machine changes nothing. It is watched in the main thread, where the server decides.
"""

import re
import signal
import threading
from types import FrameType

_MATCH_S_MAX = 1.0


class BadPattern(ValueError):
    """The text is no regular expression, or one that takes too long."""


class UserPattern:
    """One compiled expression."""

    def __init__(self, text: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        """Compile it. Raises BadPattern."""
        try:
            self._compiled = re.compile(text, flags)
        except (re.error, OverflowError, RecursionError) as error:
            raise BadPattern(str(error)) from None

    def fullmatch(self, text: str) -> bool:
        """Answer whether the whole of a text matches. Raises BadPattern when that can't be found out in time."""
        if threading.current_thread() is not threading.main_thread():
            return self._compiled.fullmatch(text) is not None
        before = signal.signal(signal.SIGVTALRM, _give_up)
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, _MATCH_S_MAX)
            return self._compiled.fullmatch(text) is not None
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)


def _give_up(number: int, frame: FrameType | None) -> None:
    # The matcher looks for signals now and then, and what is raised here ends it.
    raise BadPattern("the expression takes too long to match")
