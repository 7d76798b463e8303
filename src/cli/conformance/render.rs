//! `conformance render`: the request of a call, complete but for signature and date.

use std::sync::Arc;

use aws_credential_types::Credentials;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::lines::LineError;
use super::model::{Models, text};
use crate::catalog::shapes::{Operation, Service};
use crate::clouds::CloudError;
use crate::clouds::aws::render::{RenderContext, S3Options, render};
use crate::clouds::azure;
use crate::clouds::http::HttpRequest;
use crate::clouds::oci;
use crate::clouds::oci::endpoint::Addressing;
use crate::clouds::oci::render::OciContext;
use crate::plan::CloudName;

/// Answers one line.
pub(crate) fn answer(models: &Models, line: &Value) -> Result<Value, LineError> {
    let (service, position) = models.operation(line)?;
    let operation = &service.operations[position];
    if service.cloud == CloudName::Oci {
        return oci(models, &service, operation, line);
    }
    if service.cloud == CloudName::Azure {
        return azure(&service, operation, line);
    }
    let mut context = RenderContext::new(models.endpoints(), text(line, "region"));
    let given = &line["context"];
    let flag = |name: &str| given[name].as_bool().unwrap_or(false);
    context.endpoint_url = text(given, "endpoint");
    context.use_fips = flag("use_fips");
    context.use_dualstack = flag("use_dualstack");
    context.no_host_prefix = flag("no_host_prefix");
    context.account_id = text(given, "account_id");
    context.builtins = given["builtins"].as_object().cloned();
    context.s3 = s3_options(&given["s3"]);
    context.keys = Some(Credentials::new("EXAMPLE", "example", None, None, "conformance"));
    render(&Arc::clone(&service), operation, &line["params"], &context)
        .map(|request| written(&request))
        .map_err(error)
}

fn oci(models: &Models, service: &Service, operation: &Operation, line: &Value) -> Result<Value, LineError> {
    let given = &line["context"];
    let addressing = Addressing {
        region: text(line, "region"),
        endpoint: text(given, "endpoint"),
        dual_stack: given["use_dualstack"].as_bool(),
        realm_specific: given["realm_specific_endpoint"].as_bool().unwrap_or(false),
        home_region: None,
    };
    let context = OciContext { realms: models.realms(), addressing };
    oci::render::render(service, operation, &line["params"], &context)
        .map(|request| written(&request))
        .map_err(error)
}

fn azure(service: &Service, operation: &Operation, line: &Value) -> Result<Value, LineError> {
    let given = &line["context"];
    let context = azure::render::RenderContext {
        endpoint: text(given, "endpoint"),
        subscription_id: text(given, "subscription_id"),
    };
    azure::render::render(service, operation, &line["params"], &context)
        .map(|request| written(&request))
        .map_err(error)
}

fn s3_options(given: &Value) -> S3Options {
    let flag = |name: &str| given[name].as_bool();
    S3Options {
        addressing_style: text(given, "addressing_style"),
        use_accelerate_endpoint: flag("use_accelerate_endpoint").unwrap_or(false),
        use_arn_region: flag("use_arn_region"),
        us_east_1_regional_endpoint: text(given, "us_east_1_regional_endpoint"),
        disable_multiregion_access_points: flag("s3_disable_multiregion_access_points").unwrap_or(false),
    }
}

/// A request as checkers read it.
pub(crate) fn written(request: &HttpRequest) -> Value {
    let headers: Map<String, Value> =
        request.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let mut out = json!({
        "method": request.method,
        "url": request.url,
        "headers": headers,
        "body_b64": BASE64_STANDARD.encode(&request.body),
    });
    if let Some(signing) = &request.signing {
        out["signing"] = json!(signing);
    }
    out
}

fn error(error: CloudError) -> LineError {
    let kind = match &error {
        CloudError::Invalid { .. } => "invalid",
        CloudError::Endpoint(_) => "endpoint",
        _ => "failed",
    };
    LineError::new(kind, error.to_string())
}
