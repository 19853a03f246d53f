"""Who may do what: explicit deny, then allow, then the bounds (IAM, policy evaluation logic, one account).

What doesn't depend on the request's context is decided once and kept; the rest is tested at each request.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tailrace.iam.pattern import Context, Test
from tailrace.iam.policy import DENY, Policy

_KEPT_MAX = 1000  # of one principal


class Source(StrEnum):
    """The policies that can decide, in the words of AWS's refusals."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: by which policies, and whether a statement says so or none says otherwise."""

    source: Source
    explicit: bool

    def reason(self, action: str) -> str:
        """Answer the end of AWS's sentence."""
        article = "an" if self.source is Source.IDENTITY else "a"
        if self.explicit:
            return f"with an explicit deny in {article} {self.source}"
        return f"because no {self.source} allows the {action} action"


@dataclass(frozen=True, slots=True)
class Layer:
    """The policies of one source, all of them together."""

    source: Source
    policies: tuple[Policy, ...]


@dataclass(slots=True)
class _Kept:
    """What one layer says of an action on a resource: fixed answers, or tests of the context."""

    source: Source
    denied: bool = False
    allowed: bool = False
    denials: list[Test] = field(default_factory=list)
    allowances: list[Test] = field(default_factory=list)

    @property
    def fixed(self) -> bool:
        """Whether the context can't change the answer."""
        return self.denied or (not self.denials and (self.allowed or not self.allowances))

    def denies(self, context: Context) -> bool:
        """Answer whether a statement denies."""
        return self.denied or any(test(context) for test in self.denials)

    def allows(self, context: Context) -> bool:
        """Answer whether a statement allows."""
        return self.allowed or any(test(context) for test in self.allowances)


Verdict = Refusal | None
_NOTHING: Context = {}


class Grants:
    """All that bears on one identity, compiled: identity policies, and the bounds of its role and its session."""

    def __init__(
        self, identity: Iterable[Policy], boundary: Policy | None = None, session: Sequence[Policy] | None = None
    ) -> None:
        self._layers = [Layer(Source.IDENTITY, tuple(identity))]
        if boundary is not None:
            self._layers.append(Layer(Source.BOUNDARY, (boundary,)))
        if session is not None:
            self._layers.append(Layer(Source.SESSION, tuple(session)))
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self._tests: dict[tuple[str, str], list[_Kept]] = {}

    def known(self, action: str, resource: str) -> "Verdict | bool":
        """Answer a verdict that needs no context: None or a Refusal; False when it must be judged."""
        return self._verdicts.get((action, resource), False)

    def judge(self, action: str, resource: str, context: Context) -> Verdict:
        """Answer None when a request is allowed, else why it is refused."""
        key = (action, resource)
        kept = self._tests.get(key)
        if kept is None:
            if len(self._tests) + len(self._verdicts) >= _KEPT_MAX:
                self._tests.clear()
                self._verdicts.clear()
            kept = [_of_layer(layer, action, resource) for layer in self._layers]
            if all(each.fixed for each in kept):
                verdict = self._verdicts[key] = _verdict(kept, _NOTHING)
                return verdict
            self._tests[key] = kept
        return _verdict(kept, context)


def _of_layer(layer: Layer, action: str, resource: str) -> _Kept:
    kept = _Kept(layer.source)
    for policy in layer.policies:
        for statement in policy.statements:
            found = statement.applicable(action, resource)
            if found is False:
                continue
            if statement.effect == DENY:
                if found is True:
                    kept.denied = True
                else:
                    kept.denials.append(found)
            elif found is True:
                kept.allowed = True
            else:
                kept.allowances.append(found)
    return kept


def _verdict(layers: Sequence[_Kept], context: Context) -> Verdict:
    for layer in layers:
        if layer.denies(context):
            return Refusal(layer.source, explicit=True)
    for layer in layers:
        if not layer.allows(context):
            return Refusal(layer.source, explicit=False)
    return None


def trusts(
    policy: Policy, kinds: Sequence[tuple[str, Sequence[str]]], action: str, context: Mapping[str, Sequence[str]]
) -> "frozenset[str] | None":
    """Answer which of the names a role's trust policy grants the action to; None when a statement denies it.

    ``kinds`` holds what the caller goes by: ("AWS", its ARNs and account), or ("Service", its name).
    """
    granted: set[str] = set()
    for statement in policy.statements:
        names = _named(statement.principals, kinds)
        if statement.principals_negated:
            names = set() if names else {name for _, each in kinds for name in each}
        if not names:
            continue
        found = statement.applicable(action, "*")
        if found is False or (found is not True and not found(context)):
            continue
        if statement.effect == DENY:
            return None
        granted |= names
    return frozenset(granted)


def _named(principals: Sequence[tuple[str, str]], kinds: Sequence[tuple[str, Sequence[str]]]) -> set[str]:
    found: set[str] = set()
    for kind, text in principals:
        for known, names in kinds:
            if kind != known:
                continue
            if text == "*":
                found.update(names)
            elif text in names:
                found.add(text)
    return found
