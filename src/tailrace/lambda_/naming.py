"""How a call names a function: by name, partial or whole ARN, each with or without a version or alias."""

import re
from dataclasses import dataclass
from typing import Any

from tailrace.lambda_.errors import invalid, not_found
from tailrace.service.call import Call

LATEST = "$LATEST"
_NAME = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?$"
)
_NAME_CHARS_MAX = 64
_QUEUE = re.compile(r"arn:aws:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """A function in the caller's region, and the version or alias that is meant; None means none was given."""

    name: str
    region: str
    account: str
    qualifier: str | None

    @property
    def key(self) -> str:
        """The key of its row."""
        return f"{self.region}/{self.name}"

    @property
    def arn(self) -> str:
        """The ARN without a version."""
        return arn_of(self.region, self.account, self.name)

    @property
    def qualified(self) -> str:
        """The ARN as it was meant."""
        return self.arn if self.qualifier is None else f"{self.arn}:{self.qualifier}"

    def missing(self) -> Exception:
        """Answer the error when there is no such function."""
        return not_found(f"Function not found: {self.qualified}")


def arn_of(region: str, account: str, name: str) -> str:
    """Answer a function's ARN."""
    return f"arn:aws:lambda:{region}:{account}:function:{name}"


def is_queue(arn: str) -> bool:
    """Answer whether an ARN has the form of a queue's, with a region, an account and a name in it."""
    return _QUEUE.fullmatch(arn) is not None


def referred(call: Call) -> Reference:
    """Answer whom a call's FunctionName and Qualifier mean. Raises when they contradict each other."""
    return read(call.params["FunctionName"], call.region, call.account, call.params.get("Qualifier"))


def read(name: str, region: str, account: str, qualifier: str | None = None) -> Reference:
    """Read a name or an ARN as seen from a region. Raises when it is of another region or account, or too long."""
    found = _NAME.match(name)
    if found is None:
        raise invalid(f"Function name {name} is not valid")
    if len(found["name"]) > _NAME_CHARS_MAX:
        text = (
            f"1 validation error detected: Value '{found['name']}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_NAME_CHARS_MAX}"
        )
        raise invalid(text)
    given = found["qualifier"]
    if given is not None and qualifier is not None and given != qualifier:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    reference = Reference(
        found["name"], found["region"] or region, found["account"] or account, given if qualifier is None else qualifier
    )
    if reference.region != region:
        raise not_found(f"Functions from '{reference.region}' are not reachable in this region ('{region}')")
    if reference.account != account:
        raise reference.missing()
    return reference


def permitted(params: dict[str, Any], region: str, account: str) -> str:
    """Answer the resource that a permission is asked for: the function as named, ``*`` when the name can't be read."""
    found = _NAME.match(params["FunctionName"])
    if found is None:
        return "*"
    arn = arn_of(found["region"] or region, found["account"] or account, found["name"])
    qualifier = params.get("Qualifier") or found["qualifier"]
    return arn if qualifier is None else f"{arn}:{qualifier}"
