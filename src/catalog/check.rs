//! A plan against the catalog: operations and parameters that do not exist, values that do not fit, and
//! references to members of answers that cannot exist, are found before anything runs.

use super::shapes::ShapeKind;
use super::validate::{Strictness, nearest, validate};
use super::{Catalog, CatalogError};
use crate::plan::{OperationName, PathPart, Plan, Undo, output_paths};

/// Everything that is wrong with a plan as far as the catalog can tell, in the order of the steps.
#[must_use]
pub fn check(catalog: &Catalog, plan: &Plan) -> Vec<String> {
    let mut problems = Vec::new();
    for step in &plan.steps {
        match catalog.operation(&step.operation_name()) {
            Err(error) => problems.push(format!("step `{}`: {error}", step.id)),
            Ok(found) => {
                let wrong = validate(found.service(), found.operation(), &step.params, Strictness::Planning);
                problems.extend(wrong.into_iter().map(|problem| format!("step `{}`: {problem}", step.id)));
            }
        }
        if let Undo::Call { operation, .. } = &step.undo {
            let undo = OperationName::new(step.cloud, &step.service, operation);
            // An unknown service is told above.
            if let Err(error @ CatalogError::UnknownOperation { .. }) = catalog.operation(&undo) {
                problems.push(format!("step `{}`, undo: {error}", step.id));
            }
        }
        for (place, other, path) in output_paths(&step.params) {
            if let Some(problem) = cannot_exist(catalog, plan, &other, &path) {
                problems.push(format!("step `{}`, {place}: {problem}", step.id));
            }
        }
    }
    problems
}

/// Why the answer of a step cannot have a member, if the catalog is sure.
fn cannot_exist(catalog: &Catalog, plan: &Plan, step: &str, path: &[PathPart]) -> Option<String> {
    let step = plan.step(step)?;
    let found = catalog.operation(&step.operation_name()).ok()?;
    let service = found.service();
    let mut at = match found.operation().output {
        Some(output) => output,
        None if path.is_empty() => return None,
        None => return Some(format!("{} answers nothing that could be referred to", step.operation)),
    };
    let mut place = String::from("output");
    for part in path {
        let shape = service.shape(at);
        match (part, &shape.kind) {
            (PathPart::Member(name), ShapeKind::Structure { .. }) => match shape.member(name) {
                Some(member) => {
                    place = format!("{place}.{name}");
                    at = member.shape;
                }
                None => {
                    let known = shape.members().iter().map(|m| m.name.as_str());
                    let hint = nearest(name, known)
                        .map(|near| format!("; did you mean `{near}`?"))
                        .unwrap_or_default();
                    return Some(format!("`{place}` of step `{}` has no `{name}`{hint}", step.id));
                }
            },
            (PathPart::Index, ShapeKind::List { member }) => {
                place = format!("{place}[]");
                at = member.shape;
            }
            (PathPart::Member(name), ShapeKind::List { .. }) => {
                return Some(format!(
                    "`{place}` of step `{}` is a list: write `{place}[0].{name}` for its first item",
                    step.id
                ));
            }
            // Maps and documents may hold anything.
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems(reference: &str) -> Vec<String> {
        let plan = Plan::from_value(json!({"version": 1, "name": "x", "steps": [
            {"id": "vpc", "cloud": "aws", "service": "ec2", "operation": "CreateVpc", "params": {}},
            {"id": "gone", "cloud": "aws", "service": "ec2", "operation": "DeleteVpc",
             "params": {"VpcId": format!("${{{{ {reference} }}}}")}},
        ]}))
        .unwrap();
        check(&Catalog::open(None).unwrap(), &plan)
    }

    #[test]
    fn a_member_that_the_answer_has_is_fine() {
        assert_eq!(problems("steps.vpc.output.Vpc.VpcId"), Vec::<String>::new());
        assert_eq!(problems("steps.vpc.output.Vpc.Tags[0].Value"), Vec::<String>::new());
        assert_eq!(problems("steps.vpc.output.Vpc.Tags[?Key=='a'].Value | [0]"), Vec::<String>::new());
    }

    #[test]
    fn a_member_that_cannot_exist_is_named_with_the_nearest_one() {
        let found = problems("steps.vpc.output.Vpc.VpcID");
        assert_eq!(
            found,
            ["step `gone`, $.VpcId: `output.Vpc` of step `vpc` has no `VpcID`; did you mean `VpcId`?"]
        );
        assert!(problems("steps.vpc.output.Subnet")[0].contains("has no `Subnet`"));
    }

    #[test]
    fn a_list_is_told_to_need_an_index() {
        assert!(problems("steps.vpc.output.Vpc.Tags.Value")[0].contains("output.Vpc.Tags[0].Value"));
    }

    #[test]
    fn an_operation_that_does_not_exist_is_named_with_the_nearest_one() {
        let plan = Plan::from_value(json!({"version": 1, "name": "x", "steps": [
            {"id": "a", "cloud": "aws", "service": "ec2", "operation": "CreateVpcs"},
        ]}))
        .unwrap();
        let found = check(&Catalog::open(None).unwrap(), &plan);
        assert!(found[0].starts_with("step `a`") && found[0].contains("CreateVpc"), "{found:?}");
    }

    #[test]
    fn an_undo_that_does_not_exist_is_named() {
        let plan = Plan::from_value(json!({"version": 1, "name": "x", "steps": [
            {"id": "a", "cloud": "aws", "service": "ec2", "operation": "CreateVpc", "params": {},
             "undo": {"operation": "DeleteVpcs", "params": {}}},
        ]}))
        .unwrap();
        let found = check(&Catalog::open(None).unwrap(), &plan);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("undo") && found[0].contains("DeleteVpc"), "{found:?}");
    }
}
