"""Requests for every operation, one after the other, those that were good changed a little; and what went wrong."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fuzz.furniture import FURNITURE, filled, names
from fuzz.good import GOOD
from fuzz.maker import Maker
from fuzz.operations import Subject, Unwritable, Write, ask, parsed, subjects, written
from fuzz.target import PATIENCE_S, Answer, Target

SLOW_S = 2.0  # of computing; the server answers nobody else meanwhile
_ALSO = {501, 503}  # what isn't carried out, and what there is no room for
_GOOD_MAX = 8
_KINDS: dict[str, Any] = {"string": str, "list": list, "structure": dict, "map": dict}
_SHOWN = 1500


@dataclass(frozen=True)
class Finding:
    """What was wrong with one answer; two with the same ``cause`` are one defect."""

    cause: str
    told: str


class Storm:
    """Asks one server for things, and learns from its answers what gets far."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.names = names()
        self.sent = 0
        self.answer: Answer | None = None  # the last one
        self.carried_out: Counter[str] = Counter()  # by operation
        self._good: dict[str, list[dict[str, Any]]] = {}
        self._subjects = {subject.known_as: subject for subject in subjects()}

        for service, operation, params in (*FURNITURE, *GOOD):
            self._succeed(self._subjects[f"{service} {operation}"], params)

    def furnish(self) -> None:
        """Make again what has been removed of the furniture."""
        for service, operation, params in FURNITURE:
            self.ask(self._subjects[f"{service} {operation}"], filled(params, self.names))

    def rage(
        self, chosen: Sequence[Subject], dice: random.Random, *, wrong: bool, write: Write = written
    ) -> list[Finding]:
        """Ask for each operation once, in any order, and answer what was wrong."""
        maker = Maker(dice, self.names, wrong=wrong)
        findings = []
        for subject in dice.sample(chosen, len(chosen)):
            good = self.good(subject)
            if good and dice.random() < 0.6:
                params = maker.changed(subject, dice.choice(good))
            else:
                params = maker.made(subject)
            finding = self.ask(subject, params, write)
            if finding is not None:
                findings.append(finding)
        return findings

    def good(self, subject: Subject) -> list[dict[str, Any]]:
        """Answer some parameters with which an operation was carried out."""
        return self._good.get(subject.known_as, [])

    def _succeed(self, subject: Subject, params: dict[str, Any]) -> None:
        """Ask until it works: what is asked about may still be on its way."""
        deadline = time.monotonic() + PATIENCE_S
        before = self.carried_out[subject.known_as]
        while self.carried_out[subject.known_as] == before:
            given = filled(params, self.names)
            finding = self.ask(subject, given)
            assert time.monotonic() < deadline and finding is None, f"{subject.known_as} {given}: {self.answer}"
            time.sleep(0.01 if self.carried_out[subject.known_as] == before else 0)

    def ask(self, subject: Subject, params: dict[str, Any], write: Write = written) -> Finding | None:
        """Send a request, learn from the answer, and say what was wrong with it; None when nothing was."""
        asked, told = subject.known_as, f"{params!r}"[:_SHOWN]
        began = self.target.cpu_s()
        try:
            answer = ask(self.target, subject, params, write)
        except Unwritable:
            return None
        except OSError as error:
            return Finding(f"{asked}: {error!r}", told)
        self.answer = answer
        self.sent += 1
        if answer.status not in range(200, 500) and answer.status not in _ALSO:
            return Finding(f"{asked}: {answer.status}, {(self.target.failures() or [''])[-1]}", told)
        took_s = self.target.cpu_s() - began
        if took_s > SLOW_S:
            return Finding(f"{asked}: slow", f"{took_s:.1f} s for {told}")
        return self._learn(subject, params, answer) if write is written else None

    def _learn(self, subject: Subject, params: dict[str, Any], answer: Answer) -> Finding | None:
        try:
            found = parsed(subject, answer)
        except Exception as error:
            if not _is_whole(subject, params):
                return None  # without what its path needs it is another operation
            return Finding(f"{subject.known_as}: {answer.status} that clients can't read: {error!r}", f"{params!r}")
        if answer.status < 300:
            self.carried_out[subject.known_as] += 1
            self.names.learn(subject.service, found)
            good = self._good.setdefault(subject.known_as, [])
            if params not in good:
                good.append(params)
                del good[1 : len(good) - _GOOD_MAX + 1]  # the first one stays
        return None


def _is_whole(subject: Subject, params: dict[str, Any]) -> bool:
    shape = subject.model.input_shape
    required = [] if shape is None else shape.required_members
    return all(
        isinstance(params.get(name), _KINDS.get(shape.members[name].type_name, object)) for name in required
    ) and all(params.get(name) not in (None, "", [], {}) for name in required)
