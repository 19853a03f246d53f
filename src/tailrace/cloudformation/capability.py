"""What a template needs its caller's word for: roles and policies, with names of their own or without."""

from tailrace.cloudformation.errors import capabilities_missing
from tailrace.cloudformation.stack import Definition
from tailrace.cloudformation.template import Template

IAM, NAMED_IAM, AUTO_EXPAND = "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"
# type, the property that gives it a name of its own
_IAM_TYPES = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}
# What the SAM transform makes of these has roles of its own.
_SERVERLESS = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine", "AWS::Serverless::Connector")


def needed(template: Template) -> tuple[list[str], str | None]:
    """Answer the capabilities that a template needs, and AWS's reason."""
    types: dict[str, None] = {}
    named = False
    for resource in template.resources.values():
        if resource.type in _IAM_TYPES:
            types[resource.type] = None
            named = named or _IAM_TYPES[resource.type] in resource.properties
        elif resource.type in _SERVERLESS and "Role" not in resource.properties:
            types[resource.type] = None
    if not types:
        return [], None
    reason = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    return [NAMED_IAM if named else IAM], reason


def require(definition: Definition, template: Template) -> None:
    """Refuse a definition whose caller has not given his word. Raises InsufficientCapabilitiesException."""
    given = set(definition.capabilities)
    if NAMED_IAM in given:
        given.add(IAM)
    missing = [name for name in needed(template)[0] if name not in given]
    if missing:
        raise capabilities_missing(missing)
