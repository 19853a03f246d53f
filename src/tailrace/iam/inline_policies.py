"""Policies inside a role, a user or a group: one set of rules for the three."""

from typing import Any
from urllib.parse import quote

import msgspec

from tailrace.iam.document import parse_identity, size_of
from tailrace.iam.entity import KINDS, Kind, exceeded, find, no_such, put
from tailrace.iam.page import paged
from tailrace.iam.registry import SERVICE
from tailrace.service.call import Call

_CHARS_MAX = {"Role": 10_240, "User": 2048, "Group": 5120}


def _register(kind: Kind) -> None:
    noun, limit = kind.noun, _CHARS_MAX[kind.noun]

    @SERVICE.operation(f"Put{noun}Policy")
    def put_policy(call: Call) -> dict[str, Any]:
        owner = find(call.transaction, kind, call.params[kind.parameter])
        text = call.params["PolicyDocument"]
        parse_identity(text)
        inline = {**owner.inline, call.params["PolicyName"]: text}
        if sum(map(size_of, inline.values())) > limit:
            raise exceeded(f"Maximum policy size of {limit} bytes exceeded for {noun.lower()} {owner.name}")
        put(call, kind, msgspec.structs.replace(owner, inline=inline))
        return {}

    @SERVICE.operation(f"Get{noun}Policy")
    def get_policy(call: Call) -> dict[str, Any]:
        owner, name = _found(call)
        document = quote(owner.inline[name], safe="")
        return {kind.parameter: owner.name, "PolicyName": name, "PolicyDocument": document}

    @SERVICE.operation(f"List{noun}Policies")
    def list_policies(call: Call) -> dict[str, Any]:
        owner = find(call.transaction, kind, call.params[kind.parameter])
        return paged("PolicyNames", [(name, name) for name in sorted(owner.inline)], call.params, str)

    @SERVICE.operation(f"Delete{noun}Policy")
    def delete_policy(call: Call) -> dict[str, Any]:
        owner, name = _found(call)
        inline = {each: text for each, text in owner.inline.items() if each != name}
        put(call, kind, msgspec.structs.replace(owner, inline=inline))
        return {}

    def _found(call: Call) -> tuple[Any, str]:
        owner, name = find(call.transaction, kind, call.params[kind.parameter]), call.params["PolicyName"]
        if name not in owner.inline:
            raise no_such(f"The {noun.lower()} policy with name {name} cannot be found.")
        return owner, name


for _kind in KINDS:
    _register(_kind)
