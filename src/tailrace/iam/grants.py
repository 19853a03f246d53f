"""What bears on a principal: the policies of its role or user and groups, its boundary, its session's own policies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from tailrace.engine.kept import Kept
from tailrace.engine.transaction import Transaction
from tailrace.iam import managed, policy
from tailrace.iam.entity import GROUPS, ROLES, USERS, Entity, Role, User
from tailrace.iam.evaluation import Grants
from tailrace.iam.policy import Policy
from tailrace.service.principal import Principal


@dataclass(frozen=True, slots=True)
class SessionPrincipal(Principal):
    """A principal with temporary credentials: the session's own policies bound what it may do."""

    policies: tuple[str, ...] | None = None
    issued: int = 0
    source_identity: str | None = None


@Kept(short=512, long=32, short_chars=1024)  # a compiled one takes some fifty times its text
def compiled(text: str) -> Policy:
    """Compile the text of a policy that was accepted when it was stored."""
    return policy.compiled(orjson.loads(text))


def grants_of(transaction: Transaction, principal: Principal) -> Grants:
    """Gather and compile what bears on a user or on the session of a role; nothing when that is gone."""
    session = session_policies(principal)
    entity = entity_of(transaction, principal)
    if entity is None:
        return Grants((), session=session)
    policies = list(_policies(transaction, entity))
    if isinstance(entity, User):
        for name in entity.groups:
            group = GROUPS.get(transaction, name)
            policies += _policies(transaction, group) if group is not None else ()
    boundary = managed.get(transaction, entity.boundary) if entity.boundary else None
    return Grants(policies, None if boundary is None else compiled(boundary.document), session)


def entity_of(transaction: Transaction, principal: Principal) -> Role | User | None:
    """Answer the role or user behind a principal; None when it is gone or another has taken its name."""
    unique = principal.user_id.partition(":")[0]
    found: Role | User | None
    if principal.role_arn is not None:
        found = ROLES.get(transaction, _name(principal.role_arn))
    else:
        found = USERS.get(transaction, _name(principal.arn))
    return found if found is not None and found.id == unique else None


def session_policies(principal: Principal) -> Sequence[Policy] | None:
    """Answer what bounds a session, or None when it has no policies of its own."""
    if not isinstance(principal, SessionPrincipal) or principal.policies is None:
        return None
    return [compiled(text) for text in principal.policies]


def context_of(principal: Principal, given: Mapping[str, str | Sequence[str]]) -> dict[str, Sequence[str]]:
    """Answer the condition keys of a request, in lower case: those given and those that tell who asks."""
    context: dict[str, Sequence[str]] = {
        "aws:principalarn": (principal.role_arn or principal.arn,),
        "aws:principalaccount": (principal.account,),
        "aws:principaltype": (_TYPES[principal.kind],),
        "aws:principalisawsservice": ("true" if principal.kind == "service" else "false",),
        "aws:viaawsservice": ("false",),
        "aws:userid": (principal.user_id,),
    }
    if principal.kind == "user":
        context["aws:username"] = (_named(principal.arn),)
    if isinstance(principal, SessionPrincipal):
        context["aws:tokenissuetime"] = (str(principal.issued),)
        if principal.source_identity is not None:
            context["aws:sourceidentity"] = (principal.source_identity,)
    context.update({f"aws:principaltag/{key}".lower(): (value,) for key, value in principal.tags.items()})
    context.update({key.lower(): (value,) if isinstance(value, str) else value for key, value in given.items()})
    return context


_TYPES = {"root": "Account", "user": "User", "role": "AssumedRole", "service": "Service"}


def _policies(transaction: Transaction, entity: Entity) -> list[Policy]:
    attached = (managed.get(transaction, arn) for arn in entity.attached)
    texts = [*entity.inline.values(), *(found.document for found in attached if found is not None)]
    return [compiled(text) for text in texts]


def _named(arn: str) -> str:
    return arn.rpartition("/")[2]


def _name(arn: str) -> str:
    return _named(arn).lower()
