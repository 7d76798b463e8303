//! Plans and their costs; every figure is computed by hand from the list price named beside it.

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::PriceBook;
use crate::catalog::Catalog;
use crate::plan::{CloudName, Estimate, OperationName, Plan, PriceStatus, StepEstimate, Unpriced};

fn book() -> PriceBook {
    PriceBook::open(None).unwrap()
}

/// A plan of these `(cloud/service/operation, region, parameters)`; steps are called s0, s1, …
fn plan(steps: &[(&str, &str, Value)]) -> Plan {
    let steps: Vec<Value> = steps
        .iter()
        .enumerate()
        .map(|(index, (operation, region, params))| {
            let mut parts = operation.split('/');
            let mut step = json!({
                "id": format!("s{index}"), "cloud": parts.next(), "service": parts.next(),
                "operation": parts.next(), "params": params,
            });
            if !region.is_empty() {
                step["region"] = json!(region);
            }
            step
        })
        .collect();
    Plan::from_value(json!({"version": 1, "name": "a test", "steps": steps})).unwrap()
}

fn estimate(steps: &[(&str, &str, Value)]) -> Estimate {
    book().estimate(&plan(steps), None)
}

fn one(operation: &str, region: &str, params: Value) -> StepEstimate {
    estimate(&[(operation, region, params)]).steps.remove(0)
}

fn usd(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

fn parts(step: &StepEstimate) -> Vec<(&str, String)> {
    step.components.iter().map(|c| (c.name.as_str(), c.monthly.to_string())).collect()
}

fn unknown(name: &str) -> Option<Unpriced> {
    Some(Unpriced::UnknownParameter { name: name.to_owned() })
}

#[test]
fn a_bucket_and_its_configuration_cost_nothing_fixed_and_show_what_use_costs() {
    let bucket = json!({"Bucket": "demo-logs"});
    let estimate = estimate(&[
        ("aws/s3/CreateBucket", "eu-central-1", bucket.clone()),
        ("aws/s3/PutPublicAccessBlock", "eu-central-1", bucket.clone()),
        ("aws/s3/PutBucketEncryption", "eu-central-1", bucket.clone()),
        ("aws/s3/PutBucketTagging", "eu-central-1", bucket),
    ]);
    assert_eq!((estimate.monthly, estimate.unpriced), (Decimal::ZERO, 0));
    assert_eq!(estimate.steps[0].status, PriceStatus::UsageOnly);
    // S3 Standard in Frankfurt: 0.0245 per GB-month, 5.40 per million writes.
    assert_eq!(estimate.steps[0].usage[0].unit_price, usd("0.0245"));
    assert_eq!(estimate.steps[0].usage[1].unit_price, usd("0.0054"));
    assert!(estimate.steps[1..].iter().all(|s| s.status == PriceStatus::Free));
    assert!(estimate.assumptions.iter().any(|a| a.contains("Use is not included")));
}

#[test]
fn instances_are_priced_with_their_volumes() {
    // us-east-1: t3.micro 0.0104 an hour, gp3 0.08 a GB-month.
    let params = json!({
        "ImageId": "ami-1", "InstanceType": "t3.micro", "MinCount": 2, "MaxCount": 2,
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeType": "gp3", "VolumeSize": 20}}],
    });
    let step = one("aws/ec2/RunInstances", "us-east-1", params);
    assert_eq!(step.status, PriceStatus::Priced);
    assert_eq!(
        parts(&step),
        [("Instance t3.micro", "15.184".to_owned()), ("Volume gp3, 20 GB", "3.2".to_owned())]
    );
    assert_eq!(step.monthly, usd("18.384"));
}

#[test]
fn a_root_volume_that_nobody_described_is_assumed_and_said() {
    let params = json!({"ImageId": "ami-1", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1});
    let estimate = estimate(&[("aws/ec2/RunInstances", "us-east-1", params)]);
    // 0.0104 × 730 + 8 GB gp3 at 0.08.
    assert_eq!(estimate.monthly, "8.232".parse().unwrap());
    assert!(estimate.assumptions.iter().any(|a| a.contains("8 GB gp3")));
    assert!(estimate.assumptions.iter().any(|a| a.contains("Linux")));
}

#[test]
fn a_launch_template_of_the_same_plan_tells_the_type() {
    let template = json!({"LaunchTemplateName": "web", "LaunchTemplateData": {"InstanceType": "t3.micro"}});
    for by in [
        json!({"LaunchTemplateName": "web"}),
        json!({"LaunchTemplateId": "${{ steps.s0.output.LaunchTemplate.LaunchTemplateId }}"}),
    ] {
        let run = json!({"LaunchTemplate": by, "MinCount": 1, "MaxCount": 1});
        let estimate = estimate(&[
            ("aws/ec2/CreateLaunchTemplate", "us-east-1", template.clone()),
            ("aws/ec2/RunInstances", "us-east-1", run),
        ]);
        assert_eq!(estimate.steps[1].monthly, usd("8.232"), "{by}");
    }
    let elsewhere = json!({"LaunchTemplate": {"LaunchTemplateId": "lt-1"}, "MinCount": 1, "MaxCount": 1});
    let step = one("aws/ec2/RunInstances", "us-east-1", elsewhere);
    assert_eq!((step.status, step.monthly), (PriceStatus::NotPriced, None));
    assert_eq!(step.reason, unknown("LaunchTemplate.LaunchTemplateId"));
}

#[test]
fn what_another_step_will_tell_is_named_and_never_guessed() {
    let reference = "${{ steps.s0.output.Vpc.VpcId }}";
    let find = |params: Value| {
        let vpc = ("aws/ec2/CreateVpc", "us-east-1", json!({"CidrBlock": "10.0.0.0/16"}));
        estimate(&[vpc, ("aws/ec2/RunInstances", "us-east-1", params)]).steps.remove(1)
    };
    let typed = find(json!({"InstanceType": reference, "MinCount": 1, "MaxCount": 1}));
    assert_eq!(typed.reason, unknown("InstanceType"));
    assert_eq!(typed.status, PriceStatus::Partly, "the assumed root volume has a price");
    let counted = find(json!({"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": reference}));
    assert_eq!((counted.status, counted.reason), (PriceStatus::NotPriced, unknown("MaxCount")));
    let mapped = find(json!({"InstanceType": "t3.micro", "MaxCount": 1, "BlockDeviceMappings": reference}));
    assert_eq!((mapped.status, mapped.reason), (PriceStatus::Partly, unknown("BlockDeviceMappings[?Ebs]")));
    assert_eq!(mapped.monthly, usd("7.592"));
    let sized = find(json!({"InstanceType": "t3.micro", "MaxCount": 1,
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": reference}}]}));
    assert_eq!((sized.monthly, sized.reason), (usd("7.592"), unknown("Ebs.VolumeSize")));
}

#[test]
fn a_price_that_is_not_in_the_book_is_named_with_its_region() {
    let params = json!({"VolumeType": "gp2", "Size": 10, "AvailabilityZone": "ap-south-2a"});
    let estimate = estimate(&[("aws/ec2/CreateVolume", "ap-south-2", params)]);
    let step = &estimate.steps[0];
    assert_eq!(
        step.reason,
        Some(Unpriced::NoPrice { key: "aws/unit/ebs.gp2.gb_month in ap-south-2".to_owned() })
    );
    assert_eq!((step.status, step.monthly, estimate.unpriced), (PriceStatus::NotPriced, None, 1));
    assert!(estimate.assumptions.iter().any(|a| a.contains("1 of 1 steps")));
    let spot =
        json!({"InstanceType": "t3.micro", "MaxCount": 1, "InstanceMarketOptions": {"MarketType": "spot"}});
    assert_eq!(one("aws/ec2/RunInstances", "us-east-1", spot).status, PriceStatus::Partly);
}

#[test]
fn an_operation_without_a_rule_is_not_priced_and_a_read_is_free() {
    let step = one("aws/outposts/CreateOrder", "us-east-1", json!({}));
    assert_eq!((step.status, step.reason), (PriceStatus::NotPriced, Some(Unpriced::NoRule)));
    assert_eq!(one("aws/ec2/DescribeVpcs", "us-east-1", json!({})).status, PriceStatus::Free);
    // A question to the cost explorer is paid for, though it looks like a read.
    assert_eq!(one("aws/ce/GetCostAndUsage", "us-east-1", json!({})).status, PriceStatus::NotPriced);
}

#[test]
fn deletions_save_what_is_known_and_name_what_is_not() {
    // NAT gateway in Frankfurt: 0.052 an hour.
    let known = one("aws/ec2/DeleteNatGateway", "eu-central-1", json!({"NatGatewayId": "nat-1"}));
    assert_eq!((known.status, known.monthly), (PriceStatus::Priced, usd("-37.96")));
    let open = one("aws/ec2/TerminateInstances", "eu-central-1", json!({"InstanceIds": ["i-1"]}));
    assert_eq!((open.status, open.monthly), (PriceStatus::NotPriced, None));
    assert!(open.reason.unwrap().to_string().contains("size of the instances"));
}

#[test]
fn volumes_pay_for_speed_beyond_what_is_included() {
    // Frankfurt, gp3: 0.0952 a GB, 0.006 an IOPS above 3,000, 0.0476 a MiB/s above 125.
    let params = json!({"VolumeType": "gp3", "Size": 100, "Iops": 4000, "Throughput": 225});
    assert_eq!(one("aws/ec2/CreateVolume", "eu-central-1", params).monthly, usd("20.28"));
    let plain = json!({"VolumeType": "gp3", "Size": 100, "Iops": 3000, "Throughput": 125});
    assert_eq!(one("aws/ec2/CreateVolume", "eu-central-1", plain).monthly, usd("9.52"));
    // us-east-1, io1: 0.125 a GB, 0.065 an IOPS.
    let io1 = json!({"VolumeType": "io1", "Size": 40, "Iops": 1000});
    assert_eq!(one("aws/ec2/CreateVolume", "us-east-1", io1).monthly, usd("70"));
}

#[test]
fn a_standby_doubles_the_storage_of_a_database() {
    // us-east-1, MySQL: db.t3.large 0.136 an hour alone, 0.272 with a standby; gp2 0.115 a GB, doubled.
    let alone = json!({"DBInstanceClass": "db.t3.large", "Engine": "mysql", "AllocatedStorage": 20});
    assert_eq!(one("aws/rds/CreateDBInstance", "us-east-1", alone).monthly, usd("101.58"));
    let twice =
        json!({"DBInstanceClass": "db.t3.large", "Engine": "mysql", "AllocatedStorage": 30, "MultiAZ": true});
    assert_eq!(one("aws/rds/CreateDBInstance", "us-east-1", twice).monthly, usd("205.46"));
    // io1: 100 GB at 0.125 and 1,200 IOPS at 0.10.
    let fast = json!({"DBInstanceClass": "db.t3.large", "Engine": "mysql", "AllocatedStorage": 100,
        "StorageType": "io1", "Iops": 1200});
    assert_eq!(one("aws/rds/CreateDBInstance", "us-east-1", fast).monthly, usd("231.78"));
    let licensed = json!({"DBInstanceClass": "db.t3.large", "Engine": "oracle-se2", "AllocatedStorage": 20});
    assert_eq!(one("aws/rds/CreateDBInstance", "us-east-1", licensed).status, PriceStatus::Partly);
    let aurora =
        json!({"DBInstanceClass": "db.t3.medium", "Engine": "aurora-mysql", "DBClusterIdentifier": "c"});
    assert_eq!(one("aws/rds/CreateDBInstance", "us-east-1", aurora).monthly, usd("59.86"));
}

#[test]
fn a_table_pays_for_capacity_or_for_requests() {
    // us-east-1: 0.00013 a read and 0.00065 a write unit and hour.
    let throughput = json!({"ReadCapacityUnits": 10, "WriteCapacityUnits": 5});
    let provisioned = json!({"TableName": "t", "ProvisionedThroughput": throughput,
        "GlobalSecondaryIndexes": [{"IndexName": "i", "ProvisionedThroughput": throughput}]});
    assert_eq!(one("aws/dynamodb/CreateTable", "us-east-1", provisioned).monthly, usd("6.643"));
    let on_demand = one("aws/dynamodb/CreateTable", "us-east-1", json!({"BillingMode": "PAY_PER_REQUEST"}));
    assert_eq!((on_demand.status, on_demand.monthly), (PriceStatus::UsageOnly, usd("0")));
    assert_eq!(on_demand.usage[1].unit_price, usd("0.625"));
    let silent = one("aws/dynamodb/CreateTable", "us-east-1", json!({"TableName": "t"}));
    assert_eq!(silent.reason, unknown("ProvisionedThroughput.ReadCapacityUnits"));
}

#[test]
fn services_of_aws_cost_their_list_price() {
    for (operation, region, params, monthly) in [
        // 0.0225 an hour.
        ("elbv2/CreateLoadBalancer", "us-east-1", json!({"Name": "a", "Scheme": "internal"}), "16.425"),
        // 0.027 an hour and two addresses at 0.005.
        ("elbv2/CreateLoadBalancer", "eu-central-1", json!({"Name": "a", "Subnets": ["b", "c"]}), "27.01"),
        ("ec2/AllocateAddress", "eu-central-1", json!({}), "3.65"),
        // Two subnets at 0.012 an hour.
        (
            "ec2/CreateVpcEndpoint",
            "eu-central-1",
            json!({"VpcEndpointType": "Interface", "SubnetIds": ["${{ steps.s1.output.id }}", "b"]}),
            "17.52",
        ),
        ("eks/CreateCluster", "eu-central-1", json!({"name": "c"}), "73"),
        ("kms/CreateKey", "eu-central-1", json!({}), "1"),
        ("secretsmanager/CreateSecret", "us-east-1", json!({"Name": "s"}), "0.4"),
        ("route53/CreateHostedZone", "", json!({"Name": "example.com"}), "0.5"),
        ("kinesis/CreateStream", "us-east-1", json!({"ShardCount": 2}), "21.9"),
        // HTTPS with string matching: 0.75 + 2 × 2.
        ("route53/CreateHealthCheck", "", json!({"HealthCheckConfig": {"Type": "HTTPS_STR_MATCH"}}), "4.75"),
        ("redshift/CreateCluster", "us-east-1", json!({"NodeType": "dc2.large", "NumberOfNodes": 2}), "365"),
        (
            "kafka/CreateCluster",
            "us-east-1",
            json!({"NumberOfBrokerNodes": 3, "BrokerNodeGroupInfo":
            {"InstanceType": "kafka.t3.small", "StorageInfo": {"EbsStorageInfo": {"VolumeSize": 100}}}}),
            "129.864",
        ),
        ("wafv2/CreateWebACL", "us-east-1", json!({"Rules": [{}, {}]}), "7"),
        ("cloudwatch/PutMetricAlarm", "us-east-1", json!({"AlarmName": "a", "Period": 10}), "0.3"),
        // Three nodes, cache.m4.large 0.156 an hour.
        (
            "elasticache/CreateReplicationGroup",
            "us-east-1",
            json!({"CacheNodeType": "cache.m4.large", "NumNodeGroups": 1, "ReplicasPerNodeGroup": 2}),
            "341.64",
        ),
    ] {
        let name = format!("aws/{operation}");
        let vpc = ("aws/ec2/CreateVpc", "us-east-1", json!({"CidrBlock": "10.0.0.0/16"}));
        let estimate = estimate(&[(&name, region, params), vpc]);
        let step = &estimate.steps[0];
        assert_eq!((step.status, step.monthly), (PriceStatus::Priced, usd(monthly)), "{operation}: {step:?}");
    }
}

#[test]
fn tasks_on_fargate_take_their_size_from_the_definition() {
    let definition = json!({"family": "web", "cpu": "512", "memory": "1024"});
    let service = json!({"taskDefinition": "web", "desiredCount": 2, "launchType": "FARGATE"});
    let estimate = estimate(&[
        ("aws/ecs/RegisterTaskDefinition", "us-east-1", definition),
        ("aws/ecs/CreateService", "us-east-1", service),
    ]);
    // 2 × 730 × (0.5 × 0.04048 + 1 × 0.004445).
    assert_eq!(estimate.monthly, "36.0401".parse().unwrap());
}

#[test]
fn machines_of_azure_are_priced_where_their_body_says() {
    let body = |more: Value| {
        let mut body = json!({"location": "West Europe", "properties": {
            "hardwareProfile": {"vmSize": "Standard_F2"},
            "storageProfile": {"osDisk": {"createOption": "FromImage", "diskSizeGB": 30,
                "managedDisk": {"storageAccountType": "Premium_LRS"}},
                "dataDisks": [{"lun": 0, "createOption": "Empty", "diskSizeGB": 100,
                    "managedDisk": {"storageAccountType": "StandardSSD_LRS"}}]}}});
        body["properties"]["osProfile"] = more;
        json!({"resourceGroupName": "g", "vmName": "v", "body": body})
    };
    let name = "azure/compute/VirtualMachines_CreateOrUpdate";
    // westeurope: Standard_F2 0.114 an hour, P4 5.8072, E10 9.6.
    let linux = one(name, "", body(json!({"linuxConfiguration": {}})));
    assert_eq!((linux.status, linux.monthly), (PriceStatus::Priced, usd("98.6272")));
    assert_eq!(linux.components[1].name, "System disk p4, 30 GB");
    assert_eq!(linux.components[2].name, "Data disk e10, 100 GB");
    let windows = one(name, "", body(json!({"windowsConfiguration": {}})));
    assert!(windows.monthly > linux.monthly, "{windows:?}");
}

#[test]
fn disks_of_azure_are_paid_by_tier() {
    let disk = |sku: &str, gb: u64| {
        let body = json!({"location": "westeurope", "sku": {"name": sku}, "properties": {"diskSizeGB": gb}});
        one("azure/compute/Disks_CreateOrUpdate", "", json!({"diskName": "d", "body": body}))
    };
    assert_eq!(disk("Standard_LRS", 10).monthly, usd("1.536"), "S4 is the smallest");
    assert_eq!(disk("Premium_LRS", 128).monthly, usd("21.68"), "P10 holds exactly 128");
    assert_eq!(disk("Premium_LRS", 129).monthly, usd("41.811428"), "P15");
    assert_eq!(disk("Premium_LRS", 40000).status, PriceStatus::NotPriced);
    // 100 GiB at 0.00013 an hour.
    assert_eq!(disk("PremiumV2_LRS", 100).monthly, usd("9.49"));
}

#[test]
fn services_of_azure_cost_their_list_price() {
    for (operation, body, monthly) in [
        ("network/NatGateways_CreateOrUpdate", json!({"location": "westeurope"}), "32.85"),
        (
            "network/PublicIPAddresses_CreateOrUpdate",
            json!({"location": "westeurope", "sku": {"name": "Standard"},
            "properties": {"publicIPAllocationMethod": "Static"}}),
            "3.65",
        ),
        (
            "web/AppServicePlans_CreateOrUpdate",
            json!({"location": "eastus2", "sku": {"name": "S1", "capacity": 2}}),
            "146",
        ),
        ("sql/Databases_CreateOrUpdate", json!({"location": "eastus", "sku": {"name": "S0"}}), "14.7168"),
        (
            "redis/Redis_Create",
            json!({"location": "eastus",
            "properties": {"sku": {"name": "Basic", "family": "C", "capacity": 4}}}),
            "153.3",
        ),
        ("dns/Zones_CreateOrUpdate", json!({"location": "global"}), "0.5"),
        // 0.022 an hour and 32 GB at 0.14.
        (
            "postgresqlflexibleservers/Servers_CreateOrUpdate",
            json!({"location": "westus",
            "sku": {"name": "Standard_B1ms"}, "properties": {"storage": {"storageSizeGB": 32}}}),
            "20.54",
        ),
        // Standard tier 0.10 and two D2s_v3 0.12 an hour in westeurope, disks P10.
        (
            "containerservice/ManagedClusters_CreateOrUpdate",
            json!({"location": "westeurope", "properties":
            {"agentPoolProfiles": [{"name": "a", "count": 2, "vmSize": "Standard_D2s_v3"}]}}),
            "218.56",
        ),
    ] {
        let step = one(&format!("azure/{operation}"), "", json!({"body": body}));
        assert_eq!((step.status, step.monthly), (PriceStatus::Priced, usd(monthly)), "{operation}: {step:?}");
    }
}

#[test]
fn instances_of_oci_pay_per_ocpu_and_gigabyte() {
    let launch = |shape: &str, ocpus: u64, gb: u64| {
        let config = json!({"ocpus": ocpus, "memoryInGBs": gb});
        let body = json!({"shape": shape, "shapeConfig": config,
            "sourceDetails": {"sourceType": "image", "bootVolumeSizeInGBs": 100}});
        one("oci/core.compute/LaunchInstance", "eu-frankfurt-1", json!({"body": body}))
    };
    // 744 × (2 × 0.025 + 16 × 0.0015) + 100 × (0.0255 + 10 × 0.0017).
    assert_eq!(launch("VM.Standard.E4.Flex", 2, 16).monthly, usd("59.306"));
    // 744 × (4 × 0.01 + 24 × 0.0015) + 4.25: free amounts belong to the tenancy.
    assert_eq!(launch("VM.Standard.A1.Flex", 4, 24).monthly, usd("60.794"));
    let fixed = json!({"body": {"shape": "VM.Standard2.4"}});
    // 744 × 4 × 0.0638 + 50 × 0.0425.
    assert_eq!(one("oci/core.compute/LaunchInstance", "", fixed).monthly, usd("191.9938"));
    let open = json!({"body": {"shape": "VM.Standard.E5.Flex", "shapeConfig": {"ocpus": 1}}});
    let open = one("oci/core.compute/LaunchInstance", "", open);
    assert_eq!((open.status, open.reason), (PriceStatus::Partly, unknown("body.shapeConfig.memoryInGBs")));
    assert_eq!(launch("VM.Unknown.Flex", 1, 1).status, PriceStatus::Partly);
}

#[test]
fn services_of_oci_cost_their_list_price() {
    for (operation, body, monthly) in [
        // 200 GB × (0.0255 + 20 × 0.0017).
        ("core.blockstorage/CreateVolume", json!({"sizeInGBs": 200, "vpusPerGB": 20}), "11.9"),
        // 744 × (0.0113 + 10 × 0.0001).
        (
            "load_balancer.load_balancer/CreateLoadBalancer",
            json!({"shapeName": "flexible",
            "shapeDetails": {"minimumBandwidthInMbps": 10, "maximumBandwidthInMbps": 100}}),
            "9.1512",
        ),
        // 744 × 2 × 0.336 + 20 × 0.1156.
        (
            "database.database/CreateAutonomousDatabase",
            json!({"computeModel": "ECPU", "computeCount": 2,
            "dbWorkload": "OLTP", "dataStorageSizeInGBs": 20}),
            "502.28",
        ),
        ("container_engine.container_engine/CreateCluster", json!({"type": "ENHANCED_CLUSTER"}), "74.4"),
    ] {
        let step = one(&format!("oci/{operation}"), "eu-frankfurt-1", json!({"body": body}));
        assert_eq!((step.status, step.monthly), (PriceStatus::Priced, usd(monthly)), "{operation}: {step:?}");
    }
    let free = json!({"body": {"isFreeTier": true, "computeCount": 1, "dataStorageSizeInTBs": 1}});
    assert_eq!(one("oci/database.database/CreateAutonomousDatabase", "", free).status, PriceStatus::Free);
}

#[test]
fn a_step_without_a_region_is_priced_where_the_others_are_and_says_so() {
    let eip = |region| ("aws/ec2/CreateNatGateway", region, json!({"SubnetId": "s"}));
    let estimate = estimate(&[eip(""), eip("eu-central-1")]);
    assert_eq!(estimate.monthly, "75.92".parse().unwrap());
    assert!(estimate.assumptions.iter().any(|a| a.contains("s0 names no region")));
    let nowhere = plan(&[eip("")]);
    let step = &book().estimate(&nowhere, None).steps[0];
    assert_eq!((step.status, step.reason.clone()), (PriceStatus::NotPriced, unknown("region")));
    assert_eq!(book().estimate(&nowhere, Some("us-east-1")).monthly, "32.85".parse().unwrap());
}

#[test]
fn prices_and_rules_of_the_person_win() {
    let folder = tempfile::tempdir().unwrap();
    let contract = "key,region,unit,usd,date,source\naws/unit/nat_gateway.hour,eu-central-1,hour,0.01,2026-10-01,our contract\n";
    std::fs::write(folder.path().join("prices.csv"), contract).unwrap();
    let rules = "hours: 744\nrules:\n- on: [core.compute/LaunchInstance]\n  unknown: our secret\n";
    std::fs::write(folder.path().join("oci.yaml"), rules).unwrap();
    let book = PriceBook::open(Some(folder.path())).unwrap();
    let plan = plan(&[
        ("aws/ec2/CreateNatGateway", "eu-central-1", json!({})),
        ("oci/core.compute/LaunchInstance", "", json!({"body": {}})),
    ]);
    let estimate = book.estimate(&plan, None);
    assert_eq!(estimate.monthly, "7.3".parse().unwrap());
    assert_eq!(estimate.steps[0].components[0].source, "our contract");
    assert_eq!(estimate.steps[1].reason, unknown("our secret"));
    let status = book.status();
    assert_eq!(status.replaced, ["prices.csv", "oci.yaml"]);
    assert!(status.to_string().contains("our contract 2026-10-01"), "{status}");
    assert!(PriceBook::open(Some(&folder.path().join("not there"))).is_ok());

    std::fs::write(folder.path().join("oci.yaml"), "hours: 744\nrules:\n- on: [a/B]\n").unwrap();
    let message = PriceBook::open(Some(folder.path())).unwrap_err().to_string();
    assert!(message.contains("oci.yaml") && message.contains("a/B"), "{message}");
}

#[test]
fn the_built_in_book_opens_and_tells_what_it_holds() {
    let status = book().status();
    assert_eq!(status.problem, None);
    assert!(status.prices > 100_000 && status.rules > 100, "{status}");
    assert!(status.to_string().contains("karpenter-aws 2026-07-20"), "{status}");
    for cloud in CloudName::ALL {
        assert!(book().rules(cloud).is_some(), "{cloud}");
    }
}

#[test]
fn every_operation_with_a_rule_is_in_the_catalog() {
    let catalog = Catalog::open(None).unwrap();
    let book = book();
    let operations = book.rules(CloudName::Aws).unwrap().operations();
    let wrong: Vec<String> = operations
        .filter_map(|name| {
            let (service, operation) = name.split_once('/')?;
            let found = catalog.operation(&OperationName::new(CloudName::Aws, service, operation));
            found.err().map(|error| error.to_string())
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn any_step() -> impl Strategy<Value = (String, Value)> {
    let word = prop_oneof![
        Just(json!("${{ steps.s0.output.x }}")),
        Just(json!(null)),
        Just(json!("t3.micro")),
        Just(json!("gp3")),
        Just(json!("nonsense")),
        Just(json!([])),
        Just(json!({"a": 1})),
        (0u32..5000).prop_map(|n| json!(n)),
    ];
    let aws = prop::sample::select(vec![
        ("aws/ec2/RunInstances", vec!["InstanceType", "MaxCount", "BlockDeviceMappings", "Monitoring"]),
        ("aws/ec2/CreateVolume", vec!["VolumeType", "Size", "Iops", "Throughput"]),
        ("aws/rds/CreateDBInstance", vec!["DBInstanceClass", "Engine", "AllocatedStorage", "MultiAZ"]),
        ("aws/dynamodb/CreateTable", vec!["BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexes"]),
        ("aws/ec2/CreateVpcEndpoint", vec!["VpcEndpointType", "SubnetIds"]),
        ("aws/ec2/DeleteNatGateway", vec!["NatGatewayId"]),
        ("oci/core.compute/LaunchInstance", vec!["body"]),
        ("azure/compute/Disks_CreateOrUpdate", vec!["body", "diskName"]),
    ]);
    (aws, prop::collection::vec(word, 4)).prop_map(|((operation, names), words)| {
        let params = names.into_iter().zip(words).map(|(n, w)| (n.to_owned(), w)).collect();
        (operation.to_owned(), Value::Object(params))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn sums_agree_and_no_unknown_is_shown_as_nothing(steps in prop::collection::vec(any_step(), 1..5)) {
        let mut all = vec![("aws/ec2/CreateVpc", "us-east-1", json!({}))];
        all.extend(steps.iter().map(|(operation, params)| (operation.as_str(), "us-east-1", params.clone())));
        let estimate = estimate(&all);
        let sum: Decimal = estimate.steps.iter().filter_map(|s| s.monthly).sum();
        prop_assert_eq!(estimate.monthly, sum);
        let open = |s: &&StepEstimate| matches!(s.status, PriceStatus::NotPriced | PriceStatus::Partly);
        prop_assert_eq!(estimate.unpriced, estimate.steps.iter().filter(open).count());
        for step in &estimate.steps {
            let parts: Decimal = step.components.iter().map(|c| c.monthly).sum();
            prop_assert_eq!(step.reason.is_some(), open(&step), "{:?}", step);
            match step.status {
                PriceStatus::NotPriced => prop_assert_eq!(step.monthly, None),
                PriceStatus::Partly | PriceStatus::Priced => {
                    prop_assert!(!step.components.is_empty());
                    prop_assert_eq!(step.monthly, Some(parts));
                }
                PriceStatus::Free | PriceStatus::UsageOnly => prop_assert_eq!(step.monthly, Some(Decimal::ZERO)),
            }
            for component in &step.components {
                prop_assert!(!component.unit_price.is_zero() && !component.quantity.is_zero());
                prop_assert_eq!(component.quantity * component.unit_price, component.monthly);
            }
        }
    }
}

#[test]
fn a_volume_that_is_mapped_replaces_the_assumed_one() {
    let params = json!({"InstanceType": "m5.large", "MinCount": 1, "MaxCount": 2, "BlockDeviceMappings": [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeType": "gp3", "VolumeSize": 100, "Iops": 4000}},
        {"DeviceName": "/dev/sdb", "NoDevice": ""}]});
    let web = one("aws/ec2/RunInstances", "eu-central-1", params);
    // 2 × (730 × 0.115 + 100 × 0.0952 + 1,000 × 0.006)
    assert_eq!((web.monthly, web.components.len()), (usd("198.94"), 3));
}
