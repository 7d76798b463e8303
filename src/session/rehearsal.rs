//! What the clouds themselves say beforehand about the steps of a run in the sandbox.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Reach;
use crate::catalog::Catalog;
use crate::catalog::access::classify;
use crate::clouds::{Call, Pending, Rehearsed};
use crate::executor::Rehearse;
use crate::mcp::CloudClient;
use crate::plan::StepId;

/// What was said about one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRehearsed {
    /// The step.
    pub step: StepId,
    /// What was said.
    #[serde(flatten)]
    pub said: Rehearsed,
}

/// A wish to have the steps of a run asked about; whoever made it hears what was said.
#[derive(Clone)]
pub struct Rehearsal {
    /// The clouds that are asked, where they are not those that the run goes to.
    elsewhere: Option<Arc<Reach>>,
    tell: UnboundedSender<StepRehearsed>,
}

impl Rehearsal {
    /// Asks the clouds of a reach, or without one those that the run goes to.
    #[must_use]
    pub fn new(elsewhere: Option<Reach>) -> (Self, UnboundedReceiver<StepRehearsed>) {
        let (tell, told) = unbounded_channel();
        (Self { elsewhere: elsewhere.map(Arc::new), tell }, told)
    }

    /// Asks for the steps of a run that goes to a reach.
    pub(super) fn on(&self, reach: &Reach, catalog: &Catalog) -> Arc<dyn Rehearse> {
        let asked = self.elsewhere.as_deref().unwrap_or(reach).board.clouds();
        Arc::new(Asking { asked, catalog: catalog.clone(), rehearsal: self.clone() })
    }
}

struct Asking {
    asked: CloudClient,
    catalog: Catalog,
    rehearsal: Rehearsal,
}

impl Asking {
    /// A read changes nothing, so there is nothing to ask about.
    fn is_worth_it(&self, call: &Call) -> bool {
        let found = self.catalog.operation(&call.operation);
        found.is_ok_and(|found| !classify(found.service(), found.operation()).class.runs_unasked())
    }
}

impl Rehearse for Asking {
    fn ask<'a>(&'a self, step: &'a StepId, call: &'a Call) -> Pending<'a, ()> {
        Box::pin(async move {
            if !self.is_worth_it(call) {
                return;
            }
            let said = match self.asked.rehearse(call).await {
                Ok(said) => said,
                Err(error) => Rehearsed::Cannot { reason: error.to_string() },
            };
            // Whoever does not listen any more does not want to know.
            drop(self.rehearsal.tell.send(StepRehearsed { step: step.clone(), said }));
        })
    }
}
