//! A call that is asked about before it is made. What a PUT would make is put into a deployment of its own, which the
//! Resource Manager validates, and of which it says what would change. Neither changes anything.

mod foreseen;
mod target;
mod template;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use uuid::Uuid;

use super::Azure;
use super::exceptions::{DEPLOYMENTS, VALIDATE_AT, WHAT_IF_IN_GROUP, WHAT_IF_IN_SUBSCRIPTION};
use super::failure::{self, Failure};
use crate::clouds::{Call, Cloud, CloudError, Rehearsed, Waited};
use crate::plan::{CloudName, OperationName};
use template::{Deployment, Lies};

/// Who looked at it, for people.
const VALIDATE: &str = "ARM validate";
const WHAT_IF: &str = "ARM what-if";

/// Why one of the two questions has no answer.
enum Unanswered {
    Refused(Failure),
    Cannot(String),
}

/// Asks about a call; see [`Cloud::rehearse`].
pub(super) async fn rehearse(azure: &Azure, call: &Call) -> Result<Rehearsed, CloudError> {
    let call = azure.at_home(call)?;
    let found = azure.find(&call.operation)?;
    let request = azure.render(&found, &call)?;
    let deployment = match template::of(&found, &call, &request) {
        Ok(deployment) => deployment,
        Err(reason) => return Ok(Rehearsed::Cannot { reason }),
    };
    if let Err(unanswered) = ask(azure, &deployment, Question::Validate).await {
        return Ok(told(VALIDATE, unanswered, &deployment));
    }
    Ok(match ask(azure, &deployment, Question::WhatIf).await {
        Ok(answer) => match foreseen::changes(&answer, &deployment.secrets) {
            Some(changes) => Rehearsed::WouldDo { by: WHAT_IF.into(), changes },
            None => Rehearsed::Cannot { reason: format!("{WHAT_IF} answered without a list of changes") },
        },
        Err(unanswered) => told(WHAT_IF, unanswered, &deployment),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    Validate,
    WhatIf,
}

fn told(by: &str, unanswered: Unanswered, deployment: &Deployment) -> Rehearsed {
    match unanswered {
        Unanswered::Cannot(reason) => Rehearsed::Cannot { reason },
        Unanswered::Refused(failure) => {
            let hide = |text: String| crate::text::sanitize(&foreseen::hide(&text, &deployment.secrets));
            let cause = foreseen::cause(&failure);
            Rehearsed::WouldRefuse {
                by: by.into(),
                code: hide(cause.code),
                message: hide(cause.message),
                target: cause.target.map(hide),
            }
        }
    }
}

async fn ask(azure: &Azure, deployment: &Deployment, question: Question) -> Result<Value, Unanswered> {
    let call = deployment_call(deployment, question);
    let first = azure.call(&call).await.map_err(of_error)?.output;
    // A template that is no good is told with an answer, not with an error.
    if let Some(failure) = refusal(&first) {
        return Err(Unanswered::Refused(failure));
    }
    match azure.wait(&call, &first, &|_| {}).await.map_err(of_error)? {
        Waited::Ready { output: Some(later), .. } => match refusal(&later) {
            Some(failure) => Err(Unanswered::Refused(failure)),
            None => Ok(later),
        },
        Waited::Ready { output: None, .. } | Waited::NothingToWaitFor => Ok(first),
        Waited::Failed { reason, .. } => {
            let (code, message) = reason.split_once(": ").unwrap_or(("Failed", &reason));
            let failure = Failure { code: code.into(), message: message.into(), ..Failure::default() };
            Err(Unanswered::Refused(failure))
        }
        Waited::TimedOut { .. } => Err(Unanswered::Cannot("the cloud did not come to an end with it".into())),
    }
}

/// The error inside an answer that is one.
fn refusal(answer: &Value) -> Option<Failure> {
    answer.get("error").filter(|error| !error.is_null())?;
    failure::of_document(answer)
}

/// Only a clear no to what is asked about is one: a missing group, role, or answer says nothing about the step.
fn of_error(error: CloudError) -> Unanswered {
    match error {
        CloudError::Service { code, message, .. } if code == "ResourceGroupNotFound" => {
            Unanswered::Cannot(format!("its resource group is not there yet: {message}"))
        }
        CloudError::Service {
            code,
            message,
            status: 400 | 409 | 412 | 422,
            detail,
            retryable: false,
            ..
        } => {
            let detail = detail.as_object().cloned().unwrap_or_default();
            Unanswered::Refused(Failure { code, message, detail })
        }
        other => Unanswered::Cannot(other.to_string()),
    }
}

fn deployment_call(deployment: &Deployment, question: Question) -> Call {
    let name = Uuid::new_v4().simple().to_string();
    let mut properties = deployment.properties.clone();
    if question == Question::WhatIf {
        properties["whatIfSettings"] = json!({"resultFormat": "FullResourcePayloads"});
    }
    let mut body = json!({"properties": properties});
    if let Lies::InSubscription { location, .. } = &deployment.lies {
        body["location"] = json!(location);
    }
    let mut params = json!({"deploymentName": format!("rehearsal-{name}")});
    let operation = match (question, &deployment.lies) {
        (Question::Validate, lies) => {
            params["scope"] = json!(lies.scope());
            VALIDATE_AT
        }
        (Question::WhatIf, Lies::InGroup { subscription, group }) => {
            params["subscriptionId"] = json!(subscription);
            params["resourceGroupName"] = json!(group);
            WHAT_IF_IN_GROUP
        }
        (Question::WhatIf, Lies::InSubscription { subscription, .. }) => {
            params["subscriptionId"] = json!(subscription);
            WHAT_IF_IN_SUBSCRIPTION
        }
    };
    params["body"] = body;
    Call {
        operation: OperationName::new(CloudName::Azure, DEPLOYMENTS, operation),
        region: None,
        account: None,
        params,
    }
}

impl Azure {
    /// A call in the subscription that requests go to here, where it was made for the sandbox's.
    fn at_home(&self, call: &Call) -> Result<Call, CloudError> {
        let mut call = call.clone();
        let own = self.place()?.subscription.as_deref();
        if let Some(own) = own.filter(|own| *own != super::SANDBOX_SUBSCRIPTION) {
            moved(&mut call.params, own);
        }
        Ok(call)
    }
}

/// What the sandbox answered holds its own subscription.
fn moved(value: &mut Value, subscription: &str) {
    match value {
        Value::String(text) if text.contains(super::SANDBOX_SUBSCRIPTION) => {
            *text = text.replace(super::SANDBOX_SUBSCRIPTION, subscription);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| moved(item, subscription)),
        Value::Object(members) => members.values_mut().for_each(|member| moved(member, subscription)),
        _ => {}
    }
}
