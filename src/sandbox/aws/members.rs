//! What members of requests and answers are for.

use crate::catalog::shapes::{Member, Operation, Service, ShapeId, ShapeKind};
use crate::sandbox::aws::noun;

/// How far into an answer the name of a new thing is looked for.
const DEEPEST: usize = 3;

/// Members that say how to do it, and not what it is done to.
pub(super) fn is_aside(member: &Member) -> bool {
    member.idempotency_token
        || matches!(
            noun::squash(&member.name).as_str(),
            "dryrun" | "mfa" | "clienttoken" | "clientrequesttoken"
        )
}

/// Whether a value is one text or number, or a list of them.
pub(super) fn is_scalar(service: &Service, shape: ShapeId) -> bool {
    match &service.shape(shape).kind {
        ShapeKind::List { member } => {
            matches!(service.shape(member.shape).kind, ShapeKind::String | ShapeKind::Character)
        }
        ShapeKind::String | ShapeKind::Character | ShapeKind::Integer | ShapeKind::Long => true,
        _ => false,
    }
}

/// Whether an answer gives a member of this name, at any of the first levels.
pub(super) fn has_in_output(service: &Service, operation: &Operation, name: &str) -> bool {
    operation.output.is_some_and(|id| gives(service, id, name, DEEPEST))
}

fn gives(service: &Service, shape: ShapeId, name: &str, depth: usize) -> bool {
    match &service.shape(shape).kind {
        ShapeKind::Structure { members } => members.iter().any(|member| {
            let scalar = matches!(service.shape(member.shape).kind, ShapeKind::String);
            let plural =
                noun::singular(&member.name).eq_ignore_ascii_case(name) && is_scalar(service, member.shape);
            (scalar && member.name.eq_ignore_ascii_case(name))
                || plural
                || (depth > 0 && gives(service, member.shape, name, depth - 1))
        }),
        ShapeKind::List { member } => depth > 0 && gives(service, member.shape, name, depth),
        _ => false,
    }
}

/// How tags are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TagForm {
    /// A list of structures with these two members.
    Pairs(String, String),
    /// A map.
    Map,
}

/// How a member holds tags, if it does.
pub(super) fn tags_of(service: &Service, member: &Member) -> Option<TagForm> {
    let name = noun::squash(&member.name);
    if !name.contains("tag") || name.contains("key") {
        return None;
    }
    match &service.shape(member.shape).kind {
        ShapeKind::Map { value, .. } => {
            matches!(service.shape(value.shape).kind, ShapeKind::String).then_some(TagForm::Map)
        }
        ShapeKind::List { member: item } => {
            let item = service.shape(item.shape);
            let find = |wanted: &[&str]| {
                let found =
                    item.members().iter().find(|m| wanted.contains(&noun::squash(&m.name).as_str()))?;
                Some(found.name.clone())
            };
            Some(TagForm::Pairs(find(&["key", "tagkey"])?, find(&["value", "tagvalue"])?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::plan::CloudName;

    #[test]
    fn tags_are_recognised_in_all_their_forms() {
        let catalog = Catalog::open(None).unwrap();
        for (service, operation, member, form) in [
            ("ec2", "CreateTags", "Tags", Some(("Key", "Value"))),
            ("kms", "TagResource", "Tags", Some(("TagKey", "TagValue"))),
            ("lambda", "TagResource", "Tags", None),
        ] {
            let service = catalog.service(CloudName::Aws, service).unwrap();
            let input = service.shape(service.operation(operation).unwrap().input.unwrap());
            let found = tags_of(&service, input.member(member).unwrap()).unwrap();
            let wanted = form.map_or(TagForm::Map, |(k, v)| TagForm::Pairs(k.into(), v.into()));
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn the_name_of_a_new_thing_is_found_inside_the_answer() {
        let ec2 = Catalog::open(None).unwrap().service(CloudName::Aws, "ec2").unwrap();
        assert!(has_in_output(&ec2, ec2.operation("RunInstances").unwrap(), "InstanceId"));
        assert!(has_in_output(&ec2, ec2.operation("CreateVpc").unwrap(), "VpcId"));
        assert!(!has_in_output(&ec2, ec2.operation("CreateVpc").unwrap(), "RouteTableId"));
    }
}
