"""The authorizer: hops under their roles, users, boundaries, sessions, trust; and AWS's words when it refuses."""

import json
from typing import Any

import pytest

from tailrace.iam.authorization import Authorizer
from tailrace.iam.key import ensure_root_key
from tailrace.runtime.cloud import LocalCloud
from tailrace.service.principal import Principal
from tailrace.wire.errors import AwsError

REGION = "us-east-1"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"
PIPE = "arn:aws:pipes:us-east-1:123456789012:pipe/orders"
ROLE = "arn:aws:iam::123456789012:role/pipe"


def call(cloud: LocalCloud, operation: str, principal: Principal | None = None, **params: Any) -> dict[str, Any]:
    return cloud.call("iam", operation, params, principal or Principal.root(cloud.account), region=REGION)


def assume(cloud: LocalCloud, principal: Principal, **params: Any) -> dict[str, Any]:
    return cloud.call("sts", "AssumeRole", {"RoleSessionName": "session", **params}, principal, region=REGION)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> str:
    return policy({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def make_role(cloud: LocalCloud, name: str = "pipe", who: Any = None, *statements: dict[str, Any]) -> None:
    who = who or {"Service": "pipes.amazonaws.com"}
    call(cloud, "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(who))
    if statements:
        call(cloud, "PutRolePolicy", RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))


def make_user(cloud: LocalCloud, name: str, *statements: dict[str, Any]) -> Principal:
    made = call(cloud, "CreateUser", UserName=name)["User"]
    if statements:
        call(cloud, "PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
    return Principal("user", made["Arn"], made["UserId"], cloud.account)


def refusal(
    cloud: LocalCloud, principal: Principal, action: str, resource: str = STREAM, style: str = "json"
) -> AwsError:
    with pytest.raises(AwsError) as caught:
        allowed(cloud, principal, action, resource, style)
    return caught.value


def allowed(cloud: LocalCloud, principal: Principal, action: str, resource: str = STREAM, style: str = "json") -> None:
    cloud.authorizer.authorize(cloud.store.begin(), principal, [(action, resource)], {}, protocol_style=style)


def session(cloud: LocalCloud, role_arn: str = ROLE, service: str = "pipes.amazonaws.com", **more: Any) -> Principal:
    return cloud.assume_role(role_arn, service, "orders", region=REGION, **more)


def principal_of(cloud: LocalCloud, credentials: dict[str, Any]) -> Principal:
    found = cloud.authorizer.credentials(cloud.store.begin(), credentials["AccessKeyId"], cloud.clock.now())
    assert found is not None
    secret, token, principal = found
    assert (secret, token) == (credentials["SecretAccessKey"], credentials["SessionToken"])
    return principal


def test_root_may_do_everything(cloud: LocalCloud) -> None:
    allowed(cloud, Principal.root(cloud.account), "kinesis:DeleteStream")


def test_a_hop_is_refused_in_the_words_of_aws(cloud: LocalCloud) -> None:
    make_role(cloud)
    hop = session(cloud)
    assert hop.arn == "arn:aws:sts::123456789012:assumed-role/pipe/orders"
    error = refusal(cloud, hop, "kinesis:PutRecords")
    assert (error.code, error.status) == ("AccessDeniedException", 400)
    assert error.message == (
        "User: arn:aws:sts::123456789012:assumed-role/pipe/orders is not authorized to perform: kinesis:PutRecords "
        f"on resource: {STREAM} because no identity-based policy allows the kinesis:PutRecords action"
    )


def test_each_protocol_refuses_in_its_manner(cloud: LocalCloud) -> None:
    make_role(cloud)
    hop = session(cloud)
    found = refusal(cloud, hop, "s3:PutObject", "arn:aws:s3:::lake/a", "s3")
    assert (found.code, found.status) == ("AccessDenied", 403)
    assert 'on resource: "arn:aws:s3:::lake/a" because no' in found.message
    found = refusal(cloud, hop, "iam:GetRole", ROLE, "query")
    assert (found.code, found.status) == ("AccessDenied", 403)
    found = refusal(cloud, hop, "lambda:InvokeFunction")
    assert (found.code, found.status) == ("AccessDeniedException", 403)


def test_a_change_of_policy_counts_at_once(cloud: LocalCloud) -> None:
    make_role(cloud)
    hop = session(cloud)
    refusal(cloud, hop, "kinesis:PutRecords")
    document = policy(allow("kinesis:Put*", STREAM))
    call(cloud, "PutRolePolicy", RoleName="pipe", PolicyName="p", PolicyDocument=document)
    allowed(cloud, hop, "kinesis:PutRecords")
    refusal(cloud, hop, "kinesis:GetRecords")
    call(cloud, "DeleteRolePolicy", RoleName="pipe", PolicyName="p")
    refusal(cloud, hop, "kinesis:PutRecords")


def test_a_change_counts_within_its_transaction_and_not_once_it_is_undone(cloud: LocalCloud) -> None:
    make_role(cloud)
    hop = session(cloud)
    transaction = cloud.store.begin()
    for document in (policy(allow("kinesis:*")), policy(allow("s3:*"))):
        mark = transaction.mark()
        params = {"RoleName": "pipe", "PolicyName": "p", "PolicyDocument": document}
        root = Principal.root(cloud.account)
        cloud.call("iam", "PutRolePolicy", params, root, region=REGION, transaction=transaction)
        required = [("kinesis:PutRecords", STREAM)]
        if "kinesis" in document:
            cloud.authorizer.authorize(transaction, hop, required, {}, protocol_style="json")
        else:
            with pytest.raises(AwsError):
                cloud.authorizer.authorize(transaction, hop, required, {}, protocol_style="json")
        transaction.rollback(mark)
    refusal(cloud, hop, "kinesis:PutRecords")


def test_every_pair_is_required(cloud: LocalCloud) -> None:
    make_role(cloud, "pipe", None, allow("kinesis:PutRecords"))
    required = [("kinesis:PutRecords", STREAM), ("kinesis:DescribeStream", STREAM)]
    with pytest.raises(AwsError, match="kinesis:DescribeStream"):
        cloud.authorizer.authorize(cloud.store.begin(), session(cloud), required, {}, protocol_style="json")


def test_conditions_see_the_request_each_time(cloud: LocalCloud) -> None:
    here = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    make_role(cloud, "pipe", None, allow("kinesis:PutRecords", Condition=here))
    hop, authorizer = session(cloud), cloud.authorizer
    for region, is_allowed in (("eu-west-1", True), ("us-east-1", False), ("eu-west-1", True)):
        context = {"aws:RequestedRegion": region}
        try:
            authorizer.authorize(
                cloud.store.begin(), hop, [("kinesis:PutRecords", STREAM)], context, protocol_style="json"
            )
        except AwsError:
            assert not is_allowed
        else:
            assert is_allowed


def test_managed_policies_and_boundaries(cloud: LocalCloud) -> None:
    make_role(cloud)
    hop = session(cloud)
    for name in ("AmazonKinesisFullAccess", "AmazonS3ReadOnlyAccess"):
        call(cloud, "AttachRolePolicy", RoleName="pipe", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    allowed(cloud, hop, "kinesis:PutRecords")
    allowed(cloud, hop, "s3:GetObject", "arn:aws:s3:::lake/a", "s3")
    refusal(cloud, hop, "s3:PutObject", "arn:aws:s3:::lake/a", "s3")
    bound = "arn:aws:iam::aws:policy/AmazonKinesisReadOnlyAccess"
    call(cloud, "PutRolePermissionsBoundary", RoleName="pipe", PermissionsBoundary=bound)
    found = refusal(cloud, hop, "kinesis:PutRecords")
    assert found.message.endswith("because no permissions boundary allows the kinesis:PutRecords action")
    call(cloud, "DeleteRolePermissionsBoundary", RoleName="pipe")
    call(cloud, "AttachRolePolicy", RoleName="pipe", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    found = refusal(cloud, hop, "kinesis:PutRecords")
    assert found.message.endswith("with an explicit deny in an identity-based policy")


def test_users_have_their_groups_policies(cloud: LocalCloud) -> None:
    anna = make_user(cloud, "anna")
    call(cloud, "CreateGroup", GroupName="writers")
    call(cloud, "PutGroupPolicy", GroupName="writers", PolicyName="p", PolicyDocument=policy(allow("kinesis:*")))
    refusal(cloud, anna, "kinesis:PutRecords")
    call(cloud, "AddUserToGroup", GroupName="writers", UserName="anna")
    allowed(cloud, anna, "kinesis:PutRecords")


def test_a_role_made_anew_is_another(cloud: LocalCloud) -> None:
    make_role(cloud, "pipe", None, allow("*"))
    hop = session(cloud)
    call(cloud, "DeleteRolePolicy", RoleName="pipe", PolicyName="p")
    call(cloud, "DeleteRole", RoleName="pipe")
    make_role(cloud, "pipe", None, allow("*"))
    refusal(cloud, hop, "kinesis:PutRecords")
    allowed(cloud, session(cloud), "kinesis:PutRecords")


def test_passing_a_role_names_whom_it_is_passed_to(cloud: LocalCloud) -> None:
    only = {"StringEquals": {"iam:PassedToService": "pipes.amazonaws.com"}}
    anna = make_user(cloud, "anna", allow(["pipes:*", "firehose:*"]), allow("iam:PassRole", ROLE, Condition=only))
    for service, is_allowed in (("pipes", True), ("firehose", False)):
        required = [(f"{service}:Create", "*"), ("iam:PassRole", ROLE)]
        try:
            cloud.authorizer.authorize(cloud.store.begin(), anna, required, {}, protocol_style="json")
        except AwsError as error:
            assert not is_allowed
            assert "iam:PassRole" in error.message
        else:
            assert is_allowed


@pytest.mark.parametrize(
    ("condition", "source_arn", "trusted"),
    [
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, None, True),
        ({"StringEquals": {"aws:SourceAccount": "210987654321"}}, None, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:pipes:*:123456789012:pipe/o*"}}, PIPE, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:pipes:*:123456789012:pipe/x*"}}, PIPE, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:pipes:*:123456789012:pipe/o*"}}, None, False),
    ],
)
def test_trust_follows_its_conditions(cloud: LocalCloud, condition: Any, source_arn: str | None, trusted: bool) -> None:
    document = trust({"Service": ["pipes.amazonaws.com", "x.amazonaws.com"]}, Condition=condition)
    call(cloud, "CreateRole", RoleName="pipe", AssumeRolePolicyDocument=document)
    if trusted:
        assert session(cloud, source_arn=source_arn).role_arn == ROLE
        return
    with pytest.raises(AwsError) as caught:
        session(cloud, source_arn=source_arn)
    assert (caught.value.code, caught.value.status) == ("AccessDenied", 403)


@pytest.mark.parametrize(
    ("role_arn", "service"),
    [
        (ROLE, "firehose.amazonaws.com"),
        ("arn:aws:iam::123456789012:role/nobody", "pipes.amazonaws.com"),
        ("arn:aws:iam::123456789012:role/other/pipe", "pipes.amazonaws.com"),
        ("nonsense", "pipes.amazonaws.com"),
    ],
)
def test_no_trust_no_role(cloud: LocalCloud, role_arn: str, service: str) -> None:
    make_role(cloud)
    with pytest.raises(AwsError) as caught:
        session(cloud, role_arn, service)
    expected = f"User: {service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    assert caught.value.message == expected


def test_firehose_proves_itself_by_the_account_number(cloud: LocalCloud) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "123456789012"}}
    document = trust({"Service": "firehose.amazonaws.com"}, Condition=condition)
    call(cloud, "CreateRole", RoleName="delivery", AssumeRolePolicyDocument=document)
    assert session(cloud, ROLE.replace("pipe", "delivery"), "firehose.amazonaws.com").kind == "role"


def test_a_path_is_part_of_the_arn_and_not_of_the_session(cloud: LocalCloud) -> None:
    document = trust({"Service": "pipes.amazonaws.com"})
    call(cloud, "CreateRole", RoleName="pipe", Path="/hops/", AssumeRolePolicyDocument=document)
    found = session(cloud, "arn:aws:iam::123456789012:role/hops/pipe")
    assert found.arn == "arn:aws:sts::123456789012:assumed-role/pipe/orders"


def test_a_user_needs_the_trust_and_where_that_names_the_account_a_policy(cloud: LocalCloud) -> None:
    make_role(cloud, "shared", {"AWS": "arn:aws:iam::123456789012:root"}, allow("kinesis:*"))
    arn = ROLE.replace("pipe", "shared")
    anna, bert = make_user(cloud, "anna", allow("sts:AssumeRole", arn)), make_user(cloud, "bert")
    answer = assume(cloud, anna, RoleArn=arn)
    allowed(cloud, principal_of(cloud, answer["Credentials"]), "kinesis:PutRecords")
    with pytest.raises(AwsError) as caught:
        assume(cloud, bert, RoleArn=arn)
    assert caught.value.message == f"User: {bert.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"


def test_a_trust_policy_that_names_the_user_is_enough(cloud: LocalCloud) -> None:
    bert = make_user(cloud, "bert")
    make_role(cloud, "berts", {"AWS": bert.arn})
    arn = ROLE.replace("pipe", "berts")
    assert assume(cloud, bert, RoleArn=arn)["AssumedRoleUser"]["Arn"].endswith("assumed-role/berts/session")
    deny = policy({"Effect": "Deny", "Action": "sts:*", "Resource": "*"})
    call(cloud, "PutUserPolicy", UserName="bert", PolicyName="deny", PolicyDocument=deny)
    with pytest.raises(AwsError):
        assume(cloud, bert, RoleArn=arn)


def test_a_trust_policy_means_who_had_the_name_when_it_was_written(cloud: LocalCloud) -> None:
    bert = make_user(cloud, "bert")
    make_role(cloud, "berts", {"AWS": bert.arn})
    call(cloud, "DeleteUser", UserName="bert")
    shown = call(cloud, "GetRole", RoleName="berts")["Role"]["AssumeRolePolicyDocument"]
    assert bert.user_id in shown
    again = make_user(cloud, "bert")
    with pytest.raises(AwsError):
        assume(cloud, again, RoleArn=ROLE.replace("pipe", "berts"))


def test_a_session_policy_bounds_the_session(cloud: LocalCloud) -> None:
    make_role(cloud, "shared", {"AWS": "123456789012"}, allow("kinesis:*"))
    bound = policy(allow("kinesis:Get*"))
    answer = assume(cloud, Principal.root(cloud.account), RoleArn=ROLE.replace("pipe", "shared"), Policy=bound)
    assert answer["PackedPolicySize"] > 0
    found = principal_of(cloud, answer["Credentials"])
    allowed(cloud, found, "kinesis:GetRecords")
    error = refusal(cloud, found, "kinesis:PutRecords")
    assert error.message.endswith("because no session policy allows the kinesis:PutRecords action")


def test_temporary_credentials_end(cloud: LocalCloud) -> None:
    make_role(cloud, "shared", {"AWS": "123456789012"})
    root = Principal.root(cloud.account)
    key = assume(cloud, root, RoleArn=ROLE.replace("pipe", "shared"), DurationSeconds=900)["Credentials"]
    assert key["AccessKeyId"].startswith("ASIA")
    assert key["Expiration"] == int(cloud.clock.now()) + 900
    principal_of(cloud, key)
    cloud.clock.advance(901)  # type: ignore[attr-defined]
    with pytest.raises(AwsError, match="expired"):
        principal_of(cloud, key)
    cloud.clock.advance(100_000)  # type: ignore[attr-defined]
    assume(cloud, root, RoleArn=ROLE.replace("pipe", "shared"))
    assert cloud.authorizer.credentials(cloud.store.begin(), key["AccessKeyId"]) is None


def test_session_tags_become_principal_tags(cloud: LocalCloud) -> None:
    mine = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    document = trust({"AWS": "123456789012"}, ["sts:AssumeRole", "sts:TagSession"])
    call(cloud, "CreateRole", RoleName="shared", AssumeRolePolicyDocument=document)
    document = policy(allow("kinesis:*", Condition=mine))
    call(cloud, "PutRolePolicy", RoleName="shared", PolicyName="p", PolicyDocument=document)
    for team, is_allowed in (("red", True), ("blue", False)):
        tags = [{"Key": "team", "Value": team}]
        answer = assume(cloud, Principal.root(cloud.account), RoleArn=ROLE.replace("pipe", "shared"), Tags=tags)
        found = principal_of(cloud, answer["Credentials"])
        if is_allowed:
            allowed(cloud, found, "kinesis:PutRecords")
        else:
            refusal(cloud, found, "kinesis:PutRecords")


def test_access_keys_stand_for_their_users_while_active(cloud: LocalCloud) -> None:
    anna = make_user(cloud, "anna")
    made = call(cloud, "CreateAccessKey", UserName="anna")["AccessKey"]
    authorizer, key = cloud.authorizer, made["AccessKeyId"]
    assert authorizer.credentials(cloud.store.begin(), key) == (made["SecretAccessKey"], None, anna)
    call(cloud, "UpdateAccessKey", UserName="anna", AccessKeyId=key, Status="Inactive")
    assert authorizer.credentials(cloud.store.begin(), key) is None


def test_the_root_key_is_made_once(cloud: LocalCloud) -> None:
    transaction = cloud.store.begin()
    key = ensure_root_key(transaction, cloud.account, cloud.clock.now())
    cloud.store.commit(transaction)
    assert ensure_root_key(cloud.store.begin(), cloud.account, cloud.clock.now()) == key
    found = Authorizer().credentials(cloud.store.begin(), key[0])
    assert found == (key[1], None, Principal.root(cloud.account))


def test_a_user_is_refused_by_the_door(cloud: LocalCloud) -> None:
    anna = make_user(cloud, "anna", allow("iam:GetUser", "arn:aws:iam::123456789012:user/anna"))
    assert call(cloud, "GetUser", anna, UserName="anna")["User"]["UserName"] == "anna"
    with pytest.raises(AwsError, match="iam:ListUsers on resource: \\*"):
        call(cloud, "ListUsers", anna)
