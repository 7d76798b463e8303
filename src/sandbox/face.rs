//! Which cloud a request is for, and what all clouds share: what exists, and the log.

use jiff::Timestamp;

use super::http::{Answer, Request};
use super::log::{LoggedRequest, RequestLog};
use super::model::Ledger;
use super::{SandboxError, SandboxOptions, aws, azure, oci};
use crate::catalog::Catalog;
use crate::plan::{AccessClass, CloudName};

/// What came of a request, for the log.
pub(crate) struct Outcome {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) region: String,
    pub(crate) class: Option<AccessClass>,
    pub(crate) error: Option<String>,
}

/// One request that is being answered.
pub(crate) struct Visit<'a> {
    pub(crate) request: &'a Request,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) now: Timestamp,
    pub(crate) request_id: &'a str,
}

/// The face of one cloud: reads requests and writes answers as that cloud does.
pub(crate) trait CloudFace: Send {
    /// The cloud.
    fn cloud(&self) -> CloudName;

    /// Whether a request is surely meant for this cloud.
    fn is_meant(&self, request: &Request) -> bool;

    /// Answers a request. What it changed in the ledger is kept or taken back by the caller; after an error
    /// the face has taken it back itself.
    fn answer(&mut self, visit: Visit<'_>) -> (Answer, Outcome);

    /// The answer when what was changed cannot be kept.
    fn broken(&self, request: &Request, request_id: &str, why: &str) -> Answer;
}

/// All embedded clouds behind one address.
pub(crate) struct Face {
    pub(crate) ledger: Ledger,
    pub(crate) log: RequestLog,
    /// The last one takes what is meant for none.
    clouds: Vec<Box<dyn CloudFace>>,
}

impl Face {
    pub(crate) fn new(
        catalog: Catalog,
        ledger: Ledger,
        log: RequestLog,
        endpoint: String,
        options: SandboxOptions,
    ) -> Result<Self, SandboxError> {
        let mut clouds: Vec<Box<dyn CloudFace>> = Vec::new();
        if catalog.clouds().any(|cloud| cloud == CloudName::Oci) {
            clouds.push(Box::new(oci::Face::new(catalog.clone(), options)?));
        }
        if catalog.clouds().any(|cloud| cloud == CloudName::Azure) {
            clouds.push(Box::new(azure::Face::new(catalog.clone(), endpoint.clone(), options)?));
        }
        clouds.push(Box::new(aws::Face::new(catalog, endpoint, options)?));
        Ok(Self { ledger, log, clouds })
    }

    /// Answers a request; what it changed is on disk before the answer leaves.
    pub(crate) fn handle(&mut self, request: &Request) -> Answer {
        let now = Timestamp::now();
        let request_id = uuid::Uuid::new_v4().to_string();
        let meant = self.clouds.iter().position(|cloud| cloud.is_meant(request));
        let last = self.clouds.len().saturating_sub(1);
        let Some(cloud) = self.clouds.get_mut(meant.unwrap_or(last)) else {
            return Answer::new(501, "text/plain", "the sandbox has no clouds");
        };
        let visit = Visit { request, ledger: &mut self.ledger, now, request_id: &request_id };
        let (answer, outcome) = cloud.answer(visit);
        // That somebody looked may move a thing on, which is no change of anybody's making.
        let looked = matches!(outcome.class, Some(AccessClass::Read | AccessClass::Secret));
        let changed = self.ledger.is_changed() && !looked;
        let logged = LoggedRequest {
            number: 0,
            at: now,
            cloud: Some(cloud.cloud()),
            service: outcome.service,
            operation: outcome.operation,
            region: outcome.region,
            class: outcome.class,
            changed,
            status: answer.status,
            error: outcome.error,
        };
        let kept = self.log.push(logged).and_then(|changes| self.ledger.commit(changes));
        // What an answer promises must survive a kill at any instant.
        let kept = kept.and_then(|()| if changed { self.ledger.store().flush() } else { Ok(()) });
        match kept {
            Ok(()) => answer,
            Err(error) => cloud.broken(request, &request_id, &error.to_string()),
        }
    }
}
