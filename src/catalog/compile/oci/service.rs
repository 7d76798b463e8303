//! One service: a client, with the models that its operations reach.

use std::collections::{BTreeMap, HashMap};

use super::await_state::WORK_REQUESTS;
use super::client::Client;
use super::names::{pascal, title};
use super::operation::Operation as Source;
use super::param::Param;
use super::shape::{Models, Shapes, plain};
use super::value_type::ValueType;
use crate::catalog::compile::CompileError;
use crate::catalog::shapes::{
    Collection, Location, Member, OciAwaits, OciOperation, Operation, OperationTraits, Paginator, Protocol,
    Service, ServiceTraits, Shape, ShapeId, ShapeKind, ShapeTraits,
};
use crate::plan::CloudName;

/// A header that the signature itself fills.
const SIGNED_OVER: &str = "authorization";
/// Headers whose values are keys or tokens of the caller; the package never logs them.
const SECRET_HEADERS: [&str; 6] = [
    "opc-sse-customer-key",
    "opc-source-sse-customer-key",
    "opc-obo-token",
    "jwt",
    "bearertoken",
    "idcs-access-token",
];

/// A client, and the name of its service.
pub(super) struct Named {
    pub(super) name: String,
    /// Its file, for errors.
    pub(super) file: String,
    pub(super) client: Client,
}

/// Puts a service together. `siblings` are all clients of the module.
pub(super) fn assemble(
    named: &Named,
    siblings: &[Named],
    models: &Models,
    awaits: &HashMap<String, OciAwaits>,
) -> Result<Service, CompileError> {
    let Named { name, file, client } = named;
    let module = name.split('.').next().unwrap_or_default();
    let mut shapes = Shapes::new(models, module);
    let mut operations = Vec::with_capacity(client.operations.len());
    let mut paginators = BTreeMap::new();
    for source in &client.operations {
        let wrong = |reason: String| CompileError::Model {
            file: file.to_owned(),
            place: source.place.clone(),
            reason: format!("`{}` {reason}", source.name),
        };
        let operation = operation(source, (named, siblings), &mut shapes, awaits, &wrong)?;
        if let Some(paginator) = paginator(source, models) {
            paginators.insert(operation.name.clone(), paginator);
        }
        operations.push(operation);
    }
    operations.sort_by(|a: &Operation, b| a.name.cmp(&b.name));
    if let Some(twice) = operations.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(CompileError::Model {
            file: file.to_owned(),
            place: twice[0].name.clone(),
            reason: "two operations have this name".into(),
        });
    }
    shapes.redact()?;
    let version = client.about.base_path.rsplit('/').next().unwrap_or_default();
    let dated = !version.is_empty() && version.chars().all(|c| c.is_ascii_digit());
    Ok(Service {
        cloud: CloudName::Oci,
        name: name.to_owned(),
        title: title(&client.class),
        api_version: if dated { version.to_owned() } else { String::new() },
        protocol: Protocol::Oci,
        traits: ServiceTraits {
            endpoint_prefix: prefix(client.about.endpoint_template.as_deref()),
            signing_name: module.to_owned(),
            service_id: client.service.clone(),
            oci: Some(Box::new(client.about.clone())),
            ..ServiceTraits::default()
        },
        operations,
        shapes: shapes.finish(),
        paginators,
        waiters: BTreeMap::new(),
    })
}

/// The first label of a host, where it is plain text.
fn prefix(template: Option<&str>) -> String {
    let host = template.and_then(|t| t.split_once("://")).map(|(_, host)| host).unwrap_or_default();
    let label = host.split('.').next().unwrap_or_default();
    if label.contains(['{', '}']) { String::new() } else { label.to_owned() }
}

fn operation(
    source: &Source,
    (named, siblings): (&Named, &[Named]),
    shapes: &mut Shapes<'_>,
    awaits: &HashMap<String, OciAwaits>,
    wrong: &dyn Fn(String) -> CompileError,
) -> Result<Operation, CompileError> {
    let name = pascal(&source.name);
    let input = input(source, shapes, wrong)?;
    let output = output(source, shapes)?;
    let retry_token = source.header_params.iter().any(|p| p.wire.eq_ignore_ascii_case("opc-retry-token"));
    let mut awaits = awaits.get(&source.name).cloned();
    if let Some(awaits) = &mut awaits {
        shown(awaits, named, siblings, shapes).ok_or_else(|| {
            wrong(format!("is awaited by {}, which does not show `{}`", awaits.operation, awaits.state))
        })?;
    }
    Ok(Operation {
        name,
        method: source.method.clone(),
        uri: source.path.clone(),
        response_code: None,
        input: Some(input),
        output,
        result_wrapper: None,
        input_xml: None,
        errors: Vec::new(),
        traits: OperationTraits {
            oci: Some(Box::new(OciOperation {
                headers: source.headers.clone(),
                required: source.required_arguments.clone(),
                unsigned_content: source.unsigned_content,
                retried: source.retried,
                retry_token,
                awaits,
            })),
            ..OperationTraits::default()
        },
    })
}

/// Fills in the wire name of the state, and the service where a helper asks for an operation that its
/// client does not have: a sibling has it, or it has a longer name there.
fn shown(awaits: &mut OciAwaits, named: &Named, siblings: &[Named], shapes: &Shapes<'_>) -> Option<()> {
    if awaits.service.is_some() {
        return Some(());
    }
    let find = |of: &Named, fits: &dyn Fn(&str) -> bool| {
        let mut found = of.client.operations.iter().enumerate().filter(|(_, o)| fits(&pascal(&o.name)));
        let first = found.next()?.0;
        // Two would be a guess.
        found.next().is_none().then_some(first)
    };
    let exact = |name: &str| name == awaits.operation;
    let own_work_request = |name: &str| name.starts_with("Get") && name.ends_with("WorkRequest");
    let found = find(named, &exact)
        .map(|position| (named, position))
        .or_else(|| siblings.iter().find_map(|of| Some((of, find(of, &exact)?))))
        .or_else(|| Some((named, find(named, &own_work_request).filter(|_| awaits.work_request)?)));
    let Some((owner, position)) = found else {
        // Work requests of modules that show none are those of the common service.
        awaits.service = awaits.work_request.then(|| WORK_REQUESTS.to_owned());
        return awaits.service.is_some().then_some(());
    };
    awaits.operation = pascal(&owner.client.operations.get(position)?.name);
    let Some(ValueType::Model(model)) = &owner.client.operations.get(position)?.response else { return None };
    let attribute = shapes.model(model)?.attributes.iter().find(|a| a.python == awaits.state)?;
    awaits.state = attribute.wire.clone();
    awaits.service = (owner.name != named.name).then(|| owner.name.clone());
    Some(())
}

fn input(
    source: &Source,
    shapes: &mut Shapes<'_>,
    wrong: &dyn Fn(String) -> CompileError,
) -> Result<ShapeId, CompileError> {
    let mut members: Vec<Member> = Vec::new();
    let typed = |python: &str| {
        source.types.get(python).ok_or_else(|| wrong(format!("does not say what type `{python}` has")))
    };
    let places = [
        (Location::Uri, &source.path_params),
        (Location::Query, &source.query_params),
        (Location::Header, &source.header_params),
    ];
    for (location, params) in places {
        for param in params {
            if location == Location::Header && param.wire.eq_ignore_ascii_case(SIGNED_OVER) {
                continue;
            }
            let value = typed(&param.python)?;
            let words = source.words.get(&param.python).map(Vec::as_slice).unwrap_or_default();
            let shape = shapes.worded(value, words, true)?;
            members.push(Member {
                required: param.positional,
                location,
                collection: collection(param, value),
                idempotency_token: param.wire.eq_ignore_ascii_case("opc-retry-token"),
                traits: ShapeTraits {
                    sensitive: SECRET_HEADERS.contains(&param.wire.to_ascii_lowercase().as_str()),
                    ..ShapeTraits::none()
                },
                ..plain(&param.wire, shape)
            });
        }
    }
    if let Some((python, prefix)) = &source.header_map {
        let shape = shapes.of(typed(python)?)?;
        members.push(Member { location: Location::Headers, ..plain(prefix, shape) });
    }
    let mut traits = ShapeTraits::none();
    if let Some(body) = &source.body {
        let shape = shapes.of(typed(&body.python)?)?;
        members.push(Member { required: body.required, ..plain("body", shape) });
        traits.payload = Some("body".to_owned());
    }
    for (at, member) in members.iter().enumerate() {
        if members[..at].iter().any(|other| other.name.eq_ignore_ascii_case(&member.name)) {
            return Err(wrong(format!("has two parameters called `{}`", member.name)));
        }
    }
    for name in template_names(&source.path) {
        if !members.iter().any(|m| m.location == Location::Uri && m.name == name) {
            return Err(wrong(format!("has no parameter for `{{{name}}}`")));
        }
    }
    let kind = ShapeKind::Structure { members };
    Ok(shapes.add(Shape { name: String::new(), kind, traits }))
}

fn template_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

fn collection(param: &Param, value: &ValueType) -> Option<Collection> {
    let list = matches!(value, ValueType::List(_));
    // Lists without a format: repeated in a query, joined in a header.
    param.collection.or(list.then_some(Collection::Multi))
}

/// The answer: the model itself, or a structure whose only member is the whole body.
fn output(source: &Source, shapes: &mut Shapes<'_>) -> Result<Option<ShapeId>, CompileError> {
    let Some(value) = &source.response else { return Ok(None) };
    let shape = shapes.of(value)?;
    if matches!(value, ValueType::Model(model) if shapes.model(model).is_some()) {
        return Ok(Some(shape));
    }
    let kind = ShapeKind::Structure { members: vec![plain("body", shape)] };
    let traits = ShapeTraits { payload: Some("body".to_owned()), ..ShapeTraits::none() };
    Ok(Some(shapes.add(Shape { name: String::new(), kind, traits })))
}

/// Pages follow the header `opc-next-page`, or a member of the answer that says where the next one starts.
fn paginator(source: &Source, models: &Models) -> Option<Paginator> {
    let query = |wire: &str| source.query_params.iter().any(|param| param.wire == wire);
    let attributes = match &source.response {
        Some(ValueType::Model(model)) => {
            models.get(model).map(|m| m.attributes.as_slice()).unwrap_or_default()
        }
        _ => &[],
    };
    let limit_key = query("limit").then(|| "limit".to_owned());
    let lists: Vec<&str> = attributes
        .iter()
        .filter(|attribute| matches!(attribute.value, ValueType::List(_)))
        .map(|attribute| attribute.wire.as_str())
        .collect();
    let result = match lists.as_slice() {
        _ if matches!(source.response, Some(ValueType::List(_))) => Some("body"),
        lists if lists.contains(&"items") => Some("items"),
        [only] => Some(*only),
        _ => None,
    };
    let result_keys: Vec<String> = result.iter().map(|key| (*key).to_owned()).collect();
    if query("page") {
        return Some(Paginator {
            input_tokens: vec!["page".to_owned()],
            output_tokens: vec!["opc-next-page".to_owned()],
            limit_key,
            result_keys,
            ..Paginator::default()
        });
    }
    let next = attributes.iter().find(|attribute| attribute.wire == "nextStartWith")?;
    query("start").then(|| Paginator {
        input_tokens: vec!["start".to_owned()],
        output_tokens: vec![next.wire.clone()],
        limit_key,
        result_keys: if lists.contains(&"objects") { vec!["objects".to_owned()] } else { result_keys },
        ..Paginator::default()
    })
}
