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

/// What one of the two questions came to.
enum Said {
    Answer(Value),
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
    if let Some(end) = end_of(VALIDATE, ask(azure, &deployment, Question::Validate).await, &deployment) {
        return Ok(end);
    }
    match ask(azure, &deployment, Question::WhatIf).await {
        Said::Answer(answer) => Ok(Rehearsed::WouldDo {
            by: WHAT_IF.into(),
            changes: foreseen::changes(&answer, &deployment.secrets),
        }),
        other => Ok(end_of(WHAT_IF, other, &deployment)
            .unwrap_or_else(|| Rehearsed::WouldDo { by: VALIDATE.into(), changes: vec![] })),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    Validate,
    WhatIf,
}

/// A refusal, or that it cannot be known; nothing for an answer.
fn end_of(by: &str, said: Said, deployment: &Deployment) -> Option<Rehearsed> {
    match said {
        Said::Answer(_) => None,
        Said::Cannot(reason) => Some(Rehearsed::Cannot { reason }),
        Said::Refused(failure) => {
            let hide = |text: String| crate::text::sanitize(&foreseen::hide(&text, &deployment.secrets));
            let cause = foreseen::cause(&failure);
            Some(Rehearsed::WouldRefuse {
                by: by.into(),
                code: hide(cause.code),
                message: hide(cause.message),
                target: cause.target.map(hide),
            })
        }
    }
}

async fn ask(azure: &Azure, deployment: &Deployment, question: Question) -> Said {
    let call = deployment_call(deployment, question);
    let answer = match azure.call(&call).await {
        Ok(reply) => reply.output,
        Err(error) => return of_error(error),
    };
    // A template that is no good is told with an answer, not with an error.
    if let Some(failure) = refusal(&answer) {
        return Said::Refused(failure);
    }
    match azure.wait(&call, &answer, &|_| {}).await {
        Ok(Waited::Ready { output: Some(later), .. }) => match refusal(&later) {
            Some(failure) => Said::Refused(failure),
            None => Said::Answer(later),
        },
        Ok(Waited::Ready { output: None, .. } | Waited::NothingToWaitFor) => Said::Answer(answer),
        Ok(Waited::Failed { reason, .. }) => {
            let (code, message) = reason.split_once(": ").unwrap_or(("Failed", &reason));
            Said::Refused(Failure { code: code.into(), message: message.into(), ..Failure::default() })
        }
        Ok(Waited::TimedOut { .. }) => Said::Cannot("the cloud did not come to an end with it".into()),
        Err(error) => of_error(error),
    }
}

/// The error inside an answer that is one.
fn refusal(answer: &Value) -> Option<Failure> {
    answer.get("error").filter(|error| !error.is_null())?;
    failure::of_document(answer)
}

/// Only a clear no to what is asked about is one: a missing group, role, or answer says nothing about the step.
fn of_error(error: CloudError) -> Said {
    match error {
        CloudError::Service { code, message, .. } if code == "ResourceGroupNotFound" => {
            Said::Cannot(format!("its resource group is not there yet: {message}"))
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
            Said::Refused(Failure { code, message, detail })
        }
        other => Said::Cannot(other.to_string()),
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
