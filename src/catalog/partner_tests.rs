use super::super::test_service::service;
use super::*;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::json;

fn ec2() -> Service {
    service(&[
        (
            "CreateVpc",
            json!({"CidrBlock": "string"}),
            json!({"Vpc": {"VpcId": "string", "OwnerId": "string"}}),
        ),
        ("DeleteVpc", json!({"VpcId!": "string", "DryRun": "boolean"}), json!({})),
        (
            "RunInstances",
            json!({"ImageId": "string", "ClientToken@": "string"}),
            json!({"Instances": [{"InstanceId": "string"}]}),
        ),
        ("TerminateInstances", json!({"InstanceIds!": ["string"]}), json!({})),
        ("StartInstances", json!({"InstanceIds!": ["string"]}), json!({})),
        ("StopInstances", json!({"InstanceIds!": ["string"], "Force": "boolean"}), json!({})),
        (
            "AllocateAddress",
            json!({"Domain": "string"}),
            json!({"AllocationId": "string", "PublicIp": "string"}),
        ),
        ("ReleaseAddress", json!({"AllocationId": "string", "PublicIp": "string"}), json!({})),
        (
            "AuthorizeSecurityGroupIngress",
            json!({"GroupId": "string", "CidrIp": "string"}),
            json!({"SecurityGroupRules": [{"SecurityGroupRuleId": "string"}]}),
        ),
        (
            "RevokeSecurityGroupIngress",
            json!({"GroupId": "string", "CidrIp": "string", "IpProtocol": "string"}),
            json!({}),
        ),
        (
            "CreateRoute",
            json!({"RouteTableId!": "string", "DestinationCidrBlock": "string", "GatewayId": "string"}),
            json!({"Return": "boolean"}),
        ),
        ("DeleteRoute", json!({"RouteTableId!": "string", "DestinationCidrBlock": "string"}), json!({})),
        ("CreateFlowLogs", json!({}), json!({"FlowLogIds": ["string"]})),
        ("DeleteFlowLogs", json!({"FlowLogIds!": ["string"], "Reason!": "string"}), json!({})),
        ("ModifyVpcAttribute", json!({"VpcId!": "string"}), json!({})),
    ])
}

fn others() -> Service {
    service(&[
        (
            "CreateBucket",
            json!({"Bucket!": "string", "ACL": "string"}),
            json!({"Location": "string", "BucketArn": "string"}),
        ),
        ("DeleteBucket", json!({"Bucket!": "string"}), json!({})),
        ("DeleteBucketPolicy", json!({"Bucket!": "string"}), json!({})),
        ("HeadBucket", json!({"Bucket!": "string"}), json!({"BucketRegion": "string"})),
        (
            "AddRoleToInstanceProfile",
            json!({"InstanceProfileName!": "string", "RoleName!": "string"}),
            json!({}),
        ),
        (
            "RemoveRoleFromInstanceProfile",
            json!({"InstanceProfileName!": "string", "RoleName!": "string"}),
            json!({}),
        ),
        (
            "CreateDBInstance",
            json!({"DBInstanceIdentifier!": "string", "MasterUserPassword#": "string"}),
            json!({"DBInstance": {"DBInstanceIdentifier": "string", "Endpoint": "string"}}),
        ),
        (
            "DeleteDBInstance",
            json!({"DBInstanceIdentifier!": "string", "SkipFinalSnapshot": "boolean"}),
            json!({}),
        ),
        ("CreateCluster", json!({"clusterName": "string"}), json!({"cluster": {"clusterArn": "string"}})),
        ("DeleteCluster", json!({"cluster!": "string"}), json!({})),
        (
            "LaunchInstance",
            json!({"body": {"shape": "string"}, "opc-retry-token@": "string"}),
            json!({"id": "string"}),
        ),
        ("TerminateInstance", json!({"instanceId!": "string"}), json!({})),
        (
            "VirtualMachines_CreateOrUpdate",
            json!({"resourceGroupName!": "string", "vmName!": "string", "body!": {"location": "string"}}),
            json!({"id": "string"}),
        ),
        ("VirtualMachines_Delete", json!({"resourceGroupName!": "string", "vmName!": "string"}), json!({})),
        (
            "VirtualMachines_Get",
            json!({"resourceGroupName!": "string", "vmName!": "string"}),
            json!({"id": "string"}),
        ),
    ])
}

fn undone(service: &Service, operation: &str, params: Value, output: Value) -> Option<(String, Value)> {
    let partner = undo(service, service.operation(operation).unwrap(), &params)?;
    let with = partner.params(&params, &output).unwrap();
    Some((partner.operation, with))
}

#[test]
fn what_was_made_is_taken_back_by_the_name_that_the_cloud_gave_it() {
    let (ec2, others) = (ec2(), others());
    for (service, operation, params, output, expected) in [
        (
            &ec2,
            "CreateVpc",
            json!({"CidrBlock": "c"}),
            json!({"Vpc": {"VpcId": "v"}}),
            Some(("DeleteVpc", json!({"VpcId": "v"}))),
        ),
        (
            &ec2,
            "RunInstances",
            json!({}),
            json!({"Instances": [{"InstanceId": "1"}, {"InstanceId": "2"}]}),
            Some(("TerminateInstances", json!({"InstanceIds": ["1", "2"]}))),
        ),
        (
            &ec2,
            "StartInstances",
            json!({"InstanceIds": ["1"]}),
            json!({}),
            Some(("StopInstances", json!({"InstanceIds": ["1"]}))),
        ),
        (
            &ec2,
            "AllocateAddress",
            json!({}),
            json!({"AllocationId": "a", "PublicIp": "p"}),
            Some(("ReleaseAddress", json!({"AllocationId": "a"}))),
        ),
        (
            &ec2,
            "AuthorizeSecurityGroupIngress",
            json!({"GroupId": "g", "CidrIp": "0.0.0.0/0"}),
            json!({"SecurityGroupRules": [{"SecurityGroupRuleId": "r"}]}),
            Some(("RevokeSecurityGroupIngress", json!({"GroupId": "g", "CidrIp": "0.0.0.0/0"}))),
        ),
        (
            &ec2,
            "CreateRoute",
            json!({"RouteTableId": "t", "DestinationCidrBlock": "d", "GatewayId": "g"}),
            json!({"Return": true}),
            Some(("DeleteRoute", json!({"RouteTableId": "t", "DestinationCidrBlock": "d"}))),
        ),
        (&ec2, "ModifyVpcAttribute", json!({"VpcId": "v"}), json!({}), None),
        (
            &others,
            "CreateBucket",
            json!({"Bucket": "b"}),
            json!({"Location": "/b"}),
            Some(("DeleteBucket", json!({"Bucket": "b"}))),
        ),
        (
            &others,
            "AddRoleToInstanceProfile",
            json!({"InstanceProfileName": "p", "RoleName": "r"}),
            json!({}),
            Some(("RemoveRoleFromInstanceProfile", json!({"InstanceProfileName": "p", "RoleName": "r"}))),
        ),
        (
            &others,
            "CreateDBInstance",
            json!({"DBInstanceIdentifier": "d"}),
            json!({"DBInstance": {"DBInstanceIdentifier": "d"}}),
            Some(("DeleteDBInstance", json!({"DBInstanceIdentifier": "d", "SkipFinalSnapshot": true}))),
        ),
        (
            &others,
            "CreateCluster",
            json!({}),
            json!({"cluster": {"clusterArn": "arn"}}),
            Some(("DeleteCluster", json!({"cluster": "arn"}))),
        ),
        (
            &others,
            "LaunchInstance",
            json!({"body": {}}),
            json!({"id": "ocid1"}),
            Some(("TerminateInstance", json!({"instanceId": "ocid1"}))),
        ),
        (
            &others,
            "VirtualMachines_CreateOrUpdate",
            json!({"resourceGroupName": "g", "vmName": "v", "body": {}}),
            json!({"id": "/x"}),
            Some(("VirtualMachines_Delete", json!({"resourceGroupName": "g", "vmName": "v"}))),
        ),
    ] {
        let expected = expected.map(|(name, params)| (name.to_owned(), params));
        assert_eq!(undone(service, operation, params, output), expected, "{operation}");
    }
}

#[test]
fn a_partner_that_needs_more_than_the_step_knows_is_no_partner() {
    let ec2 = ec2();
    assert_eq!(undo(&ec2, ec2.operation("CreateFlowLogs").unwrap(), &json!({})), None, "Reason is nowhere");
}

#[test]
fn an_answer_without_the_identifier_is_an_error_that_names_it() {
    let ec2 = ec2();
    let partner = undo(&ec2, ec2.operation("CreateVpc").unwrap(), &json!({})).unwrap();
    assert_eq!(partner.params(&json!({}), &json!({"Vpc": {}})), Err("VpcId".into()));
}

#[test]
fn what_carries_a_name_can_be_looked_up_by_it() {
    let others = others();
    let look = |operation: &str, params: Value| {
        let partner = read(&others, others.operation(operation).unwrap(), &params)?;
        Some((partner.operation.clone(), partner.params(&params, &json!({})).unwrap()))
    };
    assert_eq!(
        look("CreateBucket", json!({"Bucket": "b"})),
        Some(("HeadBucket".into(), json!({"Bucket": "b"})))
    );
    let vm = json!({"resourceGroupName": "g", "vmName": "v", "body": {}});
    assert_eq!(look("VirtualMachines_CreateOrUpdate", vm).unwrap().0, "VirtualMachines_Get");
    assert_eq!(look("LaunchInstance", json!({"body": {}})), None);
    let ec2 = ec2();
    assert_eq!(read(&ec2, ec2.operation("CreateVpc").unwrap(), &json!({"CidrBlock": "c"})), None);
}

#[test]
fn a_list_with_two_things_of_the_name_gives_two_candidates() {
    let rds = service(&[
        (
            "DescribeDBInstances",
            json!({"DBInstanceIdentifier": "string"}),
            json!({"DBInstances": [{"Endpoint": "string"}, "DBInstance"]}),
        ),
        (
            "CreateDBInstance",
            json!({"DBInstanceIdentifier!": "string"}),
            json!({"DBInstance": "=DBInstance"}),
        ),
    ]);
    let create = rds.operation("CreateDBInstance").unwrap();
    let partner = read(&rds, create, &json!({"DBInstanceIdentifier": "d"})).unwrap();
    assert_eq!(partner.operation, "DescribeDBInstances");
    let adopted = |found: Value| adopt(&rds, create, "DescribeDBInstances", &found);
    assert_eq!(adopted(json!({"DBInstances": []})), Vec::<Value>::new());
    assert_eq!(
        adopted(json!({"DBInstances": [{"Endpoint": "e"}]})),
        [json!({"DBInstance": {"Endpoint": "e"}})]
    );
    assert_eq!(adopted(json!({"DBInstances": [{"Endpoint": "e"}, {"Endpoint": "f"}]})).len(), 2);
}

#[test]
fn creating_is_not_repeatable_and_putting_is() {
    let (ec2, others) = (ec2(), others());
    assert!(!repeatable(ec2.operation("CreateVpc").unwrap()));
    assert!(!repeatable(ec2.operation("RunInstances").unwrap()));
    assert!(repeatable(others.operation("VirtualMachines_CreateOrUpdate").unwrap()));
    assert!(repeatable(others.operation("DeleteBucket").unwrap()));
}

proptest! {
    #[test]
    fn a_partner_is_never_an_operation_of_another_noun(names in proptest::collection::vec("(Create|Put|Delete|Attach|Detach|Run|Terminate|Start|Stop)(Bucket|BucketPolicy|Role|RolePolicy|Instances)", 1..12)) {
        let mut names = names;
        names.sort();
        names.dedup();
        let specs: Vec<_> = names.iter().map(|n| (n.as_str(), json!({"Name!": "string"}), json!({}))).collect();
        let service = service(&specs);
        for operation in &service.operations {
            if let Some(partner) = undo(&service, operation, &json!({"Name": "x"})) {
                prop_assert_eq!(verb_of(&partner.operation).1, verb_of(&operation.name).1);
                prop_assert_ne!(&partner.operation, &operation.name);
            }
        }
    }
}

#[test]
fn what_is_made_once_is_in_the_catalog() {
    let catalog = crate::catalog::Catalog::open(None).unwrap();
    for (service, operation) in MADE_ONCE {
        let name = crate::plan::OperationName::new(CloudName::Aws, service, operation);
        let found = catalog.operation(&name).unwrap();
        assert!(made_once(found.service(), found.operation()));
        assert!(!repeatable(found.operation()), "{operation} needs no entry");
    }
}

#[test]
fn what_oci_makes_is_taken_back_by_the_id_or_the_name_in_the_answer() {
    let catalog = crate::catalog::Catalog::open(None).unwrap();
    for (service, operation, params, answer, partner, wanted) in [
        (
            "core.virtual_network",
            "CreateVcn",
            json!({"body": {"compartmentId": "c"}}),
            json!({"id": "v", "compartmentId": "c"}),
            "DeleteVcn",
            json!({"vcnId": "v"}),
        ),
        (
            "core.compute",
            "LaunchInstance",
            json!({"body": {}}),
            json!({"id": "i"}),
            "TerminateInstance",
            json!({"instanceId": "i"}),
        ),
        (
            "object_storage.object_storage",
            "CreateBucket",
            json!({"namespaceName": "ns", "body": {"name": "b"}}),
            json!({"namespace": "ns", "name": "b"}),
            "DeleteBucket",
            json!({"namespaceName": "ns", "bucketName": "b"}),
        ),
    ] {
        let name = crate::plan::OperationName::new(crate::plan::CloudName::Oci, service, operation);
        let found = catalog.operation(&name).unwrap();
        let undo = undo(found.service(), found.operation(), &params).unwrap();
        assert_eq!((undo.operation.as_str(), undo.params(&params, &answer).unwrap()), (partner, wanted));
    }
}

#[test]
fn what_oci_calls_name_in_its_body_is_looked_up_by_the_noun() {
    let catalog = crate::catalog::Catalog::open(None).unwrap();
    let name = crate::plan::OperationName::new(
        crate::plan::CloudName::Oci,
        "object_storage.object_storage",
        "CreateBucket",
    );
    let found = catalog.operation(&name).unwrap();
    let params = json!({"namespaceName": "space", "body": {"name": "logs", "compartmentId": "c"}});
    let read = read(found.service(), found.operation(), &params).unwrap();
    assert_eq!(read.operation, "GetBucket");
    assert_eq!(
        read.params(&params, &Value::Null),
        Ok(json!({"namespaceName": "space", "bucketName": "logs"}))
    );
    let name = crate::plan::OperationName::new(
        crate::plan::CloudName::Oci,
        "object_storage.object_storage",
        "PutObject",
    );
    let put = catalog.operation(&name).unwrap();
    let object = json!({"namespaceName": "space", "bucketName": "logs", "objectName": "a", "body": "YQ=="});
    let head = super::read(put.service(), put.operation(), &object).unwrap();
    assert_eq!(head.operation, "HeadObject", "content is not fetched to see whether it is there");
    let nameless = json!({"namespaceName": "space", "body": {"compartmentId": "c"}});
    assert_eq!(super::read(found.service(), found.operation(), &nameless), None);
}

#[test]
fn only_a_put_that_answers_two_ways_tells_whether_it_made_something() {
    let catalog = crate::catalog::Catalog::open(None).unwrap();
    let tells = |service: &str, operation: &str| {
        let name = crate::plan::OperationName::new(crate::plan::CloudName::Azure, service, operation);
        tells_news(catalog.operation(&name).unwrap().operation())
    };
    assert!(tells("network", "VirtualNetworks_CreateOrUpdate"));
    assert!(!tells("network", "VirtualNetworks_Get") && !tells("network", "VirtualNetworks_Delete"));
    assert!(!tells("compute", "VirtualMachines_Restart"));
}

#[test]
fn what_ends_the_life_of_something_is_told_from_what_makes_it() {
    let (ec2, others) = (ec2(), others());
    for (service, operation, gone) in [
        (&ec2, "DeleteVpc", true),
        (&ec2, "TerminateInstances", true),
        (&ec2, "CreateVpc", false),
        (&ec2, "StopInstances", false),
        (&others, "DeleteBucket", true),
    ] {
        assert_eq!(takes_away(service.operation(operation).unwrap()), gone, "{operation}");
    }
}
