"""IAM as the cloud loads it: importing the rooms registers their operations."""

from tailrace.iam import access_keys, assumption, attachments, groups, inline_policies, policies, roles, tag, users
from tailrace.iam.registry import SERVICE

__all__ = [
    "SERVICE",
    "access_keys",
    "assumption",
    "attachments",
    "groups",
    "inline_policies",
    "policies",
    "roles",
    "tag",
    "users",
]
