//! `ask` and `call`: one request, one operation, through the same gate as everything else.

use serde_json::{Value, json};

use super::args::ApprovePolicy;
use super::once::{Bounds, once};
use super::setup::{Setup, block_on, home, person};
use super::{Args, CliError, Exit, Output};
use crate::catalog::{Catalog, check};
use crate::plan::{Approver, CloudName, Plan};
use crate::protocol::Command;
use crate::session::Options;

/// Who approves, as far as the command line says.
pub(crate) fn approver(approve: ApprovePolicy) -> Approver {
    match approve {
        ApprovePolicy::Never => Approver::Person { name: person() },
        ApprovePolicy::Allowed => Approver::Flag { name: person(), policy: "allowed".into() },
        ApprovePolicy::Warned => Approver::Flag { name: person(), policy: "warned".into() },
    }
}

/// Carries one command through a session and shows its outcome.
///
/// # Errors
///
/// The session cannot be opened, or standard output is closed.
pub(crate) fn carry(args: &Args, command: Command, bounds: Bounds) -> Result<Exit, CliError> {
    let setup = Setup::of(args)?;
    let options = setup.options(setup.store()?, approver(bounds.approve));
    carry_with(Output::new(args.json), options, command, bounds)
}

/// [`carry`], with a session's options already made.
///
/// # Errors
///
/// As for [`carry`].
pub(crate) fn carry_with(
    out: Output,
    options: Options,
    command: Command,
    bounds: Bounds,
) -> Result<Exit, CliError> {
    block_on(async move {
        let (exit, outcome) = once(out, options, command, bounds).await?;
        if out.is_json() {
            out.show(&outcome, |_| String::new())?;
        }
        Ok(exit)
    })
}

/// `provisioner ask`.
pub(crate) fn ask(
    args: &Args,
    text: String,
    approve: ApprovePolicy,
    plan_only: bool,
) -> Result<Exit, CliError> {
    if text.trim().is_empty() {
        return Err(CliError::bad_input("nothing was asked: say what you want in words"));
    }
    carry(args, Command::Submit { text }, Bounds { approve, plan_only, digest: None })
}

/// One operation, as it stands on the command line.
pub(crate) struct OneCall {
    pub(crate) cloud: CloudName,
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) params: Option<String>,
    pub(crate) region: Option<String>,
}

/// `provisioner call`.
pub(crate) fn call(args: &Args, one: &OneCall, approve: ApprovePolicy) -> Result<Exit, CliError> {
    let plan = plan_of(one)?;
    let catalog = Catalog::open(Some(home(args)?.data())).map_err(CliError::failed)?;
    let problems = check(&catalog, &plan);
    if !problems.is_empty() {
        let problems: Vec<&str> = problems.iter().map(|p| p.trim_start_matches("step `call`: ")).collect();
        return Err(CliError::bad_input(format!("{}; nothing was sent", problems.join("\n"))));
    }
    let words = plan.name.clone();
    carry(args, Command::Propose { plan, words }, Bounds { approve, plan_only: false, digest: None })
}

/// A plan of one step.
fn plan_of(one: &OneCall) -> Result<Plan, CliError> {
    let mut step = json!({
        "id": "call",
        "cloud": one.cloud,
        "service": one.service,
        "operation": one.operation,
        "params": params(one.params.as_deref())?,
    });
    if let Some(region) = &one.region {
        step["region"] = region.clone().into();
    }
    let name = format!("call {} {} {}", one.cloud, one.service, one.operation);
    Plan::from_value(json!({"version": 1, "name": name, "steps": [step]})).map_err(CliError::bad_input)
}

/// The parameters: JSON as it stands, or from a file after `@`.
pub(crate) fn params(text: Option<&str>) -> Result<Value, CliError> {
    let Some(text) = text else { return Ok(json!({})) };
    let (place, text) = match text.strip_prefix('@') {
        Some(path) => {
            let read = std::fs::read_to_string(path)
                .map_err(|e| CliError::bad_input(format!("--params: cannot read {path}: {e}")))?;
            (path.to_owned(), read)
        }
        None => ("--params".to_owned(), text.to_owned()),
    };
    let value: Value = serde_json::from_str(&text).map_err(|e| {
        CliError::bad_input(format!("{place}: line {}, column {}: {e}", e.line(), e.column()))
    })?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(CliError::bad_input(format!("{place}: the parameters must be a JSON object")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(params: Option<&str>) -> OneCall {
        OneCall {
            cloud: CloudName::Aws,
            service: "ec2".into(),
            operation: "DescribeVpcs".into(),
            params: params.map(str::to_owned),
            region: Some("eu-central-1".into()),
        }
    }

    #[test]
    fn one_operation_becomes_a_plan_of_one_step() {
        let plan = plan_of(&one(Some(r#"{"VpcIds": ["vpc-1"]}"#))).unwrap();
        assert_eq!(plan.steps.len(), 1);
        assert_eq!(plan.steps[0].params, json!({"VpcIds": ["vpc-1"]}));
        assert_eq!(plan.steps[0].region.as_deref(), Some("eu-central-1"));
    }

    #[test]
    fn parameters_that_are_no_json_object_are_refused_with_their_place() {
        let broken = plan_of(&one(Some("{\"a\": "))).unwrap_err();
        assert_eq!(broken.exit, Exit::BadInput);
        assert!(broken.message.contains("--params: line 1"), "{}", broken.message);
        assert!(plan_of(&one(Some("[1]"))).unwrap_err().message.contains("object"));
        assert!(plan_of(&one(Some("@/no/such/file"))).unwrap_err().message.contains("/no/such/file"));
    }
}
