//! A deployment that holds what one PUT would make.

use serde_json::{Map, Value, json};

use super::target;
use crate::catalog::{OperationRef, mask};
use crate::clouds::Call;
use crate::clouds::http::HttpRequest;
use crate::text::MASK;

/// Members that say what a thing is, which a template says in its own place.
const OWN: [&str; 4] = ["id", "name", "type", "apiVersion"];
/// The form of templates, for what lies in a group and for what lies in a subscription.
const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
const SCHEMA_OF_SUBSCRIPTION: &str =
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#";

/// Where a deployment is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lies {
    InGroup { subscription: String, group: String },
    InSubscription { subscription: String, location: String },
}

impl Lies {
    /// The scope, as addresses have it, without the first slash.
    pub(super) fn scope(&self) -> String {
        match self {
            Lies::InGroup { subscription, group } => {
                format!("subscriptions/{subscription}/resourceGroups/{group}")
            }
            Lies::InSubscription { subscription, .. } => format!("subscriptions/{subscription}"),
        }
    }
}

/// What is asked about.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deployment {
    pub(super) lies: Lies,
    /// The mode, the template, and its parameters.
    pub(super) properties: Value,
    /// Texts that nobody is shown.
    pub(super) secrets: Vec<String>,
}

/// The deployment that makes what a request would make.
///
/// # Errors
///
/// Why there is none.
pub(super) fn of(found: &OperationRef, call: &Call, request: &HttpRequest) -> Result<Deployment, String> {
    if request.method != "PUT" {
        return Err(format!(
            "Azure answers beforehand only for what a PUT makes, and {} is a {}",
            call.operation.operation, request.method
        ));
    }
    let (path, query) = path_and_query(&request.url);
    let target = target::of(path)?;
    let version = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("api-version="))
        .ok_or("its address has no version")?;
    let Ok(Value::Object(body)) = serde_json::from_slice(&request.body) else {
        return Err("its body is no JSON object".into());
    };
    let mut secrets = Secrets::default();
    let body = Value::Object(body);
    let own_shape = found.operation().input.and_then(|id| found.service().shape(id).member("body"));
    let masked = mask(found.service(), own_shape.map(|member| member.shape), &body);
    let lies = match &target.group {
        Some(group) => Lies::InGroup { subscription: target.subscription.clone(), group: group.clone() },
        None => Lies::InSubscription {
            subscription: target.subscription.clone(),
            location: body
                .get("location")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .or_else(|| call.region.clone())
                .ok_or("a deployment in a subscription lies in a region, and the step names none")?,
        },
    };
    let mut resource = Map::new();
    resource.insert("type".into(), target.kind.into());
    resource.insert("apiVersion".into(), version.into());
    resource.insert("name".into(), escaped(&target.name).into());
    if let Some(extends) = &target.extends {
        resource.insert("scope".into(), escaped(extends).into());
    }
    if let (Value::Object(body), Value::Object(masked)) = (body, masked) {
        for (name, value) in body.into_iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
            let masked = masked.get(&name).unwrap_or(&Value::Null);
            resource.insert(name, secrets.literal(value, masked));
        }
    }
    let schema = if target.group.is_some() { SCHEMA } else { SCHEMA_OF_SUBSCRIPTION };
    let properties = json!({
        "mode": "Incremental",
        "template": {
            "$schema": schema, "contentVersion": "1.0.0.0", "parameters": secrets.declared, "resources": [resource],
        },
        "parameters": secrets.given,
    });
    Ok(Deployment { lies, properties, secrets: secrets.texts })
}

fn path_and_query(url: &str) -> (&str, &str) {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after.find('/').map_or("", |at| &after[at..]);
    path.split_once('?').unwrap_or((path, ""))
}

/// Secrets that were taken out of a template into secure parameters, which the cloud does not tell again.
#[derive(Default)]
struct Secrets {
    declared: Map<String, Value>,
    given: Map<String, Value>,
    texts: Vec<String>,
}

impl Secrets {
    /// A value as a template writes it literally; what is masked in its copy becomes a parameter.
    fn literal(&mut self, value: Value, masked: &Value) -> Value {
        match value {
            value if *masked == MASK && value != MASK => self.parameter(value),
            Value::String(text) => escaped(&text).into(),
            Value::Array(items) => {
                let each = items.into_iter().enumerate();
                each.map(|(at, item)| self.literal(item, masked.get(at).unwrap_or(&Value::Null))).collect()
            }
            Value::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(name, inner)| {
                        let inner = self.literal(inner, masked.get(&name).unwrap_or(&Value::Null));
                        (name, inner)
                    })
                    .collect(),
            ),
            other => other,
        }
    }

    fn parameter(&mut self, value: Value) -> Value {
        let name = format!("secret{}", self.given.len());
        gather(&value, &mut self.texts);
        // There are secure texts and secure objects, and nothing for the rest.
        let (kind, value, word) = match value {
            Value::String(_) => ("securestring", value, format!("[parameters('{name}')]")),
            value => ("secureObject", json!({"value": value}), format!("[parameters('{name}').value]")),
        };
        self.declared.insert(name.clone(), json!({"type": kind}));
        self.given.insert(name, json!({"value": value}));
        word.into()
    }
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, texts)),
        Value::Object(members) => members.values().for_each(|member| gather(member, texts)),
        _ => {}
    }
}

/// A text that a template does not take for an expression.
fn escaped(text: &str) -> String {
    if text.starts_with('[') { format!("[{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{call_of, catalog};
    use super::*;
    use pretty_assertions::assert_eq;

    const VM: &str = "https://h/subscriptions/s/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/one?api-version=2026-01-01";

    fn wrapped(method: &str, url: &str, body: &Value) -> Result<Deployment, String> {
        let call = call_of("VirtualMachines_CreateOrUpdate", json!({}));
        let found = catalog().operation(&call.operation).unwrap();
        let request = HttpRequest {
            method: method.into(),
            url: url.into(),
            body: body.to_string().into_bytes(),
            ..HttpRequest::default()
        };
        of(&found, &call, &request)
    }

    #[test]
    fn what_a_put_makes_stands_in_a_template() {
        let body =
            json!({"location": "westeurope", "name": "x", "properties": {"size": 2, "note": "[not(a)]"}});
        let deployment = wrapped("PUT", VM, &body).unwrap();
        assert_eq!(deployment.lies.scope(), "subscriptions/s/resourceGroups/web");
        assert_eq!(
            deployment.properties["template"]["resources"],
            json!([{
                "type": "Microsoft.Compute/virtualMachines", "apiVersion": "2026-01-01", "name": "one",
                "location": "westeurope", "properties": {"size": 2, "note": "[[not(a)]"},
            }])
        );
        assert_eq!(deployment.properties["mode"], "Incremental");
    }

    #[test]
    fn secrets_travel_as_secure_parameters_alone() {
        let body = json!({"properties": {"users": [{"adminPassword": "p4ss"}]}});
        let deployment = wrapped("PUT", VM, &body).unwrap();
        let template = deployment.properties["template"].to_string();
        assert!(!template.contains("p4ss"), "{template}");
        assert!(template.contains("[parameters('secret0')]"), "{template}");
        assert_eq!(deployment.properties["parameters"]["secret0"], json!({"value": "p4ss"}));
        assert_eq!(
            deployment.properties["template"]["parameters"]["secret0"],
            json!({"type": "securestring"})
        );
        assert!(deployment.secrets.contains(&"p4ss".to_owned()));
    }

    #[test]
    fn what_lies_in_a_subscription_is_asked_about_in_its_region() {
        let url = "https://h/subscriptions/s/resourcegroups/web?api-version=1";
        let deployment = wrapped("PUT", url, &json!({"location": "westeurope"})).unwrap();
        assert_eq!(
            deployment.lies,
            Lies::InSubscription { subscription: "s".into(), location: "westeurope".into() }
        );
        assert!(wrapped("PUT", url, &json!({})).unwrap_err().contains("region"));
    }

    #[test]
    fn what_is_no_put_of_a_resource_is_said_to_be_none() {
        assert!(wrapped("POST", VM, &json!({})).unwrap_err().contains("only for what a PUT makes"));
        assert!(wrapped("PUT", VM, &json!([])).unwrap_err().contains("no JSON object"));
    }
}
