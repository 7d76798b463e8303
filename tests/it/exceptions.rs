//! An exception from the request to the run that uses it, by the program itself.

use std::path::Path;

use crate::program::{code, json, json_of, provisioner};

const PLAN: &str = "version: 1
name: keys for the migration
steps:
  - {id: user, cloud: aws, service: iam, operation: CreateUser, params: {UserName: mover, Tags: [{Key: owner, Value: web}, {Key: environment, Value: dev}, {Key: sensitivity, Value: internal}, {Key: cost-center, Value: '9001'}]}}
  - {id: key, cloud: aws, service: iam, operation: CreateAccessKey, params: {UserName: mover}, after: [user]}
";

fn as_user(home: &Path, user: &str, args: &[&str], expected: i32) -> serde_json::Value {
    let output = provisioner(home).env("USER", user).arg("--json").args(args).output().unwrap();
    assert_eq!(code(&output), expected, "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    if output.stdout.is_empty() { serde_json::Value::Null } else { json(&output) }
}

#[test]
fn a_plan_runs_once_with_an_exception_that_somebody_else_approved() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let file = home.join("plan.yaml");
    std::fs::write(&file, PLAN).unwrap();
    let file = file.to_str().unwrap();

    let key = as_user(home, "grace", &["rules", "exception", "key"], 0);
    let rules = home.join("config/rules");
    std::fs::create_dir_all(&rules).unwrap();
    std::fs::write(
        rules.join("roles.yaml"),
        format!(
            "roles: {{ciso: [security]}}\npeople: [{{name: grace, roles: [ciso], key: {}}}]\n",
            key["key"]
        ),
    )
    .unwrap();

    // Nobody approves it by a flag.
    let checked = json_of(home, &["--json", "plan", "check", file], 3);
    assert_eq!(checked["decision"], "exception");
    as_user(home, "linus", &["plan", "apply", file, "--approve", "warned"], 3);

    let asked = as_user(
        home,
        "linus",
        &[
            "rules",
            "exception",
            "request",
            "--rule",
            "SEC-AWS-IAM-03",
            "--plan",
            file,
            "--uses",
            "1",
            "--reason",
            "the migration tool takes keys alone",
        ],
        0,
    );
    let id = asked["id"].as_str().unwrap();
    as_user(home, "linus", &["plan", "apply", file, "--approve", "warned"], 3);
    as_user(home, "linus", &["rules", "exception", "approve", id], 3);
    let approved = as_user(home, "grace", &["rules", "exception", "approve", id], 0);
    assert_eq!(approved["status"]["state"], "approved");

    let checked = json_of(home, &["--json", "plan", "check", file], 0);
    assert_eq!(checked["decision"], "warn");
    assert_eq!(checked["verdict"]["findings"][0]["exception"]["id"], id);
    let done = as_user(home, "linus", &["plan", "apply", file, "--approve", "warned"], 0);
    assert_eq!(done["approval"]["exceptions"][0], id);

    // Used once, it covers nothing more.
    let listed = as_user(home, "linus", &["rules", "exception", "list"], 0);
    assert_eq!(listed["exceptions"][0]["state"], "used_up");
    as_user(home, "linus", &["plan", "apply", file, "--approve", "warned"], 3);
}
