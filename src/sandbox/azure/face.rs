//! A request in, an answer out.

use jiff::Timestamp;
use serde_json::json;

use super::act;
use super::address::{Address, GROUPS, SUBSCRIPTIONS};
use super::fault::Fault;
use super::known::{Known, Names};
use super::routes::{Found, Routes};
use super::work::Work;
use crate::catalog::Catalog;
use crate::catalog::access::classify;
use crate::plan::{AccessClass, CloudName};
use crate::sandbox::face::{CloudFace, Outcome, Visit};
use crate::sandbox::http::{Answer, Request};
use crate::sandbox::model::Ledger;
use crate::sandbox::{SandboxError, SandboxOptions};

/// Azure.
pub(crate) struct Face {
    known: Known,
    routes: Routes,
    endpoint: String,
    options: SandboxOptions,
}

impl CloudFace for Face {
    fn cloud(&self) -> CloudName {
        CloudName::Azure
    }

    fn is_meant(&self, request: &Request) -> bool {
        let bearer = request
            .header("authorization")
            .is_some_and(|value| value.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")));
        let signed = request.header("authorization").is_some() && !bearer;
        let asks_version = request.query.iter().any(|(name, _)| name.eq_ignore_ascii_case("api-version"));
        let ours = ["/subscriptions", "/providers/", "/tenants"]
            .iter()
            .any(|start| request.path.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start)));
        (ours && !signed && (asks_version || bearer)) || is_sign_in(request)
    }

    fn answer(&mut self, visit: Visit<'_>) -> (Answer, Outcome) {
        let Visit { request, ledger, now, request_id } = visit;
        let mut outcome = Outcome {
            service: "?".into(),
            operation: format!("{} {}", request.method, request.path),
            region: String::new(),
            class: None,
            error: None,
        };
        if is_sign_in(request) {
            let answer = if request.path.ends_with("/token") {
                json!({"token_type": "Bearer", "expires_in": 86_399, "access_token": "sandbox"})
            } else {
                // Nobody has to enter it: the next ask for a token has one.
                json!({"device_code": "sandbox", "user_code": "SANDBOX", "expires_in": 900, "interval": 1,
                    "verification_uri": format!("{}/devicelogin", self.endpoint)})
            };
            return (act::document(200, &answer), outcome);
        }
        let address = Address::of(&request.path);
        let found = self.routes.find(&request.method, &address);
        if let Some(found) = &found {
            outcome.service.clone_from(&found.service.name);
            outcome.operation.clone_from(&found.operation().name);
            outcome.class = Some(classify(&found.service, found.operation()).class);
        } else if matches!(request.method.as_str(), "GET" | "HEAD") {
            outcome.class = Some(AccessClass::Read);
        }
        let done = self.carry_out(request, address, found, ledger, now);
        let mut answer = done.unwrap_or_else(|fault| {
            ledger.forget();
            let answer = fault.answer(request.method == "HEAD");
            outcome.error = Some(fault.code);
            answer
        });
        answer.set("x-ms-request-id", request_id);
        answer.set("x-ms-correlation-request-id", request_id);
        if let Some(own) = request.header("x-ms-client-request-id") {
            answer.set("x-ms-client-request-id", own);
        }
        (answer, outcome)
    }

    fn broken(&self, request: &Request, _: &str, why: &str) -> Answer {
        Fault::internal(why).answer(request.method == "HEAD")
    }
}

/// Whether it asks for a token, or for a code with which a person signs in.
fn is_sign_in(request: &Request) -> bool {
    let ends = ["/oauth2/v2.0/token", "/oauth2/v2.0/devicecode"];
    request.method == "POST" && ends.iter().any(|end| request.path.ends_with(end))
}

impl Face {
    pub(crate) fn new(
        catalog: Catalog,
        endpoint: String,
        options: SandboxOptions,
    ) -> Result<Self, SandboxError> {
        Ok(Self { known: Known::embedded()?, routes: Routes::new(catalog), endpoint, options })
    }

    fn carry_out(
        &mut self,
        request: &Request,
        address: Address,
        found: Option<Found>,
        ledger: &mut Ledger,
        now: Timestamp,
    ) -> Result<Answer, Fault> {
        let canonical =
            found.as_ref().filter(|found| found.exact > 1).map(|found| Address::of(&found.canonical));
        let address = in_given_group(canonical.unwrap_or(address), ledger);
        if let Some(fixed) = self.known.answer(&request.method, &address.parts) {
            let mut names = Names::default();
            names.set("subscription", address.subscription().unwrap_or_default());
            names.set("endpoint", self.endpoint.as_str());
            return Ok(act::document(200, &names.fill(fixed)));
        }
        let mut work = Work {
            request,
            address,
            found,
            known: &self.known,
            routes: &mut self.routes,
            ledger,
            endpoint: &self.endpoint,
            now,
            pending_reads: self.options.pending_reads,
        };
        if work.api_version().is_none_or(str::is_empty) {
            return Err(Fault::new(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            ));
        }
        perform(&mut work)
    }
}

/// The address with the group's name in the letters in which the group was made.
fn in_given_group(mut address: Address, ledger: &Ledger) -> Address {
    if address.group().is_some() {
        address.parts[2] = "resourceGroups".to_owned();
    }
    let group = address.group_address().filter(|_| address.kind != GROUPS || address.open);
    let made = group.and_then(|group| ledger.get(&super::work::key_at(&group)));
    if let Some(name) = made.and_then(|made| made.names.get("name")) {
        address.parts[3].clone_from(name);
    }
    address
}

fn perform(work: &mut Work<'_>) -> Result<Answer, Fault> {
    let method = work.request.method.clone();
    if method == "GET" {
        if let Some(answer) = act::ask(work) {
            return answer;
        }
        if let Some(answer) = act::providers(work) {
            return answer;
        }
        return act::read(work);
    }
    // Subscriptions and the collections themselves cannot be made or taken away.
    let fixed = work.address.open || work.address.kind == SUBSCRIPTIONS || !work.address.kind.contains('.');
    match method.as_str() {
        "HEAD" => act::exists(work),
        "POST" => act::post(work),
        "PUT" if !fixed => act::put(work),
        "PATCH" if !fixed => act::patch(work),
        "DELETE" if !fixed => act::delete(work),
        _ => Err(Fault::unsupported(format!("{method} {}", work.address.id()))),
    }
}
