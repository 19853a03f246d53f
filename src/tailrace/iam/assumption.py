"""Roles are assumed: by AWS services that a trust policy names, and by users, roles and root through STS.

In one account a trust policy that names the caller is enough; one that names the account leaves it to the caller's
own policies (IAM, policy evaluation logic).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tailrace.engine.transaction import Transaction
from tailrace.iam.document import malformed, parse_identity, size_of
from tailrace.iam.entity import Role, Session, role_of_arn
from tailrace.iam.evaluation import Refusal, trusts
from tailrace.iam.grants import SessionPrincipal, compiled, context_of, grants_of
from tailrace.iam.key import access_key_id, issue, secret, session_token
from tailrace.iam.managed import get as managed_policy
from tailrace.iam.registry import SERVICE
from tailrace.iam.trust import still_meant
from tailrace.service.call import Call
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

ASSUME = "sts:AssumeRole"
SESSION_S = 3600
SESSION_POLICY_CHARS_MAX = 2048
# Services that prove for whom they act by an external id, which is the account's number (Firehose guide, access).
_EXTERNAL_ID = frozenset({"firehose.amazonaws.com"})
_EXTERNAL = "sts:externalid"


def service_session(
    transaction: Transaction,
    role_arn: str,
    service: str,
    session: str,
    context: Mapping[str, str | Sequence[str]],
) -> Principal:
    """Answer a session of a role for an AWS service. Raises AccessDenied."""
    account = role_arn.split(":")[4] if role_arn.count(":") == 5 else ""
    caller = Principal.service(service, account)
    role = role_of_arn(transaction, account, role_arn)
    if role is None or not _trusted(transaction, role, caller, session, context_of(caller, context)):
        raise _denied(caller, ASSUME, role_arn)
    return SessionPrincipal("role", *_names(role, account, session), account, role_arn, role.tags)


@SERVICE.internal("AssumeRole")
def assume_role(call: Call) -> dict[str, Any]:
    """Issue temporary credentials of a role: what STS answers, in its shape."""
    params, arn, name = call.params, call.params["RoleArn"], call.params["RoleSessionName"]
    _check_tags(params)
    given = {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
    role = role_of_arn(call.transaction, call.account, arn)
    for action in _actions(params):
        if role is None or not _may(call, role, action, _request_context(call, given)):
            raise _denied(call.principal, action, arn)
    assert role is not None
    lasts_s = _lasting(call, role)
    policies = _session_policies(call)
    session_arn, user_id = _names(role, call.account, name)
    session = Session(
        id=access_key_id(call.random, call.account, "ASIA"),
        secret=secret(),
        token=session_token(),
        account=call.account,
        issued=int(call.now),
        expires=int(call.now) + lasts_s,
        kind="role",
        arn=session_arn,
        user_id=user_id,
        role_arn=arn,
        tags={**role.tags, **given},
        policies=policies,
        source_identity=params.get("SourceIdentity"),
    )
    issue(call, session)
    answer: dict[str, Any] = {
        "Credentials": shown(session),
        "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": session_arn},
    }
    if policies is not None:
        answer["PackedPolicySize"] = max(1, sum(map(size_of, policies)) * 100 // SESSION_POLICY_CHARS_MAX)
    if session.source_identity is not None:
        answer["SourceIdentity"] = session.source_identity
    return answer


@SERVICE.internal("IssueSession")
def issue_session(call: Call) -> dict[str, Any]:
    """Issue temporary credentials of the caller itself, a user or root: STS's GetSessionToken."""
    caller = call.principal
    if caller.kind not in ("user", "root"):
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", status=403)
    default_s, longest_s = (43_200, 129_600) if caller.kind == "user" else (3600, 3600)
    lasts_s = min(call.params.get("DurationSeconds", default_s), longest_s)
    session = Session(
        id=access_key_id(call.random, call.account, "ASIA"),
        secret=secret(),
        token=session_token(),
        account=call.account,
        issued=int(call.now),
        expires=int(call.now) + lasts_s,
        kind=caller.kind,
        arn=caller.arn,
        user_id=caller.user_id,
        tags=dict(caller.tags),
    )
    issue(call, session)
    return {"Credentials": shown(session)}


def shown(session: Session) -> dict[str, Any]:
    """Answer credentials as STS answers them."""
    return {
        "AccessKeyId": session.id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": session.expires,
    }


def _lasting(call: Call, role: Role) -> int:
    lasts_s: int = call.params.get("DurationSeconds", SESSION_S)
    if call.principal.kind == "role" and lasts_s > SESSION_S:
        text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        raise AwsError("ValidationError", text)
    if lasts_s > role.session_s_max:
        text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", text)
    return lasts_s


def _names(role: Role, account: str, session: str) -> tuple[str, str]:
    return f"arn:aws:sts::{account}:assumed-role/{role.name}/{session}", f"{role.id}:{session}"


def _actions(params: dict[str, Any]) -> list[str]:
    more = {"Tags": "sts:TagSession", "SourceIdentity": "sts:SetSourceIdentity"}
    return [ASSUME, *(action for member, action in more.items() if params.get(member))]


def _request_context(call: Call, tags: dict[str, str]) -> dict[str, Sequence[str]]:
    given: dict[str, str | Sequence[str]] = {
        "aws:RequestedRegion": call.region,
        "aws:EpochTime": str(int(call.now)),
        "aws:CurrentTime": str(int(call.now)),
        "aws:TagKeys": tuple(tags),
        **{f"aws:RequestTag/{key}": value for key, value in tags.items()},
    }
    members = {"ExternalId": "sts:ExternalId", "SourceIdentity": "sts:SourceIdentity"}
    given.update({key: call.params[member] for member, key in members.items() if member in call.params})
    return context_of(call.principal, given)


def _may(call: Call, role: Role, action: str, context: dict[str, Sequence[str]]) -> bool:
    """Answer whether the trust policy, and where it leaves it to them the caller's own policies, allow."""
    caller, arn = call.principal, call.params["RoleArn"]
    named = _trusted(call.transaction, role, caller, call.params["RoleSessionName"], context, action)
    if not named:
        return False
    if caller.kind in ("root", "service"):
        return True
    verdict = grants_of(call.transaction, caller).judge(action, arn, context)
    directly = bool(named & {caller.arn, caller.role_arn})
    return verdict is None or (directly and isinstance(verdict, Refusal) and not verdict.explicit)


def _trusted(
    transaction: Transaction,
    role: Role,
    caller: Principal,
    session: str,
    context: dict[str, Sequence[str]],
    action: str = ASSUME,
) -> frozenset[str]:
    context = {**context, "sts:rolesessionname": (session,)}
    if caller.kind == "service":
        kind, names = "Service", [caller.arn]
        if caller.arn in _EXTERNAL_ID:
            context.setdefault(_EXTERNAL, (caller.account,))
    else:
        kind = "AWS"
        names = [caller.account, f"arn:aws:iam::{caller.account}:root", caller.arn]
        names += [caller.role_arn] if caller.role_arn else []
    granted = trusts(compiled(role.trust), [(kind, names)], action, context) or frozenset()
    return frozenset(name for name in granted if still_meant(transaction, caller.account, role, name))


def _session_policies(call: Call) -> tuple[str, ...] | None:
    inline, arns = call.params.get("Policy"), call.params.get("PolicyArns", ())
    if inline is None and not arns:
        return None
    texts = []
    if inline is not None:
        parse_identity(inline)
        if size_of(inline) > SESSION_POLICY_CHARS_MAX:
            raise AwsError("PackedPolicyTooLarge", "The packed policy is too large.")
        texts.append(inline)
    for each in arns:
        arn = each.get("arn", "")
        found = managed_policy(call.transaction, arn)
        if found is None:
            raise malformed(f"Policy {arn} was not found.")
        texts.append(found.document)
    return tuple(texts)


def _check_tags(params: dict[str, Any]) -> None:
    keys = [tag["Key"] for tag in params.get("Tags", ())]
    if len({key.lower() for key in keys}) < len(keys):
        raise AwsError(
            "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if not set(params.get("TransitiveTagKeys", ())) <= set(keys):
        text = "The specified transitive tag key must be included in the requested tags."
        raise AwsError("InvalidParameterValue", text)


def _denied(caller: Principal, action: str, arn: str) -> AwsError:
    text = f"User: {caller.arn} is not authorized to perform: {action} on resource: {arn}"
    return AwsError("AccessDenied", text, status=403)
