//! A look before the first request.
//!
//! Some operations make a thing or change the one that is there, and only their answer says which. When that answer
//! is lost, the second request finds what the first one made, and the thing seems to be old: an undo would leave it.
//! So it is looked up before, and the intent says what was there.

use std::sync::Arc;

use serde_json::Value;

use super::Clouds;
use super::classify::is_not_there;
use crate::catalog::partner;
use crate::catalog::shapes::Service;
use crate::clouds::Call;
use crate::plan::{OperationName, StepId};

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The thing is surely not there.
    Nothing,
    /// It is there, or that could not be seen.
    Perhaps,
}

/// Everything that is needed to look.
pub(super) struct Looking {
    pub(super) step: StepId,
    pub(super) call: Call,
    pub(super) clouds: Arc<dyn Clouds>,
}

/// The read that shows whether there is already what a call makes or changes; nothing where a lost answer leaves no
/// such doubt.
pub(super) fn read_of_news(service: &Service, call: &Call) -> Option<Call> {
    let operation = service.operation(&call.operation.operation)?;
    if !partner::tells_news(operation) {
        return None;
    }
    let read = partner::read(service, operation, &call.params)?;
    let params = read.params(&call.params, &Value::Null).ok()?;
    let name = &call.operation;
    Some(Call {
        operation: OperationName::new(name.cloud, &name.service, &read.operation),
        params,
        ..call.clone()
    })
}

impl Looking {
    pub(super) async fn look(self) -> Found {
        match self.clouds.call(&self.call).await {
            Err(error) if is_not_there(&error) => Found::Nothing,
            Ok(_) | Err(_) => Found::Perhaps,
        }
    }
}
