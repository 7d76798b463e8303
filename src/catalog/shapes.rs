//! The catalog's picture of a service: operations and the shapes of what goes in and out.
//!
//! One picture serves three clouds. AWS models map onto it member for member; OCI and Azure
//! operations become structures whose members say where they travel (path, query, header, body).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use super::arm::{ArmLongRunning, ArmOperation, ArmPages, ArmService};
pub use super::oci::{OciAwaits, OciOperation, OciService};
use crate::plan::CloudName;

/// The position of a shape in [`Service::shapes`].
pub type ShapeId = u32;

/// One service of one cloud, complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The cloud.
    pub cloud: CloudName,
    /// The name in plans: `ec2`, `core.compute`.
    pub name: String,
    /// The name for people: `Amazon Elastic Compute Cloud`.
    pub title: String,
    /// The version of the service's API.
    pub api_version: String,
    /// How the service is spoken to.
    pub protocol: Protocol,
    /// What else requests need: names for signing, targets, endpoints.
    pub traits: ServiceTraits,
    /// The operations, by name, sorted.
    pub operations: Vec<Operation>,
    /// All shapes; [`ShapeId`] is the position.
    pub shapes: Vec<Shape>,
    /// How to follow pages, by operation.
    pub paginators: BTreeMap<String, Paginator>,
    /// How to wait, by the waiter's name, for example `BucketExists`.
    pub waiters: BTreeMap<String, Waiter>,
}

impl Service {
    /// The operation of this name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.binary_search_by(|o| o.name.as_str().cmp(name)).ok().map(|i| &self.operations[i])
    }

    /// The shape that stands in for a polymorphic one, by what the value says; the shape itself when it says nothing
    /// that is known.
    #[must_use]
    pub fn variant<'a>(
        &'a self,
        shape: &'a Shape,
        value: &serde_json::Map<String, serde_json::Value>,
    ) -> &'a Shape {
        let said = shape.traits.discriminator.as_ref().and_then(|name| value.get(name)?.as_str());
        let found = said.and_then(|said| shape.traits.variants.iter().find(|(name, _)| name == said));
        found.map_or(shape, |(_, id)| self.shape(*id))
    }

    /// The shape at a position; the empty structure for a position that does not exist.
    #[must_use]
    pub fn shape(&self, id: ShapeId) -> &Shape {
        static NOTHING: Shape = Shape::nothing();
        usize::try_from(id).ok().and_then(|i| self.shapes.get(i)).unwrap_or(&NOTHING)
    }
}

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// AWS JSON 1.0.
    Json10,
    /// AWS JSON 1.1.
    Json11,
    /// AWS REST with JSON bodies.
    RestJson,
    /// AWS REST with XML bodies.
    RestXml,
    /// AWS form-encoded requests with XML answers.
    Query,
    /// The EC2 dialect of [`Protocol::Query`].
    Ec2,
    /// Smithy RPC v2 with CBOR bodies.
    RpcV2Cbor,
    /// OCI REST with JSON bodies.
    Oci,
    /// Azure Resource Manager REST with JSON bodies.
    Arm,
}

/// What a service's requests need beside the protocol.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceTraits {
    /// Prefix of the service's host names.
    pub endpoint_prefix: String,
    /// Name of the service in signatures.
    pub signing_name: String,
    /// The signature versions that the service lists, best first: `v4`, `s3`, `s3v4`, `v2`, `bearer`, `none`.
    pub auth: Vec<String>,
    /// The older single name of the signature version.
    pub signature_version: Option<String>,
    /// Prefix of `X-Amz-Target`.
    pub target_prefix: Option<String>,
    /// The service's id in the SDKs: `S3`, `EC2`.
    pub service_id: String,
    /// XML namespace of request bodies.
    pub xml_namespace: Option<String>,
    /// Whether errors carry query-style codes.
    pub query_compatible: bool,
    /// Client-level parameters of the endpoint rules: name to (type, documentation dropped).
    pub client_context_params: BTreeMap<String, String>,
    /// The endpoint rule set, as JSON text; compiled on first use.
    pub endpoint_rules: Option<String>,
    /// What OCI services have beside.
    pub oci: Option<Box<OciService>>,
    /// What Azure services have beside.
    pub arm: Option<Box<ArmService>>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Its name in plans.
    pub name: String,
    /// HTTP method.
    pub method: String,
    /// The URI template with `{label}` and `{greedy+}` parts and possibly a literal query.
    pub uri: String,
    /// The status that the model expects, if it names one.
    pub response_code: Option<u16>,
    /// The shape of the parameters; always a structure.
    pub input: Option<ShapeId>,
    /// The shape of the answer; always a structure.
    pub output: Option<ShapeId>,
    /// The result wrapper element of XML answers.
    pub result_wrapper: Option<String>,
    /// The location name (root element) and namespace of the input, where the model gives them
    /// on the operation and not on the shape.
    pub input_xml: Option<XmlName>,
    /// Shapes of the modelled errors.
    pub errors: Vec<ShapeId>,
    /// Everything else.
    pub traits: OperationTraits,
}

/// A root element and its namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct XmlName {
    /// The element.
    pub name: Option<String>,
    /// The namespace URI.
    pub uri: Option<String>,
    /// The namespace prefix.
    pub prefix: Option<String>,
}

/// Traits of an operation that change a request, an answer, or a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OperationTraits {
    /// Whether the model calls it a read. Absence says nothing.
    pub readonly: bool,
    /// Whether the model calls it idempotent.
    pub idempotent: bool,
    /// Whether the model calls it deprecated.
    pub deprecated: bool,
    /// `none` or `v4-unsigned-body`.
    pub auth_type: Option<String>,
    /// Signature schemes of the operation, for example `smithy.api#noAuth`.
    pub auth: Vec<String>,
    /// Whether the payload is not signed.
    pub unsigned_payload: bool,
    /// Prefix of the host, with labels: `{AccountId}.`.
    pub host_prefix: Option<String>,
    /// The checksum trait: whether required, the member that picks the algorithm, the
    /// algorithms of answers, and the member that asks for validation.
    pub checksum: Option<ChecksumTrait>,
    /// Whether a checksum is required (older trait).
    pub checksum_required: bool,
    /// Encodings with which the request may be compressed.
    pub compression: Vec<String>,
    /// Whether the operation is found by endpoint discovery, and whether it must be.
    pub endpoint_discovery: Option<bool>,
    /// Whether it is the operation that discovers endpoints.
    pub endpoint_operation: bool,
    /// Fixed parameters of the endpoint rules, as JSON.
    pub static_context_params: BTreeMap<String, String>,
    /// Parameters of the endpoint rules taken from the input by JMESPath.
    pub operation_context_params: BTreeMap<String, String>,
    /// What OCI operations have beside.
    pub oci: Option<Box<OciOperation>>,
    /// What Azure operations have beside.
    pub arm: Option<Box<ArmOperation>>,
}

/// The flexible-checksum trait of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecksumTrait {
    /// Whether the request must carry one.
    pub required: bool,
    /// The input member that names the algorithm.
    pub algorithm_member: Option<String>,
    /// The input member that asks for validation of the answer.
    pub mode_member: Option<String>,
    /// Algorithms in which an answer can be checked.
    pub response_algorithms: Vec<String>,
}

/// The shape of a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The model's name for it; empty for inline shapes.
    pub name: String,
    /// What kind of value it is, with the shapes inside it.
    pub kind: ShapeKind,
    /// Everything else.
    pub traits: ShapeTraits,
}

impl Shape {
    /// The empty structure.
    #[must_use]
    pub const fn nothing() -> Self {
        Shape {
            name: String::new(),
            kind: ShapeKind::Structure { members: Vec::new() },
            traits: ShapeTraits::none(),
        }
    }

    /// The members, if it is a structure.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            ShapeKind::Structure { members } => members,
            _ => &[],
        }
    }

    /// The member of this name, if it is a structure that has one.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|m| m.name == name)
    }
}

/// What kind of value a shape describes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ShapeKind {
    /// Named members, in the order of the model.
    Structure {
        /// The members.
        members: Vec<Member>,
    },
    /// Values of one shape.
    List {
        /// The items.
        member: Box<Member>,
    },
    /// Values of one shape under string keys.
    Map {
        /// The keys.
        key: Box<Member>,
        /// The values.
        value: Box<Member>,
    },
    /// Text.
    String,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// A number of 32 bits.
    Float,
    /// A number of 64 bits.
    Double,
    /// True or false.
    Boolean,
    /// Bytes, base64 in JSON.
    Blob,
    /// A point in time, RFC 3339 in JSON.
    Timestamp,
    /// A character (one model uses it).
    Character,
    /// Any JSON value.
    Document,
}

/// A named place in a structure, list, or map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The name in plans.
    pub name: String,
    /// The shape of the value.
    pub shape: ShapeId,
    /// Whether it must be given.
    pub required: bool,
    /// Where it travels.
    pub location: Location,
    /// Its name on the wire, where it differs.
    pub wire_name: Option<String>,
    /// Its name in the EC2 dialect, where the model gives one.
    pub query_name: Option<String>,
    /// Whether the SDK fills it with a fresh UUID when absent.
    pub idempotency_token: bool,
    /// Whether it becomes a part of the host name.
    pub host_label: bool,
    /// The endpoint-rule parameter that takes its value.
    pub context_param: Option<String>,
    /// How a list is written into a path, a query, or a header, where the cloud has more than one way.
    pub collection: Option<Collection>,
    /// The value, as JSON text, that the SDK sends when none is given.
    pub default: Option<String>,
    /// Whether the value is written into the URL as it is, without percent-encoding.
    pub unquoted: bool,
    /// The remaining flags and names, rarely present.
    pub traits: ShapeTraits,
}

/// How a list is written into a URL or a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Collection {
    /// The name is repeated for each item.
    Multi,
    /// Items stand behind each other, joined by commas that are encoded like the rest.
    Csv,
    /// Items are encoded one by one and joined by plain commas.
    JoinedQuoted,
}

/// Where a member travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Location {
    /// In the body.
    #[default]
    Body,
    /// In the path.
    Uri,
    /// In the query string.
    Query,
    /// In a header.
    Header,
    /// In headers with a common prefix.
    Headers,
    /// The status of the answer.
    StatusCode,
}

/// Traits of a shape or of a member; a member's own win over its shape's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShapeTraits {
    /// The member that is the whole body.
    pub payload: Option<String>,
    /// The only values allowed (a hint: services add values).
    pub allowed: Vec<String>,
    /// Whether [`ShapeTraits::allowed`] is complete, so that another value is an error.
    pub closed: bool,
    /// A pattern for text (a hint).
    pub pattern: Option<String>,
    /// Least length or value.
    pub min: Option<f64>,
    /// Greatest length or value (a hint).
    pub max: Option<f64>,
    /// Whether the value is a secret.
    pub sensitive: bool,
    /// Whether it is marked as no longer in use.
    pub deprecated: bool,
    /// Whether exactly one member must be given.
    pub union: bool,
    /// Whether list or map items stand without a wrapper.
    pub flattened: bool,
    /// Whether it travels as an XML attribute.
    pub xml_attribute: bool,
    /// XML namespace URI.
    pub xml_namespace: Option<String>,
    /// XML namespace prefix.
    pub xml_prefix: Option<String>,
    /// `iso8601`, `unixTimestamp`, or `rfc822`.
    pub timestamp_format: Option<String>,
    /// Whether the body is a stream.
    pub streaming: bool,
    /// Whether the stream's length must be known.
    pub requires_length: bool,
    /// Whether it is an event stream.
    pub event_stream: bool,
    /// Whether it is an event of a stream.
    pub event: bool,
    /// Whether it is the payload of an event.
    pub event_payload: bool,
    /// Whether it is a header of an event.
    pub event_header: bool,
    /// Whether the text is JSON for people to write as a value.
    pub json_value: bool,
    /// Whether integers are boxed (no default).
    pub boxed: bool,
    /// The error's code on the wire, where it is not the shape's name.
    pub error_code: Option<String>,
    /// The error's HTTP status.
    pub error_status: Option<u16>,
    /// Whether the sender is at fault.
    pub sender_fault: bool,
    /// Whether the shape is an error at all.
    pub exception: bool,
    /// Whether the model says that the error can be retried.
    pub retryable: bool,
    /// Whether a list or map keeps null items.
    pub sparse: bool,
    /// Whether the cloud sets it and ignores it in requests.
    pub read_only: bool,
    /// Whether it is sent and never shown again.
    pub write_only: bool,
    /// Discriminator of a polymorphic structure: the wire name of the deciding member.
    pub discriminator: Option<String>,
    /// Discriminator values to shapes.
    pub variants: Vec<(String, ShapeId)>,
}

impl ShapeTraits {
    /// No traits at all.
    #[must_use]
    pub const fn none() -> Self {
        ShapeTraits {
            payload: None,
            allowed: Vec::new(),
            closed: false,
            pattern: None,
            min: None,
            max: None,
            sensitive: false,
            deprecated: false,
            union: false,
            flattened: false,
            xml_attribute: false,
            xml_namespace: None,
            xml_prefix: None,
            timestamp_format: None,
            streaming: false,
            requires_length: false,
            event_stream: false,
            event: false,
            event_payload: false,
            event_header: false,
            json_value: false,
            boxed: false,
            error_code: None,
            error_status: None,
            sender_fault: false,
            exception: false,
            retryable: false,
            sparse: false,
            read_only: false,
            write_only: false,
            discriminator: None,
            variants: Vec::new(),
        }
    }
}

/// How to follow the pages of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paginator {
    /// Input members that take the tokens.
    pub input_tokens: Vec<String>,
    /// JMESPath of the tokens in the answer.
    pub output_tokens: Vec<String>,
    /// JMESPath of the flag that says whether there is more.
    pub more_results: Option<String>,
    /// Input member that bounds a page.
    pub limit_key: Option<String>,
    /// JMESPath of what is listed.
    pub result_keys: Vec<String>,
    /// JMESPath of what every page repeats.
    pub non_aggregate_keys: Vec<String>,
}

/// How to wait for a state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiter {
    /// The operation to ask.
    pub operation: String,
    /// Seconds between two asks.
    pub delay: u32,
    /// How many asks at most.
    pub max_attempts: u32,
    /// What an answer means; the first that fits counts.
    pub acceptors: Vec<Acceptor>,
}

/// What one kind of answer means for a waiter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Acceptor {
    /// `success`, `failure`, or `retry`.
    pub state: String,
    /// `path`, `pathAll`, `pathAny`, `status`, or `error`.
    pub matcher: String,
    /// JMESPath, for the path matchers.
    pub argument: Option<String>,
    /// The expected value, as JSON text.
    pub expected: String,
}
