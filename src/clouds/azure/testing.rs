//! A small service and catalog for tests.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog::shapes::{
    ArmLongRunning, ArmOperation, ArmPages, ArmService, Location, Member, Operation, OperationTraits,
    Protocol, Service, ServiceTraits, Shape, ShapeKind, ShapeTraits,
};
use crate::catalog::{Catalog, snapshot};
use crate::clouds::http::HttpResponse;
use crate::plan::CloudName;

const GROUP: &str = "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}";
const VMS: &str = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/virtualMachines";

/// Virtual machines, groups, keys, and a list with pages, all in one service.
pub(super) fn service() -> Service {
    let vm = format!("{VMS}/{{vmName}}");
    let mut service = Service {
        cloud: CloudName::Azure,
        name: "resource".into(),
        title: "Test".into(),
        api_version: "2026-01-01".into(),
        protocol: Protocol::Arm,
        traits: ServiceTraits { arm: Some(Box::new(ArmService::default())), ..ServiceTraits::default() },
        operations: vec![],
        shapes: vec![
            Shape { name: String::new(), kind: ShapeKind::String, traits: ShapeTraits::none() },
            Shape { name: "Any".into(), kind: ShapeKind::Document, traits: ShapeTraits::none() },
            Shape::nothing(),
        ],
        paginators: BTreeMap::new(),
        waiters: BTreeMap::new(),
    };
    let mut add = |name: &str, method: &str, uri: &str, success: &[u16], output: bool| {
        operation(&mut service, name, method, uri, success, output);
    };
    add("ResourceGroups_CheckExistence", "HEAD", GROUP, &[204, 404], false);
    add("ResourceGroups_CreateOrUpdate", "PUT", GROUP, &[200, 201], true);
    add("VirtualMachines_CreateOrUpdate", "PUT", &vm, &[200, 201], true);
    add("VirtualMachines_Delete", "DELETE", &vm, &[200, 202, 204], false);
    add("VirtualMachines_Get", "GET", &vm, &[200], true);
    add("VirtualMachines_List", "GET", VMS, &[200], true);
    add("VirtualMachines_Restart", "POST", &format!("{vm}/restart"), &[200, 202], false);
    add("VirtualMachines_RunCommand", "POST", &format!("{vm}/runCommand"), &[200, 202], true);
    add("StorageAccounts_ListKeys", "POST", &format!("{vm}/listKeys"), &[200], true);
    let provider = "/subscriptions/{subscriptionId}/providers/{resourceProviderNamespace}";
    add("Providers_Register", "POST", &format!("{provider}/register"), &[200], true);
    service.operations.sort_by(|a, b| a.name.cmp(&b.name));
    service
}

fn operation(service: &mut Service, name: &str, method: &str, uri: &str, success: &[u16], output: bool) {
    let labels = uri.split('{').skip(1).filter_map(|part| part.split('}').next());
    let member =
        |name: &str, location: Location| Member { name: name.to_owned(), location, ..Member::default() };
    let mut members: Vec<Member> = labels
        .map(|label| match label {
            "subscriptionId" => {
                Member { context_param: Some("subscription_id".into()), ..member(label, Location::Uri) }
            }
            label => Member { required: true, ..member(label, Location::Uri) },
        })
        .collect();
    let version = Some("\"2026-01-01\"".to_owned());
    members.push(Member { default: version, ..member("api-version", Location::Query) });
    if method == "PUT" {
        members.push(Member { shape: 1, ..member("body", Location::Body) });
    }
    service.shapes.push(Shape {
        name: String::new(),
        kind: ShapeKind::Structure { members },
        traits: ShapeTraits::none(),
    });
    let long = [
        "VirtualMachines_CreateOrUpdate",
        "VirtualMachines_Delete",
        "VirtualMachines_Restart",
        "VirtualMachines_RunCommand",
    ]
    .contains(&name);
    let arm = ArmOperation {
        api_version: Some("2026-01-01".into()),
        accept: output.then(|| "application/json".into()),
        content_type: (method == "PUT").then(|| "application/json".into()),
        success: success.to_vec(),
        long_running: long.then(ArmLongRunning::default),
        pages: name
            .ends_with("_List")
            .then(|| ArmPages { items: "value".into(), next_link: Some("nextLink".into()) }),
        ..ArmOperation::default()
    };
    service.operations.push(Operation {
        name: name.to_owned(),
        method: method.to_owned(),
        uri: uri.to_owned(),
        response_code: None,
        input: Some(u32::try_from(service.shapes.len() - 1).unwrap()),
        output: output.then_some(2),
        result_wrapper: None,
        input_xml: None,
        errors: vec![],
        traits: OperationTraits { arm: Some(Box::new(arm)), ..OperationTraits::default() },
    });
}

/// An answer without a body.
pub(super) fn answer(status: u16, headers: &[(&str, &str)]) -> HttpResponse {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    HttpResponse { status, headers, body: vec![] }
}

/// A call of that service.
pub(super) fn call_of(operation: &str, params: Value) -> crate::clouds::Call {
    crate::clouds::Call {
        operation: crate::plan::OperationName::new(CloudName::Azure, "resource", operation),
        region: None,
        account: None,
        params,
    }
}

/// A catalog of that service alone.
pub(super) fn catalog() -> Catalog {
    let bytes = snapshot::write(CloudName::Azure, "test", "1", &[service()], &Value::Null).unwrap();
    Catalog::from_snapshot(bytes).unwrap()
}
