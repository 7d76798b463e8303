"""moto stands in for AWS and boto3 is the judge.

What the program makes, boto3 reads; what boto3 makes, the program reads, and both must have read the
same, member for member. Pages and waiters are followed on the way.
"""
import base64
import concurrent.futures
import datetime
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

import boto3
from botocore import xform_name

REGION = "us-east-1"
PROVISIONER = os.environ["PROVISIONER"]
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::peer-one/*"}]})

home = tempfile.mkdtemp()
problems = []
made, read = [], []


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start():
    number = port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(number)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{number}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=1).read()
            return server, url
        except OSError:
            time.sleep(0.1)
    server.kill()
    sys.exit("moto does not answer")


def boto(service):
    return boto3.client(service, region_name=REGION, endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def program(*arguments, text=None):
    """The JSON document that the program prints, or an exception with its words."""
    done = subprocess.run([PROVISIONER, *arguments, "--target", "live", "--home", home, "--json"],
                          input=text, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(f"exit {done.returncode}: {(done.stderr or done.stdout)[-400:]}")
    return json.loads(done.stdout)


def open_house():
    """Rule books without rules: what is tested here is the way to the cloud, not the guard before it."""
    folder = os.path.join(home, "config", "rules")
    os.makedirs(folder)
    rules = [rule["id"] for rule in program("rules", "list")["rules"]]
    for book, start in [("security", "SEC"), ("finops", "FIN"), ("owner", "OWN")]:
        with open(os.path.join(folder, f"{book}.yaml"), "w", encoding="utf-8") as out:
            off = {rule: "off" for rule in rules if rule.startswith(start)}
            json.dump({"version": 1, "rules": off}, out)


def call(service, operation, params=None):
    """One operation through the gate; its output, from the journal."""
    answer = program("call", "aws", service, operation, "--params", "@/dev/stdin", "--region", REGION,
                     "--approve", "warned", text=json.dumps(params or {}))
    history = program("history", "show", answer["execution"]["id"])
    return next(line["output"] for line in history["journal"] if line["event"] == "answered")


def look(service, operation, params=None):
    """A read with all its pages."""
    return program("call", "aws", service, operation, "--params", "@/dev/stdin", "--region", REGION, "--all",
                   text=json.dumps(params or {}))


def plain(value):
    """boto3's values as the program writes them."""
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc)
        text = value.strftime("%Y-%m-%dT%H:%M:%S")
        return text + (f".{value.microsecond:06d}Z" if value.microsecond else "Z")
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if hasattr(value, "read"):
        return base64.b64encode(value.read()).decode()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "ResponseMetadata" and v is not None}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


def difference(ours, theirs, path="$"):
    """The first place where two values differ; a float and an integer may be the same number."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**ours, **theirs}:
            if key not in ours or key not in theirs:
                return f"{path}.{key}: {'only boto3' if key not in ours else 'only the program'} has it"
            found = difference(ours[key], theirs[key], f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, (a, b) in enumerate(zip(ours, theirs)):
            found = difference(a, b, f"{path}[{at}]")
            if found:
                return found
        return None
    return None if ours == theirs else f"{path}: {ours!r:.200} is not {theirs!r:.200}"


def make(service, operation, params=None):
    """The program makes something; nothing comes back when it cannot."""
    try:
        answer = call(service, operation, params)
        made.append((service, operation))
        return answer
    except Exception as error:  # noqa: BLE001 what goes wrong is counted, and the rest still runs
        problems.append(f"make {service} {operation}: {error}")
        return {}


def without(value, name):
    """The value without a member that is another at every look."""
    if isinstance(value, dict):
        return {k: without(v, name) for k, v in value.items() if k != name}
    return [without(v, name) for v in value] if isinstance(value, list) else value


def same(service, operation, params=None, moving=None):
    """The program and boto3 read the same."""
    try:
        theirs = plain(getattr(boto(service), xform_name(operation))(**(params or {})))
        ours = {k: v for k, v in look(service, operation, params).items() if v is not None}
        found = difference(without(ours, moving), without(theirs, moving))
        if found:
            problems.append(f"read {service} {operation}: {found}")
        else:
            read.append((service, operation))
        return ours
    except Exception as error:  # noqa: BLE001
        problems.append(f"read {service} {operation}: {error}")
        return {}


def first(value, *path):
    """A nested member of an answer, or a name that exists nowhere."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return "absent"
    return value


def part(work, *given):
    """One part of the test; what breaks it off is a problem, and the next part still runs."""
    try:
        return work(*given)
    except Exception as error:  # noqa: BLE001
        problems.append(f"{work.__name__} broke off: {error}")
        return None


def code():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


def storage():
    make("s3", "CreateBucket", {"Bucket": "peer-one"})
    make("s3", "PutObject", {"Bucket": "peer-one", "Key": "a//b ü+c", "Body": base64.b64encode(b"hello").decode(),
                             "ContentType": "text/plain", "Metadata": {"owner": "peer"}})
    make("s3", "PutBucketVersioning", {"Bucket": "peer-one", "VersioningConfiguration": {"Status": "Enabled"}})
    make("s3", "PutBucketTagging", {"Bucket": "peer-one", "Tagging": {"TagSet": [{"Key": "k", "Value": "<&>"}]}})
    make("s3", "PutBucketEncryption", {"Bucket": "peer-one", "ServerSideEncryptionConfiguration": {"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}})
    make("s3", "PutPublicAccessBlock", {"Bucket": "peer-one", "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}})
    make("s3", "CopyObject", {"Bucket": "peer-one", "Key": "copy", "CopySource": "peer-one/a//b ü+c"})
    same("s3", "ListBuckets")
    same("s3", "HeadObject", {"Bucket": "peer-one", "Key": "a//b ü+c"})
    same("s3", "GetObject", {"Bucket": "peer-one", "Key": "a//b ü+c"})
    same("s3", "GetObject", {"Bucket": "peer-one", "Key": "copy"})
    same("s3", "GetBucketTagging", {"Bucket": "peer-one"})
    same("s3", "GetBucketEncryption", {"Bucket": "peer-one"})
    same("s3", "GetBucketVersioning", {"Bucket": "peer-one"})
    same("s3", "GetPublicAccessBlock", {"Bucket": "peer-one"})
    same("s3", "GetBucketLocation", {"Bucket": "peer-one"})
    same("s3", "ListObjectVersions", {"Bucket": "peer-one"})


def pages():
    client = boto("s3")
    client.create_bucket(Bucket="peer-many")
    keys = [f"folder/{number:05d} &+ü" for number in range(2500)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: client.put_object(Bucket="peer-many", Key=key, Body=b""), keys))
    try:
        answer = look("s3", "ListObjectsV2", {"Bucket": "peer-many"})
        found = [item["Key"] for item in answer["Contents"]]
        if found == keys:
            read.append(("s3", "ListObjectsV2 --all"))
        else:
            problems.append(f"pages: {len(found)} keys instead of {len(keys)}, or others")
    except Exception as error:  # noqa: BLE001
        problems.append(f"pages: {error}")


def network():
    vpc = first(make("ec2", "CreateVpc", {"CidrBlock": "10.1.0.0/16"}), "Vpc", "VpcId")
    subnet = first(make("ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.1.1.0/24"}), "Subnet", "SubnetId")
    gateway = first(make("ec2", "CreateInternetGateway"), "InternetGateway", "InternetGatewayId")
    make("ec2", "AttachInternetGateway", {"InternetGatewayId": gateway, "VpcId": vpc})
    table = first(make("ec2", "CreateRouteTable", {"VpcId": vpc}), "RouteTable", "RouteTableId")
    make("ec2", "CreateRoute", {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway})
    make("ec2", "AssociateRouteTable", {"RouteTableId": table, "SubnetId": subnet})
    group = first(make("ec2", "CreateSecurityGroup", {"GroupName": "peer", "Description": "d", "VpcId": vpc}), "GroupId")
    make("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": group, "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}]})
    make("ec2", "CreateTags", {"Resources": [vpc], "Tags": [{"Key": "team", "Value": "peer & co"}]})
    volume = first(make("ec2", "CreateVolume", {"AvailabilityZone": "us-east-1a", "Size": 8, "Encrypted": True}), "VolumeId")
    image = boto("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    instance = first(make("ec2", "RunInstances", {
        "ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": subnet,
        "SecurityGroupIds": [group], "UserData": "#!/bin/sh\necho peer\n"}), "Instances", 0, "InstanceId")
    state = first(boto("ec2").describe_instances(InstanceIds=[instance]), "Reservations", 0, "Instances", 0, "State", "Name")
    if state != "running":
        problems.append(f"the waiter came back while the instance was {state}")
    same("ec2", "DescribeInstanceAttribute", {"InstanceId": instance, "Attribute": "userData"})
    make("ec2", "AttachVolume", {"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdf"})
    for operation, params in [
        ("DescribeVpcs", {"VpcIds": [vpc]}), ("DescribeSubnets", {"SubnetIds": [subnet]}),
        ("DescribeInternetGateways", {"InternetGatewayIds": [gateway]}),
        ("DescribeRouteTables", {"RouteTableIds": [table]}), ("DescribeSecurityGroups", {"GroupIds": [group]}),
        ("DescribeVolumes", {"VolumeIds": [volume]}), ("DescribeInstances", {"InstanceIds": [instance]}),
        ("DescribeAvailabilityZones", {}), ("DescribeTags", {}),
    ]:
        same("ec2", operation, params)
    make("ec2", "StopInstances", {"InstanceIds": [instance]})
    make("ec2", "TerminateInstances", {"InstanceIds": [instance]})
    boto("ec2").create_key_pair(KeyName="theirs")
    same("ec2", "DescribeKeyPairs")
    return vpc, subnet


def identity():
    role = first(make("iam", "CreateRole", {"RoleName": "peer", "AssumeRolePolicyDocument": TRUST}), "Role", "Arn")
    make("iam", "PutRolePolicy", {"RoleName": "peer", "PolicyName": "inline", "PolicyDocument": POLICY})
    policy = first(make("iam", "CreatePolicy", {"PolicyName": "peer", "PolicyDocument": POLICY}), "Policy", "Arn")
    make("iam", "AttachRolePolicy", {"RoleName": "peer", "PolicyArn": policy})
    make("iam", "CreateInstanceProfile", {"InstanceProfileName": "peer"})
    make("iam", "AddRoleToInstanceProfile", {"InstanceProfileName": "peer", "RoleName": "peer"})
    boto("iam").create_user(UserName="theirs")
    same("iam", "GetRole", {"RoleName": "peer"})
    same("iam", "GetRolePolicy", {"RoleName": "peer", "PolicyName": "inline"})
    same("iam", "ListAttachedRolePolicies", {"RoleName": "peer"})
    same("iam", "GetInstanceProfile", {"InstanceProfileName": "peer"})
    same("iam", "ListUsers")
    same("sts", "GetCallerIdentity")
    return role


def data():
    make("dynamodb", "CreateTable", {
        "TableName": "peer", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]})
    item = {"id": {"S": "a"}, "n": {"N": "1.5"}, "b": {"B": base64.b64encode(b"\0\1").decode()},
            "l": {"L": [{"BOOL": True}, {"NULL": True}]}, "m": {"M": {"x": {"SS": ["p", "q"]}}}}
    make("dynamodb", "PutItem", {"TableName": "peer", "Item": item})
    make("dynamodb", "UpdateTimeToLive", {"TableName": "peer", "TimeToLiveSpecification": {
        "Enabled": True, "AttributeName": "gone"}})
    same("dynamodb", "DescribeTable", {"TableName": "peer"})
    same("dynamodb", "GetItem", {"TableName": "peer", "Key": {"id": {"S": "a"}}})
    same("dynamodb", "Scan", {"TableName": "peer"})
    make("kinesis", "CreateStream", {"StreamName": "peer", "ShardCount": 1})
    same("kinesis", "DescribeStream", {"StreamName": "peer"})
    make("secretsmanager", "CreateSecret", {"Name": "peer", "SecretString": "s"})
    same("secretsmanager", "DescribeSecret", {"SecretId": "peer"})
    make("ssm", "PutParameter", {"Name": "/peer/one", "Value": "v", "Type": "String"})
    boto("ssm").put_parameter(Name="/peer/two", Value="w", Type="StringList")
    same("ssm", "DescribeParameters")
    key = first(make("kms", "CreateKey", {"Description": "peer"}), "KeyMetadata", "KeyId")
    make("kms", "CreateAlias", {"AliasName": "alias/peer", "TargetKeyId": key})
    make("kms", "EnableKeyRotation", {"KeyId": key})
    same("kms", "DescribeKey", {"KeyId": "alias/peer"})
    same("kms", "ListAliases")
    make("ecr", "CreateRepository", {"repositoryName": "peer"})
    same("ecr", "DescribeRepositories")


def messages():
    url = first(make("sqs", "CreateQueue", {"QueueName": "peer", "Attributes": {"VisibilityTimeout": "5"}}), "QueueUrl")
    make("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": "<hello> & ü"})
    same("sqs", "GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["All"]})
    topic = first(make("sns", "CreateTopic", {"Name": "peer"}), "TopicArn")
    make("sns", "Subscribe", {"TopicArn": topic, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:123456789012:peer"})
    same("sns", "GetTopicAttributes", {"TopicArn": topic})
    same("sns", "ListSubscriptions")
    make("logs", "CreateLogGroup", {"logGroupName": "peer"})
    make("logs", "PutRetentionPolicy", {"logGroupName": "peer", "retentionInDays": 7})
    make("logs", "CreateLogStream", {"logGroupName": "peer", "logStreamName": "one"})
    same("logs", "DescribeLogGroups")
    same("logs", "DescribeLogStreams", {"logGroupName": "peer"})
    make("cloudwatch", "PutMetricAlarm", {
        "AlarmName": "peer", "MetricName": "CPUUtilization", "Namespace": "AWS/EC2", "Statistic": "Average",
        "Period": 60, "EvaluationPeriods": 1, "Threshold": 80.5, "ComparisonOperator": "GreaterThanThreshold"})
    same("cloudwatch", "DescribeAlarms")
    make("events", "PutRule", {"Name": "peer", "ScheduleExpression": "rate(5 minutes)"})
    same("events", "DescribeRule", {"Name": "peer"})
    make("stepfunctions", "CreateStateMachine", {
        "name": "peer", "roleArn": "arn:aws:iam::123456789012:role/peer",
        "definition": json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})})
    same("stepfunctions", "ListStateMachines")


def compute(role, vpc, subnet):
    make("lambda", "CreateFunction", {
        "FunctionName": "peer", "Runtime": "python3.12", "Role": role, "Handler": "index.handler",
        "Code": {"ZipFile": base64.b64encode(code()).decode()}})
    same("lambda", "GetFunctionConfiguration", {"FunctionName": "peer"})
    same("lambda", "ListFunctions")
    make("ecs", "CreateCluster", {"clusterName": "peer"})
    make("ecs", "RegisterTaskDefinition", {"family": "peer", "containerDefinitions": [
        {"name": "web", "image": "nginx", "memory": 128}]})
    same("ecs", "DescribeClusters", {"clusters": ["peer"]})
    same("ecs", "DescribeTaskDefinition", {"taskDefinition": "peer"})
    other = boto("ec2").create_subnet(VpcId=vpc, CidrBlock="10.1.2.0/24", AvailabilityZone="us-east-1b")
    other = other["Subnet"]["SubnetId"]
    balancer = first(make("elbv2", "CreateLoadBalancer", {"Name": "peer", "Subnets": [subnet, other], "Scheme": "internal"}),
                     "LoadBalancers", 0, "LoadBalancerArn")
    group = first(make("elbv2", "CreateTargetGroup", {"Name": "peer", "Protocol": "HTTP", "Port": 80, "VpcId": vpc}),
                  "TargetGroups", 0, "TargetGroupArn")
    make("elbv2", "CreateListener", {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80,
                                     "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}]})
    same("elbv2", "DescribeLoadBalancers")
    same("elbv2", "DescribeListeners", {"LoadBalancerArn": balancer})
    make("rds", "CreateDBSubnetGroup", {"DBSubnetGroupName": "peer", "DBSubnetGroupDescription": "d",
                                        "SubnetIds": [subnet, other]})
    make("rds", "CreateDBInstance", {
        "DBInstanceIdentifier": "peer", "DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20,
        "MasterUsername": "peer", "MasterUserPassword": "long-enough-1", "DBSubnetGroupName": "peer",
        "StorageEncrypted": True, "DeletionProtection": True, "BackupRetentionPeriod": 7})
    same("rds", "DescribeDBInstances", moving="LatestRestorableTime")
    same("rds", "DescribeDBSubnetGroups")
    zone = first(make("route53", "CreateHostedZone", {"Name": "peer.example.", "CallerReference": "1"}), "HostedZone", "Id")
    make("route53", "ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": {"Changes": [
        {"Action": "CREATE", "ResourceRecordSet": {"Name": "www.peer.example.", "Type": "A", "TTL": 60,
                                                   "ResourceRecords": [{"Value": "192.0.2.1"}]}}]}})
    same("route53", "ListResourceRecordSets", {"HostedZoneId": zone})
    same("route53", "GetHostedZone", {"Id": zone})
    make("apigateway", "CreateRestApi", {"name": "peer"})
    same("apigateway", "GetRestApis")
    make("cloudformation", "CreateStack", {"StackName": "peer", "TemplateBody": json.dumps({
        "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "from-a-stack"}}}})})
    same("cloudformation", "DescribeStacks", {"StackName": "peer"})
    same("cloudformation", "GetTemplate", {"StackName": "peer"})
    make("autoscaling", "CreateLaunchConfiguration", {
        "LaunchConfigurationName": "peer", "ImageId": "ami-12c6146b", "InstanceType": "t3.micro", "UserData": "#!/bin/sh\n"})
    same("autoscaling", "DescribeLaunchConfigurations")


def main():
    server, url = start()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update({
        "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_REGION": REGION})
    try:
        open_house()
        part(storage)
        vpc, subnet = part(network) or ("absent", "absent")
        role = part(identity)
        part(data)
        part(messages)
        part(compute, role, vpc, subnet)
        part(pages)
    finally:
        server.kill()
        server.wait()
    services = {service for service, _ in made + read}
    for problem in problems:
        print(f"  {problem}")
    print(f"{len(made)} operations made something, {len(read)} reads were the same, "
          f"{len(services)} services, {len(problems)} problems")
    enough = len(made) >= 60 and len(read) >= 40 and len(services) >= 15
    sys.exit(0 if enough and not problems else 1)


if __name__ == "__main__":
    main()
