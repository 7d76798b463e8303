"""boto3 against the embedded sandbox: create, read back, list, tag, delete, and every error on the way.

Every check stands alone: one that fails is named with its reason, and the others still run.
"""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "eu-central-1"
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, home, port):
        self.home, self.port = home, port
        self.endpoint = f"http://127.0.0.1:{port}"

    def start(self):
        command = [os.environ["PROVISIONER"], "sandbox", "serve", "--port", str(self.port), "--home", self.home, "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert json.loads(line)["endpoint"] == self.endpoint, line

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=20) == 0

    def peek(self, what):
        with urllib.request.urlopen(f"{self.endpoint}/_sandbox/{what}") as answer:
            return json.load(answer)[what]


SERVER = None


def client(service, **config):
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=SERVER.endpoint,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        config=Config(retries={"max_attempts": 1}, **config),
    )


def fails(code, call, status=None, **params):
    try:
        call(**params)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"wanted {code}, found {error}"
        if status:
            found = error.response["ResponseMetadata"]["HTTPStatusCode"]
            assert found == status, f"wanted {status}, found {found}"
        return error
    raise AssertionError(f"wanted {code}, nothing failed")


def tags_of(items, key="Key", value="Value"):
    return {item[key]: item[value] for item in items}


@check
def s3_bucket_and_its_settings():
    s3 = client("s3", s3={"addressing_style": "path"})
    made = s3.create_bucket(Bucket="demo-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert made["Location"], made
    s3.get_waiter("bucket_exists").wait(Bucket="demo-logs", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    assert s3.head_bucket(Bucket="demo-logs")["BucketRegion"] == REGION
    assert s3.get_bucket_location(Bucket="demo-logs")["LocationConstraint"] == REGION
    assert "demo-logs" in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.list_buckets()["Buckets"][0]["CreationDate"].year >= 2026
    fails("BucketAlreadyOwnedByYou", s3.create_bucket, 409, Bucket="demo-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    fails("404", s3.head_bucket, 404, Bucket="nowhere")
    fails("NoSuchBucket", s3.get_bucket_encryption, 404, Bucket="nowhere")

    rule = s3.get_bucket_encryption(Bucket="demo-logs")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256", rule
    kms = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket="demo-logs", ServerSideEncryptionConfiguration=kms)
    assert s3.get_bucket_encryption(Bucket="demo-logs")["ServerSideEncryptionConfiguration"] == kms
    s3.delete_bucket_encryption(Bucket="demo-logs")
    fails("ServerSideEncryptionConfigurationNotFoundError", s3.get_bucket_encryption, 404, Bucket="demo-logs")

    fails("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, 404, Bucket="demo-logs")
    block = dict(BlockPublicAcls=True, IgnorePublicAcls=True, BlockPublicPolicy=True, RestrictPublicBuckets=True)
    s3.put_public_access_block(Bucket="demo-logs", PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(Bucket="demo-logs")["PublicAccessBlockConfiguration"] == block
    s3.delete_public_access_block(Bucket="demo-logs")
    fails("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, 404, Bucket="demo-logs")

    fails("NoSuchTagSet", s3.get_bucket_tagging, 404, Bucket="demo-logs")
    s3.put_bucket_tagging(Bucket="demo-logs", Tagging={"TagSet": [{"Key": "owner", "Value": "team-web & co"}]})
    assert tags_of(s3.get_bucket_tagging(Bucket="demo-logs")["TagSet"]) == {"owner": "team-web & co"}
    s3.delete_bucket_tagging(Bucket="demo-logs")
    fails("NoSuchTagSet", s3.get_bucket_tagging, 404, Bucket="demo-logs")

    assert "Status" not in s3.get_bucket_versioning(Bucket="demo-logs")
    s3.put_bucket_versioning(Bucket="demo-logs", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="demo-logs")["Status"] == "Enabled"

    fails("NoSuchBucketPolicy", s3.get_bucket_policy, 404, Bucket="demo-logs")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    s3.put_bucket_policy(Bucket="demo-logs", Policy=policy)
    assert s3.get_bucket_policy(Bucket="demo-logs")["Policy"] == policy
    s3.delete_bucket_policy(Bucket="demo-logs")
    fails("NoSuchBucketPolicy", s3.get_bucket_policy, 404, Bucket="demo-logs")

    fails("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, 404, Bucket="demo-logs")
    rules = [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}]
    s3.put_bucket_lifecycle_configuration(Bucket="demo-logs", LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket="demo-logs")["Rules"] == rules
    s3.delete_bucket_lifecycle(Bucket="demo-logs")
    fails("NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, 404, Bucket="demo-logs")
    s3.delete_bucket(Bucket="demo-logs")
    fails("404", s3.head_bucket, 404, Bucket="demo-logs")
    s3.get_waiter("bucket_not_exists").wait(Bucket="demo-logs", WaiterConfig={"Delay": 1, "MaxAttempts": 2})


@check
def s3_objects():
    s3 = client("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="things", CreateBucketConfiguration={"LocationConstraint": REGION})
    body = bytes(range(256)) * 50
    put = s3.put_object(Bucket="things", Key="a/b c.bin", Body=body, ContentType="application/x-thing", Metadata={"who": "me"})
    got = s3.get_object(Bucket="things", Key="a/b c.bin")
    assert got["Body"].read() == body
    assert got["ETag"] == put["ETag"] and got["ContentLength"] == len(body), got
    assert got["ContentType"] == "application/x-thing" and got["Metadata"] == {"who": "me"}, got
    head = s3.head_object(Bucket="things", Key="a/b c.bin")
    assert head["ContentLength"] == len(body) and head["ETag"] == put["ETag"], head
    s3.upload_fileobj(io.BytesIO(b"streamed"), "things", "a/streamed")
    assert s3.get_object(Bucket="things", Key="a/streamed")["Body"].read() == b"streamed"
    for name in ("x/1", "x/2", "y"):
        s3.put_object(Bucket="things", Key=name, Body=b"")
    listed = s3.list_objects_v2(Bucket="things")
    assert [o["Key"] for o in listed["Contents"]] == ["a/b c.bin", "a/streamed", "x/1", "x/2", "y"], listed
    assert listed["KeyCount"] == 5 and listed["Name"] == "things" and listed["IsTruncated"] is False, listed
    assert listed["Contents"][0]["Size"] == len(body) and listed["Contents"][0]["ETag"] == put["ETag"]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="things", Prefix="x/")["Contents"]] == ["x/1", "x/2"]
    folded = s3.list_objects_v2(Bucket="things", Delimiter="/")
    assert [p["Prefix"] for p in folded["CommonPrefixes"]] == ["a/", "x/"] and folded["Contents"][0]["Key"] == "y", folded
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="things", PaginationConfig={"PageSize": 2}))
    assert [len(p["Contents"]) for p in pages] == [2, 2, 1], pages
    fails("NoSuchKey", s3.get_object, 404, Bucket="things", Key="nothing")
    fails("404", s3.head_object, 404, Bucket="things", Key="nothing")
    fails("BucketNotEmpty", s3.delete_bucket, 409, Bucket="things")
    for item in listed["Contents"]:
        s3.delete_object(Bucket="things", Key=item["Key"])
    s3.delete_object(Bucket="things", Key="never there")
    assert s3.list_objects_v2(Bucket="things")["KeyCount"] == 0
    s3.delete_bucket(Bucket="things")


@check
def s3_without_a_region_constraint_lists_and_lies_in_us_east_1():
    s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=SERVER.endpoint, aws_access_key_id="s", aws_secret_access_key="s")
    s3.create_bucket(Bucket="classic")
    assert s3.get_bucket_location(Bucket="classic").get("LocationConstraint") is None
    s3.delete_bucket(Bucket="classic")


@check
def ec2_network():
    ec2 = client("ec2")
    vpc = ec2.create_vpc(
        CidrBlock="10.0.0.0/16",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "net"}]}],
    )["Vpc"]
    vpc_id = vpc["VpcId"]
    assert vpc_id.startswith("vpc-") and vpc["State"] == "pending" and vpc["CidrBlock"] == "10.0.0.0/16", vpc
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc_id], WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    shown = ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]
    assert shown["State"] == "available" and tags_of(shown["Tags"]) == {"Name": "net"}, shown
    by_tag = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["net"]}])["Vpcs"]
    assert [v["VpcId"] for v in by_tag] == [vpc_id]
    assert ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"] == []
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    assert ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"] is True
    fails("InvalidVpcID.NotFound", ec2.describe_vpcs, 400, VpcIds=["vpc-0123456789abcdef0"])
    fails("InvalidVpcID.NotFound", ec2.create_subnet, 400, VpcId="vpc-0123456789abcdef0", CidrBlock="10.0.1.0/24")

    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.1.0/24", AvailabilityZone="eu-central-1b")["Subnet"]
    assert subnet["VpcId"] == vpc_id and subnet["AvailabilityZone"] == "eu-central-1b", subnet
    found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Subnets"]
    assert [s["SubnetId"] for s in found] == [subnet["SubnetId"]], found
    ec2.modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    assert ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"][0]["MapPublicIpOnLaunch"] is True
    fails("DependencyViolation", ec2.delete_vpc, 400, VpcId=vpc_id)

    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    attached = ec2.describe_internet_gateways(InternetGatewayIds=[gateway])["InternetGateways"][0]["Attachments"]
    assert attached == [{"State": "available", "VpcId": vpc_id}], attached
    fails("DependencyViolation", ec2.delete_internet_gateway, 400, InternetGatewayId=gateway)

    table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    assert ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)["Return"] is True
    link = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet["SubnetId"])["AssociationId"]
    shown = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    assert {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}.items() <= shown["Routes"][-1].items(), shown
    assert shown["Associations"][0]["RouteTableAssociationId"] == link, shown
    assert shown["Associations"][0]["SubnetId"] == subnet["SubnetId"], shown
    fails("DependencyViolation", ec2.delete_route_table, 400, RouteTableId=table)

    ec2.create_tags(Resources=[vpc_id, table], Tags=[{"Key": "env", "Value": "dev"}])
    assert tags_of(ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]["Tags"]) == {"Name": "net", "env": "dev"}
    ec2.delete_tags(Resources=[vpc_id], Tags=[{"Key": "env"}])
    assert tags_of(ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]["Tags"]) == {"Name": "net"}
    fails("InvalidVpcID.NotFound", ec2.create_tags, 400, Resources=["vpc-0123456789abcdef0"], Tags=[{"Key": "a", "Value": "b"}])

    ec2.disassociate_route_table(AssociationId=link)
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    fails("InvalidRoute.NotFound", ec2.delete_route, 400, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.delete_route_table(RouteTableId=table)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc_id)
    fails("InvalidVpcID.NotFound", ec2.delete_vpc, 400, VpcId=vpc_id)
    assert ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["SecurityGroups"] == []


@check
def ec2_security_groups_and_rules():
    ec2 = client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    default = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["SecurityGroups"]
    assert [g["GroupName"] for g in default] == ["default"], default
    group = ec2.create_security_group(GroupName="web", Description="web tier", VpcId=vpc_id)["GroupId"]
    fails("InvalidGroup.Duplicate", ec2.create_security_group, 400, GroupName="web", Description="again", VpcId=vpc_id)
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    assert made["Return"] is True and made["SecurityGroupRules"][0]["SecurityGroupRuleId"].startswith("sgr-"), made
    fails("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, 400, GroupId=group, IpPermissions=[permission])
    shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert shown["GroupName"] == "web" and shown["VpcId"] == vpc_id, shown
    rule = shown["IpPermissions"][0]
    assert (rule["IpProtocol"], rule["FromPort"], rule["IpRanges"]) == ("tcp", 443, permission["IpRanges"]), shown
    assert shown["IpPermissionsEgress"][0]["IpProtocol"] == "-1", shown
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert sorted(r["IsEgress"] for r in rules) == [False, True], rules
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0].get("IpPermissions", []) == []
    fails("InvalidPermission.NotFound", ec2.revoke_security_group_ingress, 400, GroupId=group, IpPermissions=[permission])
    ec2.delete_security_group(GroupId=group)
    fails("InvalidGroup.NotFound", ec2.describe_security_groups, 400, GroupIds=[group])
    ec2.delete_vpc(VpcId=vpc_id)


@check
def ec2_instances_keys_volumes_addresses():
    ec2 = client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.2.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc_id)["GroupId"]
    key = ec2.create_key_pair(KeyName="login")
    assert key["KeyPairId"].startswith("key-") and "PRIVATE KEY" in key["KeyMaterial"], key
    fails("InvalidKeyPair.Duplicate", ec2.create_key_pair, 400, KeyName="login")
    assert "KeyMaterial" not in ec2.describe_key_pairs(KeyNames=["login"])["KeyPairs"][0]
    fails("InvalidKeyPair.NotFound", ec2.describe_key_pairs, 400, KeyNames=["nobody"])

    def run(token, kind="t3.micro"):
        return ec2.run_instances(
            ImageId="ami-0abcdef1234567890", InstanceType=kind, MinCount=2, MaxCount=2, KeyName="login", SubnetId=subnet,
            SecurityGroupIds=[group], ClientToken=token,
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "app"}]}],
        )

    made = run("token-1")
    ids = [i["InstanceId"] for i in made["Instances"]]
    assert len(ids) == 2 and made["Instances"][0]["State"] == {"Code": 0, "Name": "pending"}, made
    again = run("token-1")
    assert [i["InstanceId"] for i in again["Instances"]] == ids, "the same token gives the same instances"
    fails("IdempotentParameterMismatch", lambda: run("token-1", "t3.large"), 400)
    ec2.get_waiter("instance_running").wait(InstanceIds=ids, WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    shown = [i for r in ec2.describe_instances(InstanceIds=ids)["Reservations"] for i in r["Instances"]]
    first = shown[0]
    assert first["State"] == {"Code": 16, "Name": "running"} and first["VpcId"] == vpc_id and first["SubnetId"] == subnet, first
    assert first["SecurityGroups"] == [{"GroupId": group, "GroupName": "app"}] and tags_of(first["Tags"]) == {"Name": "app"}, first
    running = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])["Reservations"]
    assert len(running) == 2, running
    fails("InvalidInstanceID.NotFound", ec2.describe_instances, 400, InstanceIds=["i-0123456789abcdef0"])
    fails("InvalidSubnetID.NotFound", ec2.run_instances, 400, ImageId="ami-1", MinCount=1, MaxCount=1, SubnetId="subnet-0123456789abcdef0")
    ec2.stop_instances(InstanceIds=ids[:1])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=ids[:1], WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    ec2.start_instances(InstanceIds=ids[:1])
    ec2.get_waiter("instance_running").wait(InstanceIds=ids[:1], WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    fails("DependencyViolation", ec2.delete_subnet, 400, SubnetId=subnet)

    volume = ec2.create_volume(AvailabilityZone="eu-central-1a", Size=8, VolumeType="gp3", Encrypted=True)
    assert volume["State"] == "creating" and volume["Size"] == 8, volume
    ec2.get_waiter("volume_available").wait(VolumeIds=[volume["VolumeId"]], WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    ec2.attach_volume(VolumeId=volume["VolumeId"], InstanceId=ids[0], Device="/dev/sdf")
    held = ec2.describe_volumes(VolumeIds=[volume["VolumeId"]])["Volumes"][0]["Attachments"][0]
    assert held["InstanceId"] == ids[0] and held["Device"] == "/dev/sdf", held
    fails("VolumeInUse", ec2.delete_volume, 400, VolumeId=volume["VolumeId"])
    ec2.detach_volume(VolumeId=volume["VolumeId"], InstanceId=ids[0], Device="/dev/sdf")
    ec2.delete_volume(VolumeId=volume["VolumeId"])
    fails("InvalidVolume.NotFound", ec2.describe_volumes, 400, VolumeIds=[volume["VolumeId"]])

    address = ec2.allocate_address(Domain="vpc")
    link = ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=ids[0])["AssociationId"]
    shown = ec2.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"][0]
    assert shown["InstanceId"] == ids[0] and shown["AssociationId"] == link and shown["PublicIp"] == address["PublicIp"], shown
    ec2.disassociate_address(AssociationId=link)
    ec2.release_address(AllocationId=address["AllocationId"])
    fails("InvalidAllocationID.NotFound", ec2.release_address, 400, AllocationId=address["AllocationId"])

    gone = ec2.terminate_instances(InstanceIds=ids)["TerminatingInstances"]
    assert {g["InstanceId"] for g in gone} == set(ids) and gone[0]["CurrentState"]["Name"] == "shutting-down", gone
    ec2.get_waiter("instance_terminated").wait(InstanceIds=ids, WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    ec2.delete_key_pair(KeyName="login")
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=vpc_id)


@check
def iam_roles_policies_users():
    iam = client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]}
    role = iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(trust), Tags=[{"Key": "owner", "Value": "web"}])["Role"]
    assert role["Arn"] == "arn:aws:iam::123456789012:role/app" and role["RoleId"].startswith("AROA") and role["Path"] == "/", role
    got = iam.get_role(RoleName="app")["Role"]
    assert got["AssumeRolePolicyDocument"] == trust and got["RoleId"] == role["RoleId"], got
    assert got["CreateDate"].year >= 2026
    fails("EntityAlreadyExists", iam.create_role, 409, RoleName="app", AssumeRolePolicyDocument="{}")
    fails("NoSuchEntity", iam.get_role, 404, RoleName="nobody")
    assert "app" in [r["RoleName"] for r in iam.list_roles()["Roles"]]
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    policy = iam.create_policy(PolicyName="read", PolicyDocument=document)["Policy"]
    assert policy["Arn"] == "arn:aws:iam::123456789012:policy/read", policy
    iam.attach_role_policy(RoleName="app", PolicyArn=policy["Arn"])
    iam.attach_role_policy(RoleName="app", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    attached = iam.list_attached_role_policies(RoleName="app")["AttachedPolicies"]
    assert {(p["PolicyName"], p["PolicyArn"]) for p in attached} == {
        ("read", policy["Arn"]), ("ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess")}, attached
    iam.put_role_policy(RoleName="app", PolicyName="inline", PolicyDocument=document)
    assert iam.list_role_policies(RoleName="app")["PolicyNames"] == ["inline"]
    assert iam.get_role_policy(RoleName="app", PolicyName="inline")["PolicyDocument"] == json.loads(document)
    fails("DeleteConflict", iam.delete_role, 409, RoleName="app")
    fails("DeleteConflict", iam.delete_policy, 409, PolicyArn=policy["Arn"])
    iam.tag_role(RoleName="app", Tags=[{"Key": "env", "Value": "dev"}])
    assert tags_of(iam.list_role_tags(RoleName="app")["Tags"]) == {"owner": "web", "env": "dev"}
    iam.untag_role(RoleName="app", TagKeys=["env"])
    assert tags_of(iam.list_role_tags(RoleName="app")["Tags"]) == {"owner": "web"}
    iam.detach_role_policy(RoleName="app", PolicyArn=policy["Arn"])
    iam.detach_role_policy(RoleName="app", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    fails("NoSuchEntity", iam.detach_role_policy, 404, RoleName="app", PolicyArn=policy["Arn"])
    iam.delete_role_policy(RoleName="app", PolicyName="inline")
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app")
    roles = iam.get_instance_profile(InstanceProfileName="app")["InstanceProfile"]["Roles"]
    assert [r["RoleName"] for r in roles] == ["app"], roles
    iam.remove_role_from_instance_profile(InstanceProfileName="app", RoleName="app")
    iam.delete_instance_profile(InstanceProfileName="app")
    iam.delete_role(RoleName="app")
    iam.delete_policy(PolicyArn=policy["Arn"])
    fails("NoSuchEntity", iam.delete_role, 404, RoleName="app")
    user = iam.create_user(UserName="ada")["User"]
    assert user["UserName"] == "ada" and user["Arn"].endswith(":user/ada"), user
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    assert key["SecretAccessKey"] and key["Status"] == "Active", key
    listed = iam.list_access_keys(UserName="ada")["AccessKeyMetadata"]
    assert [k["AccessKeyId"] for k in listed] == [key["AccessKeyId"]], listed
    iam.delete_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="ada")


@check
def sts_who():
    who = client("sts").get_caller_identity()
    assert who["Account"] == "123456789012" and who["Arn"].startswith("arn:aws:iam::"), who


@check
def dynamodb_tables_and_items():
    db = client("dynamodb")
    made = db.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
        Tags=[{"Key": "owner", "Value": "web"}],
    )["TableDescription"]
    assert made["TableStatus"] == "CREATING" and made["TableArn"].endswith(":table/orders"), made
    db.get_waiter("table_exists").wait(TableName="orders", WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    table = db.describe_table(TableName="orders")["Table"]
    assert table["TableStatus"] == "ACTIVE" and table["KeySchema"][0]["AttributeName"] == "id", table
    fails("ResourceInUseException", db.create_table, 400, TableName="orders", AttributeDefinitions=[], KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    fails("ResourceNotFoundException", db.describe_table, 400, TableName="nothing")
    assert db.list_tables()["TableNames"] == ["orders"]
    assert tags_of(db.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]) == {"owner": "web"}
    db.tag_resource(ResourceArn=table["TableArn"], Tags=[{"Key": "env", "Value": "dev"}])
    db.untag_resource(ResourceArn=table["TableArn"], TagKeys=["owner"])
    assert tags_of(db.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]) == {"env": "dev"}
    item = {"id": {"S": "a"}, "n": {"N": "1"}, "what": {"M": {"deep": {"L": [{"BOOL": True}]}}}}
    db.put_item(TableName="orders", Item=item)
    db.put_item(TableName="orders", Item={"id": {"S": "b"}, "n": {"N": "2"}})
    assert db.get_item(TableName="orders", Key={"id": {"S": "a"}, "n": {"N": "1"}})["Item"] == item
    assert "Item" not in db.get_item(TableName="orders", Key={"id": {"S": "z"}, "n": {"N": "1"}})
    assert db.scan(TableName="orders")["Count"] == 2
    fails("ValidationException", db.put_item, 400, TableName="orders", Item={"other": {"S": "x"}})
    fails("ResourceNotFoundException", db.put_item, 400, TableName="nothing", Item=item)
    db.delete_item(TableName="orders", Key={"id": {"S": "a"}, "n": {"N": "1"}})
    assert db.scan(TableName="orders")["Count"] == 1
    db.delete_table(TableName="orders")
    db.get_waiter("table_not_exists").wait(TableName="orders", WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    fails("ResourceNotFoundException", db.delete_table, 400, TableName="orders")


@check
def rds_instances():
    rds = client("rds")
    made = rds.create_db_instance(
        DBInstanceIdentifier="shop", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
        MasterUsername="admin", MasterUserPassword="hunter2hunter2", StorageEncrypted=True, Tags=[{"Key": "owner", "Value": "web"}],
    )["DBInstance"]
    assert made["DBInstanceStatus"] == "creating" and made["StorageEncrypted"] is True, made
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="shop", WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    shown = rds.describe_db_instances(DBInstanceIdentifier="shop")["DBInstances"][0]
    assert shown["DBInstanceStatus"] == "available" and shown["Endpoint"]["Address"].startswith("shop."), shown
    assert "hunter2" not in json.dumps(SERVER.peek("resources")), "a password is kept"
    fails("DBInstanceAlreadyExists", rds.create_db_instance, 400, DBInstanceIdentifier="shop", Engine="postgres", DBInstanceClass="db.t3.micro")
    fails("DBInstanceNotFound", rds.describe_db_instances, 404, DBInstanceIdentifier="nothing")
    rds.add_tags_to_resource(ResourceName=shown["DBInstanceArn"], Tags=[{"Key": "env", "Value": "dev"}])
    assert tags_of(rds.list_tags_for_resource(ResourceName=shown["DBInstanceArn"])["TagList"]) == {"owner": "web", "env": "dev"}
    rds.remove_tags_from_resource(ResourceName=shown["DBInstanceArn"], TagKeys=["env"])
    assert tags_of(rds.list_tags_for_resource(ResourceName=shown["DBInstanceArn"])["TagList"]) == {"owner": "web"}
    rds.modify_db_instance(DBInstanceIdentifier="shop", BackupRetentionPeriod=7, ApplyImmediately=True)
    assert rds.describe_db_instances(DBInstanceIdentifier="shop")["DBInstances"][0]["BackupRetentionPeriod"] == 7
    rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)
    rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier="shop", WaiterConfig={"Delay": 1, "MaxAttempts": 3})


@check
def lambda_functions():
    functions = client("lambda")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return 1")
    params = dict(FunctionName="hello", Runtime="python3.12", Role="arn:aws:iam::123456789012:role/app", Handler="main.handler",
                  Code={"ZipFile": code.getvalue()}, Environment={"Variables": {"A": "b"}}, Tags={"owner": "web"})
    made = functions.create_function(**params)
    assert made["FunctionArn"].endswith(":function:hello") and made["State"] == "Pending", made
    functions.get_waiter("function_active_v2").wait(FunctionName="hello", WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    got = functions.get_function(FunctionName="hello")
    assert got["Configuration"]["State"] == "Active" and got["Tags"] == {"owner": "web"}, got
    assert got["Configuration"]["Environment"]["Variables"] == {"A": "b"}, got
    assert functions.get_function_configuration(FunctionName=made["FunctionArn"])["Handler"] == "main.handler"
    assert [f["FunctionName"] for f in functions.list_functions()["Functions"]] == ["hello"]
    fails("ResourceConflictException", functions.create_function, 409, **params)
    fails("ResourceNotFoundException", functions.get_function, 404, FunctionName="nothing")
    functions.update_function_configuration(FunctionName="hello", Timeout=10)
    assert functions.get_function_configuration(FunctionName="hello")["Timeout"] == 10
    functions.tag_resource(Resource=made["FunctionArn"], Tags={"env": "dev"})
    assert functions.list_tags(Resource=made["FunctionArn"])["Tags"] == {"owner": "web", "env": "dev"}
    functions.untag_resource(Resource=made["FunctionArn"], TagKeys=["env"])
    assert functions.list_tags(Resource=made["FunctionArn"])["Tags"] == {"owner": "web"}
    fails("SandboxNotSupported", functions.invoke, 501, FunctionName="hello")
    functions.delete_function(FunctionName="hello")
    fails("ResourceNotFoundException", functions.delete_function, 404, FunctionName="hello")


@check
def sqs_queues():
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="jobs", Attributes={"DelaySeconds": "5"}, tags={"owner": "web"})["QueueUrl"]
    assert sqs.create_queue(QueueName="jobs", Attributes={"DelaySeconds": "5"}, tags={"owner": "web"})["QueueUrl"] == url
    fails("QueueAlreadyExists", sqs.create_queue, 400, QueueName="jobs", Attributes={"DelaySeconds": "9"})
    assert sqs.get_queue_url(QueueName="jobs")["QueueUrl"] == url
    assert sqs.list_queues(QueueNamePrefix="jo")["QueueUrls"] == [url]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["DelaySeconds"] == "5" and attributes["QueueArn"] == "arn:aws:sqs:eu-central-1:123456789012:jobs", attributes
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert attributes == {"VisibilityTimeout": "60"}, attributes
    sqs.tag_queue(QueueUrl=url, Tags={"env": "dev"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"owner": "web", "env": "dev"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["env"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"owner": "web"}
    fails("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, 400, QueueName="nothing")
    sqs.delete_queue(QueueUrl=url)
    assert "QueueUrls" not in sqs.list_queues() or sqs.list_queues()["QueueUrls"] == []


@check
def sns_topics():
    sns = client("sns")
    arn = sns.create_topic(Name="alerts", Tags=[{"Key": "owner", "Value": "web"}])["TopicArn"]
    assert arn == "arn:aws:sns:eu-central-1:123456789012:alerts"
    assert sns.create_topic(Name="alerts")["TopicArn"] == arn
    assert [t["TopicArn"] for t in sns.list_topics()["Topics"]] == [arn]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="Alerts")
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["DisplayName"] == "Alerts" and attributes["TopicArn"] == arn, attributes
    subscription = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.org", ReturnSubscriptionArn=True)["SubscriptionArn"]
    listed = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert listed[0]["SubscriptionArn"] == subscription and listed[0]["Endpoint"] == "a@example.org", listed
    sns.unsubscribe(SubscriptionArn=subscription)
    assert tags_of(sns.list_tags_for_resource(ResourceArn=arn)["Tags"]) == {"owner": "web"}
    sns.delete_topic(TopicArn=arn)
    fails("NotFound", sns.get_topic_attributes, 404, TopicArn=arn)


@check
def logs_groups_and_streams():
    logs = client("logs")
    logs.create_log_group(logGroupName="/app/web", tags={"owner": "web"})
    fails("ResourceAlreadyExistsException", logs.create_log_group, 400, logGroupName="/app/web")
    logs.put_retention_policy(logGroupName="/app/web", retentionInDays=30)
    group = logs.describe_log_groups(logGroupNamePrefix="/app")["logGroups"][0]
    assert group["logGroupName"] == "/app/web" and group["retentionInDays"] == 30 and group["creationTime"] > 10**12, group
    logs.delete_retention_policy(logGroupName="/app/web")
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    assert logs.list_tags_log_group(logGroupName="/app/web")["tags"] == {"owner": "web"}
    logs.tag_resource(resourceArn="arn:aws:logs:eu-central-1:123456789012:log-group:/app/web", tags={"env": "dev"})
    assert logs.list_tags_for_resource(resourceArn="arn:aws:logs:eu-central-1:123456789012:log-group:/app/web")["tags"] == {"owner": "web", "env": "dev"}
    logs.create_log_stream(logGroupName="/app/web", logStreamName="one")
    assert [s["logStreamName"] for s in logs.describe_log_streams(logGroupName="/app/web")["logStreams"]] == ["one"]
    fails("ResourceNotFoundException", logs.create_log_stream, 400, logGroupName="/nothing", logStreamName="one")
    logs.delete_log_group(logGroupName="/app/web")
    assert logs.describe_log_groups()["logGroups"] == []


@check
def secrets():
    secrets = client("secretsmanager")
    made = secrets.create_secret(Name="db", SecretString="s3cret", Tags=[{"Key": "owner", "Value": "web"}])
    assert made["Name"] == "db" and ":secret:db-" in made["ARN"], made
    fails("ResourceExistsException", secrets.create_secret, 400, Name="db", SecretString="x")
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "s3cret"
    assert secrets.get_secret_value(SecretId=made["ARN"])["SecretString"] == "s3cret"
    secrets.put_secret_value(SecretId="db", SecretString="n3w")
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "n3w"
    shown = secrets.describe_secret(SecretId="db")
    assert tags_of(shown["Tags"]) == {"owner": "web"} and "SecretString" not in shown, shown
    assert [s["Name"] for s in secrets.list_secrets()["SecretList"]] == ["db"]
    assert "n3w" not in json.dumps(SERVER.peek("resources")), "a secret is shown"
    secrets.tag_resource(SecretId="db", Tags=[{"Key": "env", "Value": "dev"}])
    assert tags_of(secrets.describe_secret(SecretId="db")["Tags"]) == {"owner": "web", "env": "dev"}
    fails("ResourceNotFoundException", secrets.get_secret_value, 400, SecretId="nothing")
    secrets.delete_secret(SecretId="db", ForceDeleteWithoutRecovery=True)
    fails("ResourceNotFoundException", secrets.describe_secret, 400, SecretId="db")


@check
def kms_keys():
    kms = client("kms")
    made = kms.create_key(Description="data", Tags=[{"TagKey": "owner", "TagValue": "web"}])["KeyMetadata"]
    assert made["KeyState"] == "Enabled" and made["Arn"].endswith(made["KeyId"]), made
    assert kms.describe_key(KeyId=made["Arn"])["KeyMetadata"]["Description"] == "data"
    assert made["KeyId"] in [k["KeyId"] for k in kms.list_keys()["Keys"]]
    kms.create_alias(AliasName="alias/data", TargetKeyId=made["KeyId"])
    assert kms.list_aliases()["Aliases"][0]["TargetKeyId"] == made["KeyId"]
    kms.enable_key_rotation(KeyId=made["KeyId"])
    assert kms.get_key_rotation_status(KeyId=made["KeyId"])["KeyRotationEnabled"] is True
    kms.tag_resource(KeyId=made["KeyId"], Tags=[{"TagKey": "env", "TagValue": "dev"}])
    assert tags_of(kms.list_resource_tags(KeyId=made["KeyId"])["Tags"], "TagKey", "TagValue") == {"owner": "web", "env": "dev"}
    fails("NotFoundException", kms.describe_key, 400, KeyId="11111111-2222-3333-4444-555555555555")
    fails("SandboxNotSupported", kms.encrypt, 501, KeyId=made["KeyId"], Plaintext=b"x")
    kms.delete_alias(AliasName="alias/data")
    kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"


@check
def services_that_nobody_prepared():
    ecr = client("ecr")
    made = ecr.create_repository(repositoryName="web", tags=[{"Key": "owner", "Value": "web"}])["repository"]
    assert made["repositoryName"] == "web" and made["repositoryArn"], made
    assert [r["repositoryName"] for r in ecr.describe_repositories()["repositories"]] == ["web"]
    fails("RepositoryAlreadyExistsException", ecr.create_repository, 400, repositoryName="web")
    fails("RepositoryNotFoundException", ecr.describe_repositories, 400, repositoryNames=["nothing"])
    ecr.delete_repository(repositoryName="web")
    ssm = client("ssm")
    ssm.put_parameter(Name="/app/size", Value="3", Type="String")
    assert ssm.get_parameter(Name="/app/size")["Parameter"]["Value"] == "3"
    fails("ParameterNotFound", ssm.get_parameter, 400, Name="/nothing")
    ssm.delete_parameter(Name="/app/size")
    ecs = client("ecs")
    arn = ecs.create_cluster(clusterName="main")["cluster"]["clusterArn"]
    assert ecs.list_clusters()["clusterArns"] == [arn]
    assert ecs.describe_clusters(clusters=["main"])["clusters"][0]["status"] == "ACTIVE"
    ecs.delete_cluster(cluster="main")
    eks = client("eks")
    eks.create_cluster(name="k", roleArn="arn:aws:iam::123456789012:role/eks", resourcesVpcConfig={"subnetIds": ["subnet-1"]})
    eks.get_waiter("cluster_active").wait(name="k", WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    assert eks.list_clusters()["clusters"] == ["k"]
    eks.delete_cluster(name="k")
    fails("ResourceNotFoundException", eks.describe_cluster, 404, name="k")


@check
def what_arrived_is_logged():
    before = len(SERVER.peek("requests"))
    client("ec2").describe_vpcs()
    last = SERVER.peek("requests")[-1]
    assert (last["service"], last["operation"], last["changed"], last["class"]) == ("ec2", "DescribeVpcs", False, "read"), last
    assert before < 2000


@check
def what_was_made_survives_a_kill():
    s3 = client("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="survivor", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="survivor", Key="k", Body=b"still here")
    token = dict(ImageId="ami-1", MinCount=1, MaxCount=1, ClientToken="kept")
    made = client("ec2").run_instances(**token)["Instances"][0]["InstanceId"]
    SERVER.kill()
    SERVER.start()
    s3 = client("s3", s3={"addressing_style": "path"})
    assert s3.get_object(Bucket="survivor", Key="k")["Body"].read() == b"still here"
    assert client("ec2").run_instances(**token)["Instances"][0]["InstanceId"] == made
    kept = [(r["service"], r["operation"]) for r in SERVER.peek("requests")]
    assert ("s3", "CreateBucket") in kept, "the log of requests is lost"
    s3.delete_object(Bucket="survivor", Key="k")
    s3.delete_bucket(Bucket="survivor")


def main():
    global SERVER
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    wanted = sys.argv[1:]
    failed = []
    with tempfile.TemporaryDirectory() as home:
        SERVER = Server(home, free_port())
        SERVER.start()
        started = time.monotonic()
        try:
            for function in CHECKS:
                if wanted and function.__name__ not in wanted:
                    continue
                try:
                    function()
                    print(f"ok      {function.__name__}")
                except Exception as error:  # every failure is named, and the next check still runs
                    failed.append(function.__name__)
                    where = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == __file__][-1]
                    print(f"FAILED  {function.__name__}, line {where.lineno}: {where.line}\n        {error!r}")
            served = len(SERVER.peek("requests"))
            print(f"{len(CHECKS) - len(failed)} of {len(CHECKS)} checks held; {served} requests in {time.monotonic() - started:.1f} s")
            SERVER.stop()
        except BaseException:
            SERVER.kill()
            raise
    sys.exit(1 if failed else 0)


main()
