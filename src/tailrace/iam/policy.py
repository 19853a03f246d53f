"""What a policy means: statements compiled from a document, and whether one covers a request.

A statement answers in two steps, who and what first and its conditions after, so that a decision can be kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tailrace.iam import condition, document
from tailrace.iam.pattern import Pieces, Test, arn_matcher, is_dynamic, pieces_of, resolved, text_matcher

ALLOW = "Allow"
DENY = "Deny"
_VARIABLES_SINCE = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``covers`` looks at action and resource; the rest depends on the request's context."""

    effect: str
    actions: Callable[[str], bool]
    resources: "Resources"
    test: Test | None
    principals: tuple[tuple[str, str], ...]
    principals_negated: bool

    def applicable(self, action: str, resource: str) -> "Test | bool":
        """Answer False when it never covers the two, True when it always does, else the test that decides."""
        if not self.actions(action):
            return False
        covered = self.resources.covering(resource)
        if covered is False:
            return False
        if covered is True:
            return self.test or True
        if self.test is None:
            return covered
        dynamic, conditions = covered, self.test
        return lambda context: dynamic(context) and conditions(context)


@dataclass(frozen=True, slots=True)
class Resources:
    """The resources of a statement: fixed patterns and those with policy variables."""

    fixed: tuple[Callable[[str], bool], ...]
    dynamic: tuple[Pieces, ...]
    negated: bool

    def covering(self, resource: str) -> Test | bool:
        """Answer whether a resource is meant, or the test that says so once the context is known."""
        if any(matches(resource) for matches in self.fixed):
            return not self.negated
        if not self.dynamic:
            return self.negated
        patterns, negated = self.dynamic, self.negated

        def test(context: Mapping[str, Sequence[str]]) -> bool:
            known = (filled for pieces in patterns if (filled := resolved(pieces, context)) is not None)
            return any(arn_matcher(pieces)(resource) for pieces in known) is not negated

        return test


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled document."""

    statements: tuple[Statement, ...]


def compiled(parsed: Mapping[str, Any]) -> Policy:
    """Compile a document that ``document`` has accepted."""
    variables = parsed.get("Version") == _VARIABLES_SINCE
    return Policy(tuple(_compiled_statement(each, variables) for each in document.statements_of(parsed)))


def _compiled_statement(statement: Mapping[str, Any], variables: bool) -> Statement:
    return Statement(
        effect=statement["Effect"],
        actions=_actions(statement),
        resources=_resources(statement, variables),
        test=condition.compiled(statement.get("Condition", {}), variables=variables),
        principals=tuple(document.principals_of(statement)),
        principals_negated="NotPrincipal" in statement,
    )


def _actions(statement: Mapping[str, Any]) -> Callable[[str], bool]:
    negated = "NotAction" in statement
    listed = document.texts(statement["NotAction" if negated else "Action"])
    exact = frozenset(text.lower() for text in listed if "*" not in text and "?" not in text)
    patterns = [text_matcher(pieces_of(text.lower(), variables=False)) for text in listed if "*" in text or "?" in text]

    def matches(action: str) -> bool:
        lower = action.lower()
        return (lower in exact or any(pattern(lower) for pattern in patterns)) is not negated

    return matches


def _resources(statement: Mapping[str, Any], variables: bool) -> Resources:
    negated = "NotResource" in statement
    listed = document.texts(statement.get("NotResource" if negated else "Resource", "*"))
    patterns = [pieces_of(text, variables=variables) for text in listed]
    return Resources(
        fixed=tuple(arn_matcher(pieces) for pieces in patterns if not is_dynamic(pieces)),
        dynamic=tuple(pieces for pieces in patterns if is_dynamic(pieces)),
        negated=negated,
    )
