//! The hands: requests rendered, signed, sent, and answers read, for three clouds.

pub mod aws;
pub mod azure;
mod connect;
pub mod http;
pub mod oci;
mod rehearse;

pub use connect::{Place, connect};
pub use rehearse::{Foreseen, ForeseenProperty, Rehearsed};

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use self::http::HttpRequest;
use crate::catalog::{OperationRef, Strictness, validate};
use crate::plan::OperationName;

/// One call of one operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The operation.
    pub operation: OperationName,
    /// The region; the cloud's configured one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The account, where it is not the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The parameters, references resolved, tokens filled in.
    pub params: Value,
}

/// The member of an answer that says, where it is true, that what was to be made was there before and was only
/// changed: taking that back must not delete it.
pub const EXISTED: &str = "…existed";

impl Call {
    /// Whether the parameters fit the operation that was found for it.
    ///
    /// # Errors
    ///
    /// [`CloudError::Invalid`] with all problems at once.
    pub(crate) fn fits(&self, found: &OperationRef) -> Result<(), CloudError> {
        let problems = validate(found.service(), found.operation(), &self.params, Strictness::Sending);
        if problems.is_empty() {
            return Ok(());
        }
        Err(CloudError::Invalid { operation: self.operation.clone(), problems })
    }
}

/// The answer to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The answer in the shape of the model.
    pub output: Value,
    /// The HTTP status.
    pub status: u16,
    /// The cloud's name for the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether the cloud asked for fewer requests before it answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub throttled: bool,
}

/// What waiting came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Waited {
    /// The catalog knows nothing to wait for.
    NothingToWaitFor,
    /// The resource is usable.
    Ready {
        /// What was awaited, for example `BucketExists`.
        waiter: String,
        /// The answer from now on, where the first one only said that the work goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
    },
    /// The resource will never be usable.
    Failed {
        /// What was awaited.
        waiter: String,
        /// The state that says so.
        reason: String,
    },
    /// The time allowed is over; waiting can be taken up again.
    TimedOut {
        /// What was awaited.
        waiter: String,
    },
}

/// Why a call gave no answer, or an error for an answer.
#[derive(Clone, Debug, PartialEq, Error, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum CloudError {
    /// The catalog has no such service or operation.
    #[error("{0}")]
    UnknownOperation(String),
    /// The parameters do not fit; nothing was sent.
    #[error("{} of {operation} {}: {}", if .problems.len() == 1 { "a parameter" } else { "parameters" }, if .problems.len() == 1 { "does not fit" } else { "do not fit" }, .problems.join("; "))]
    Invalid {
        /// The operation.
        operation: OperationName,
        /// All problems, each with its JSON path.
        problems: Vec<String>,
    },
    /// No endpoint for this service in this region; nothing was sent.
    #[error("no endpoint: {0}")]
    Endpoint(String),
    /// No usable credentials; nothing was sent.
    #[error("no credentials: {message}")]
    Credentials {
        /// What is missing or expired.
        message: String,
        /// How to mend it.
        fix: String,
    },
    /// The cloud refused or failed.
    #[error("{code}: {message}")]
    Service {
        /// The cloud's code.
        code: String,
        /// The cloud's words.
        message: String,
        /// The HTTP status.
        status: u16,
        /// Members of the modelled error.
        detail: Value,
        /// The cloud's name for the request.
        request_id: Option<String>,
        /// Whether a later try may succeed.
        retryable: bool,
    },
    /// No answer: the request may or may not have been carried out.
    #[error("no answer from {host}: {message}")]
    Transport {
        /// The host.
        host: String,
        /// What went wrong.
        message: String,
        /// Whether the request surely never left.
        never_sent: bool,
    },
    /// The answer could not be read; the request was carried out.
    #[error("the answer to {operation} could not be read: {message}")]
    Unreadable {
        /// The operation.
        operation: OperationName,
        /// What was wrong.
        message: String,
    },
}

impl Waited {
    /// The resource is usable, and the answer to the call stays as it was.
    #[must_use]
    pub fn ready(waiter: impl Into<String>) -> Self {
        Waited::Ready { waiter: waiter.into(), output: None }
    }
}

/// Tells the person what only a person can do, for example to sign in elsewhere.
pub type Tell = Arc<dyn Fn(String) + Send + Sync>;

/// A boxed future, so that clouds can be kept behind one pointer.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One cloud. Implementations hold their connections and credentials and are shared freely.
pub trait Cloud: Send + Sync {
    /// Checks and sends one call, following the cloud's own retry rules.
    fn call<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>>;

    /// [`Cloud::call`], and for a read with pages all of them, up to a bound of the cloud's own.
    fn call_all<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Reply, CloudError>> {
        self.call(call)
    }

    /// Waits until what a successful call made is usable. `output` is the call's answer.
    /// `progress` is told what is awaited before each ask.
    fn wait<'a>(
        &'a self,
        call: &'a Call,
        output: &'a Value,
        progress: &'a (dyn Fn(String) + Send + Sync),
    ) -> Pending<'a, Result<Waited, CloudError>>;

    /// The request of a call as it would be sent now, signed. Nothing is sent.
    fn dry_run<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<HttpRequest, CloudError>> {
        let message = format!("{} has no request to show", call.operation);
        Box::pin(async move { Err(CloudError::UnknownOperation(message)) })
    }

    /// What the cloud itself says about a call beforehand. Nothing is changed by it.
    fn rehearse<'a>(&'a self, call: &'a Call) -> Pending<'a, Result<Rehearsed, CloudError>> {
        let reason = format!("{} is not asked beforehand", call.operation.cloud);
        Box::pin(async move { Ok(Rehearsed::Cannot { reason }) })
    }

    /// The account and region in words, for the frame: `profile web · eu-central-1`.
    fn context(&self) -> String;

    /// The region that calls go to when they name none, from what this machine knows. What it does not know
    /// stays open: nobody may judge or price a plan for a region that its requests do not go to.
    fn region(&self) -> Pending<'_, Option<String>> {
        Box::pin(async { None })
    }

    /// The smallest read that shows whether the cloud is there and knows who asks.
    fn probe(&self) -> Option<Probe> {
        None
    }
}

/// A read that shows whether a cloud can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The read.
    pub call: Call,
    /// Where the answer says who asks, as a JSON pointer; nothing where it does not.
    pub who: Option<&'static str>,
    /// What to look at when it fails.
    pub fix: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::CloudName;
    use serde_json::json;

    #[test]
    fn every_error_survives_a_round_trip() {
        let operation = OperationName::new(CloudName::Aws, "s3", "CreateBucket");
        let errors = [
            CloudError::UnknownOperation("no such service `s4`".into()),
            CloudError::Invalid { operation: operation.clone(), problems: vec!["$.Bucket: missing".into()] },
            CloudError::Endpoint("no rule fits".into()),
            CloudError::Credentials { message: "expired".into(), fix: "aws sso login".into() },
            CloudError::Service {
                code: "BucketAlreadyExists".into(),
                message: "taken".into(),
                status: 409,
                detail: json!({"BucketName": "b"}),
                request_id: Some("r".into()),
                retryable: false,
            },
            CloudError::Transport { host: "h".into(), message: "reset".into(), never_sent: false },
            CloudError::Unreadable { operation, message: "not XML".into() },
        ];
        for error in errors {
            let value = serde_json::to_value(&error).unwrap();
            assert_eq!(serde_json::from_value::<CloudError>(value).unwrap(), error);
        }
    }
}
