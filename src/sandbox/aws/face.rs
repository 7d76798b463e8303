//! A request in, an answer out.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::fault::Fault;
use super::kinds::{Kinds, Role};
use super::known::Known;
use super::recognise::{Recognised, recognise, scope};
use super::work::Work;
use super::{act, read, show, special, write};
use crate::catalog::Catalog;
use crate::catalog::access::classify;
use crate::catalog::shapes::{Operation, Service};
use crate::plan::AccessClass;
use crate::sandbox::http::{Answer, Request};
use crate::sandbox::log::{LoggedRequest, RequestLog};
use crate::sandbox::model::Ledger;
use crate::sandbox::{SandboxError, SandboxOptions};

/// The region of requests that name none.
const DEFAULT_REGION: &str = "us-east-1";

/// AWS, with everything that exists in it.
pub(crate) struct Face {
    catalog: Catalog,
    known: Known,
    kinds: HashMap<String, Arc<Kinds>>,
    pub(crate) ledger: Ledger,
    pub(crate) log: RequestLog,
    endpoint: String,
    options: SandboxOptions,
}

/// What came of a request, for the log.
struct Outcome {
    service: String,
    operation: String,
    class: Option<AccessClass>,
    error: Option<String>,
}

impl Face {
    pub(crate) fn new(
        catalog: Catalog,
        ledger: Ledger,
        log: RequestLog,
        endpoint: String,
        options: SandboxOptions,
    ) -> Result<Self, SandboxError> {
        Ok(Self { catalog, known: Known::embedded()?, kinds: HashMap::new(), ledger, log, endpoint, options })
    }

    /// Answers a request; what it changed is on disk before the answer leaves.
    pub(crate) fn handle(&mut self, request: &Request) -> Answer {
        let now = Timestamp::now();
        let request_id = uuid::Uuid::new_v4().to_string();
        let region = scope(request).map_or_else(|| DEFAULT_REGION.to_owned(), |(region, _)| region);
        let recognised = recognise(&self.catalog, request);
        let (answer, outcome) = match &recognised {
            Ok(found) => self.carry_out(found, request, &region, now, &request_id),
            Err(service) => self.unrecognised(service.as_deref(), request, &request_id),
        };
        // That somebody looked may move a thing on, which is no change of anybody's making.
        let looked = matches!(outcome.class, Some(AccessClass::Read | AccessClass::Secret));
        let changed = self.ledger.is_changed() && !looked;
        let logged = LoggedRequest {
            number: 0,
            at: now,
            service: outcome.service,
            operation: outcome.operation,
            region,
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
            Err(error) => {
                let service = recognised.as_ref().ok().map(|found| &*found.service);
                write::error(&self.known, service, &Fault::internal(error), false, &request_id)
            }
        }
    }

    fn carry_out(
        &mut self,
        found: &Recognised,
        request: &Request,
        region: &str,
        now: Timestamp,
        request_id: &str,
    ) -> (Answer, Outcome) {
        let service = &found.service;
        let Some(operation) = service.operation(&found.operation) else {
            return self.unrecognised(Some(service), request, request_id);
        };
        let class = classify(service, operation).class;
        let outcome = |error| Outcome {
            service: service.name.clone(),
            operation: operation.name.clone(),
            class: Some(class),
            error,
        };
        let done = read::params(service, operation, request, &found.labels)
            .and_then(|params| self.perform(service, operation, &params, region, now));
        match done {
            Ok(output) => {
                (write::answer(&self.known, service, operation, &output, request_id), outcome(None))
            }
            Err(fault) => {
                self.ledger.forget();
                let head = request.method == "HEAD";
                let answer = write::error(&self.known, Some(service), &fault, head, request_id);
                (answer, outcome(Some(fault.code)))
            }
        }
    }

    fn unrecognised(
        &mut self,
        service: Option<&Service>,
        request: &Request,
        request_id: &str,
    ) -> (Answer, Outcome) {
        let what = format!("{} {}", request.method, request.path);
        let fault = match service {
            Some(service) => Fault::new(
                400,
                "UnknownOperationException",
                format!("the catalog has no operation of {} for this request ({what})", service.name),
            ),
            None => Fault::new(
                400,
                "UnrecognizedClientException",
                format!(
                    "the request names no service that the catalog knows ({what}); sign it, or set x-amz-target"
                ),
            ),
        };
        let answer = write::error(&self.known, service, &fault, request.method == "HEAD", request_id);
        let name = service.map_or_else(|| "?".to_owned(), |service| service.name.clone());
        (answer, Outcome { service: name, operation: what, class: None, error: Some(fault.code) })
    }

    fn kinds_of(&mut self, service: &Service) -> Arc<Kinds> {
        if let Some(kinds) = self.kinds.get(&service.name) {
            return kinds.clone();
        }
        let kinds = Arc::new(Kinds::of(service, &self.known));
        self.kinds.insert(service.name.clone(), kinds.clone());
        kinds
    }

    fn perform(
        &mut self,
        service: &Service,
        operation: &Operation,
        params: &Map<String, Value>,
        region: &str,
        now: Timestamp,
    ) -> Result<Map<String, Value>, Fault> {
        let kinds = self.kinds_of(service);
        let mut work = Work {
            service,
            operation,
            kinds: &kinds,
            known: &self.known,
            ledger: &mut self.ledger,
            params,
            region,
            endpoint: &self.endpoint,
            now,
            pending_reads: self.options.pending_reads,
        };
        perform(&mut work)
    }
}

fn perform(work: &mut Work<'_>) -> Result<Map<String, Value>, Fault> {
    let entry = work.entry();
    let name = &work.operation.name;
    if let Some(done) = special::perform(work) {
        return done;
    }
    if entry.unsupported.contains(name) {
        return Err(work.unsupported("it is not part of the sandbox"));
    }
    if let Some(fixed) = entry.answers.get(name) {
        return Ok(show::fixed(work, fixed));
    }
    if let Some(sets) = entry.sets.get(name)
        && let Some(kind) = work.kinds.named(&sets.kind)
    {
        let acted = act::set(work, kind, &sets.attributes)?;
        return Ok(show::answer(work, kind, &acted));
    }
    let Some(meaning) = work.kinds.meaning(name) else {
        return Err(work.unsupported("the sandbox does not know what it does"));
    };
    match meaning.role {
        Role::Tag | Role::Untag => {
            act::change_tags(work, meaning.role)?;
            return Ok(Map::new());
        }
        Role::ListTags => return act::read_tags(work),
        _ => {}
    }
    let Some(kind) = meaning.kind.as_ref().and_then(|key| work.kinds.get(key)) else {
        return show::empty(work).ok_or_else(|| work.unsupported("nothing of this kind is kept"));
    };
    let acted = match meaning.role {
        Role::Read => return show::read(work, kind),
        Role::Create | Role::Put => act::create(work, kind, meaning.role)?,
        Role::Update => act::update(work, kind)?,
        Role::Delete => act::delete(work, kind)?,
        role => act::move_phase(work, kind, role)?,
    };
    Ok(show::answer(work, kind, &acted))
}
