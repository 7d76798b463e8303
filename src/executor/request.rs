//! From a step to the call that is sent, and to the form of it that may be kept.
//!
//! Secrets: the call holds them, the journal does not. A literal secret of the plan is there again
//! when the run is resumed, because the plan is kept apart until the run is done. A secret
//! that a step returned is not: a step that needs it after a restart fails and says so.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::catalog::partner::token_members;
use crate::catalog::shapes::{Operation, Service};
use crate::catalog::{mark, mask};
use crate::clouds::Call;
use crate::plan::{ExecutionId, Scope, Step, StepFailure, resolve};
use crate::text::{MASK, mask_named};

/// The namespace of idempotency tokens.
const TOKENS: Uuid = Uuid::from_u128(0x6f1d_1c6e_52f0_4b7e_9b39_4a5e_77c4_2a10);

/// The token of a step: the same whenever the step is sent again in the same execution.
pub(super) fn token(execution: &ExecutionId, step: &str) -> String {
    Uuid::new_v5(&TOKENS, format!("{execution}/{step}").as_bytes()).to_string()
}

/// The call of a step with its references resolved and its tokens filled in.
pub(super) fn call_of(
    step: &Step,
    scope: &Scope,
    service: Option<&Service>,
    execution: &ExecutionId,
) -> Result<Call, StepFailure> {
    let mut params = resolve(&step.params, scope).map_err(|errors| {
        let all: Vec<String> = errors.iter().map(|(path, error)| format!("{path}: {error}")).collect();
        failure("UnresolvedReference", all.join("; "), Some("look at what the steps before it returned"))
    })?;
    if holds_mask(&params) && !holds_mask(&step.params) {
        return Err(failure(
            "SecretNotKept",
            "it needs a secret that another step returned before the program was restarted; secrets are not kept",
            Some("take the run back and apply the plan again, or give the secret in the plan"),
        ));
    }
    let operation = service.and_then(|service| service.operation(&step.operation));
    if let (Some(service), Some(operation), Value::Object(members)) = (service, operation, &mut params) {
        fill_tokens(service, operation, members, &token(execution, &step.id));
        mark::put(service, operation, &mut params, &token(execution, &step.id));
    }
    Ok(Call {
        operation: step.operation_name(),
        region: step.region.clone(),
        account: step.account.clone(),
        params,
    })
}

fn fill_tokens(service: &Service, operation: &Operation, params: &mut Map<String, Value>, token: &str) {
    for member in token_members(service, operation) {
        let slot = params.entry(member.to_owned()).or_insert(Value::Null);
        if slot.is_null() {
            *slot = Value::from(token);
        }
    }
}

/// Whether the call carries a token by which the cloud recognises it.
pub(super) fn has_token(service: &Service, operation: &Operation, params: &Value) -> bool {
    token_members(service, operation).any(|member| params.get(member).is_some_and(|value| !value.is_null()))
}

pub(super) fn failure(code: &str, message: impl Into<String>, advice: Option<&str>) -> StepFailure {
    StepFailure { code: code.to_owned(), message: message.into(), advice: advice.map(str::to_owned) }
}

fn holds_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(MASK),
        Value::Array(items) => items.iter().any(holds_mask),
        Value::Object(members) => members.values().any(holds_mask),
        _ => false,
    }
}

/// Parameters as they may be kept.
pub(super) fn masked_params(service: Option<&Service>, operation: &str, params: &Value) -> Value {
    match service {
        Some(service) => mask(service, service.operation(operation).and_then(|o| o.input), params),
        None => mask_named(params),
    }
}

/// An answer as it may be kept.
pub(super) fn masked_output(service: Option<&Service>, operation: &str, output: &Value) -> Value {
    match service {
        Some(service) => mask(service, service.operation(operation).and_then(|o| o.output), output),
        None => mask_named(output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::test_service::service;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn ids() -> ExecutionId {
        ExecutionId("x-1".into())
    }

    fn step(params: Value) -> Step {
        serde_json::from_value(
            json!({"id": "a", "cloud": "aws", "service": "test", "operation": "Make", "params": params}),
        )
        .unwrap()
    }

    fn making() -> Service {
        service(&[(
            "Make",
            json!({"Name": "string", "Token@": "string", "Pin#": "string", "Users": [{"Key#": "string", "Id": "string"}]}),
            json!({"Id": "string"}),
        )])
    }

    #[test]
    fn a_token_is_filled_in_once_and_stays_the_same() {
        let make = || call_of(&step(json!({})), &Scope::new(), Some(&making()), &ids()).unwrap().params;
        assert_eq!(make(), make());
        assert_eq!(make()["Token"], json!(token(&ids(), "a")));
        assert_ne!(token(&ids(), "a"), token(&ids(), "b"));
        assert_ne!(token(&ids(), "a"), token(&ExecutionId("x-2".into()), "a"));
        let own = call_of(&step(json!({"Token": "mine"})), &Scope::new(), Some(&making()), &ids()).unwrap();
        assert_eq!(own.params["Token"], "mine");
    }

    #[test]
    fn secrets_are_masked_by_mark_and_by_name() {
        let kept = masked_params(
            Some(&making()),
            "Make",
            &json!({"Name": "n", "Pin": "1234", "Users": [{"Key": "k", "Id": "i"}], "AdminPassword": "p"}),
        );
        assert_eq!(
            kept,
            json!({"Name": "n", "Pin": MASK, "Users": [{"Key": MASK, "Id": "i"}], "AdminPassword": MASK})
        );
    }

    #[test]
    fn a_secret_that_was_not_kept_fails_the_step_that_needs_it() {
        let mut scope = Scope::new();
        scope.add_output("b", json!({"Secret": MASK}));
        let asked = step(json!({"Name": "${{ steps.b.output.Secret }}"}));
        let failure = call_of(&asked, &scope, None, &ids()).unwrap_err();
        assert_eq!(failure.code, "SecretNotKept");
    }

    #[test]
    fn a_reference_to_nothing_is_named_with_its_path() {
        let mut scope = Scope::new();
        scope.add_output("b", json!({}));
        let asked = step(json!({"Name": "${{ steps.b.output.Id }}"}));
        let failure = call_of(&asked, &scope, None, &ids()).unwrap_err();
        assert!(failure.message.contains("$.Name"), "{failure:?}");
    }
}
