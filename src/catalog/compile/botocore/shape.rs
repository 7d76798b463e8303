//! The shapes of a model, numbered in the order of the document.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::reader::Reader;
use crate::catalog::compile::CompileError;
use crate::catalog::shapes::{Location, Member, Shape, ShapeId, ShapeKind, ShapeTraits};

/// Everything that a shape can say.
const KNOWN_SHAPE: [&str; 37] = [
    "type",
    "members",
    "documentation",
    "required",
    "max",
    "min",
    "member",
    "enum",
    "pattern",
    "exception",
    "error",
    "box",
    "sensitive",
    "key",
    "value",
    "union",
    "payload",
    "fault",
    "retryable",
    "timestampFormat",
    "deprecated",
    "deprecatedMessage",
    "wrapper",
    "event",
    "deprecatedSince",
    "document",
    "flattened",
    "synthetic",
    "eventstream",
    "streaming",
    "location",
    "locationName",
    "resultWrapper",
    "xmlOrder",
    "sparse",
    "requiresLength",
    "xmlNamespace",
];
/// Everything that a member can say.
const KNOWN_MEMBER: [&str; 25] = [
    "shape",
    "documentation",
    "locationName",
    // A slip of the pen, which the SDK passes over.
    "LocationName",
    "location",
    "idempotencyToken",
    "box",
    "contextParam",
    "deprecated",
    "deprecatedMessage",
    "deprecatedSince",
    "hostLabel",
    "xmlNamespace",
    "jsonvalue",
    "flattened",
    "eventpayload",
    "eventheader",
    "streaming",
    "enum",
    "queryName",
    "xmlAttribute",
    "sensitive",
    "timestampFormat",
    "pattern",
    "requiresLength",
];

/// All shapes of one model.
pub(super) struct Shapes {
    numbers: HashMap<String, ShapeId>,
    shapes: Vec<Shape>,
}

/// The names of a model's shapes, and the wire names and locations that some shapes bring to every
/// member that uses them and has none of its own.
struct Names {
    numbers: HashMap<String, ShapeId>,
    wire: HashMap<String, String>,
    locations: HashMap<String, String>,
}

impl Shapes {
    pub(super) fn read(model: &Reader<'_>) -> Result<Self, CompileError> {
        let Some(all) = model.object("shapes")? else {
            return Ok(Self { numbers: HashMap::new(), shapes: Vec::new() });
        };
        let readers = all.objects()?;
        let numbers: HashMap<String, ShapeId> =
            (0..).zip(&readers).map(|(number, (name, _))| ((*name).to_owned(), number)).collect();
        let (mut wire, mut locations) = (HashMap::new(), HashMap::new());
        for (name, reader) in &readers {
            if let Some(own) = reader.text("locationName")? {
                wire.insert((*name).to_owned(), own);
            }
            if let Some(own) = reader.text("location")? {
                locations.insert((*name).to_owned(), own);
            }
        }
        let names = Names { numbers, wire, locations };
        let shapes =
            readers.iter().map(|(name, reader)| shape(name, reader, &names)).collect::<Result<_, _>>()?;
        Ok(Self { numbers: names.numbers, shapes })
    }

    pub(super) fn find(&self, name: &str) -> Option<ShapeId> {
        self.numbers.get(name).copied()
    }

    /// A copy of a shape with a payload: some references say which member is the body.
    pub(super) fn with_payload(&mut self, id: ShapeId, payload: String) -> ShapeId {
        let found = usize::try_from(id).ok().and_then(|i| self.shapes.get(i)).cloned();
        let Some(mut copy) = found else { return id };
        copy.traits.payload = Some(payload);
        let Ok(number) = ShapeId::try_from(self.shapes.len()) else { return id };
        self.shapes.push(copy);
        number
    }

    pub(super) fn finish(self) -> Vec<Shape> {
        self.shapes
    }
}

fn shape(name: &str, model: &Reader<'_>, names: &Names) -> Result<Shape, CompileError> {
    model.only(&KNOWN_SHAPE)?;
    let kind = match model.needed_text("type")?.as_str() {
        "structure" => ShapeKind::Structure { members: members(model, names)? },
        "list" => ShapeKind::List { member: Box::new(inner(model, "member", names)?) },
        "map" => ShapeKind::Map {
            key: Box::new(inner(model, "key", names)?),
            value: Box::new(inner(model, "value", names)?),
        },
        "string" => ShapeKind::String,
        "integer" | "short" | "byte" => ShapeKind::Integer,
        "long" | "bigInteger" => ShapeKind::Long,
        "float" => ShapeKind::Float,
        "double" | "bigDecimal" => ShapeKind::Double,
        "boolean" => ShapeKind::Boolean,
        "blob" => ShapeKind::Blob,
        "timestamp" => ShapeKind::Timestamp,
        "character" => ShapeKind::Character,
        other => return Err(model.error("type", format!("unknown type `{other}`"))),
    };
    // A document is written as an empty structure with a flag.
    let kind = if model.flag("document")? { ShapeKind::Document } else { kind };
    Ok(Shape { name: name.to_owned(), kind, traits: traits(model)? })
}

fn members(model: &Reader<'_>, names: &Names) -> Result<Vec<Member>, CompileError> {
    let required: BTreeSet<String> = model.texts("required")?.into_iter().collect();
    let Some(all) = model.object("members")? else { return Ok(Vec::new()) };
    all.objects()?
        .into_iter()
        .map(|(name, reader)| {
            Ok(Member { required: required.contains(name), ..member(name, &reader, names)? })
        })
        .collect()
}

fn inner(model: &Reader<'_>, place: &str, names: &Names) -> Result<Member, CompileError> {
    let reader = model.object(place)?.ok_or_else(|| model.error(place, "is missing"))?;
    member(place, &reader, names)
}

fn member(name: &str, model: &Reader<'_>, names: &Names) -> Result<Member, CompileError> {
    model.only(&KNOWN_MEMBER)?;
    let shape = model.needed_text("shape")?;
    let location = match model.text("location")?.or_else(|| names.locations.get(&shape).cloned()).as_deref() {
        None => Location::Body,
        Some("uri") => Location::Uri,
        Some("querystring") => Location::Query,
        Some("header") => Location::Header,
        Some("headers") => Location::Headers,
        Some("statusCode") => Location::StatusCode,
        Some(other) => return Err(model.error("location", format!("unknown location `{other}`"))),
    };
    Ok(Member {
        name: name.to_owned(),
        shape: *names
            .numbers
            .get(&shape)
            .ok_or_else(|| model.error("shape", format!("there is no shape `{shape}`")))?,
        required: false,
        location,
        wire_name: model.text("locationName")?.or_else(|| names.wire.get(&shape).cloned()),
        query_name: model.text("queryName")?,
        idempotency_token: model.flag("idempotencyToken")?,
        host_label: model.flag("hostLabel")?,
        context_param: model.object("contextParam")?.map(|c| c.needed_text("name")).transpose()?,
        collection: None,
        default: None,
        unquoted: false,
        traits: traits(model)?,
    })
}

fn traits(model: &Reader<'_>) -> Result<ShapeTraits, CompileError> {
    let namespace = namespace(model)?;
    let error = model.object("error")?;
    let status = error.as_ref().and_then(|e| e.get("httpStatusCode")).and_then(Value::as_u64);
    Ok(ShapeTraits {
        payload: model.text("payload")?,
        allowed: model.texts("enum")?,
        closed: false,
        pattern: model.text("pattern")?,
        min: model.number("min")?,
        max: model.number("max")?,
        sensitive: model.flag("sensitive")?,
        deprecated: model.flag("deprecated")?,
        union: model.flag("union")?,
        flattened: model.flag("flattened")?,
        xml_attribute: model.flag("xmlAttribute")?,
        xml_namespace: namespace.0,
        xml_prefix: namespace.1,
        timestamp_format: model.text("timestampFormat")?,
        streaming: model.flag("streaming")?,
        requires_length: model.flag("requiresLength")?,
        event_stream: model.flag("eventstream")?,
        event: model.flag("event")?,
        event_payload: model.flag("eventpayload")?,
        event_header: model.flag("eventheader")?,
        json_value: model.flag("jsonvalue")?,
        boxed: model.flag("box")?,
        error_code: error.as_ref().map(|e| e.text("code")).transpose()?.flatten(),
        error_status: status.and_then(|n| u16::try_from(n).ok()),
        sender_fault: error.as_ref().map(|e| e.flag("senderFault")).transpose()?.unwrap_or(false),
        exception: model.flag("exception")?,
        retryable: model.get("retryable").is_some(),
        sparse: model.flag("sparse")?,
        read_only: false,
        write_only: false,
        discriminator: None,
        variants: Vec::new(),
    })
}

/// The URI and the prefix of a namespace; some models write the URI alone.
pub(super) fn namespace(model: &Reader<'_>) -> Result<(Option<String>, Option<String>), CompileError> {
    if let Some(Value::String(uri)) = model.get("xmlNamespace") {
        return Ok((Some(uri.clone()), None));
    }
    match model.object("xmlNamespace")? {
        Some(namespace) => Ok((namespace.text("uri")?, namespace.text("prefix")?)),
        None => Ok((None, None)),
    }
}
