//! AWS, worked out by hand from the list prices named beside each figure.

use pretty_assertions::assert_eq;
use serde_json::json;

use super::{amount, estimate, one, step};
use crate::plan::{PriceStatus, Unpriced};

#[test]
fn load_balancers_cost_their_hours_and_their_addresses() {
    // 730 × 0.027 (a bill of 2026) + 2 × 730 × 0.005 (price maps of 2025-11-04)
    let public = json!({"Name": "web", "Subnets": ["subnet-1", "subnet-2"]});
    assert_eq!(
        one("eu-central-1", "lb aws elbv2 CreateLoadBalancer", public.clone()).monthly,
        amount("27.01")
    );
    let mut inside = public;
    inside["Scheme"] = json!("internal");
    assert_eq!(one("eu-central-1", "lb aws elbv2 CreateLoadBalancer", inside).monthly, amount("19.71"));
    // 730 × 0.025, and back
    let classic = one("us-east-1", "lb aws elb DeleteLoadBalancer", json!({"LoadBalancerName": "old"}));
    assert_eq!(classic.monthly, amount("-18.25"));
}

#[test]
fn a_database_costs_its_class_its_copies_and_its_disk() {
    let database = |multi: bool| {
        one(
            "us-east-1",
            "db aws rds CreateDBInstance",
            json!({"DBInstanceIdentifier": "db", "DBInstanceClass": "db.m5.large", "Engine": "postgres",
                "AllocatedStorage": 100, "MultiAZ": multi}),
        )
    };
    // 2024-08-09: 0.178 and 0.356 an hour; 2026-05-03: gp2 0.115 and 0.23 a GB.
    assert_eq!(database(false).monthly, amount("141.44"));
    assert_eq!(database(true).monthly, amount("282.88"));
    let oracle = one(
        "us-east-1",
        "db aws rds CreateDBInstance",
        json!({"DBInstanceClass": "db.m5.large", "Engine": "oracle-ee", "AllocatedStorage": 100}),
    );
    assert_eq!(oracle.status, PriceStatus::Partly);
    assert_eq!(
        oracle.reason,
        Some(Unpriced::NoPrice { key: "rds.instance.db.m5.large.oracle-ee.single_az in us-east-1".into() })
    );
}

#[test]
fn tables_cost_capacity_or_use() {
    let table = |params| one("eu-central-1", "t aws dynamodb CreateTable", params);
    let provisioned =
        table(json!({"ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 5}}));
    // 730 × (10 × 0.0001586 + 5 × 0.000793), price maps of 2025-08-28
    assert_eq!(provisioned.monthly, amount("4.05223"));
    let by_use = table(json!({"BillingMode": "PAY_PER_REQUEST"}));
    assert_eq!(by_use.status, PriceStatus::UsageOnly);
    assert_eq!(by_use.usage[0].unit_price, amount("0.0000001525"));
    let unsaid = table(json!({"TableName": "t"}));
    assert_eq!(
        unsaid.reason,
        Some(Unpriced::UnknownParameter { name: "ProvisionedThroughput.ReadCapacityUnits".into() })
    );
}

#[test]
fn nodes_are_counted() {
    // 2 shards with one replica each: 4 × 730 × 0.156 (2025-05-28)
    let cache = one(
        "us-east-1",
        "c aws elasticache CreateReplicationGroup",
        json!({"CacheNodeType": "cache.m4.large", "Engine": "redis", "NumNodeGroups": 2, "ReplicasPerNodeGroup": 1}),
    );
    assert_eq!(cache.monthly, amount("455.52"));
    // 2 × 730 × 0.587 + 2 × 100 × 0.135
    let search = one(
        "us-east-1",
        "s aws opensearch CreateDomain",
        json!({"ClusterConfig": {"InstanceType": "c4.2xlarge.search", "InstanceCount": 2},
            "EBSOptions": {"EBSEnabled": true, "VolumeSize": 100}}),
    );
    assert_eq!(search.monthly, amount("884.02"));
    // 2 × 730 × 0.015
    let stream = one("us-east-1", "k aws kinesis CreateStream", json!({"StreamName": "s", "ShardCount": 2}));
    assert_eq!(stream.monthly, amount("21.9"));
    // 3 × 730 × 0.096 + 3 × 20 × 0.0952, and the cluster 730 × 0.1
    let nodes = one(
        "eu-central-1",
        "n aws eks CreateNodegroup",
        json!({"instanceTypes": ["t3.large"], "scalingConfig": {"desiredSize": 3}}),
    );
    assert_eq!(nodes.monthly, amount("215.952"));
    let cluster = one("eu-central-1", "e aws eks CreateCluster", json!({"name": "c"}));
    assert_eq!(cluster.monthly, amount("73"));
}

#[test]
fn what_another_step_of_the_plan_describes_counts() {
    let template = json!({"LaunchTemplateName": "web", "LaunchTemplateData": {"InstanceType": "t3.large"}});
    let by = |name: &str, value: &str| {
        estimate(
            Some("eu-central-1"),
            vec![
                step("t aws ec2 CreateLaunchTemplate", template.clone()),
                step(
                    "vm aws ec2 RunInstances",
                    json!({"MinCount": 1, "MaxCount": 1, "LaunchTemplate": {name: value}}),
                ),
            ],
        )
    };
    // 730 × 0.096 + 8 × 0.0952
    let reference = "${{ steps.t.output.LaunchTemplate.LaunchTemplateId }}";
    assert_eq!(by("LaunchTemplateId", reference).steps[1].monthly, amount("70.8416"));
    assert_eq!(by("LaunchTemplateName", "web").steps[1].monthly, amount("70.8416"));
    let other = by("LaunchTemplateName", "another");
    assert_eq!(other.steps[1].reason, Some(Unpriced::UnknownParameter { name: "InstanceType".into() }));
}

#[test]
fn a_service_on_fargate_takes_its_size_from_the_task() {
    let service = |chip: &str| {
        let task = json!({"family": "api", "cpu": "512", "memory": "1024",
            "runtimePlatform": {"cpuArchitecture": chip}});
        let service = json!({"launchType": "FARGATE", "desiredCount": 2,
            "taskDefinition": "${{ steps.task.output.taskDefinition.taskDefinitionArn }}"});
        let steps = vec![
            step("task aws ecs RegisterTaskDefinition", task),
            step("api aws ecs CreateService", service),
        ];
        estimate(Some("eu-central-1"), steps)
    };
    // 2 × 730 × (0.5 × 0.04656 + 1 × 0.00511), price maps of 2025-10-27; on Arm 0.03725 and 0.00409
    assert_eq!(service("X86_64").monthly, amount("41.4494").unwrap());
    assert_eq!(service("ARM64").monthly, amount("33.1639").unwrap());
}

#[test]
fn endpoints_cost_by_subnet_and_gateway_endpoints_nothing() {
    let endpoint = |kind: &str, subnets: &[&str]| {
        one(
            "us-east-1",
            "v aws ec2 CreateVpcEndpoint",
            json!({"VpcEndpointType": kind, "SubnetIds": subnets}),
        )
    };
    // 2 × 730 × 0.01
    assert_eq!(endpoint("Interface", &["a", "b"]).monthly, amount("14.6"));
    assert_eq!(endpoint("Gateway", &[]).status, PriceStatus::Free);
}

#[test]
fn small_things_cost_by_the_month() {
    for (words, params, monthly) in [
        ("k aws kms CreateKey", json!({}), "1"),
        ("z aws route53 CreateHostedZone", json!({"Name": "example.com"}), "0.5"),
        ("z aws route53 DeleteHostedZone", json!({"Id": "Z1"}), "-0.5"),
        ("a aws cloudwatch PutMetricAlarm", json!({"AlarmName": "a", "Period": 300}), "0.1"),
        ("a aws cloudwatch PutMetricAlarm", json!({"AlarmName": "a", "Period": 10}), "0.3"),
        ("i aws ec2 AllocateAddress", json!({"Domain": "vpc"}), "3.65"),
        ("s aws secretsmanager CreateSecret", json!({"Name": "s"}), "0.4"),
        ("t aws ec2 CreateTransitGatewayVpcAttachment", json!({"VpcId": "v"}), "36.5"),
    ] {
        assert_eq!(one("us-east-1", words, params).monthly, amount(monthly), "{words}");
    }
}

#[test]
fn functions_queues_and_topics_cost_use_alone() {
    for (words, params, price) in [
        ("f aws lambda CreateFunction", json!({"Architectures": ["arm64"]}), ["0.0000002", "0.0000133334"]),
        ("f aws lambda CreateFunction", json!({}), ["0.0000002", "0.0000166667"]),
        ("t aws sns CreateTopic", json!({"Name": "t"}), ["0.0000005", "0.0000006"]),
    ] {
        let step = one("us-east-1", words, params);
        assert_eq!(step.status, PriceStatus::UsageOnly, "{words}");
        let prices: Vec<_> = step.usage[..2].iter().map(|l| l.unit_price).collect();
        assert_eq!(prices, price.map(amount), "{words}");
    }
}

#[test]
fn reads_names_and_settings_are_free() {
    for words in [
        "a aws ec2 DescribeInstances",
        "a aws ec2 CreateTags",
        "a aws ec2 CreateVpc",
        "a aws ec2 CreateSubnet",
        "a aws ec2 CreateRoute",
        "a aws ec2 AuthorizeSecurityGroupIngress",
        "a aws ec2 DeleteSecurityGroup",
        "a aws iam CreateRole",
        "a aws s3 PutBucketPolicy",
        "a aws s3 ListBuckets",
        "a aws s3 PutBucketVersioning",
        "a aws elbv2 CreateTargetGroup",
        "a aws kms TagResource",
        "a aws acm RequestCertificate",
        "a aws sts GetCallerIdentity",
    ] {
        let step = one("us-east-1", words, json!({}));
        assert_eq!((step.status, step.monthly), (PriceStatus::Free, amount("0")), "{words}");
    }
}

#[test]
fn what_only_looks_free_is_not() {
    for words in [
        "a aws rds DeleteDBInstance",
        "a aws elasticache DeleteCacheCluster",
        "a aws ec2 ModifyVolume",
        "a aws rds ModifyDBInstance",
        "a aws ec2 StartInstances",
        "a aws cloudformation CreateStack",
        "a aws ecs CreateService",
        "a aws autoscaling CreateAutoScalingGroup",
        "a aws savingsplans CreateSavingsPlan",
    ] {
        let step = one("us-east-1", words, json!({"launchType": "FARGATE"}));
        assert_eq!((step.status, step.monthly), (PriceStatus::NotPriced, None), "{words}");
        assert!(step.reason.is_some(), "{words}");
    }
}
