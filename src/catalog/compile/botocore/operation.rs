//! One operation of a model.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reader::Reader;
use super::shape::{Shapes, namespace};
use crate::catalog::compile::CompileError;
use crate::catalog::shapes::{ChecksumTrait, Operation, OperationTraits, ShapeId, XmlName};

/// Everything that an operation can say; anything else is new and has to be understood first.
const KNOWN: [&str; 22] = [
    "name",
    "http",
    "documentation",
    "documentationUrl",
    "input",
    "output",
    "errors",
    "idempotent",
    "readonly",
    "endpoint",
    "deprecated",
    "deprecatedMessage",
    "deprecatedSince",
    "staticContextParams",
    "operationContextParams",
    "endpointdiscovery",
    "endpointoperation",
    "authtype",
    "auth",
    "unsignedPayload",
    "requestcompression",
    "alias",
];
const KNOWN_CHECKSUM: [&str; 2] = ["httpChecksum", "httpChecksumRequired"];

pub(super) fn read(name: &str, model: &Reader<'_>, shapes: &mut Shapes) -> Result<Operation, CompileError> {
    model.only(&[KNOWN.as_slice(), KNOWN_CHECKSUM.as_slice()].concat())?;
    let http = model.object("http")?.ok_or_else(|| model.error("http", "is missing"))?;
    let output = model.object("output")?;
    let mut input_xml = None;
    if let Some(input) = model.object("input")? {
        let (uri, prefix) = namespace(&input)?;
        let xml = XmlName { name: input.text("locationName")?, uri, prefix };
        input_xml = (xml != XmlName::default()).then_some(xml);
    }
    Ok(Operation {
        name: name.to_owned(),
        method: http.needed_text("method")?,
        uri: http.text("requestUri")?.unwrap_or_else(|| "/".into()),
        response_code: status(&http, "responseCode")?,
        input: reference(model, "input", shapes)?,
        output: reference(model, "output", shapes)?,
        result_wrapper: output.as_ref().map(|o| o.text("resultWrapper")).transpose()?.flatten(),
        input_xml,
        errors: errors(model, shapes)?,
        traits: traits(model)?,
    })
}

fn status(http: &Reader<'_>, member: &str) -> Result<Option<u16>, CompileError> {
    match http.get(member) {
        None => Ok(None),
        Some(value) => value
            .as_u64()
            .and_then(|n| u16::try_from(n).ok())
            .map(Some)
            .ok_or_else(|| http.error(member, format!("must be a status, found {value}"))),
    }
}

fn reference(model: &Reader<'_>, member: &str, shapes: &mut Shapes) -> Result<Option<ShapeId>, CompileError> {
    let Some(reader) = model.object(member)? else { return Ok(None) };
    let name = reader.needed_text("shape")?;
    let found = shapes.find(&name);
    let id = found.ok_or_else(|| reader.error("shape", format!("there is no shape `{name}`")))?;
    Ok(Some(match reader.text("payload")? {
        Some(payload) => shapes.with_payload(id, payload),
        None => id,
    }))
}

fn errors(model: &Reader<'_>, shapes: &mut Shapes) -> Result<Vec<ShapeId>, CompileError> {
    let Some(listed) = model.get("errors") else { return Ok(Vec::new()) };
    let listed = listed.as_array().ok_or_else(|| model.error("errors", "must be a list"))?;
    listed
        .iter()
        .map(|error| {
            let name = error.get("shape").and_then(Value::as_str).unwrap_or_default();
            shapes.find(name).ok_or_else(|| model.error("errors", format!("there is no shape `{name}`")))
        })
        .collect()
}

fn traits(model: &Reader<'_>) -> Result<OperationTraits, CompileError> {
    let discovery = model.object("endpointdiscovery")?;
    Ok(OperationTraits {
        readonly: model.flag("readonly")?,
        idempotent: model.flag("idempotent")?,
        deprecated: model.flag("deprecated")?,
        auth_type: model.text("authtype")?,
        auth: model.texts("auth")?,
        unsigned_payload: model.flag("unsignedPayload")?,
        host_prefix: model.object("endpoint")?.map(|e| e.text("hostPrefix")).transpose()?.flatten(),
        checksum: model.object("httpChecksum")?.map(|c| checksum(&c)).transpose()?,
        checksum_required: model.flag("httpChecksumRequired")?,
        compression: model
            .object("requestcompression")?
            .map(|c| c.texts("encodings"))
            .transpose()?
            .unwrap_or_default(),
        endpoint_discovery: discovery.map(|d| d.flag("required")).transpose()?,
        endpoint_operation: model.flag("endpointoperation")?,
        static_context_params: context(model, "staticContextParams", "value", Value::to_string)?,
        operation_context_params: context(model, "operationContextParams", "path", |path| {
            path.as_str().map_or_else(|| path.to_string(), str::to_owned)
        })?,
        oci: None,
        arm: None,
    })
}

fn checksum(model: &Reader<'_>) -> Result<ChecksumTrait, CompileError> {
    Ok(ChecksumTrait {
        required: model.flag("requestChecksumRequired")?,
        algorithm_member: model.text("requestAlgorithmMember")?,
        mode_member: model.text("requestValidationModeMember")?,
        response_algorithms: model.texts("responseAlgorithms")?,
    })
}

fn context(
    model: &Reader<'_>,
    member: &str,
    inner: &str,
    write: impl Fn(&Value) -> String,
) -> Result<BTreeMap<String, String>, CompileError> {
    let Some(params) = model.object(member)? else { return Ok(BTreeMap::new()) };
    params
        .objects()?
        .into_iter()
        .map(|(name, reader)| {
            let value = reader.get(inner).ok_or_else(|| reader.error(inner, "is missing"))?;
            Ok((name.to_owned(), write(value)))
        })
        .collect()
}
