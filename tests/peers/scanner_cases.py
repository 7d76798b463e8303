"""The same thing twice: as a call of a cloud's API, and as the Terraform resource that would make that call.

Each case names a topic of the rules and the checks of Checkov that are about it. Values are listed once and written in both
languages, so that a case cannot say two different things.
"""

import base64
import json


def hcl(kind, body):
    """A resource in Terraform's language; objects are blocks, lists of objects are repeated blocks."""
    return f'resource "{kind}" "x" {{\n{block(body)}}}\n'


def block(body):
    text = ""
    for name, value in body.items():
        if value is None:
            continue
        if isinstance(value, dict):
            text += f"{name} {{\n{block(value)}}}\n"
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            text += "".join(f"{name} {{\n{block(one)}}}\n" for one in value)
        else:
            text += f"{name} = {json.dumps(value)}\n"
    return text


def present(**members):
    return {name: value for name, value in members.items() if value is not None}


def case(topic, checks, operation, params, kind, body):
    return {"topic": topic, "checks": checks.split(), "operation": operation, "params": params, "tf": hcl(kind, body)}


def flag(topic, checks, operation, path, values, kind, attribute, api=None, tf=None):
    """One parameter and its values; a value is a pair where the two languages call it differently, None leaves it out."""
    for value in values:
        ours, theirs = value if isinstance(value, tuple) else (value, value)
        params, body = json.loads(json.dumps(api or {})), json.loads(json.dumps(tf or {}))
        put(params, path.split("."), ours)
        put(body, attribute.split("."), theirs)
        yield case(topic, checks, operation, params, kind, body)


def put(tree, keys, value):
    if value is None:
        return
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
    tree[keys[-1]] = value


OPENINGS = [
    ("tcp", 22, 22, "0.0.0.0/0"), ("tcp", 22, 22, "10.0.0.0/8"), ("tcp", 20, 25, "::/0"), ("-1", 0, 0, "0.0.0.0/0"),
    ("tcp", 0, 65535, "0.0.0.0/0"), ("tcp", 443, 443, "0.0.0.0/0"), ("tcp", 3389, 3389, "0.0.0.0/0"),
    ("tcp", 3380, 3400, "::/0"), ("tcp", 80, 80, "0.0.0.0/0"), ("tcp", 80, 443, "192.168.0.0/16"),
    ("tcp", 23, 3388, "0.0.0.0/0"), ("tcp", 22, 22, "203.0.113.7/32"), ("tcp", 8080, 8090, "::/0"),
]
AWS_PORTS = {"net-open-ssh": "CKV_AWS_24", "net-open-rdp": "CKV_AWS_25", "net-open-all": "CKV_AWS_277", "net-open-http": "CKV_AWS_260"}


def aws_network():
    for protocol, low, high, cidr in OPENINGS:
        six = ":" in cidr
        ranges = {"Ipv6Ranges": [{"CidrIpv6": cidr}]} if six else {"IpRanges": [{"CidrIp": cidr}]}
        permission = {"IpProtocol": protocol, "FromPort": low, "ToPort": high, **ranges}
        rule = {"protocol": protocol, "from_port": low, "to_port": high, "ipv6_cidr_blocks" if six else "cidr_blocks": [cidr]}
        flat = {"GroupId": "sg-1", "IpProtocol": protocol, "FromPort": low, "ToPort": high, "CidrIp": cidr}
        for topic, check in AWS_PORTS.items():
            ingress = "aws ec2 AuthorizeSecurityGroupIngress"
            listed = {"GroupId": "sg-1", "IpPermissions": [permission]}
            yield case(topic, check, ingress, listed, "aws_security_group", {"name": "g", "ingress": rule})
            if not six:
                single = {"type": "ingress", "security_group_id": "sg-1", **rule}
                yield case(topic, check, ingress, flat, "aws_security_group_rule", single)
        if protocol == "tcp":
            entry = {"NetworkAclId": "acl-1", "RuleNumber": 1, "Protocol": "6", "RuleAction": "allow", "Egress": False,
                     "PortRange": {"From": low, "To": high}, "Ipv6CidrBlock" if six else "CidrBlock": cidr}
            twin = {"network_acl_id": "acl-1", "rule_number": 1, "protocol": "tcp", "rule_action": "allow", "egress": False,
                    "from_port": low, "to_port": high, "ipv6_cidr_block" if six else "cidr_block": cidr}
            yield case("net-nacl-open-admin", "CKV_AWS_232 CKV_AWS_231", "aws ec2 CreateNetworkAclEntry", entry, "aws_network_acl_rule", twin)
    yield from flag("subnet-auto-public-ip", "CKV_AWS_130", "aws ec2 ModifySubnetAttribute", "MapPublicIpOnLaunch.Value", [True, False],
                    "aws_subnet", "map_public_ip_on_launch", {"SubnetId": "s-1"}, {"vpc_id": "v", "cidr_block": "10.0.0.0/24"})
    yield case("vpc-flow-logs", "CKV2_AWS_11", "aws ec2 CreateVpc", {"CidrBlock": "10.0.0.0/16"}, "aws_vpc", {"cidr_block": "10.0.0.0/16"})


def text64(text):
    return base64.b64encode(text.encode()).decode()


SCRIPTS = [
    "#! /bin/bash\nexport AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMAAA\nexport AWS_SECRET_ACCESS_KEY=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\n",
    "#! /bin/bash\nexport AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMAAA\n",
    "#! /bin/bash\napt-get install -y nginx\n",
    "#cloud-config\npackages: [nginx]\nruncmd: ['systemctl enable --now nginx']\n",
]


def aws_compute():
    run = "aws ec2 RunInstances"
    base = {"ImageId": "ami-1", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    twin = {"ami": "ami-1", "instance_type": "t3.micro"}
    for script in SCRIPTS:
        yield case("userdata-secrets", "CKV_AWS_46", run, {**base, "UserData": text64(script)}, "aws_instance", {**twin, "user_data": script})
    for variables in [{"access_key": "AKIAIOSFODNN7EXAMAAA", "secret_key": "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"}, {"LOG_LEVEL": "debug"}]:
        yield case("userdata-secrets", "CKV_AWS_45", "aws lambda CreateFunction", {"FunctionName": "f", "Environment": {"Variables": variables}},
                   "aws_lambda_function", {"function_name": "f", "role": "r", "environment": {"variables": variables}} )
    for tokens, endpoint in [("required", None), ("optional", None), (None, None), ("optional", "disabled"), (None, "disabled"), ("required", "enabled")]:
        options = present(HttpTokens=tokens, HttpEndpoint=endpoint)
        their = present(http_tokens=tokens, http_endpoint=endpoint)
        yield case("instance-imdsv2", "CKV_AWS_79", run, {**base, **({"MetadataOptions": options} if options else {})},
                   "aws_instance", {**twin, **({"metadata_options": their} if their else {})})
        yield case("instance-imdsv2", "CKV_AWS_79", "aws ec2 CreateLaunchTemplate",
                   {"LaunchTemplateName": "t", "LaunchTemplateData": {"ImageId": "ami-1", **({"MetadataOptions": options} if options else {})}},
                   "aws_launch_template", {"name": "t", **({"metadata_options": their} if their else {})})
    for value in [True, False]:
        yield case("instance-public-ip", "CKV_AWS_88", run, {**base, "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": value}]},
                   "aws_instance", {**twin, "associate_public_ip_address": value})
        yield case("instance-public-ip", "CKV_AWS_88", "aws ec2 CreateLaunchTemplate",
                   {"LaunchTemplateName": "t", "LaunchTemplateData": {"NetworkInterfaces": [{"AssociatePublicIpAddress": value}]}},
                   "aws_launch_template", {"name": "t", "network_interfaces": {"associate_public_ip_address": value}})
    for values in [[True], [False], [None], [True, False], [True, True]]:
        mappings = [{"DeviceName": f"/dev/sd{i}", "Ebs": present(VolumeSize=8, Encrypted=value)} for i, value in enumerate(values)]
        disks = [present(device_name=f"/dev/sd{i}", volume_size=8, encrypted=value) for i, value in enumerate(values)]
        root = dict(disks[0])
        root.pop("device_name")
        yield case("volume-encrypted", "CKV_AWS_8", run, {**base, "BlockDeviceMappings": mappings},
                   "aws_instance", {**twin, "root_block_device": root, **({"ebs_block_device": disks[1:]} if disks[1:] else {})})
    yield from flag("volume-encrypted", "CKV_AWS_3", "aws ec2 CreateVolume", "Encrypted", [True, False, None], "aws_ebs_volume", "encrypted",
                    {"AvailabilityZone": "eu-central-1a", "Size": 8}, {"availability_zone": "eu-central-1a", "size": 8})
    yield from flag("function-url-auth", "CKV_AWS_258", "aws lambda CreateFunctionUrlConfig", "AuthType", ["NONE", "AWS_IAM"],
                    "aws_lambda_function_url", "authorization_type", {"FunctionName": "f"}, {"function_name": "f"})
    for principal, source in [("*", None), ("*", "arn:aws:s3:::b"), ("s3.amazonaws.com", "arn:aws:s3:::b"), ("123456789012", None)]:
        yield case("function-public-permission", "CKV_AWS_301", "aws lambda AddPermission",
                   {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", **present(Principal=principal, SourceArn=source)},
                   "aws_lambda_permission", {"function_name": "f", "action": "lambda:InvokeFunction", **present(principal=principal, source_arn=source)})
    for profile in [None, "p"]:
        yield case("instance-role", "CKV2_AWS_41", run, {**base, **({"IamInstanceProfile": {"Name": profile}} if profile else {})},
                   "aws_instance", {**twin, **present(iam_instance_profile=profile)})


def statement(effect, action, resource, principal=None, condition=None):
    return present(Effect=effect, Principal=principal, Action=action, Resource=resource, Condition=condition)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def aws_policies():
    identity = [policy(statement("Allow", "*", "*")), policy(statement("Allow", ["s3:Get*", "*"], "*")), policy(statement("Deny", "*", "*")),
                policy(statement("Allow", ["s3:GetObject"], "arn:aws:s3:::b/*")), policy(statement("Allow", "s3:*", "*"))]
    for text in identity:
        yield case("iam-admin-policy", "CKV_AWS_62 CKV_AWS_63", "aws iam CreatePolicy", {"PolicyName": "p", "PolicyDocument": text},
                   "aws_iam_policy", {"name": "p", "policy": text})
        yield case("iam-admin-policy", "CKV_AWS_62 CKV_AWS_63", "aws iam PutRolePolicy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": text},
                   "aws_iam_role_policy", {"name": "p", "role": "r", "policy": text})
    for arn in ["AdministratorAccess", "ReadOnlyAccess", "AmazonS3ReadOnlyAccess"]:
        arn = f"arn:aws:iam::aws:policy/{arn}"
        yield case("iam-admin-policy", "CKV_AWS_274", "aws iam AttachRolePolicy", {"RoleName": "r", "PolicyArn": arn},
                   "aws_iam_role_policy_attachment", {"role": "r", "policy_arn": arn})
    for principal in [{"AWS": "*"}, {"AWS": ["arn:aws:iam::123456789012:role/a", "*"]}, {"Service": "ec2.amazonaws.com"}, {"AWS": "arn:aws:iam::123456789012:role/a"}]:
        text = policy(statement("Allow", "sts:AssumeRole", None, principal))
        yield case("iam-trust-wildcard", "CKV_AWS_60", "aws iam CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": text},
                   "aws_iam_role", {"name": "r", "assume_role_policy": text})
    for principal in ["*", {"AWS": "*"}, {"AWS": ["*"]}, {"AWS": "arn:aws:iam::123456789012:root"}]:
        for effect in ["Allow", "Deny"]:
            text = policy(statement(effect, "s3:GetObject", "arn:aws:s3:::b/*", principal))
            yield case("object-public-access", "CKV_AWS_70", "aws s3 PutBucketPolicy", {"Bucket": "b", "Policy": text},
                       "aws_s3_bucket_policy", {"bucket": "b", "policy": text})
            text = policy(statement(effect, "kms:*", "*", principal))
            yield case("key-policy-wildcard", "CKV_AWS_33", "aws kms CreateKey", {"Policy": text}, "aws_kms_key", {"policy": text})


FLAGS = {"BlockPublicAcls": ("block_public_acls", "CKV_AWS_53"), "BlockPublicPolicy": ("block_public_policy", "CKV_AWS_54"),
         "IgnorePublicAcls": ("ignore_public_acls", "CKV_AWS_55"), "RestrictPublicBuckets": ("restrict_public_buckets", "CKV_AWS_56")}


def aws_storage():
    every = " ".join(check for _, check in FLAGS.values())
    for off in [None, *FLAGS]:
        for missing in [False, True]:
            block_ = {name: True for name in FLAGS}
            if off and missing:
                del block_[off]
            elif off:
                block_[off] = False
            twin = {FLAGS[name][0]: value for name, value in block_.items()}
            yield case("object-public-access", every, "aws s3 PutPublicAccessBlock", {"Bucket": "b", "PublicAccessBlockConfiguration": block_},
                       "aws_s3_bucket_public_access_block", {"bucket": "b", **twin})
    for acl in ["private", "public-read", "public-read-write", "log-delivery-write", "bucket-owner-full-control"]:
        yield case("object-public-access", "CKV_AWS_20 CKV_AWS_57", "aws s3 PutBucketAcl", {"Bucket": "b", "ACL": acl}, "aws_s3_bucket", {"bucket": "b", "acl": acl})
    yield from flag("object-versioning", "CKV_AWS_21", "aws s3 PutBucketVersioning", "VersioningConfiguration.Status", [("Enabled", True), ("Suspended", False)],
                    "aws_s3_bucket", "versioning.enabled", {"Bucket": "b"}, {"bucket": "b"})
    yield from flag("fileshare-encrypted", "CKV_AWS_42", "aws efs CreateFileSystem", "Encrypted", [True, False, None], "aws_efs_file_system", "encrypted")
    yield from flag("queue-encrypted", "CKV_AWS_26", "aws sns CreateTopic", "Attributes.KmsMasterKeyId", ["alias/aws/sns", None], "aws_sns_topic",
                    "kms_master_key_id", {"Name": "t"}, {"name": "t"})
    yield from flag("queue-encrypted", "CKV_AWS_27", "aws sqs CreateQueue", "Attributes.SqsManagedSseEnabled", [("true", True), ("false", False)], "aws_sqs_queue",
                    "sqs_managed_sse_enabled", {"QueueName": "q"}, {"name": "q"})
    yield from flag("registry-scan", "CKV_AWS_163", "aws ecr CreateRepository", "imageScanningConfiguration.scanOnPush", [True, False, None],
                    "aws_ecr_repository", "image_scanning_configuration.scan_on_push", {"repositoryName": "r"}, {"name": "r"})
    yield from flag("registry-immutable-tags", "CKV_AWS_51", "aws ecr CreateRepository", "imageTagMutability", ["IMMUTABLE", "MUTABLE", None],
                    "aws_ecr_repository", "image_tag_mutability", {"repositoryName": "r"}, {"name": "r"})


def aws_databases():
    instance = ({"DBInstanceIdentifier": "d", "DBInstanceClass": "db.t3.micro", "Engine": "postgres"}, {"identifier": "d", "instance_class": "db.t3.micro", "engine": "postgres"})
    cluster = ({"DBClusterIdentifier": "c", "Engine": "aurora-postgresql"}, {"cluster_identifier": "c", "engine": "aurora-postgresql"})
    create = "aws rds CreateDBInstance"
    yield from flag("db-public-access", "CKV_AWS_17", create, "PubliclyAccessible", [True, False], "aws_db_instance", "publicly_accessible", *instance)
    yield from flag("db-public-access", "CKV_AWS_17", "aws rds ModifyDBInstance", "PubliclyAccessible", [True, False], "aws_db_instance", "publicly_accessible", *instance)
    yield from flag("db-public-access", "CKV_AWS_87", "aws redshift CreateCluster", "PubliclyAccessible", [True, False], "aws_redshift_cluster", "publicly_accessible")
    yield from flag("db-public-access", "CKV_AWS_89", "aws dms CreateReplicationInstance", "PubliclyAccessible", [True, False], "aws_dms_replication_instance", "publicly_accessible")
    yield from flag("db-public-access", "CKV_AWS_69", "aws mq CreateBroker", "PubliclyAccessible", [True, False], "aws_mq_broker", "publicly_accessible")
    yield from flag("db-encrypted", "CKV_AWS_16", create, "StorageEncrypted", [True, False, None], "aws_db_instance", "storage_encrypted", *instance)
    yield from flag("db-encrypted", "CKV_AWS_96", "aws rds CreateDBCluster", "StorageEncrypted", [True, False, None], "aws_rds_cluster", "storage_encrypted", *cluster)
    yield from flag("db-encrypted", "CKV_AWS_64", "aws redshift CreateCluster", "Encrypted", [True, False, None], "aws_redshift_cluster", "encrypted")
    yield from flag("db-encrypted", "CKV_AWS_29", "aws elasticache CreateReplicationGroup", "AtRestEncryptionEnabled", [True, False, None],
                    "aws_elasticache_replication_group", "at_rest_encryption_enabled")
    yield from flag("db-encrypted", "CKV_AWS_5", "aws opensearch CreateDomain", "EncryptionAtRestOptions.Enabled", [True, False, None], "aws_opensearch_domain", "encrypt_at_rest.enabled")
    yield from flag("db-encrypted", "CKV_AWS_74", "aws docdb CreateDBCluster", "StorageEncrypted", [True, False, None], "aws_docdb_cluster", "storage_encrypted")
    yield from flag("db-encrypted", "CKV_AWS_44", "aws neptune CreateDBCluster", "StorageEncrypted", [True, False, None], "aws_neptune_cluster", "storage_encrypted")
    yield from flag("db-tls", "CKV_AWS_30", "aws elasticache CreateReplicationGroup", "TransitEncryptionEnabled", [True, False, None],
                    "aws_elasticache_replication_group", "transit_encryption_enabled")
    yield from flag("db-tls", "CKV_AWS_83", "aws opensearch CreateDomain", "DomainEndpointOptions.EnforceHTTPS", [True, False],
                    "aws_opensearch_domain", "domain_endpoint_options.enforce_https")
    yield from flag("db-backup", "CKV_AWS_133", create, "BackupRetentionPeriod", [0, 7, 35], "aws_db_instance", "backup_retention_period", *instance)
    yield from flag("db-backup", "CKV_AWS_28", "aws dynamodb UpdateContinuousBackups", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", [True, False],
                    "aws_dynamodb_table", "point_in_time_recovery.enabled", {"TableName": "t"}, {"name": "t"})
    yield from flag("db-deletion-protection", "CKV_AWS_293", create, "DeletionProtection", [True, False, None], "aws_db_instance", "deletion_protection", *instance)
    yield from flag("db-deletion-protection", "CKV_AWS_139", "aws rds CreateDBCluster", "DeletionProtection", [True, False, None], "aws_rds_cluster", "deletion_protection", *cluster)
    yield from flag("db-multi-az", "CKV_AWS_157", create, "MultiAZ", [True, False, None], "aws_db_instance", "multi_az", *instance)
    yield from flag("db-auto-patch", "CKV_AWS_226", create, "AutoMinorVersionUpgrade", [True, False], "aws_db_instance", "auto_minor_version_upgrade", *instance)
    yield from flag("db-iam-auth", "CKV_AWS_161", create, "EnableIAMDatabaseAuthentication", [True, False, None], "aws_db_instance", "iam_database_authentication_enabled", *instance)
    yield from flag("db-iam-auth", "CKV_AWS_162", "aws rds CreateDBCluster", "EnableIAMDatabaseAuthentication", [True, False, None], "aws_rds_cluster",
                    "iam_database_authentication_enabled", *cluster)
