"""Access keys of users come, are switched on and off, and go."""

from typing import Any

import msgspec

from tailrace.iam.entity import ACCESS_KEYS, USER, AccessKey, User, exceeded, no_such, put
from tailrace.iam.key import access_key_id, account_of, secret
from tailrace.iam.page import paged
from tailrace.iam.registry import SERVICE
from tailrace.iam.users import named_or_caller
from tailrace.service.call import Call

_KEYS_MAX = 2


@SERVICE.operation("CreateAccessKey")
def create_access_key(call: Call) -> dict[str, Any]:
    """Create a key of a user; its secret is told this once."""
    user = named_or_caller(call)
    if len(user.keys) >= _KEYS_MAX:
        raise exceeded(f"Cannot exceed quota for AccessKeysPerUser: {_KEYS_MAX}")
    key = AccessKey(
        id=access_key_id(call.random, call.account, "AKIA"),
        secret=secret(),
        account=call.account,
        created=int(call.now),
        user=user.name.lower(),
    )
    ACCESS_KEYS.put(call.transaction, key.id, key)
    put(call, USER, msgspec.structs.replace(user, keys=(*user.keys, key.id)))
    return {"AccessKey": {**_listed(user, key), "SecretAccessKey": key.secret}}


@SERVICE.operation("ListAccessKeys")
def list_access_keys(call: Call) -> dict[str, Any]:
    """Answer a page of a user's keys."""
    user = named_or_caller(call)
    keys = [(key_id, _found(call, user, key_id)) for key_id in sorted(user.keys)]
    return paged("AccessKeyMetadata", keys, call.params, lambda key: _listed(user, key))


@SERVICE.operation("UpdateAccessKey")
def update_access_key(call: Call) -> dict[str, Any]:
    """Switch a key on or off."""
    key = _found(call, named_or_caller(call), call.params["AccessKeyId"])
    active = call.params["Status"] == "Active"
    ACCESS_KEYS.put(call.transaction, key.id, msgspec.structs.replace(key, active=active))
    return {}


@SERVICE.operation("DeleteAccessKey")
def delete_access_key(call: Call) -> dict[str, Any]:
    """Delete a key."""
    user = named_or_caller(call)
    key = _found(call, user, call.params["AccessKeyId"])
    ACCESS_KEYS.delete(call.transaction, key.id)
    put(call, USER, msgspec.structs.replace(user, keys=tuple(each for each in user.keys if each != key.id)))
    return {}


@SERVICE.internal("FindAccessKey")
def find_access_key(call: Call) -> dict[str, Any]:
    """Answer the account in an access key id, None when it isn't one: for STS's GetAccessKeyInfo."""
    return {"Account": account_of(call.params["AccessKeyId"])}


def _found(call: Call, user: User, key_id: str) -> AccessKey:
    key = ACCESS_KEYS.get(call.transaction, key_id) if key_id in user.keys else None
    if key is None:
        raise no_such(f"The Access Key with id {key_id} cannot be found.")
    return key


def _listed(user: User, key: AccessKey) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "AccessKeyId": key.id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": key.created,
    }
