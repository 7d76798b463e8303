//! Small services for tests, written as JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shapes::{
    Member, Operation, OperationTraits, Protocol, Service, ServiceTraits, Shape, ShapeId, ShapeKind,
    ShapeTraits,
};
use crate::plan::CloudName;

/// A service made of `[name, input, output]`. A structure is an object, a list is an array of
/// its one item, and everything else is the name of its kind. A name that ends in `!` is required, in `@` an
/// idempotency token, in `#` a secret. `"=Name"` is the shape that was called so by `"Name=": …`.
pub(crate) fn service(operations: &[(&str, Value, Value)]) -> Service {
    let mut service = Service {
        cloud: CloudName::Aws,
        name: "test".into(),
        title: "Test".into(),
        api_version: "1".into(),
        protocol: Protocol::Json11,
        traits: ServiceTraits::default(),
        operations: vec![],
        shapes: vec![],
        paginators: BTreeMap::new(),
        waiters: BTreeMap::new(),
    };
    let mut named = BTreeMap::new();
    for (name, input, output) in operations {
        let operation = Operation {
            name: (*name).to_owned(),
            method: "POST".into(),
            uri: "/".into(),
            response_code: None,
            input: Some(shape(&mut service, &mut named, input)),
            output: Some(shape(&mut service, &mut named, output)),
            result_wrapper: None,
            input_xml: None,
            errors: vec![],
            traits: OperationTraits::default(),
        };
        service.operations.push(operation);
    }
    service.operations.sort_by(|a, b| a.name.cmp(&b.name));
    service
}

fn shape(service: &mut Service, named: &mut BTreeMap<String, ShapeId>, spec: &Value) -> ShapeId {
    let kind = match spec {
        Value::Object(members) => ShapeKind::Structure {
            members: members
                .iter()
                .map(|(name, spec)| {
                    let plain = name.trim_end_matches(['!', '@', '#']);
                    let mut member = Member {
                        name: plain.to_owned(),
                        shape: shape(service, named, spec),
                        required: name.contains('!'),
                        idempotency_token: name.contains('@'),
                        ..Member::default()
                    };
                    member.traits.sensitive = name.contains('#');
                    member
                })
                .collect(),
        },
        Value::Array(items) => {
            let (item, shared) = match items.as_slice() {
                [item] => (item, None),
                [item, Value::String(name)] => (item, Some(name.clone())),
                other => panic!("a list has one item: {other:?}"),
            };
            let item = shape(service, named, item);
            if let Some(name) = shared {
                named.insert(name, item);
            }
            ShapeKind::List { member: Box::new(Member { shape: item, ..Member::default() }) }
        }
        Value::String(text) => match text.as_str() {
            "string" => ShapeKind::String,
            "integer" => ShapeKind::Integer,
            "boolean" => ShapeKind::Boolean,
            "document" => ShapeKind::Document,
            name => return named[name.trim_start_matches('=')],
        },
        other => panic!("no shape: {other}"),
    };
    service.shapes.push(Shape { name: String::new(), kind, traits: ShapeTraits::none() });
    ShapeId::try_from(service.shapes.len() - 1).unwrap()
}
