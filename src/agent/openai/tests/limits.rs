//! Bounds of a turn, and what never leaves.

use jiff::Timestamp;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::server::Script;
use super::setting::{bucket_plan, turn, turn_with};
use crate::protocol::{Entry, Role};

fn search() -> Script {
    Script::calls(&[("aws_search", json!({"query": "buckets"}))])
}

#[tokio::test]
async fn a_model_that_never_ends_looking_up_is_stopped() {
    let out = turn("list", (0..20).map(|_| search()).collect()).await;
    let problem = out.problem();
    assert!(problem.why.contains("12 times") && problem.fix.contains("go on"), "{problem:?}");
    assert_eq!(out.server.asked().len(), 12);
    let last = out.messages(11);
    assert!(last.last().unwrap().1.ends_with("answer or propose now."), "{last:?}");
}

#[tokio::test]
async fn a_plan_that_stays_wrong_is_given_up_after_three_corrections() {
    let mut wrong = bucket_plan();
    wrong["steps"][0]["service"] = "s4".into();
    let out =
        turn("make it", (0..9).map(|_| Script::calls(&[("propose_plan", wrong.clone())])).collect()).await;
    let problem = out.problem();
    assert!(problem.why.contains("after 3 corrections") && problem.why.contains("s4"), "{problem:?}");
    assert_eq!(out.server.asked().len(), 4);
}

#[tokio::test]
async fn an_open_input_an_unknown_output_and_a_masked_secret_are_no_plan() {
    let step = |id: &str, service: &str, operation: &str, params: Value| json!({"id": id, "cloud": "aws", "service": service, "operation": operation, "params": params});
    let vpc = step("vpc", "ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}));
    let subnet =
        |vpc: &str| step("subnet", "ec2", "CreateSubnet", json!({"VpcId": vpc, "CidrBlock": "10.0.1.0/24"}));
    for (plan, part) in [
        (
            json!({"name": "n", "inputs": {"cidr": {"type": "string"}},
                   "steps": [step("vpc", "ec2", "CreateVpc", json!({"CidrBlock": "${{ inputs.cidr }}"}))]}),
            "inputs.cidr",
        ),
        (
            json!({"name": "n", "steps": [vpc, subnet("${{ steps.vpc.output.Vpc.VpcIdd }}")]}),
            "did you mean `VpcId`",
        ),
        (
            json!({"name": "n", "steps": [vpc, subnet("${{ steps.vpc.output.Vpc.vpcId }}")]}),
            "has no `vpcId`; did you mean `VpcId`",
        ),
        (
            json!({"name": "n", "steps": [step("db", "rds", "CreateDBInstance",
                json!({"DBInstanceIdentifier": "a", "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
                       "MasterUserPassword": "‹hidden›"}))]}),
            "let the cloud make",
        ),
        (
            json!({"name": "n", "steps": [{"id": "a", "cloud": "oci", "service": "core", "operation": "X", "params": {}}]}),
            "there is aws",
        ),
        (
            json!({"name": "n", "steps": [step("a", "s3", "CreateBucket", json!({"Bucket": 3}))]}),
            "expected text, found the number 3",
        ),
        (
            json!({"name": "n", "steps": [step("a", "s3", "CreateBucket", json!({}))]}),
            "`Bucket` is required and missing",
        ),
        (
            json!({"name": "n", "steps": [step("i", "ec2", "RunInstances", json!({"MinCount": 1, "MaxCount": 1})),
                step("s", "ec2", "StopInstances", json!({"InstanceIds": ["${{ steps.i.output.Instances.InstanceId }}"]}))]}),
            "Instances[0].InstanceId",
        ),
    ] {
        let out =
            turn("make it", vec![Script::calls(&[("propose_plan", plan.clone())]), Script::text("sorry")])
                .await;
        let answer = &out.messages(1)[3].1;
        assert!(answer.contains(part), "{part} missing in {answer} for {plan}");
    }
}

#[tokio::test]
async fn good_references_and_loose_forms_are_a_plan() {
    let plan = json!({"plan": {"name": "n", "steps": [
        {"id": "vpc", "cloud": "aws", "service": "ec2", "operation": "CreateVpc",
         "params": "{\"CidrBlock\": \"10.0.0.0/16\"}"},
        {"id": "subnet", "cloud": "aws", "service": "ec2", "operation": "CreateSubnet",
         "params": {"VpcId": "${{ steps.vpc.output.Vpc.VpcId }}", "CidrBlock": "10.0.1.0/24",
                    "TagSpecifications": [{"ResourceType": "subnet", "Tags": [{"Key": "a", "Value": "b"}]}]}},
        {"id": "run", "cloud": "aws", "service": "ec2", "operation": "RunInstances",
         "params": {"MinCount": 1, "MaxCount": 1, "SubnetId": "${{ steps.subnet.output.Subnet.SubnetId }}"}},
        {"id": "stop", "cloud": "aws", "service": "ec2", "operation": "StopInstances",
         "params": {"InstanceIds": "${{ steps.run.output.Instances[*].InstanceId }}"}},
        {"id": "queue", "cloud": "aws", "service": "sqs", "operation": "GetQueueAttributes",
         "params": {"QueueUrl": "u"}},
        {"id": "tag", "cloud": "aws", "service": "sqs", "operation": "TagQueue",
         "params": {"QueueUrl": "u", "Tags": {"any key": "${{ steps.queue.output.Attributes.QueueArn }}"}}},
    ]}});
    let out = turn("make it", vec![Script::calls(&[("propose_plan", plan)])]).await;
    assert_eq!(out.answer().plan.as_ref().map(|p| p.steps.len()), Some(6));
}

#[tokio::test]
async fn two_plans_at_once_are_none() {
    let out = turn(
        "make it",
        vec![
            Script::calls(&[("propose_plan", bucket_plan()), ("propose_plan", bucket_plan())]),
            Script::text("which one?"),
        ],
    )
    .await;
    assert_eq!(out.answer().plan, None);
    assert!(out.messages(1)[4].1.contains("one plan that holds all steps"), "{:?}", out.messages(1));
}

#[tokio::test]
async fn secrets_never_leave() {
    let history = [Entry::Said {
        role: Role::Person,
        at: Timestamp::UNIX_EPOCH,
        text: "my secret access key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
    }];
    let read = Script::calls(&[("aws_read", json!({"service": "s3", "operation": "ListBuckets"}))]);
    let words = "use AKIAIOSFODNN7EXAMPLE and the password hunter2!";
    let out = turn_with(words, &history, vec![read, Script::text("no")], 32_000).await;
    let sent: String = out.server.asked().iter().map(|a| a.body.to_string()).collect();
    for secret in ["AKIAIOSFODNN7", "wJalrXUtnFEMI", "hunter2", "key-of-the-test"] {
        assert!(!sent.contains(secret), "{secret} left the machine");
    }
    assert!(sent.contains("‹hidden›") && sent.contains("data from aws s3 ListBuckets"));
}

#[tokio::test]
async fn instructions_in_cloud_data_lead_to_nothing_by_themselves() {
    // The model obeys what a bucket's name says; no tool that it has can act.
    let out = turn(
        "list my buckets",
        vec![
            Script::calls(&[("aws_read", json!({"service": "s3", "operation": "ListBuckets"}))]),
            Script::calls(&[
                (
                    "aws_read",
                    json!({"service": "s3", "operation": "DeleteBucket", "params": {"Bucket": "logs"}}),
                ),
                (
                    "aws_call",
                    json!({"service": "s3", "operation": "DeleteBucket", "params": {"Bucket": "logs"}}),
                ),
            ]),
            Script::text("I could not."),
        ],
    )
    .await;
    let looked_up = out.looked_up();
    assert_eq!(looked_up.iter().map(|l| l.2).collect::<Vec<_>>(), [true, false, false], "{looked_up:?}");
    assert!(looked_up[1].3.contains("refused, nothing was sent"), "{looked_up:?}");
    assert!(looked_up[2].3.contains("unknown tool"), "{looked_up:?}");
}

#[tokio::test]
async fn a_long_history_is_shortened_with_a_note_and_the_words_stay() {
    let history: Vec<Entry> = (0..200)
        .map(|n| Entry::Said {
            role: if n % 2 == 0 { Role::Person } else { Role::Agent },
            at: Timestamp::UNIX_EPOCH,
            text: format!("message {n} {}", "x".repeat(800)),
        })
        .collect();
    let out = turn_with("and now?", &history, vec![Script::text("well")], 10_000).await;
    let sent = out.server.asked()[0].body.to_string();
    assert!(sent.len() / 4 < 10_000, "{}", sent.len());
    assert!(sent.contains("older messages of this conversation were left out"));
    assert!(sent.contains("message 199") && !sent.contains("message 3 "));
    assert_eq!(out.messages(0).last().unwrap().1, "and now?");
}

#[tokio::test]
async fn words_that_no_model_can_read_are_refused_before_they_are_sent() {
    let words = "w ".repeat(40_000);
    let out = turn_with(&words, &[], vec![], 10_000).await;
    assert!(out.problem().fix.contains("context_tokens"), "{:?}", out.problem());
    assert!(out.server.asked().is_empty());
}

#[tokio::test]
async fn a_dropped_turn_closes_the_connection() {
    use super::server::{Piece, Server};
    use super::setting::{board, listen, planner};
    let slow = Script::raw("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")
        .then(Piece::Silence(std::time::Duration::from_secs(60)));
    let server = Server::start(vec![slow, Script::text("fresh")]).await;
    let (planner, board) = (planner(&server.base, 32_000), board(None).await);
    let cut =
        tokio::time::timeout(std::time::Duration::from_millis(300), listen(&planner, &board, "list", &[]))
            .await;
    assert!(cut.is_err());
    let (result, _) = listen(&planner, &board, "list", &[]).await;
    assert_eq!(result.unwrap().text, "fresh");
}

#[tokio::test]
async fn of_very_many_calls_at_once_the_first_are_made_and_the_model_is_told() {
    let calls: Vec<(&str, Value)> = (0..40).map(|_| ("aws_search", json!({"query": "buckets"}))).collect();
    let out = turn("list", vec![Script::calls(&calls), Script::text("done")]).await;
    assert_eq!(out.looked_up().len(), 16);
    let last = out.messages(1).pop().unwrap();
    assert!(last.1.ends_with("[24 more calls were not made: at most 16 at once]"), "{last:?}");
}

#[tokio::test]
async fn a_tools_name_is_shown_short_and_harmless() {
    let name = format!("\u{1b}[2J{}", "x".repeat(5_000));
    let out = turn("list", vec![Script::calls(&[(&name, json!({}))]), Script::text("done")]).await;
    let shown = &out.looked_up()[0].0;
    assert!(shown.starts_with("xxx") && shown.chars().count() == 64, "{shown}");
}
