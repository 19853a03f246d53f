"""CloudFormation's errors by name, with AWS's texts."""

from collections.abc import Iterable

from tailrace.wire.errors import AwsError


def invalid(text: str) -> AwsError:
    """What nearly everything that CloudFormation refuses is called."""
    return AwsError("ValidationError", text)


def malformed(text: str) -> AwsError:
    """A template that is not one."""
    return invalid(f"Template format error: {text}")


def stack_missing(name: str) -> AwsError:
    """The text that clients match on when they describe, update or read the template of a stack that isn't there."""
    return invalid(f"Stack with id {name} does not exist")


def stack_unknown(name: str) -> AwsError:
    """The text of the other operations: events, resources, change sets."""
    return invalid(f"Stack [{name}] does not exist")


def stack_exists(name: str) -> AwsError:
    """A stack of that name is there."""
    return AwsError("AlreadyExistsException", f"Stack [{name}] already exists")


def change_set_missing(name: str) -> AwsError:
    """There is no such change set."""
    return AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", status=404)


def wrong_state(stack_id: str, status: str, verb: str = "updated") -> AwsError:
    """The stack is in a state in which this can't be done."""
    return invalid(f"Stack:{stack_id} is in {status} state and can not be {verb}.")


def capabilities_missing(names: list[str]) -> AwsError:
    """The caller has not said that the template may do this."""
    return AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(names)}]")


def unresolved(names: Iterable[str], block: str = "Resources") -> str:
    """The text for names that nothing declares."""
    return f"Unresolved resource dependencies [{', '.join(dict.fromkeys(names))}] in the {block} block of the template"


def attribute_missing(logical_id: str, name: str) -> AwsError:
    """Fn::GetAtt asks for something that the resource doesn't have."""
    return invalid(f"Template error: resource {logical_id} does not support attribute type {name} in Fn::GetAtt")


def export_missing(name: str) -> AwsError:
    """Fn::ImportValue asks for something that no stack exports."""
    return invalid(f"No export named {name} found.")
