//! The example books, judging what people ask for.

use pretty_assertions::assert_eq;
use serde_json::{Map, Value, json};

use super::tests::{catalog, legislator, plan, shipped};
use super::{Legislator, Surroundings, no_uses};
use crate::plan::{Decision, Plan, Regions, Verdict};

fn house(name: &str) -> Legislator {
    let texts = shipped();
    let books: Map<String, Value> = super::Books::NAMES
        .iter()
        .map(|book| ((*book).to_owned(), json!(texts[&format!("examples/{name}/{book}.yaml")])))
        .collect();
    legislator().with_books(&books).unwrap()
}

fn judged(house: &Legislator, plan: &Plan, inventory: &Value) -> Verdict {
    let catalog = catalog();
    let regions: Regions = [
        (crate::plan::CloudName::Aws, "eu-central-1".to_owned()),
        (crate::plan::CloudName::Oci, "eu-frankfurt-1".to_owned()),
    ]
    .into_iter()
    .collect();
    let with = Surroundings {
        facts: &[],
        estimate: None,
        environment: None,
        regions: &regions,
        inventory,
        catalog: &catalog,
        now: jiff::Timestamp::UNIX_EPOCH,
        uses: no_uses(),
    };
    house.judge(plan, &with)
}

/// Rules and steps of what is more than a warning.
fn stops(verdict: &Verdict) -> Vec<String> {
    let grave = verdict.findings.iter().filter(|finding| finding.decision > Decision::Warn);
    grave
        .map(|f| format!("{} {} {}", f.decision.as_str(), f.rule, f.step.as_deref().unwrap_or("plan")))
        .collect()
}

fn says(verdict: &Verdict, rule: &str, step: &str) -> Option<Decision> {
    let found = verdict.findings.iter().find(|f| f.rule == rule && f.step.as_deref() == Some(step));
    found.map(|finding| finding.decision)
}

fn labels() -> Value {
    json!({"owner": "Team Zürich", "environment": "dev", "sensitivity": "internal", "cost-center": "4711"})
}

fn azure(id: &str, service: &str, operation: &str, properties: Value) -> Value {
    json!({"id": id, "cloud": "azure", "service": service, "operation": operation, "params": {"resourceGroupName": "rg",
        "body": {"location": "germanywestcentral", "tags": labels(), "properties": properties}}})
}

fn oci(id: &str, service: &str, operation: &str, body: Value) -> Value {
    let mut all = json!({"compartmentId": "ocid1.compartment.oc1..a", "freeformTags": labels()});
    all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    json!({"id": id, "cloud": "oci", "service": service, "operation": operation, "params": {"body": all}})
}

fn nothing() -> Value {
    Value::Null
}

#[test]
fn a_resource_group_is_missing_its_tags_and_then_nothing() {
    let house = house("house");
    let group = |tags: Value| {
        plan(
            json!([{"id": "group", "cloud": "azure", "service": "resource", "operation": "ResourceGroups_CreateOrUpdate",
            "params": {"resourceGroupName": "rg-alpenblick-dev", "body": {"location": "switzerlandnorth", "tags": tags}}}]),
        )
    };
    assert_eq!(
        says(&judged(&house, &group(json!({})), &nothing()), "FIN-TAG-01", "group"),
        Some(Decision::Deny)
    );
    assert_eq!(judged(&house, &group(labels()), &nothing()).findings, []);
}

fn azure_vm(address: bool, password: bool) -> Plan {
    let mut config = json!({"subnet": {"id": "${{ steps.network.output.properties.subnets[0].id }}"}});
    if address {
        config["publicIPAddress"] = json!({"id": "${{ steps.address.output.id }}"});
    }
    let mut profile = json!({"computerName": "web", "adminUsername": "ops",
        "linuxConfiguration": {"disablePasswordAuthentication": true}});
    if password {
        profile["adminPassword"] = json!("Tr0ub4dor&3");
    }
    let mut steps = vec![
        azure("rules", "network", "NetworkSecurityGroups_CreateOrUpdate", json!({"securityRules": []})),
        azure(
            "network",
            "network",
            "VirtualNetworks_CreateOrUpdate",
            json!({
            "addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}, "subnets": [{"name": "web", "properties": {
            "addressPrefix": "10.20.1.0/24", "networkSecurityGroup": {"id": "${{ steps.rules.output.id }}"}}}]}),
        ),
        azure(
            "card",
            "network",
            "NetworkInterfaces_CreateOrUpdate",
            json!({"ipConfigurations": [{"name": "ip", "properties": config}]}),
        ),
        azure(
            "vm",
            "compute",
            "VirtualMachines_CreateOrUpdate",
            json!({
            "hardwareProfile": {"vmSize": "Standard_B1ls"}, "osProfile": profile,
            "storageProfile": {"imageReference": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}},
            "networkProfile": {"networkInterfaces": [{"id": "${{ steps.card.output.id }}"}]}}),
        ),
    ];
    if address {
        steps.insert(0, azure("address", "network", "PublicIPAddresses_CreateOrUpdate", json!({})));
    }
    plan(Value::Array(steps))
}

#[test]
fn an_azure_vm_without_an_address_passes_and_one_with_it_or_with_a_password_does_not() {
    let house = house("house");
    assert_eq!(stops(&judged(&house, &azure_vm(false, false), &nothing())), Vec::<String>::new());
    assert_eq!(stops(&judged(&house, &azure_vm(true, false), &nothing())), ["deny SEC-AZ-NET-05 card"]);
    let verdict = judged(&house, &azure_vm(false, true), &nothing());
    assert_eq!(stops(&verdict), ["deny SEC-ALL-SECRET-01 vm"]);
    assert!(!serde_json::to_string(&verdict).unwrap().contains("Tr0ub4dor"));
}

#[test]
fn every_step_that_destroys_is_named_and_nothing_else() {
    let house = house("house");
    let gone = |id: &str, service: &str, operation: &str, name: &str| json!({"id": id, "cloud": "azure", "service": service, "operation": operation, "params": {"resourceGroupName": "rg-sandbox", name: id}});
    let verdict = judged(
        &house,
        &plan(json!([
            {"id": "list", "cloud": "azure", "service": "resource", "operation": "Resources_ListByResourceGroup", "params": {"resourceGroupName": "rg-sandbox"}},
            gone("vm", "compute", "VirtualMachines_Delete", "vmName"),
            gone("card", "network", "NetworkInterfaces_Delete", "networkInterfaceName"),
            gone("disk", "compute", "Disks_Delete", "diskName"),
            gone("address", "network", "PublicIPAddresses_Delete", "publicIpAddressName"),
            gone("network", "network", "VirtualNetworks_Delete", "virtualNetworkName"),
        ])),
        &nothing(),
    );
    let told: Vec<_> =
        verdict.findings.iter().map(|f| (f.rule.as_str(), f.step.as_deref().unwrap())).collect();
    let all = ["address", "card", "disk", "network", "vm"];
    assert_eq!(told, all.map(|step| ("OWN-DEL-01", step)));
}

#[test]
fn a_compartment_may_stand_under_the_root_and_needs_its_tags() {
    let house = house("house");
    let compartment = |tags: Value| {
        plan(
            json!([{"id": "lab", "cloud": "oci", "service": "identity.identity", "operation": "CreateCompartment", "params":
            {"body": {"compartmentId": "ocid1.tenancy.oc1..a", "name": "data-lab", "description": "d", "freeformTags": tags}}}]),
        )
    };
    assert_eq!(judged(&house, &compartment(labels()), &nothing()).findings, []);
    assert_eq!(stops(&judged(&house, &compartment(json!({})), &nothing())), ["deny FIN-TAG-01 lab"]);
}

fn oci_vm(public: bool) -> Plan {
    let mut card = json!({"subnetId": "${{ steps.subnet.output.id }}"});
    if public {
        card["assignPublicIp"] = json!(true);
    }
    plan(json!([
        oci("vcn", "core.virtual_network", "CreateVcn", json!({"cidrBlock": "10.0.0.0/16"})),
        oci(
            "subnet",
            "core.virtual_network",
            "CreateSubnet",
            json!({"vcnId": "${{ steps.vcn.output.id }}",
            "cidrBlock": "10.0.1.0/24", "prohibitPublicIpOnVnic": !public})
        ),
        oci(
            "vm",
            "core.compute",
            "LaunchInstance",
            json!({"shape": "VM.Standard.A1.Flex",
            "shapeConfig": {"ocpus": 1, "memoryInGBs": 6}, "createVnicDetails": card,
            "instanceOptions": {"areLegacyImdsEndpointsDisabled": true},
            "launchOptions": {"isPvEncryptionInTransitEnabled": true}, "sourceDetails": {"sourceType": "image", "imageId": "i"},
            "metadata": {"user_data": "I2Nsb3VkLWNvbmZpZwpwYWNrYWdlczogW25naW54XQo="}})
        ),
    ]))
}

#[test]
fn an_oci_vm_stays_private() {
    for name in ["house", "first"] {
        let house = house(name);
        assert_eq!(stops(&judged(&house, &oci_vm(false), &nothing())), Vec::<String>::new(), "{name}");
        let verdict = judged(&house, &oci_vm(true), &nothing());
        assert_eq!(says(&verdict, "SEC-OCI-NET-03", "vm"), Some(Decision::Deny), "{name}");
        assert_eq!(verdict.decision, Decision::Deny);
    }
}

#[test]
fn a_network_is_torn_down_step_by_step_and_every_step_says_so() {
    let gone = |id: &str, service: &str, operation: &str, name: &str| json!({"id": id, "cloud": "oci", "service": service, "operation": operation, "params": {name: format!("ocid1.{id}")}});
    let verdict = judged(
        &house("house"),
        &plan(json!([
            gone("vm", "core.compute", "TerminateInstance", "instanceId"),
            gone("subnet", "core.virtual_network", "DeleteSubnet", "subnetId"),
            gone("gateway", "core.virtual_network", "DeleteInternetGateway", "igId"),
            gone("vcn", "core.virtual_network", "DeleteVcn", "vcnId"),
        ])),
        &nothing(),
    );
    assert_eq!(verdict.findings.iter().filter(|f| f.rule == "OWN-DEL-01").count(), 4);
}

#[test]
fn a_port_is_opened_again_for_the_load_balancer_and_a_warning_names_the_internet() {
    let house = house("house");
    let update = |source: &str| {
        plan(
            json!([{"id": "list", "cloud": "oci", "service": "core.virtual_network", "operation": "UpdateSecurityList", "params": {
            "securityListId": "ocid1.securitylist.a", "if-match": "etag", "body": {"ingressSecurityRules": [
                {"protocol": "6", "source": "10.0.0.0/24", "tcpOptions": {"destinationPortRange": {"min": 22, "max": 22}}},
                {"protocol": "6", "source": source, "tcpOptions": {"destinationPortRange": {"min": 80, "max": 80}}}]}}}]),
        )
    };
    assert_eq!(judged(&house, &update("10.0.1.0/24"), &nothing()).findings, []);
    let verdict = judged(&house, &update("0.0.0.0/0"), &nothing());
    assert_eq!(verdict.decision, Decision::Warn);
    assert!(verdict.findings[0].message.contains("0.0.0.0/0"), "{}", verdict.findings[0].message);
}

#[test]
fn three_clouds_at_once_ask_the_finance_owner_about_the_app_service_and_miss_the_block() {
    let bucket = json!([
        {"id": "bucket", "cloud": "aws", "service": "s3", "operation": "CreateBucket", "params":
            {"Bucket": "edelweiss", "CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}},
        {"id": "block", "cloud": "aws", "service": "s3", "operation": "PutPublicAccessBlock", "params": {"Bucket": "edelweiss",
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}}},
        {"id": "tags", "cloud": "aws", "service": "s3", "operation": "PutBucketTagging", "params": {"Bucket": "edelweiss", "Tagging": {"TagSet": [
            {"Key": "owner", "Value": "team-data"}, {"Key": "environment", "Value": "prod"}, {"Key": "sensitivity", "Value": "confidential"}, {"Key": "cost-center", "Value": "1200"}]}}},
    ]);
    let mut app = azure("plan", "web", "AppServicePlans_CreateOrUpdate", json!({"reserved": true}));
    app["params"]["body"]["sku"] = json!({"name": "B1", "tier": "Basic"});
    let mut steps = bucket.as_array().unwrap().clone();
    steps.push(app);
    let house = house("house");
    let verdict = judged(&house, &plan(Value::Array(steps.clone())), &nothing());
    assert_eq!(stops(&verdict), ["exception FIN-SIZE-02 plan"]);
    assert_eq!(says(&verdict, "SEC-AWS-S3-04", "bucket"), None);
    steps.remove(1);
    let verdict = judged(&house, &plan(Value::Array(steps)), &nothing());
    assert!(says(&verdict, "SEC-AWS-S3-04", "bucket").is_some());
}

#[test]
fn one_type_of_vm_a_few_regions_and_three_vms_in_a_network() {
    let house = house("first");
    let launch = |kind: &str, region: &str, count: u32| {
        let tags: Vec<Value> = labels()
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect();
        plan(
            json!([{"id": "vm", "cloud": "aws", "service": "ec2", "operation": "RunInstances", "region": region, "params": {
            "ImageId": "ami-1", "InstanceType": kind, "MinCount": count, "MaxCount": count, "SubnetId": "subnet-1",
            "MetadataOptions": {"HttpTokens": "required"},
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": true, "VolumeType": "gp3"}}],
            "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]}}]),
        )
    };
    let network = |vms: u32| json!({"networks": {"vpc-1": {"vms": vms}}, "subnets": {"subnet-1": {"public": false, "network": "vpc-1"}}});
    assert_eq!(
        stops(&judged(&house, &launch("t3.micro", "eu-central-1", 1), &network(2))),
        Vec::<String>::new()
    );
    for (plan, vms, rule) in [
        (launch("t3.small", "eu-central-1", 1), 0, "FIN-SIZE-01"),
        (launch("t3.micro", "us-east-1", 1), 0, "FIN-REG-01"),
        (launch("t3.micro", "eu-central-1", 1), 3, "OWN-NET-01"),
        (launch("t3.micro", "eu-central-1", 4), 0, "OWN-NET-01"),
    ] {
        let verdict = judged(&house, &plan, &network(vms));
        assert!(says(&verdict, rule, "vm") > Some(Decision::Warn), "{rule}: {:?}", verdict.findings);
    }
}
