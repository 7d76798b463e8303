//! Deployments that are only asked about: whether they are good, and what they would change. Each resource of the
//! template is made and looked at, and all of it is forgotten again.

use serde_json::{Map, Value, json};

use super::{begin, document, empty, put};
use crate::sandbox::azure::address::Address;
use crate::sandbox::azure::fault::Fault;
use crate::sandbox::azure::thing::shown;
use crate::sandbox::azure::work::Work;
use crate::sandbox::http::{Answer, Request};

/// Members that differ without a change of anybody's.
const RESTLESS: [&str; 2] = ["etag", "provisioningState"];

/// Answers `validate` and `whatIf` of a deployment, if that is what the address asks.
pub(super) fn rehearse(work: &mut Work<'_>) -> Option<Result<Answer, Fault>> {
    let asked = work.address.kind.to_ascii_lowercase();
    let is_what_if = match asked.as_str() {
        "microsoft.resources/deployments/validate" => false,
        "microsoft.resources/deployments/whatif" => true,
        _ => return None,
    };
    Some(look(work, is_what_if))
}

fn look(work: &mut Work<'_>, is_what_if: bool) -> Result<Answer, Fault> {
    if let Some(group) = work.address.group_address()
        && work.at(&group).is_none()
    {
        return Err(work.not_found(&group));
    }
    let body = work.body()?;
    let empty_list = Value::Array(vec![]);
    let properties = body.get("properties").unwrap_or(&Value::Null);
    let resources = properties.pointer("/template/resources").unwrap_or(&empty_list);
    let Some(resources) = resources.as_array() else {
        return Err(Fault::new(400, "InvalidTemplate", "The template's resources are no array."));
    };
    let mut changes = Vec::new();
    let mut wrong = None;
    for resource in resources {
        match change(work, resource, &properties["parameters"]) {
            Ok(change) => changes.push(change),
            Err((target, fault)) => {
                wrong = Some(error(work, &target, &fault));
                break;
            }
        }
    }
    work.ledger.forget();
    if !is_what_if {
        return Ok(match wrong {
            Some(error) => document(400, &json!({"error": error})),
            None => document(
                200,
                &json!({"id": deployment(&work.address), "type": "Microsoft.Resources/deployments",
                    "properties": {"mode": "Incremental", "provisioningState": "Succeeded"}}),
            ),
        });
    }
    let result = match wrong {
        Some(error) => json!({"status": "Failed", "error": error}),
        None => json!({"status": "Succeeded", "properties": {"changes": changes}}),
    };
    let mut answer = empty(202);
    begin(work, "", Some(result), &mut answer);
    Ok(answer)
}

/// The address of the deployment that is asked about.
fn deployment(address: &Address) -> String {
    let end = address.parts.len().saturating_sub(1);
    format!("/{}", address.parts[..end].join("/"))
}

fn error(work: &Work<'_>, target: &str, fault: &Fault) -> Value {
    let name = work.address.parts.iter().rev().nth(1).cloned().unwrap_or_default();
    json!({
        "code": "InvalidTemplateDeployment",
        "message": format!("The template deployment '{name}' is not valid according to the validation procedure. See \
                            inner errors for details."),
        "details": [{"code": fault.code, "message": fault.message, "target": target}],
    })
}

/// Makes one resource and tells what it changed; a fault with the resource that it is about.
fn change(work: &mut Work<'_>, resource: &Value, parameters: &Value) -> Result<Value, (String, Fault)> {
    let nameless = |what: &str| {
        (
            String::new(),
            Fault::new(400, "InvalidTemplate", format!("A resource of the template has no {what}.")),
        )
    };
    let text = |name: &str| resource[name].as_str().map(literal);
    let kind = text("type").ok_or_else(|| nameless("type"))?;
    let name = text("name").ok_or_else(|| nameless("name"))?;
    let version = text("apiVersion").ok_or_else(|| nameless("apiVersion"))?;
    let address = place(&work.address, &kind, &name, text("scope").as_deref());
    let id = address.id();
    let mut body = Map::new();
    for (member, value) in resource.as_object().into_iter().flatten() {
        if !matches!(member.as_str(), "type" | "name" | "apiVersion" | "scope") {
            let value = filled(value, parameters).map_err(|fault| (id.clone(), fault))?;
            body.insert(member.clone(), value);
        }
    }
    let request = Request {
        method: "PUT".into(),
        path: id.clone(),
        query: vec![("api-version".into(), version)],
        headers: vec![],
        body: Value::Object(body).to_string().into_bytes(),
    };
    let found = work.routes.find("PUT", &address);
    let mut inner = Work {
        request: &request,
        address: address.clone(),
        found,
        known: work.known,
        routes: work.routes,
        ledger: work.ledger,
        endpoint: work.endpoint,
        now: work.now,
        pending_reads: work.pending_reads,
    };
    let existing = inner.at(&address).cloned();
    let before = existing.map(|thing| settled(&shown(&mut inner, &thing)));
    let answer = put(&mut inner).map_err(|fault| (id.clone(), fault))?;
    let after = settled(&serde_json::from_slice(&answer.body).unwrap_or_default());
    let Some(before) = before else {
        return Ok(json!({"resourceId": id, "changeType": "Create", "after": after}));
    };
    let delta = delta(&before, &after);
    let change = if delta.is_empty() { "NoChange" } else { "Modify" };
    Ok(json!({"resourceId": id, "changeType": change, "before": before, "after": after, "delta": delta}))
}

/// Where a resource of a template lies.
fn place(deployment: &Address, kind: &str, name: &str, extends: Option<&str>) -> Address {
    let end = deployment.parts.len().saturating_sub(5);
    let scope = format!("/{}", deployment.parts[..end].join("/"));
    let mut kinds = kind.split('/');
    let namespace = kinds.next().unwrap_or_default();
    if kind.eq_ignore_ascii_case(super::super::address::GROUPS) {
        return Address::of(&format!("{scope}/resourceGroups/{name}"));
    }
    let within = extends.map_or_else(String::new, |thing| format!("/providers/{thing}"));
    let parts: Vec<String> =
        kinds.zip(name.split('/')).map(|(kind, name)| format!("/{kind}/{name}")).collect();
    Address::of(&format!("{scope}{within}/providers/{namespace}{}", parts.concat()))
}

/// A text as a template means it: two brackets stand for one.
fn literal(text: &str) -> String {
    text.strip_prefix("[[").map_or_else(|| text.to_owned(), |rest| format!("[{rest}"))
}

/// A value with the parameters put in; other expressions are not understood here.
fn filled(value: &Value, parameters: &Value) -> Result<Value, Fault> {
    match value {
        Value::String(text) if text.starts_with('[') && !text.starts_with("[[") && text.ends_with(']') => {
            let of = |tail: &str| text.strip_prefix("[parameters('")?.strip_suffix(tail);
            let (name, inner) = match (of("')]"), of("').value]")) {
                (Some(name), _) => (name, false),
                (None, Some(name)) => (name, true),
                (None, None) => return Err(Fault::unsupported(format!("the expression {text}"))),
            };
            let value = &parameters[name]["value"];
            let value = if inner { &value["value"] } else { value };
            if value.is_null() {
                let message = format!("The value for the template parameter '{name}' is not provided.");
                return Err(Fault::new(400, "InvalidTemplate", message));
            }
            Ok(value.clone())
        }
        Value::String(text) => Ok(literal(text).into()),
        Value::Array(items) => {
            Ok(Value::Array(items.iter().map(|item| filled(item, parameters)).collect::<Result<_, _>>()?))
        }
        Value::Object(members) => {
            let each = members.iter().map(|(name, inner)| Ok((name.clone(), filled(inner, parameters)?)));
            Ok(Value::Object(each.collect::<Result<_, Fault>>()?))
        }
        other => Ok(other.clone()),
    }
}

/// A thing without what differs each time it is looked at.
fn settled(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(settled).collect(),
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !RESTLESS.contains(&name.as_str()));
            Value::Object(kept.map(|(name, inner)| (name.clone(), settled(inner))).collect())
        }
        other => other.clone(),
    }
}

/// What differs between two states of a thing.
fn delta(before: &Value, after: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let (old, new) = (before.as_object(), after.as_object());
    let names = old.into_iter().flatten().chain(new.into_iter().flatten()).map(|(name, _)| name);
    let mut seen: Vec<&String> = Vec::new();
    for name in names {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let (was, is) = (&before[name], &after[name]);
        if was == is {
            continue;
        }
        let (kind, children) = match (was, is) {
            (Value::Null, _) => ("Create", vec![]),
            (_, Value::Null) => ("Delete", vec![]),
            (Value::Object(_), Value::Object(_)) => ("Modify", delta(was, is)),
            (Value::Array(_), Value::Array(_)) => ("Array", vec![]),
            _ => ("Modify", vec![]),
        };
        let mut change = json!({"path": name, "propertyChangeType": kind});
        if children.is_empty() {
            change["before"] = was.clone();
            change["after"] = is.clone();
        } else {
            change["children"] = children.into();
        }
        found.push(change);
    }
    found
}
