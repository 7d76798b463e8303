//! `conformance shapes`: what the catalog says of a service's named structures.

use serde_json::{Map, Value, json};

use super::lines::LineError;
use super::model::text;
use crate::catalog::Catalog;
use crate::catalog::shapes::{Service, Shape, ShapeKind};
use crate::plan::CloudName;

/// Structures inside structures that are followed where they have no name of their own.
const DEEPEST: usize = 16;

/// Answers one line.
///
/// # Errors
///
/// There is no such service.
pub(crate) fn answer(catalog: &Catalog, line: &Value) -> Result<Value, LineError> {
    let cloud: CloudName = text(line, "cloud")
        .unwrap_or_else(|| "aws".into())
        .parse()
        .map_err(|e: String| LineError::new("invalid", e))?;
    let service = catalog.service(cloud, &text(line, "service").unwrap_or_default());
    let service = service.map_err(|e| LineError::new("unknown_service", e.to_string()))?;
    let named = |shape: &&Shape| !shape.name.is_empty() && matches!(shape.kind, ShapeKind::Structure { .. });
    let shapes: Vec<Value> =
        service.shapes.iter().filter(named).map(|shape| structure(&service, shape)).collect();
    Ok(json!({"shapes": shapes}))
}

fn structure(service: &Service, shape: &Shape) -> Value {
    let variants: Map<String, Value> = shape
        .traits
        .variants
        .iter()
        .map(|(value, id)| (value.clone(), Value::from(service.shape(*id).name.as_str())))
        .collect();
    json!({
        "name": shape.name,
        "members": members(service, shape, 0),
        "discriminator": shape.traits.discriminator,
        "variants": variants,
    })
}

/// Members by their names; those of structures without a name by their paths, with dots.
fn members(service: &Service, shape: &Shape, depth: usize) -> Map<String, Value> {
    let mut out = Map::new();
    // What stands for other members has no name on the wire.
    for member in shape.members().iter().filter(|member| member.wire_name.as_deref() != Some("")) {
        let inner = service.shape(member.shape);
        let value = match &inner.kind {
            ShapeKind::List { member } => service.shape(member.shape),
            _ => inner,
        };
        if inner.name.is_empty() && matches!(inner.kind, ShapeKind::Structure { .. }) && depth < DEEPEST {
            for (path, facts) in members(service, inner, depth + 1) {
                out.insert(format!("{}.{path}", member.name), facts);
            }
            continue;
        }
        out.insert(
            member.name.clone(),
            json!({
                "required": member.required,
                "read_only": member.traits.read_only,
                "write_only": member.traits.write_only,
                "allowed": value.traits.allowed,
            }),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_tells_what_its_structures_hold() {
        let catalog = Catalog::open(None).unwrap();
        let answer = answer(&catalog, &json!({"cloud": "azure", "service": "compute"})).unwrap();
        let shapes = answer["shapes"].as_array().unwrap();
        let vm = shapes.iter().find(|s| s["name"] == "VirtualMachine").unwrap();
        assert_eq!(vm["members"]["location"]["required"], true);
        assert_eq!(vm["members"]["id"]["read_only"], true);
    }

    #[test]
    fn a_service_that_does_not_exist_is_an_error() {
        let catalog = Catalog::open(None).unwrap();
        let error = answer(&catalog, &json!({"cloud": "azure", "service": "compte"})).unwrap_err();
        assert!(error.message.contains("compute"), "{}", error.message);
    }
}
