//! The program, run as a person or a script runs it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The acceptance request: a private, encrypted, tagged bucket.
pub(crate) const BUCKET: &str = "create a private, encrypted S3 bucket called demo-logs in Frankfurt, \
     owner team-web, environment dev, sensitivity internal, cost center 9001";

/// The program with its own home folder and nothing of this machine's cloud settings.
pub(crate) fn provisioner(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provisioner"));
    command.arg("--home").arg(home).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("AWS_") || name.starts_with("OPENAI_") || name.starts_with("PROVISIONER_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs the program and gives what it said.
pub(crate) fn run(home: &Path, args: &[&str]) -> Output {
    provisioner(home).args(args).output().unwrap()
}

/// The exit code, where the program ended by itself.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// The one JSON document on standard output.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "standard output is no JSON ({error}):\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// Runs a command that must end with this code, and reads its JSON.
pub(crate) fn json_of(home: &Path, args: &[&str], expected: i32) -> Value {
    let output = run(home, args);
    assert_eq!(
        code(&output),
        expected,
        "{args:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    json(&output)
}
