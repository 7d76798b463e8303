//! What an operation does to which kind of thing, read from its method and its path.
//!
//! A path that ends in a fixed part is a collection (`/vcns`), one that ends in a label is a thing of it
//! (`/vcns/{vcnId}`); `/actions/…` behind a thing does something to it.

use crate::catalog::shapes::{Operation, Service, ShapeKind};

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Create,
    List,
    Get,
    /// Changes what is there.
    Update,
    /// Makes a thing under a name that the caller gives, or replaces it.
    Put,
    Delete,
    /// Does something by name: `changeCompartment`, or the value of the query parameter `action`.
    Act(String),
    /// The one thing of its kind in its container, read or set: a bucket's lifecycle policy.
    GetSetting,
    PutSetting,
    DeleteSetting,
}

/// A kind and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) role: Role,
    /// The collection's path without the names of labels: `vcns`, `n/{}/b`.
    pub(super) kind: String,
}

/// What an operation means; nothing where its path says nothing.
pub(super) fn meaning(service: &Service, operation: &Operation) -> Option<Meaning> {
    let parts = super::route::parts(&operation.uri);
    let (last, front) = parts.split_last()?;
    let is_item = is_label(last);
    if let Some(at) = parts.iter().position(|part| *part == "actions") {
        let thing = parts.get(..at)?;
        let (label, collection) = thing.split_last()?;
        let action = Role::Act((*last).to_owned());
        return is_label(label).then(|| Meaning { role: action, kind: kind_of(collection) });
    }
    let kind = if is_item { kind_of(front) } else { kind_of(&parts) };
    let role = match (operation.method.as_str(), is_item) {
        ("POST", false) => Role::Create,
        ("GET", false) if lists(service, operation) => Role::List,
        ("GET" | "HEAD", false) => Role::GetSetting,
        ("PUT" | "PATCH", false) => Role::PutSetting,
        ("DELETE", false) => Role::DeleteSetting,
        ("GET" | "HEAD", true) => Role::Get,
        ("PUT", true) if operation.name.starts_with("Put") => Role::Put,
        ("POST", true) if takes_action(service, operation) => Role::Act(String::new()),
        ("PUT" | "PATCH" | "POST", true) => Role::Update,
        ("DELETE", true) => Role::Delete,
        _ => return None,
    };
    Some(Meaning { role, kind })
}

fn is_label(part: &str) -> bool {
    part.starts_with('{')
}

/// A collection's path without the names of its labels.
pub(super) fn kind_of(parts: &[&str]) -> String {
    let plain: Vec<&str> = parts.iter().map(|part| if is_label(part) { "{}" } else { part }).collect();
    plain.join("/")
}

/// The member of the answer that holds the list; `body` where the whole answer is one.
pub(super) fn list_member<'a>(service: &'a Service, operation: &Operation) -> Option<&'a str> {
    let output = service.shape(operation.output?);
    let is_list = |id| matches!(service.shape(id).kind, ShapeKind::List { .. });
    let mut lists = output.members().iter().filter(|member| is_list(member.shape));
    let first = lists.next()?;
    let preferred = ["items", "body"].into_iter().find_map(|name| output.member(name));
    preferred.filter(|member| is_list(member.shape)).or(Some(first)).map(|member| member.name.as_str())
}

fn lists(service: &Service, operation: &Operation) -> bool {
    operation.name.starts_with("List") && list_member(service, operation).is_some()
}

fn takes_action(service: &Service, operation: &Operation) -> bool {
    operation.input.is_some_and(|id| service.shape(id).member("action").is_some())
}
