use super::*;
use crate::catalog::Catalog;
use crate::plan::CloudName;
use pretty_assertions::assert_eq;

fn kinds(service: &str) -> Kinds {
    let service = Catalog::open(None).unwrap().service(CloudName::Aws, service).unwrap();
    Kinds::of(&service, &Known::embedded().unwrap())
}

fn told_apart(service: &str, name: &str) -> String {
    let kinds = kinds(service);
    let kind = kinds.named(name).unwrap_or_else(|| panic!("{service} has no {name}"));
    let inside: Vec<&str> = kind.inside.iter().map(|(member, _)| member.as_str()).collect();
    format!("{} / {} / {}", inside.join(","), kind.given.join(","), kind.generated.join(","))
}

#[test]
fn what_tells_things_apart_is_inferred() {
    for (service, kind, wanted) in [
        ("ec2", "Vpc", " /  / VpcId"),
        ("ec2", "Subnet", " /  / SubnetId"),
        ("ec2", "Instance", " /  / InstanceId"),
        ("ec2", "RouteTable", " /  / RouteTableId"),
        ("ec2", "SecurityGroup", " / GroupName / GroupId"),
        ("ec2", "KeyPair", " / KeyName / KeyPairId"),
        ("ec2", "Address", " /  / AllocationId,PublicIp"),
        ("ec2", "InternetGateway", " /  / InternetGatewayId"),
        ("ec2", "AttachInternetGateway", "InternetGatewayId,VpcId /  / "),
        ("ec2", "AssociateRouteTable", " /  / AssociationId"),
        ("s3", "Bucket", " / Bucket / "),
        ("s3", "Object", "Bucket / Key / "),
        ("s3", "BucketEncryption", "Bucket /  / "),
        ("s3", "PublicAccessBlock", "Bucket /  / "),
        ("s3", "BucketLifecycleConfiguration", "Bucket /  / "),
        ("iam", "Role", " / RoleName / "),
        ("iam", "Policy", " / PolicyName / "),
        ("iam", "RolePolicy", "RoleName / PolicyName / "),
        ("iam", "AttachRolePolicy", "RoleName,PolicyArn /  / "),
        ("dynamodb", "Table", " / TableName / "),
        ("rds", "DBInstance", " / DBInstanceIdentifier / "),
        ("lambda", "Function", " / FunctionName / "),
        ("sqs", "Queue", " /  / QueueUrl"),
        ("sns", "Topic", " /  / TopicArn"),
        ("logs", "LogGroup", " / logGroupName / "),
        ("logs", "LogStream", "logGroupName / logStreamName / "),
        ("logs", "RetentionPolicy", "logGroupName /  / "),
        ("secretsmanager", "Secret", " / Name / "),
        ("kms", "Key", " /  / KeyId"),
        ("kms", "Alias", " / AliasName / "),
    ] {
        assert_eq!(told_apart(service, kind), wanted, "{service} {kind}");
    }
}

#[test]
fn what_operations_do_is_inferred() {
    for (service, operation, role, kind) in [
        ("ec2", "RunInstances", Role::Create, "Instance"),
        ("ec2", "TerminateInstances", Role::Delete, "Instance"),
        ("ec2", "DescribeVpcs", Role::Read, "Vpc"),
        ("ec2", "ModifyVpcAttribute", Role::Update, "Vpc"),
        ("ec2", "StopInstances", Role::Stop, "Instance"),
        ("s3", "PutBucketEncryption", Role::Put, "BucketEncryption"),
        ("s3", "DeleteBucketLifecycle", Role::Delete, "BucketLifecycleConfiguration"),
        ("s3", "ListObjectsV2", Role::Read, "Object"),
        ("s3", "HeadBucket", Role::Read, "Bucket"),
        ("s3", "PutObject", Role::Put, "Object"),
        ("iam", "ListAttachedRolePolicies", Role::Read, "AttachRolePolicy"),
        ("sqs", "GetQueueUrl", Role::Read, "Queue"),
        ("sqs", "SetQueueAttributes", Role::Update, "Queue"),
        ("lambda", "UpdateFunctionCode", Role::Update, "Function"),
        ("secretsmanager", "GetSecretValue", Role::Read, "Secret"),
        ("secretsmanager", "PutSecretValue", Role::Update, "Secret"),
    ] {
        let kinds = kinds(service);
        let meaning = kinds.meaning(operation).unwrap_or_else(|| panic!("{operation} means nothing"));
        let named = meaning.kind.as_ref().and_then(|key| kinds.get(key)).map(|kind| kind.name.as_str());
        assert_eq!((meaning.role, named), (role, Some(kind)), "{service} {operation}");
    }
    for (service, operation, role) in [
        ("ec2", "CreateTags", Role::Tag),
        ("ec2", "DeleteTags", Role::Untag),
        ("iam", "TagRole", Role::Tag),
        ("rds", "AddTagsToResource", Role::Tag),
        ("rds", "RemoveTagsFromResource", Role::Untag),
        ("rds", "ListTagsForResource", Role::ListTags),
        ("lambda", "ListTags", Role::ListTags),
        ("sqs", "TagQueue", Role::Tag),
    ] {
        assert_eq!(kinds(service).meaning(operation).map(|m| m.role), Some(role), "{service} {operation}");
    }
}

#[test]
fn what_cannot_be_understood_means_nothing() {
    for (service, operation) in [("lambda", "Invoke"), ("sns", "Publish"), ("kms", "Encrypt")] {
        assert_eq!(kinds(service).meaning(operation), None, "{service} {operation}");
    }
}
