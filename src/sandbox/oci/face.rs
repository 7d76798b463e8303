//! A request in, an answer out.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::kind::{Meaning, Role, meaning};
use super::known::Known;
use super::route::{Meant, meant};
use super::work::{REGION, TENANCY, Work, module, ocid};
use super::{act, params, show};
use crate::catalog::Catalog;
use crate::catalog::access::classify;
use crate::catalog::shapes::{Operation, ShapeKind};
use crate::plan::CloudName;
use crate::sandbox::face::{CloudFace, Outcome, Visit};
use crate::sandbox::http::{Answer, Request};
use crate::sandbox::model::{Ledger, Phase, Resource};
use crate::sandbox::{SandboxError, SandboxOptions};

/// The kind under which work requests are kept, and how collections of them end.
const WORK_REQUESTS: &str = "workRequests";

/// OCI.
pub(crate) struct Face {
    catalog: Catalog,
    known: Known,
    options: SandboxOptions,
}

/// What an operation came to, before it is written.
struct Done {
    status: u16,
    body: Option<Value>,
    /// Bytes of a stored thing, in base64.
    bytes: Option<String>,
    headers: Vec<(String, String)>,
}

impl Done {
    fn new(body: Option<Value>) -> Self {
        Self { status: 200, body, bytes: None, headers: Vec::new() }
    }
}

impl CloudFace for Face {
    fn cloud(&self) -> CloudName {
        CloudName::Oci
    }

    fn is_meant(&self, request: &Request) -> bool {
        request.header("authorization").is_some_and(|text| text.starts_with("Signature "))
    }

    fn answer(&mut self, visit: Visit<'_>) -> (Answer, Outcome) {
        let Visit { request, ledger, now, request_id } = visit;
        let Some(found) = meant(&self.catalog, request) else {
            let what = format!("{} {}", request.method, request.path);
            let fault = Fault::new(404, "NotFound", format!("no service of the catalog has {what}"));
            let outcome = Outcome {
                service: "?".into(),
                operation: what,
                region: REGION.into(),
                class: None,
                error: Some(fault.code.clone()),
            };
            return (fault.answer(request_id), outcome);
        };
        let Some(operation) = found.service.operation(&found.operation) else {
            return (Fault::internal("the catalog changed").answer(request_id), unknown(&found));
        };
        let outcome = |error| Outcome {
            service: found.service.name.clone(),
            operation: operation.name.clone(),
            region: REGION.into(),
            class: Some(classify(&found.service, operation).class),
            error,
        };
        match self.carry_out(&found, operation, request, ledger, now) {
            Ok(done) => (written(operation, done, request_id), outcome(None)),
            Err(fault) => {
                ledger.forget();
                let mut answer = fault.answer(request_id);
                if request.method == "HEAD" {
                    answer.body.clear();
                }
                (answer, outcome(Some(fault.code)))
            }
        }
    }

    fn broken(&self, _: &Request, request_id: &str, why: &str) -> Answer {
        Fault::internal(why).answer(request_id)
    }
}

fn unknown(found: &Meant) -> Outcome {
    Outcome {
        service: found.service.name.clone(),
        operation: found.operation.clone(),
        region: REGION.into(),
        class: None,
        error: Some("InternalServerError".into()),
    }
}

impl Face {
    pub(crate) fn new(catalog: Catalog, options: SandboxOptions) -> Result<Self, SandboxError> {
        Ok(Self { catalog, known: Known::embedded()?, options })
    }

    fn carry_out(
        &self,
        found: &Meant,
        operation: &Operation,
        request: &Request,
        ledger: &mut Ledger,
        now: Timestamp,
    ) -> Result<Done, Fault> {
        let service = &found.service;
        let params = params::params(service, operation, request, &found.labels)?;
        let tenancy = tenancy(request).unwrap_or(TENANCY);
        let none = Meaning { role: Role::Get, kind: String::new() };
        let meaning = meaning(service, operation);
        let mut work = Work {
            service,
            operation,
            meaning: meaning.as_ref().unwrap_or(&none),
            known: &self.known,
            ledger,
            params: &params,
            labels: &found.labels,
            tenancy,
            now,
            pending_reads: self.options.pending_reads,
        };
        if let Some(fixed) = work.entry().answers.get(&operation.name) {
            let mut names = work.names("", &Map::new());
            for (label, value) in &found.labels {
                names.set(label, value.as_str());
            }
            return Ok(Done::new(Some(names.fill_value(fixed))));
        }
        let Some(meaning) = &meaning else {
            return Err(Fault::not_supported(&service.name, &operation.name));
        };
        if meaning.kind.to_ascii_lowercase().ends_with(&WORK_REQUESTS.to_ascii_lowercase()) {
            return work_request(&mut work);
        }
        perform(&mut work)
    }
}

fn perform(work: &mut Work<'_>) -> Result<Done, Fault> {
    let changed = match &work.meaning.role {
        Role::List => {
            act::containers_exist(work)?;
            let page = show::list(work);
            let page = page.ok_or_else(|| Fault::not_supported(&work.service.name, &work.operation.name))?;
            let headers = page.next.map(|next| ("opc-next-page".to_owned(), next)).into_iter().collect();
            return Ok(Done { headers, ..Done::new(Some(page.body)) });
        }
        Role::Get | Role::GetSetting => {
            let thing = work.named()?;
            let done = shown(work, &thing)?;
            work.ledger.seen(&thing.key());
            return Ok(done);
        }
        Role::Create => act::create(work)?,
        Role::Put => act::put(work)?,
        Role::Update => act::update(work)?,
        Role::PutSetting => act::put_setting(work)?,
        Role::Delete | Role::DeleteSetting => act::delete(work)?,
        Role::Act(action) => act::act(work, &action.clone())?,
    };
    let mut done = shown(work, &changed)?;
    // A new thing is shown on its way by the answer that made it, whatever is read next.
    if let Some(id) = begin_work(work, &changed) {
        done.headers.push(("opc-work-request-id".into(), id));
    }
    if done.body.is_none() && done.bytes.is_none() {
        let awaited = done.headers.iter().any(|(name, _)| name == "opc-work-request-id");
        done.status = if awaited {
            202
        } else if changed.phase == Phase::Gone {
            204
        } else {
            200
        };
    }
    Ok(done)
}

/// A thing with its version, in the shape of the answer.
fn shown(work: &Work<'_>, thing: &Resource) -> Result<Done, Fault> {
    let mut headers = vec![("etag".to_owned(), act::etag(thing))];
    let Some(output) = work.operation.output else { return Ok(Done { headers, ..Done::new(None) }) };
    let shape = work.service.shape(output);
    let whole = shape.member("body").filter(|_| shape.traits.payload.as_deref() == Some("body"));
    let is_bytes =
        whole.is_some_and(|member| matches!(work.service.shape(member.shape).kind, ShapeKind::Blob));
    if is_bytes || work.operation.method == "HEAD" {
        let own = thing.attributes.get("opc-meta-").and_then(Value::as_object);
        for (name, value) in own.into_iter().flatten() {
            headers.push((format!("opc-meta-{name}"), value.as_str().unwrap_or_default().to_owned()));
        }
        for (attribute, header) in [("md5", "content-md5"), ("Content-Type", "content-type")] {
            if let Some(text) = thing.attributes.get(attribute).and_then(Value::as_str) {
                headers.push((header.to_owned(), text.to_owned()));
            }
        }
        let bytes = work.ledger.body(&thing.key()).map_err(Fault::internal)?.unwrap_or_default();
        return Ok(Done { headers, bytes: is_bytes.then_some(bytes), ..Done::new(None) });
    }
    let body = show::thing(work, output, thing);
    Ok(Done { headers, ..Done::new(Some(body)) })
}

/// Notes the work that the cloud would do behind a change, where it tells of such work.
fn begin_work(work: &mut Work<'_>, thing: &Resource) -> Option<String> {
    let awaits = work.operation.traits.oci.as_ref()?.awaits.as_ref();
    awaits.filter(|awaits| awaits.work_request)?;
    let id = ocid(&format!("{}workrequest", module(work.service).replace('_', "")));
    let done = work.pending_reads == 0;
    let identifier = thing.arn.clone().unwrap_or_else(|| thing.id.clone());
    let attributes = json!({
        "id": id, "operationType": work.operation.name, "compartmentId": thing.attributes.get("compartmentId"),
        "percentComplete": if done { 100.0 } else { 0.0 }, "timeAccepted": work.now.to_string(),
        "timeStarted": work.now.to_string(), "timeFinished": work.now.to_string(),
        "resources": [{"entityType": thing.kind, "actionType": "RELATED", "identifier": identifier}],
    });
    let Value::Object(attributes) = attributes else { return None };
    work.ledger.put(Resource {
        service: "oci".into(),
        kind: WORK_REQUESTS.into(),
        id: id.clone(),
        arn: Some(id.clone()),
        parents: vec![],
        phase: if done { Phase::Ready } else { Phase::Coming },
        reads_left: work.pending_reads.saturating_sub(1),
        attributes,
        token: None,
        inborn: false,
        ..thing.clone()
    });
    Some(id)
}

/// Work requests are of no module: any client that knows them may ask.
fn work_request(work: &mut Work<'_>) -> Result<Done, Fault> {
    if work.meaning.role != Role::Get {
        return Err(Fault::not_supported(&work.service.name, &work.operation.name));
    }
    let id = work.id_of_path();
    let found = work.ledger.of_kind("oci", REGION, WORK_REQUESTS).find(|thing| thing.id == id).cloned();
    let found = found.ok_or_else(|| Fault::not_found("work request", &id))?;
    let done = shown(work, &found)?;
    work.ledger.seen(&found.key());
    Ok(done)
}

/// The tenancy in the signature.
fn tenancy(request: &Request) -> Option<&str> {
    let (_, rest) = request.header("authorization")?.split_once("keyId=\"")?;
    let tenancy = rest.split('/').next()?;
    tenancy.starts_with("ocid1.tenancy.").then_some(tenancy)
}

fn written(operation: &Operation, done: Done, request_id: &str) -> Answer {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    let mut answer = match (done.body, done.bytes) {
        (_, Some(bytes)) => Answer::new(
            done.status,
            "application/octet-stream",
            BASE64_STANDARD.decode(bytes).unwrap_or_default(),
        ),
        (Some(body), None) if operation.method != "HEAD" => {
            Answer::new(done.status, "application/json", body.to_string())
        }
        _ => Answer { status: done.status, ..Answer::default() },
    };
    for (name, value) in done.headers {
        answer.set(&name, value);
    }
    answer.set("opc-request-id", request_id);
    answer
}
