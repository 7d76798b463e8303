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
use crate::plan::CloudName;
use crate::sandbox::face::{CloudFace, Outcome, Visit};
use crate::sandbox::http::{Answer, Request};
use crate::sandbox::model::Ledger;
use crate::sandbox::{SandboxError, SandboxOptions};

/// The region of requests that name none.
const DEFAULT_REGION: &str = "us-east-1";

/// AWS.
pub(crate) struct Face {
    catalog: Catalog,
    known: Known,
    kinds: HashMap<String, Arc<Kinds>>,
    endpoint: String,
    options: SandboxOptions,
}

impl CloudFace for Face {
    fn cloud(&self) -> CloudName {
        CloudName::Aws
    }

    fn is_meant(&self, request: &Request) -> bool {
        scope(request).is_some()
    }

    fn answer(&mut self, visit: Visit<'_>) -> (Answer, Outcome) {
        let Visit { request, ledger, now, request_id } = visit;
        let region = scope(request).map_or_else(|| DEFAULT_REGION.to_owned(), |(region, _)| region);
        match recognise(&self.catalog, request) {
            Ok(found) => self.carry_out(&found, request, ledger, region, now, request_id),
            Err(service) => self.unrecognised(service.as_deref(), request, region, request_id),
        }
    }

    fn broken(&self, request: &Request, request_id: &str, why: &str) -> Answer {
        let service = recognise(&self.catalog, request).ok().map(|found| found.service);
        write::error(&self.known, service.as_deref(), &Fault::internal(why), false, request_id)
    }
}

impl Face {
    pub(crate) fn new(
        catalog: Catalog,
        endpoint: String,
        options: SandboxOptions,
    ) -> Result<Self, SandboxError> {
        Ok(Self { catalog, known: Known::embedded()?, kinds: HashMap::new(), endpoint, options })
    }

    fn carry_out(
        &mut self,
        found: &Recognised,
        request: &Request,
        ledger: &mut Ledger,
        region: String,
        now: Timestamp,
        request_id: &str,
    ) -> (Answer, Outcome) {
        let service = &found.service;
        let Some(operation) = service.operation(&found.operation) else {
            return self.unrecognised(Some(service), request, region, request_id);
        };
        let class = classify(service, operation).class;
        let outcome = |error| Outcome {
            service: service.name.clone(),
            operation: operation.name.clone(),
            region: region.clone(),
            class: Some(class),
            error,
        };
        let done = read::params(service, operation, request, &found.labels)
            .and_then(|params| self.perform(service, operation, ledger, &params, &region, now));
        match done {
            Ok(output) => {
                (write::answer(&self.known, service, operation, &output, request_id), outcome(None))
            }
            Err(fault) => {
                ledger.forget();
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
        region: String,
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
        (answer, Outcome { service: name, operation: what, region, class: None, error: Some(fault.code) })
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
        ledger: &mut Ledger,
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
            ledger,
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
