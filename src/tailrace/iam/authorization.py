"""The authorizer: whether a principal may do what a call needs, who may assume a role, and whose an access key is.

Decisions that need nothing of the request are kept until IAM changes, so that a hop's authorisation costs next to
nothing. Root may do everything; an AWS service is judged by the resource's own policy, where that is kept.
"""

from collections.abc import Mapping, Sequence

from tailrace.engine.transaction import Transaction
from tailrace.iam import entity
from tailrace.iam.assumption import service_session
from tailrace.iam.credentials import Found, found_by_key
from tailrace.iam.evaluation import Grants, Refusal
from tailrace.iam.grants import SessionPrincipal, context_of, grants_of
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

# REST services refuse with 403, those of AWS JSON with 400; query services and S3 have a code of their own.
_FORBIDDEN_BY_STATUS = frozenset({"lambda", "pipes"})
_PASS_ROLE = "iam:PassRole"
_PRINCIPALS_MAX = 100

Context = Mapping[str, str | Sequence[str]]


class Authorizer:
    """Decide by IAM's policies as a transaction sees them."""

    def __init__(self) -> None:
        self._version: bytes | None = None
        self._grants: dict[tuple[str, str | None, tuple[str, ...] | None], Grants] = {}

    def authorize(
        self,
        transaction: Transaction,
        principal: Principal,
        required: Sequence[tuple[str, str]],
        context: Context,
        *,
        protocol_style: str,
    ) -> None:
        """Return when a principal may do all (action, resource ARN) pairs; else raise AWS's refusal of the first."""
        if principal.kind == "root" or principal.kind == "service":
            return
        grants = self._grants_of(transaction, principal)
        for action, resource in required:
            verdict = grants.known(action, resource)
            if verdict is False:
                known = context_of(principal, context)
                if action == _PASS_ROLE:
                    known["iam:passedtoservice"] = (_passed_to(required),)
                verdict = grants.judge(action, resource, known)
            if isinstance(verdict, Refusal):
                raise refused(principal.arn, action, resource, verdict.reason(action), protocol_style)

    def assume(
        self, transaction: Transaction, role_arn: str, service_principal: str, session: str, context: Context
    ) -> Principal:
        """Answer a session of a role for an AWS service. Raises AccessDenied when its trust policy doesn't allow."""
        return service_session(transaction, role_arn, service_principal, session, context)

    def credentials(self, transaction: Transaction, access_key_id: str, now: float | None = None) -> Found | None:
        """Answer (secret, session token or None, principal) of an access key that is active, or None.

        Raises ExpiredToken for temporary credentials that ended before ``now``.
        """
        return found_by_key(transaction, access_key_id, now)

    def _grants_of(self, transaction: Transaction, principal: Principal) -> Grants:
        version = entity.version(transaction)
        if version != self._version or len(self._grants) > _PRINCIPALS_MAX:
            self._grants.clear()
            self._version = version
        policies = principal.policies if isinstance(principal, SessionPrincipal) else None
        key = (principal.user_id, principal.role_arn, policies)
        grants = self._grants.get(key)
        if grants is None:
            grants = self._grants[key] = grants_of(transaction, principal)
        return grants


def refused(who: str, action: str, resource: str, reason: str, protocol_style: str) -> AwsError:
    """Answer AWS's refusal in the manner of a protocol: json, query or s3."""
    shown = f'"{resource}"' if protocol_style == "s3" else resource
    text = f"User: {who} is not authorized to perform: {action} on resource: {shown} {reason}"
    if protocol_style != "json":
        return AwsError("AccessDenied", text, status=403)
    return AwsError(
        "AccessDeniedException", text, status=403 if action.partition(":")[0] in _FORBIDDEN_BY_STATUS else 400
    )


def _passed_to(required: Sequence[tuple[str, str]]) -> str:
    return f"{required[0][0].partition(':')[0]}.amazonaws.com"
