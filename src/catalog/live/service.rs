//! The operations that every type of the Resource Manager has.

use std::collections::BTreeMap;

use super::PREFIX;
use super::list::{Provider, Type};
use crate::catalog::shapes::{
    ArmLongRunning, ArmOperation, ArmPages, ArmService, Location, Member, Operation, OperationTraits,
    Protocol, Service, ServiceTraits, Shape, ShapeKind, ShapeTraits,
};
use crate::plan::CloudName;

/// Shapes that all operations have in common: a text, and any JSON.
const TEXT: u32 = 0;
const ANY: u32 = 1;

/// What one of the operations does.
struct Doing {
    method: &'static str,
    success: &'static [u16],
    body: bool,
    answers: bool,
    list: bool,
}

const PUT: Doing = Doing { method: "PUT", success: &[200, 201, 202], body: true, answers: true, list: false };
const PATCH: Doing =
    Doing { method: "PATCH", success: &[200, 201, 202], body: true, answers: true, list: false };
const GET: Doing = Doing { method: "GET", success: &[200], body: false, answers: true, list: false };
const DELETE: Doing =
    Doing { method: "DELETE", success: &[200, 202, 204], body: false, answers: false, list: false };
const LIST: Doing = Doing { method: "GET", success: &[200], body: false, answers: true, list: true };

/// The service of a provider's types.
pub(super) fn service(provider: &Provider) -> Service {
    let namespace = &provider.namespace;
    let own = ArmService { namespaces: vec![namespace.clone()], ..ArmService::default() };
    let shape = |name: &str, kind: ShapeKind| Shape { name: name.into(), kind, traits: ShapeTraits::none() };
    let mut service = Service {
        cloud: CloudName::Azure,
        name: format!("{PREFIX}{namespace}"),
        title: format!("{namespace} (generic: no package covers it)"),
        api_version: provider.types.iter().map(|one| one.version.as_str()).max().unwrap_or_default().into(),
        protocol: Protocol::Arm,
        traits: ServiceTraits { arm: Some(Box::new(own)), ..ServiceTraits::default() },
        operations: vec![],
        shapes: vec![shape("", ShapeKind::String), shape("Any", ShapeKind::Document)],
        paginators: BTreeMap::new(),
        waiters: BTreeMap::new(),
    };
    for one in &provider.types {
        add_type(&mut service, namespace, one);
    }
    service.operations.sort_by(|a, b| a.name.cmp(&b.name));
    service.operations.dedup_by(|a, b| a.name == b.name);
    service
}

fn add_type(service: &mut Service, namespace: &str, one: &Type) {
    let types: Vec<&str> = one.name.split('/').collect();
    let start = if one.extends {
        "/{scope}"
    } else {
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    };
    let (last, around) = types.split_last().unwrap_or((&"", &[]));
    let around: String = around.iter().map(|word| format!("/{word}/{{{word}Name}}")).collect();
    let all = format!("{start}/providers/{namespace}{around}/{last}");
    let thing = format!("{all}/{{{last}Name}}");
    let group: String = types.iter().map(|word| capital(word)).collect();
    let mut add = |method: &str, uri: &str, doing: &Doing| {
        operation(service, format!("{group}_{method}"), uri, one, doing);
    };
    add("CreateOrUpdate", &thing, &PUT);
    add("Update", &thing, &PATCH);
    add("Get", &thing, &GET);
    add("Delete", &thing, &DELETE);
    if one.extends || types.len() > 1 {
        add("List", &all, &LIST);
    } else {
        add("ListByResourceGroup", &all, &LIST);
        add("List", &format!("/subscriptions/{{subscriptionId}}/providers/{namespace}/{last}"), &LIST);
    }
}

fn operation(service: &mut Service, name: String, uri: &str, one: &Type, doing: &Doing) {
    let mut members: Vec<Member> = uri
        .split('{')
        .skip(1)
        .filter_map(|part| part.split('}').next())
        .map(|label| {
            let own = Member { name: label.to_owned(), location: Location::Uri, ..Member::default() };
            match label {
                "subscriptionId" => Member { context_param: Some("subscription_id".into()), ..own },
                "scope" => Member { required: true, unquoted: true, ..own },
                _ => Member { required: true, ..own },
            }
        })
        .collect();
    members.push(Member {
        name: "api-version".into(),
        shape: TEXT,
        location: Location::Query,
        default: Some(serde_json::Value::from(one.version.as_str()).to_string()),
        ..Member::default()
    });
    if doing.body {
        members.push(Member { name: "body".into(), shape: ANY, required: true, ..Member::default() });
    }
    let arm = ArmOperation {
        api_version: Some(one.version.clone()),
        accept: Some("application/json".into()),
        content_type: doing.body.then(|| "application/json".into()),
        success: doing.success.to_vec(),
        // Whether it goes on is said by its answer.
        long_running: (doing.method != "GET").then(ArmLongRunning::default),
        pages: doing.list.then(|| ArmPages { items: "value".into(), next_link: Some("nextLink".into()) }),
        ..ArmOperation::default()
    };
    let input = u32::try_from(service.shapes.len()).unwrap_or(ANY);
    service.shapes.push(Shape {
        name: String::new(),
        kind: ShapeKind::Structure { members },
        traits: ShapeTraits::none(),
    });
    service.operations.push(Operation {
        name,
        method: doing.method.to_owned(),
        uri: uri.to_owned(),
        response_code: None,
        input: Some(input),
        output: doing.answers.then_some(ANY),
        result_wrapper: None,
        input_xml: None,
        errors: vec![],
        traits: OperationTraits { arm: Some(Box::new(arm)), ..OperationTraits::default() },
    });
}

fn capital(word: &str) -> String {
    let mut letters = word.chars().filter(char::is_ascii_alphanumeric);
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
