use super::super::Node;
use super::*;
use crate::plan::{Digest, Estimate, Execution, ExecutionStatus, Verdict};
use crate::store::{Line, Papers, executions, in_memory};
use pretty_assertions::assert_eq;
use serde_json::json;

struct House {
    store: Arc<dyn Store>,
    catalog: Catalog,
    graph: Graph,
}

/// One for all tests: reading it takes a while.
fn catalog() -> Catalog {
    static CATALOG: std::sync::OnceLock<Catalog> = std::sync::OnceLock::new();
    CATALOG.get_or_init(|| Catalog::open(None).unwrap()).clone()
}

fn house() -> House {
    let store = in_memory();
    let graph = Graph::open(&store);
    House { store, catalog: catalog(), graph }
}

impl House {
    /// Puts a whole run on record: steps with their operation, parameters, and answers.
    fn ran(&self, id: &str, steps: &[(&str, &str, &str, Value, Value)]) {
        let plan = Plan::from_value(json!({"version": 1, "name": "x", "steps": steps.iter().map(
            |(id, service, operation, params, _)| json!({
                "id": id, "cloud": "aws", "service": service, "operation": operation, "params": params})
        ).collect::<Vec<_>>()}))
        .unwrap();
        let execution = Execution {
            id: ExecutionId(id.into()),
            plan: plan.digest(),
            name: "x".into(),
            target: Target::Sandbox,
            session: None,
            started: Timestamp::now(),
            ended: None,
            status: ExecutionStatus::Running,
            steps: plan.steps.iter().map(|s| (s.id.clone(), StepState::Waiting)).collect(),
        };
        executions(&self.store).add(id, &execution).unwrap();
        let estimate = Estimate {
            plan: plan.digest(),
            currency: "USD".into(),
            monthly: rust_decimal::Decimal::ZERO,
            one_off: rust_decimal::Decimal::ZERO,
            unpriced: 0,
            steps: vec![],
            assumptions: vec![],
        };
        let verdict = Verdict::new(plan.digest(), vec![], Digest::of_bytes(b""), 0);
        let kept = Papers {
            sightings: std::collections::BTreeMap::new(),
            plan: plan.clone(),
            verdict,
            estimate,
            approval: None,
            target: Target::Sandbox,
            masked: false,
        };
        papers(&self.store).add(id, &kept).unwrap();
        let mut lines = vec![Line::Opened {
            execution: execution.id.clone(),
            plan: plan.digest(),
            name: "x".into(),
            target: Target::Sandbox,
            session: None,
            at: Timestamp::now(),
            steps: plan.steps.iter().map(|s| s.id.clone()).collect(),
        }];
        for (step, _, _, params, output) in steps {
            for kind in [
                StepEventKind::Intent { params: params.clone(), attempt: 1, absent: false },
                StepEventKind::Answered { output: output.clone(), request_id: None },
                StepEventKind::Succeeded,
            ] {
                lines.push(Line::Step(StepEvent { step: (*step).into(), at: Timestamp::now(), kind }));
            }
        }
        Journal::open(&*self.store, &execution.id).unwrap().append(&lines).unwrap();
        self.graph.learn(&self.store, &self.catalog, &execution.id).unwrap();
    }

    fn keys(&self) -> Vec<(String, Existence)> {
        self.graph.picture(Target::Sandbox).unwrap().nodes.into_iter().map(|n| (n.key, n.state)).collect()
    }
}

fn tagged(bucket: &str, owner: &str) -> (&'static str, &'static str, &'static str, Value, Value) {
    let tags = json!({"TagSet": [{"Key": "owner", "Value": owner}]});
    ("tags", "s3", "PutBucketTagging", json!({"Bucket": bucket, "Tagging": tags}), json!({}))
}

fn made(bucket: &str) -> (&'static str, &'static str, &'static str, Value, Value) {
    ("bucket", "s3", "CreateBucket", json!({"Bucket": bucket}), json!({"Location": format!("/{bucket}")}))
}

fn node(house: &House, name: &str) -> Node {
    let picture = house.graph.picture(Target::Sandbox).unwrap();
    picture.nodes.into_iter().find(|node| node.name == name).unwrap()
}

#[test]
fn a_private_bucket_is_one_thing_with_its_configuration() {
    let house = house();
    let block = json!({"BlockPublicAcls": true});
    let rules = json!({"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}]});
    house.ran(
        "x-1",
        &[
            made("logs"),
            (
                "block",
                "s3",
                "PutPublicAccessBlock",
                json!({"Bucket": "logs", "PublicAccessBlockConfiguration": block}),
                json!({}),
            ),
            (
                "encrypt",
                "s3",
                "PutBucketEncryption",
                json!({"Bucket": "logs", "ServerSideEncryptionConfiguration": rules}),
                json!({}),
            ),
            tagged("logs", "team-web"),
        ],
    );
    assert_eq!(house.keys(), [("sandbox/aws/s3/Bucket/logs".to_owned(), Existence::Exists)]);
    let bucket = node(&house, "logs");
    let configured: Vec<&str> = bucket.settings.keys().map(String::as_str).collect();
    assert_eq!(configured, ["BucketEncryption", "BucketTagging", "PublicAccessBlock"]);
    assert_eq!(bucket.settings["PublicAccessBlock"].params["PublicAccessBlockConfiguration"], block);
    assert_eq!(bucket.tags["owner"], "team-web");
    assert_eq!(bucket.made_by, Some(("x-1".into(), "bucket".into())));
    let inventory = house.graph.inventory(Target::Sandbox).unwrap();
    assert_eq!(inventory["counts"], json!({"Bucket": 1}));
    assert_eq!(inventory["tags"]["logs"]["owner"], "team-web");
    assert_eq!(house.graph.picture(Target::Live).unwrap(), super::super::Picture::default());
}

#[test]
fn a_setting_that_was_deleted_is_no_longer_there() {
    let house = house();
    house.ran("x-1", &[made("logs"), tagged("logs", "team-web")]);
    house.ran("x-2", &[("t", "s3", "DeleteBucketTagging", json!({"Bucket": "logs"}), json!({}))]);
    let bucket = node(&house, "logs");
    assert!(bucket.settings.is_empty() && bucket.tags.is_empty(), "{bucket:?}");
    assert_eq!(bucket.state, Existence::Exists);
}

/// A network with a subnet, a machine in it, and the role of the machine.
fn network(house: &House) {
    house.ran(
        "x-1",
        &[
            (
                "vpc",
                "ec2",
                "CreateVpc",
                json!({"CidrBlock": "10.0.0.0/16"}),
                json!({"Vpc": {"VpcId": "vpc-1"}}),
            ),
            (
                "subnet",
                "ec2",
                "CreateSubnet",
                json!({"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}),
                json!({"Subnet": {"SubnetId": "subnet-1", "VpcId": "vpc-1"}}),
            ),
            (
                "open",
                "ec2",
                "ModifySubnetAttribute",
                json!({"SubnetId": "subnet-1", "MapPublicIpOnLaunch": {"Value": true}}),
                json!({}),
            ),
            (
                "vms",
                "ec2",
                "RunInstances",
                json!({"SubnetId": "subnet-1", "MinCount": 2, "MaxCount": 2}),
                json!({"Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}),
            ),
        ],
    );
}

#[test]
fn what_lies_in_a_network_is_inside_it_and_machines_need_their_subnet() {
    let house = house();
    network(&house);
    let edges: Vec<(String, String, Relation)> = house
        .graph
        .picture(Target::Sandbox)
        .unwrap()
        .edges
        .into_iter()
        .map(|e| {
            (e.from.rsplit('/').next().unwrap().into(), e.to.rsplit('/').next().unwrap().into(), e.relation)
        })
        .collect();
    let edge = |from: &str, to: &str, relation| (from.to_owned(), to.to_owned(), relation);
    assert_eq!(
        edges,
        [
            edge("i-1", "subnet-1", Relation::Needs),
            edge("i-2", "subnet-1", Relation::Needs),
            edge("subnet-1", "vpc-1", Relation::In)
        ]
    );
    let dependents = house.graph.dependents(Target::Sandbox, "vpc-1").unwrap();
    assert_eq!(dependents.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["i-1", "i-2", "subnet-1"]);
    let inventory = house.graph.inventory(Target::Sandbox).unwrap();
    assert_eq!(inventory["networks"], json!({"vpc-1": {"vms": 2, "subnets": 1}}));
    assert_eq!(inventory["subnets"], json!({"subnet-1": {"network": "vpc-1", "public": true}}));
    assert_eq!(house.graph.all_of(Target::Sandbox, "instance").unwrap().len(), 2);
    assert!(house.graph.orphans(Target::Sandbox).unwrap().is_empty());
}

#[test]
fn a_deleted_thing_is_gone_and_stays_gone_when_its_making_is_learnt_again() {
    let house = house();
    network(&house);
    house
        .ran("x-2", &[("d", "ec2", "TerminateInstances", json!({"InstanceIds": ["i-1", "i-2"]}), json!({}))]);
    house.ran("x-3", &[("d", "ec2", "DeleteSubnet", json!({"SubnetId": "subnet-1"}), json!({}))]);
    let states = house.keys();
    house.graph.learn(&house.store, &house.catalog, &ExecutionId("x-1".into())).unwrap();
    assert_eq!(house.keys(), states);
    let there: Vec<&str> = states
        .iter()
        .filter(|(_, state)| *state == Existence::Exists)
        .map(|(key, _)| key.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(there, ["vpc-1"]);
    assert_eq!(house.graph.inventory(Target::Sandbox).unwrap()["networks"]["vpc-1"]["vms"], 0);
}

#[test]
fn what_is_detached_stays_and_the_attachment_goes() {
    let house = house();
    let joined = json!({"InternetGatewayId": "igw-1", "VpcId": "vpc-1"});
    house.ran(
        "x-1",
        &[
            ("vpc", "ec2", "CreateVpc", json!({}), json!({"Vpc": {"VpcId": "vpc-1"}})),
            (
                "igw",
                "ec2",
                "CreateInternetGateway",
                json!({}),
                json!({"InternetGateway": {"InternetGatewayId": "igw-1"}}),
            ),
            ("join", "ec2", "AttachInternetGateway", joined.clone(), json!({})),
        ],
    );
    assert!(
        house
            .graph
            .dependents(Target::Sandbox, "vpc-1")
            .unwrap()
            .iter()
            .any(|n| n.kind == "InternetGatewayAttachment")
    );
    house.ran("x-2", &[("apart", "ec2", "DetachInternetGateway", joined, json!({}))]);
    assert_eq!(node(&house, "igw-1").state, Existence::Exists);
    assert!(house.graph.dependents(Target::Sandbox, "vpc-1").unwrap().is_empty());
}

#[test]
fn a_role_is_known_by_its_arn_and_its_references() {
    let house = house();
    house.ran(
        "x-1",
        &[
            (
                "role",
                "iam",
                "CreateRole",
                json!({"RoleName": "runner", "AssumeRolePolicyDocument": "{}"}),
                json!({"Role": {"RoleName": "runner", "Arn": "arn:aws:iam::1:role/runner", "RoleId": "AROA1"}}),
            ),
            (
                "f",
                "lambda",
                "CreateFunction",
                json!({"FunctionName": "f", "Role": "arn:aws:iam::1:role/runner", "Code": {},
                    "Environment": {"Variables": {"DB_PASSWORD": "hunter2"}}}),
                json!({"FunctionName": "f"}),
            ),
        ],
    );
    let picture = house.graph.neighbours(Target::Sandbox, "arn:aws:iam::1:role/runner").unwrap();
    assert_eq!((picture.nodes.len(), picture.edges[0].by.as_str()), (2, "Role"));
    assert_eq!(picture.edges[0].relation, Relation::Needs);
    assert!(!serde_json::to_string(&picture).unwrap().contains("hunter2"));
}

#[test]
fn the_same_name_in_two_regions_is_two_things() {
    let house = house();
    let look = |region: &'static str| {
        let operation =
            crate::plan::OperationName::new(crate::plan::CloudName::Aws, "lambda", "ListFunctions");
        let output = json!({"Functions": [{"FunctionName": "f", "FunctionArn": format!("arn:{region}:f")}]});
        let look = super::super::Look {
            operation: &operation,
            region: Some(region),
            account: None,
            params: &json!({}),
            output: &output,
        };
        house.graph.observe(Target::Sandbox, &house.catalog, &look).unwrap()
    };
    assert_eq!((look("eu-central-1"), look("us-east-1"), look("us-east-1")), (1, 1, 1));
    assert_eq!(house.keys().len(), 2);
    let error = house.graph.neighbours(Target::Sandbox, "f").unwrap_err().to_string();
    assert!(error.contains("several") && error.contains("us-east-1"), "{error}");
    assert!(house.graph.neighbours(Target::Sandbox, "arn:us-east-1:f").is_ok());
}

#[test]
fn what_a_read_shows_is_known_and_what_it_does_not_show_is_not_gone() {
    let house = house();
    network(&house);
    let operation = crate::plan::OperationName::new(crate::plan::CloudName::Aws, "ec2", "DescribeInstances");
    let output = json!({"Reservations": [{"ReservationId": "r-1", "Instances": [
        {"InstanceId": "i-2", "State": {"Name": "terminated"}},
        {"InstanceId": "i-3", "VpcId": "vpc-1", "State": {"Name": "running"},
         "Tags": [{"Key": "owner", "Value": "x"}]},
    ]}]});
    let look = super::super::Look {
        operation: &operation,
        region: None,
        account: None,
        params: &json!({}),
        output: &output,
    };
    assert_eq!(house.graph.observe(Target::Sandbox, &house.catalog, &look).unwrap(), 2);
    assert_eq!(node(&house, "i-1").state, Existence::Exists);
    assert_eq!(node(&house, "i-2").state, Existence::Deleted);
    let seen = node(&house, "i-3");
    assert_eq!((seen.made_by, seen.tags["owner"].as_str()), (None, "x"));
    assert_eq!(house.graph.inventory(Target::Sandbox).unwrap()["networks"]["vpc-1"]["vms"], 2);
}

#[test]
fn a_thousand_things_in_one_answer_are_learnt_at_once() {
    let house = house();
    network(&house);
    let machines: Vec<Value> = (0..1000)
        .map(|n| json!({"InstanceId": format!("i-{n:017x}"), "VpcId": "vpc-1", "SubnetId": "subnet-1"}))
        .collect();
    let operation = crate::plan::OperationName::new(crate::plan::CloudName::Aws, "ec2", "DescribeInstances");
    let output = json!({"Reservations": [{"Instances": machines}]});
    let look = super::super::Look {
        operation: &operation,
        region: None,
        account: None,
        params: &json!({}),
        output: &output,
    };
    let begun = std::time::Instant::now();
    assert_eq!(house.graph.observe(Target::Sandbox, &house.catalog, &look).unwrap(), 1000);
    // Far more than it takes, far less than work that grows with the square would.
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    let inventory = house.graph.inventory(Target::Sandbox).unwrap();
    assert_eq!(inventory["networks"]["vpc-1"]["vms"], 1002);
}

#[test]
fn a_damaged_value_is_named_and_hides_no_other() {
    let house = house();
    house.ran("x-1", &[made("logs"), ("b", "s3", "CreateBucket", json!({"Bucket": "site"}), json!({}))]);
    let mut change = house.graph.nodes.change("sandbox/aws/s3/Bucket/logs", None).unwrap();
    change.value = Some(b"v1\n{broken".to_vec());
    house.store.commit(&[change]).unwrap();
    let picture = house.graph.picture(Target::Sandbox).unwrap();
    assert_eq!(picture.nodes.len(), 1);
    assert!(picture.damaged[0].contains("sandbox/aws/s3/Bucket/logs"), "{:?}", picture.damaged);
    house.graph.learn(&house.store, &house.catalog, &ExecutionId("x-1".into())).unwrap();
    assert!(house.graph.picture(Target::Sandbox).unwrap().damaged.is_empty(), "learning again mends it");
}

/// A bucket and its tags, as far as these states say.
fn half_done(house: &House, states: [StepState; 2]) {
    let steps = [made("logs"), tagged("logs", "team-web")];
    let plan = Plan::from_value(json!({"version": 1, "name": "x", "steps": steps.iter().map(
        |(id, service, operation, params, _)| json!({
            "id": id, "cloud": "aws", "service": service, "operation": operation, "params": params})
    ).collect::<Vec<_>>()}))
    .unwrap();
    let events: Vec<StepEvent> = (1..)
        .zip(&steps)
        .map(|(second, (id, .., params, _))| StepEvent {
            step: (*id).into(),
            at: Timestamp::from_second(second).unwrap(),
            kind: StepEventKind::Intent { params: params.clone(), attempt: 1, absent: false },
        })
        .collect();
    let states = steps.iter().zip(states).map(|((id, ..), state)| ((*id).to_owned(), state)).collect();
    let id = ExecutionId("x-1".into());
    house.graph.learn_from(Target::Sandbox, &house.catalog, &plan, &id, &states, &events).unwrap();
}

#[test]
fn a_request_without_an_answer_leaves_a_thing_in_doubt_and_sets_nothing() {
    let house = house();
    half_done(&house, [StepState::Running, StepState::Running]);
    let bucket = node(&house, "logs");
    assert_eq!((bucket.state, bucket.settings.len()), (Existence::Unknown, 0));
    assert_eq!(house.graph.inventory(Target::Sandbox).unwrap()["counts"], json!({}));
    half_done(&house, [StepState::Succeeded, StepState::Skipped]);
    assert_eq!(node(&house, "logs").state, Existence::Exists);
}

#[test]
fn what_was_taken_back_is_gone() {
    let house = house();
    half_done(&house, [StepState::Succeeded, StepState::Succeeded]);
    assert_eq!(node(&house, "logs").settings.len(), 1);
    half_done(&house, [StepState::Succeeded, StepState::Undone]);
    assert!(node(&house, "logs").settings.is_empty());
    half_done(&house, [StepState::Undone, StepState::Undone]);
    assert_eq!(node(&house, "logs").state, Existence::Deleted);
}

#[test]
fn a_step_that_failed_made_nothing() {
    let house = house();
    half_done(&house, [StepState::Failed, StepState::Skipped]);
    assert_eq!(house.keys(), []);
}

#[test]
fn two_who_learn_at_once_lose_nothing() {
    let house = house();
    let operation = crate::plan::OperationName::new(crate::plan::CloudName::Aws, "s3", "HeadBucket");
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (graph, catalog, operation) = (house.graph.clone(), house.catalog.clone(), operation.clone());
            scope.spawn(move || {
                for n in 0..10 {
                    let params =
                        json!({"Bucket": if n % 2 == 0 { "both".into() } else { format!("b{writer}-{n}") }});
                    let output = json!({});
                    let look = super::super::Look {
                        operation: &operation,
                        region: None,
                        account: None,
                        params: &params,
                        output: &output,
                    };
                    graph.observe(Target::Sandbox, &catalog, &look).unwrap();
                }
            });
        }
    });
    assert_eq!(house.keys().len(), 11);
}

#[test]
fn a_thing_that_is_made_again_is_tied_to_what_named_it_meanwhile() {
    let house = house();
    let delete = ("d", "s3", "DeleteBucket", json!({"Bucket": "logs"}), json!({}));
    let uses = (
        "trail",
        "cloudtrail",
        "CreateTrail",
        json!({"Name": "audit", "S3BucketName": "logs"}),
        json!({"Name": "audit", "TrailARN": "arn:aws:cloudtrail:eu-central-1:1:trail/audit"}),
    );
    house.ran("x-1", &[made("logs")]);
    house.ran("x-2", &[delete]);
    house.ran("x-3", &[uses]);
    house.ran("x-4", &[made("logs")]);
    let dependents = house.graph.dependents(Target::Sandbox, "logs").unwrap();
    assert_eq!(dependents.iter().map(|n| n.kind.as_str()).collect::<Vec<_>>(), ["Trail"]);
    let before = house.graph.picture(Target::Sandbox).unwrap();
    house.graph.learn(&house.store, &house.catalog, &ExecutionId("x-3".into())).unwrap();
    assert_eq!(house.graph.picture(Target::Sandbox).unwrap(), before);
}

#[test]
fn what_is_not_known_is_said_to_be_unknown_and_not_absent() {
    let error = house().graph.neighbours(Target::Sandbox, "nothing").unwrap_err().to_string();
    assert!(error.contains("may exist"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// Runs that make, tag, and delete buckets in any order; each is learnt again at any time.
    #[test]
    fn learning_a_run_again_changes_nothing(
        runs in proptest::collection::vec((0_usize..3, 0_usize..3, 0_usize..6), 1..6)
    ) {
        let house = house();
        for (number, (what, bucket, again)) in runs.iter().enumerate() {
            let bucket = ["logs", "site", "data"][*bucket];
            let id = format!("x-{number}");
            match what {
                0 => house.ran(&id, &[made(bucket), tagged(bucket, &id)]),
                1 => house.ran(&id, &[tagged(bucket, &id)]),
                _ => house.ran(&id, &[("d", "s3", "DeleteBucket", json!({"Bucket": bucket}), json!({}))]),
            }
            let before = house.graph.picture(Target::Sandbox).unwrap();
            let again = ExecutionId(format!("x-{}", again % (number + 1)));
            house.graph.learn(&house.store, &house.catalog, &again).unwrap();
            proptest::prop_assert_eq!(house.graph.picture(Target::Sandbox).unwrap(), before);
        }
    }
}
