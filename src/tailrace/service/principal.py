"""Who calls: the account's root, a user, a session of a role, or an AWS service itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Principal:
    """An identity as IAM sees it. ``role_arn`` is set for the session of a role, and its policies then decide."""

    kind: Literal["root", "user", "role", "service"]
    arn: str
    user_id: str
    account: str
    role_arn: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def root(cls, account: str) -> "Principal":
        """Answer the account's root, who may do everything."""
        return cls("root", f"arn:aws:iam::{account}:root", account, account)

    @classmethod
    def service(cls, name: str, account: str) -> "Principal":
        """Answer an AWS service, for example ``pipes.amazonaws.com``."""
        return cls("service", name, name, account)
