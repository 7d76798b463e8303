//! `call --dry-run` and `call --all`: what would be sent, and all pages of a read.

use serde_json::{Value, json};

use super::ask::{OneCall, params};
use super::setup::{Setup, block_on, person};
use super::{Args, CliError, Exit, Output};
use crate::catalog::access::classify;
use crate::clouds::http::HttpRequest;
use crate::clouds::{Call, CloudError, Place, connect};
use crate::plan::{Approver, OperationName, Target};
use crate::session::Desk;
use crate::store::in_memory;
use crate::text::{MASK, mask_named};

/// Headers whose values prove who asks.
const PROOFS: [&str; 5] =
    ["authorization", "x-amz-security-token", "cookie", "x-amz-s3session-token", "opc-obo-token"];

fn call_of(one: &OneCall) -> Result<Call, CliError> {
    Ok(Call {
        operation: OperationName::new(one.cloud, &one.service, &one.operation),
        region: one.region.clone(),
        account: None,
        params: params(one.params.as_deref())?,
    })
}

fn wrong(error: &CloudError) -> CliError {
    match error {
        CloudError::UnknownOperation(_) | CloudError::Invalid { .. } | CloudError::Endpoint(_) => {
            CliError::bad_input(error)
        }
        other => CliError::failed(other),
    }
}

/// `call --dry-run`: the request as it would be sent, credentials masked. Nothing is sent.
pub(crate) fn dry_run(args: &Args, one: &OneCall) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    let setup = Setup::of(args)?;
    let call = call_of(one)?;
    let options = setup.options(in_memory(), Approver::Person { name: person() });
    block_on(async move {
        let desk = Desk::open(options).map_err(CliError::failed)?;
        let name = call.operation.cloud;
        let place = match setup.target {
            Target::Live => Place::Live,
            Target::Sandbox => Place::Sandbox("http://127.0.0.1"),
        };
        let cloud = connect(name, &desk.catalog, place, &setup.settings, &setup.tell())
            .ok_or_else(|| CliError::bad_input(format!("there is no connection to {name} here")))?
            .map_err(CliError::failed)?;
        let request = cloud.dry_run(&call).await.map_err(|e| wrong(&e))?;
        out.show(&shown(&request), lines)?;
        Ok(Exit::Done)
    })
}

/// A request without what proves who asks, and without secrets in a JSON body.
fn shown(request: &HttpRequest) -> Value {
    let headers: serde_json::Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| {
            let hide = PROOFS.contains(&name.to_ascii_lowercase().as_str());
            (name.clone(), if hide { MASK.into() } else { value.clone().into() })
        })
        .collect();
    let body = match serde_json::from_slice::<Value>(&request.body) {
        Ok(json) => mask_named(&json),
        Err(_) => String::from_utf8_lossy(&request.body).into_owned().into(),
    };
    json!({"method": request.method, "url": request.url, "headers": headers, "body": body})
}

fn lines(shown: &Value) -> String {
    let text = |name: &str| shown[name].as_str().unwrap_or_default().to_owned();
    let mut out = vec![format!("{} {}", text("method"), text("url"))];
    for (name, value) in shown["headers"].as_object().into_iter().flatten() {
        out.push(format!("{name}: {}", value.as_str().unwrap_or_default()));
    }
    let body = match &shown["body"] {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    if !body.is_empty() {
        out.push(String::new());
        out.push(body);
    }
    out.push("\nNothing was sent.".into());
    out.join("\n")
}

/// `call --all`: all pages of a read, bounded. Only reads have pages, and only reads run unasked.
pub(crate) fn all_pages(args: &Args, one: &OneCall) -> Result<Exit, CliError> {
    let out = Output::new(args.json);
    let setup = Setup::of(args)?;
    let call = call_of(one)?;
    let options = setup.options(setup.store()?, Approver::Person { name: person() });
    block_on(async move {
        let desk = Desk::open(options).map_err(CliError::failed)?;
        let found = desk.catalog.operation(&call.operation).map_err(CliError::bad_input)?;
        let access = classify(found.service(), found.operation());
        if !access.class.runs_unasked() {
            return Err(CliError::bad_input(format!(
                "--all is for reads: {} is {} ({})",
                call.operation,
                access.class.as_str(),
                access.source
            )));
        }
        let reach = desk.reach(setup.target).await.map_err(CliError::failed)?;
        let reply = reach.board.clouds().call_all(&call).await.map_err(|e| wrong(&e))?;
        let output = crate::catalog::mask(found.service(), found.operation().output, &reply.output);
        out.show(&output, crate::session::describe)?;
        Ok(Exit::Done)
    })
}
