//! The way from a call to a request.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use serde_json::{Map, Value};

use super::context::RenderContext;
use super::draft::Draft;
use super::given::Given;
use super::{cbor, checksum, form, json, rest, uri};
use crate::catalog::shapes::{Operation, Protocol, Service};
use crate::clouds::CloudError;
use crate::clouds::aws::endpoint::Endpoint;
use crate::clouds::aws::exceptions::{self, Across};
use crate::clouds::aws::sign::presign;
use crate::clouds::http::{HttpRequest, Signing};
use crate::plan::{CloudName, OperationName};

/// Bodies of operations that allow it are compressed from this size on.
const COMPRESS_FROM: usize = 10_240;

/// The request for a call, complete but for its signature and date.
///
/// # Errors
///
/// [`CloudError::Invalid`] for parameters that cannot be written, [`CloudError::Endpoint`] when the
/// rules give no endpoint.
pub fn render(
    service: &Service,
    operation: &Operation,
    params: &Value,
    context: &RenderContext<'_>,
) -> Result<HttpRequest, CloudError> {
    let invalid = |problem: String| CloudError::Invalid {
        operation: OperationName::new(CloudName::Aws, &service.name, &operation.name),
        problems: vec![problem],
    };
    let mut params = match params {
        Value::Object(members) => Given::new(members),
        Value::Null => Given::none(),
        other => return Err(invalid(format!("$: must be an object, found {other}"))),
    };
    if takes_event_stream(service, operation) {
        return Err(invalid(format!("$: {} takes a stream of events, which needs HTTP/2", operation.name)));
    }
    exceptions::before(service, operation, &mut params);
    let region = context.region.as_deref().unwrap_or("us-east-1");
    let across = exceptions::across(service, operation, &mut params, region);
    let mut draft = match service.protocol {
        Protocol::Query | Protocol::Ec2 => form::render(service, operation, &params),
        Protocol::Json10 | Protocol::Json11 => json::render(service, operation, &params).map_err(invalid)?,
        Protocol::RestJson | Protocol::RestXml => {
            rest::render(service, operation, &params).map_err(invalid)?
        }
        Protocol::RpcV2Cbor => cbor::render(service, operation, &params).map_err(invalid)?,
        Protocol::Oci | Protocol::Arm => {
            return Err(invalid(format!("$: {} is not spoken to by an AWS protocol", service.name)));
        }
    };
    exceptions::drafted(service, operation, &mut draft);
    checksum::add(service, operation, &params, &mut draft).map_err(invalid)?;
    compress(operation, &mut draft);
    let endpoint = endpoint(service, operation, &params, context)?;
    let url = url(service, operation, &params, context, &endpoint, &draft).map_err(invalid)?;
    for (name, values) in &endpoint.headers {
        let values: Vec<&str> = values.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        draft.set_header(name, values.join(","));
    }
    let mut request = HttpRequest {
        method: draft.method,
        url,
        headers: draft.headers,
        body: draft.body,
        signing: signing(service, operation, context, &endpoint),
    };
    if let (Some(across), Some(keys)) = (across, &context.keys) {
        carry(&mut request, &across, region, keys)?;
    }
    Ok(request)
}

/// Puts a copy of the request, signed for the source's region, into its own form.
fn carry(
    request: &mut HttpRequest,
    across: &Across,
    region: &str,
    keys: &Credentials,
) -> Result<(), CloudError> {
    let form = String::from_utf8_lossy(&request.body).into_owned();
    // Forms and queries write spaces and tildes differently.
    let mut url = format!(
        "{}?{}",
        request.url.replace(region, &across.source),
        form.replace('+', "%20").replace("%7E", "~")
    );
    if across.names_destination {
        url.push_str(&format!("&DestinationRegion={region}"));
    }
    let name = request.signing.as_ref().map(|signing| signing.name.clone()).unwrap_or_default();
    let signed = presign(&url, &name, &across.source, keys, SystemTime::now())?;
    request.body = format!("{form}&{}={}", across.member, uri::encode_form(&signed)).into_bytes();
    Ok(())
}

fn takes_event_stream(service: &Service, operation: &Operation) -> bool {
    operation.input.is_some_and(|id| {
        service.shape(id).members().iter().any(|m| service.shape(m.shape).traits.event_stream)
    })
}

fn compress(operation: &Operation, draft: &mut Draft) {
    if operation.traits.compression.iter().any(|c| c == "gzip") && draft.body.len() >= COMPRESS_FROM {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        if std::io::Write::write_all(&mut packed, &draft.body).is_ok()
            && let Ok(body) = packed.finish()
        {
            draft.body = body;
            draft.set_header("content-encoding", "gzip");
        }
    }
}

fn endpoint(
    service: &Service,
    operation: &Operation,
    params: &Given<'_>,
    context: &RenderContext<'_>,
) -> Result<Endpoint, CloudError> {
    let plain = |url: String| Endpoint { url, properties: Map::new(), headers: Map::new() };
    let refused =
        |e: &dyn std::fmt::Display| CloudError::Endpoint(format!("{} {}: {e}", service.name, operation.name));
    let Some(rules) = context.endpoints.rule_set(service).map_err(|e| refused(&e))? else {
        let region = context.region.as_deref().unwrap_or("us-east-1");
        let default = || format!("https://{}.{region}.amazonaws.com", service.traits.endpoint_prefix);
        return Ok(plain(context.endpoint_url.clone().unwrap_or_else(default)));
    };
    let path_style = exceptions::path_style(service, operation, params);
    let input = operation.input.map(|id| service.shape(id));
    let mut given = Map::new();
    for (name, declared) in rules.parameters() {
        let fixed =
            operation.traits.static_context_params.get(name).and_then(|v| serde_json::from_str(v).ok());
        let member = input.and_then(|shape| {
            let member = shape.members().iter().find(|m| m.context_param.as_ref() == Some(name))?;
            params.get(&member.name).cloned()
        });
        let computed = || {
            let path = operation.traits.operation_context_params.get(name)?;
            let found = jmespath::compile(path).ok()?.search(params.whole().as_ref()).ok()?;
            serde_json::to_value(found.as_ref()).ok().filter(|v| !v.is_null())
        };
        let builtin = || {
            let name = declared["builtIn"].as_str()?;
            match &context.builtins {
                Some(builtins) => builtins.get(name).cloned(),
                None => builtin(name, context, path_style),
            }
        };
        if let Some(value) = fixed.or(member).or_else(computed).or_else(builtin) {
            given.insert(name.clone(), value);
        }
    }
    rules.resolve(&given, context.endpoints.partitions()).map_err(|e| refused(&e))
}

/// A built-in parameter as the SDK sets it; nothing for one that is not set. A `path_style` that the operation needs
/// wins over the settings.
fn builtin(name: &str, context: &RenderContext<'_>, path_style: Option<bool>) -> Option<Value> {
    let s3 = &context.s3;
    let region = || context.region.as_deref().unwrap_or("aws-global");
    let custom = context.endpoint_url.is_some();
    let flag = match name {
        "AWS::Region" => return Some(region().into()),
        "AWS::Auth::AccountIdEndpointMode" => return Some("preferred".into()),
        "AWS::Auth::AccountId" => return context.account_id.clone().map(Value::from),
        "SDK::Endpoint" => return context.endpoint_url.clone().map(Value::from),
        "AWS::UseFIPS" => context.use_fips && !custom,
        "AWS::UseDualStack" => context.use_dualstack && !custom,
        "AWS::STS::UseGlobalEndpoint" => false,
        "AWS::S3::UseGlobalEndpoint" => {
            region() == "us-east-1" && s3.us_east_1_regional_endpoint.as_deref() != Some("regional")
        }
        "AWS::S3::Accelerate" => s3.use_accelerate_endpoint,
        "AWS::S3::ForcePathStyle" => path_style.unwrap_or_else(|| {
            let style = s3.addressing_style.as_deref();
            let default = if custom { style != Some("virtual") } else { style == Some("path") };
            default && !s3.use_accelerate_endpoint
        }),
        "AWS::S3::UseArnRegion" => s3.use_arn_region.unwrap_or(true),
        "AWS::S3Control::UseArnRegion" => s3.use_arn_region.unwrap_or(false),
        "AWS::S3::DisableMultiRegionAccessPoints" => s3.disable_multiregion_access_points,
        _ => return None,
    };
    Some(flag.into())
}

fn url(
    service: &Service,
    operation: &Operation,
    params: &Given<'_>,
    context: &RenderContext<'_>,
    endpoint: &Endpoint,
    draft: &Draft,
) -> Result<String, String> {
    let (scheme, rest) = endpoint.url.split_once("://").unwrap_or(("https", endpoint.url.as_str()));
    let (host, base) = rest.find('/').map_or((rest, ""), |at| (&rest[..at], &rest[at..]));
    let (base, base_query) = base.split_once('?').unwrap_or((base, ""));
    let host = match exceptions::host_prefix(service, operation) {
        Some(prefix) if !context.no_host_prefix && !is_local(host) => {
            format!("{}{host}", fill_prefix(prefix, params)?)
        }
        _ => host.to_owned(),
    };
    let (path, literal) = draft.path.split_once('?').unwrap_or((&draft.path, ""));
    let path = match (base.trim_end_matches('/'), path) {
        ("", "") => "/".to_owned(),
        ("", path) => path.to_owned(),
        (base, "" | "/") if base.len() == rest.len() => base.to_owned(),
        (_, "" | "/") => base.to_owned(),
        (base, path) => format!("{base}{path}"),
    };
    let query: Vec<String> = [base_query.to_owned(), literal.to_owned(), uri::query_string(&draft.query)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    Ok(format!("{scheme}://{host}{path}{query}"))
}

/// Addresses and `localhost` have no names below them.
fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
}

fn fill_prefix(prefix: &str, params: &Given<'_>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = prefix;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else { break };
        let name = &rest[start + 1..start + length];
        let value = params.get(name).and_then(Value::as_str).unwrap_or_default();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if value.is_empty() || !value.chars().all(allowed) {
            return Err(format!(
                "$.{name}: becomes part of the host name: use letters, digits, hyphens, and periods"
            ));
        }
        out.push_str(value);
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// How the request is signed; the endpoint rules win over the model.
fn signing(
    service: &Service,
    operation: &Operation,
    context: &RenderContext<'_>,
    endpoint: &Endpoint,
) -> Option<Signing> {
    if exceptions::unsigned(service, operation) {
        return None;
    }
    let region = context.region.clone().unwrap_or_else(|| "us-east-1".into());
    let own = exceptions::scheme(service);
    let mut signing = Signing {
        scheme: own.into(),
        name: service.traits.signing_name.clone(),
        region,
        unsigned_body: false,
    };
    let schemes = endpoint.properties.get("authSchemes").and_then(Value::as_array);
    let known = ["sigv4", "sigv4-s3express", "s3v4", "bearer", "none"];
    let named = |scheme: &&Value, names: &[&str]| scheme["name"].as_str().is_some_and(|n| names.contains(&n));
    let chosen = schemes.into_iter().flatten().find(|s| named(s, &known));
    // A signature across regions is dearer, so it is made only where no other will do.
    let across = || schemes.into_iter().flatten().find(|s| named(s, &["sigv4a"]));
    if let Some(scheme) = chosen.or_else(across) {
        if let Some(name) = scheme["signingName"].as_str() {
            name.clone_into(&mut signing.name);
        }
        if let Some(region) = scheme["signingRegion"].as_str() {
            region.clone_into(&mut signing.region);
        }
        if scheme["name"] == "sigv4-s3express" {
            signing.scheme = "v4-s3express".into();
        }
        if scheme["name"] == "sigv4a" {
            signing.scheme = if own == "s3v4" { "s3v4a" } else { "v4a" }.into();
            let regions = scheme["signingRegionSet"].as_array().into_iter().flatten();
            let regions: Vec<&str> = regions.filter_map(Value::as_str).collect();
            signing.region = regions.join(",");
        }
    }
    if operation.traits.auth_type.as_deref() == Some("v4-unsigned-body") || operation.traits.unsigned_payload
    {
        signing.unsigned_body = true;
    }
    Some(signing)
}
