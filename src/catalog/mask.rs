//! Secrets out of answers and parameters, by the marks of the model and by name.

use serde_json::Value;

use super::shapes::{Service, ShapeId, ShapeKind};
use crate::text::{MASK, mask_named};

/// A copy in which every value that the model marks as sensitive, or that has a secret's name,
/// is masked. Values that the model does not know are masked by name alone.
#[must_use]
pub fn mask(service: &Service, shape: Option<ShapeId>, value: &Value) -> Value {
    let marked = shape.map_or_else(|| value.clone(), |id| mask_marked(service, id, value));
    mask_named(&marked)
}

fn mask_marked(service: &Service, id: ShapeId, value: &Value) -> Value {
    let shape = service.shape(id);
    if shape.traits.sensitive && hides(value) {
        return Value::from(MASK);
    }
    match (&shape.kind, value) {
        (ShapeKind::Structure { .. }, Value::Object(members)) => Value::Object(
            members
                .iter()
                .map(|(name, inner)| {
                    let inner = match shape.member(name) {
                        Some(member) if member.traits.sensitive && hides(inner) => Value::from(MASK),
                        Some(member) => mask_marked(service, member.shape, inner),
                        None => inner.clone(),
                    };
                    (name.clone(), inner)
                })
                .collect(),
        ),
        (ShapeKind::List { member }, Value::Array(items)) => {
            Value::Array(items.iter().map(|item| mask_marked(service, member.shape, item)).collect())
        }
        (ShapeKind::Map { value: member, .. }, Value::Object(entries)) => Value::Object(
            entries
                .iter()
                .map(|(key, inner)| (key.clone(), mask_marked(service, member.shape, inner)))
                .collect(),
        ),
        _ => value.clone(),
    }
}

/// Absence, emptiness, and yes or no are no secrets, and references hold nothing.
fn hides(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(text) => !(text.starts_with("${{") && text.ends_with("}}")),
        Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::compile::botocore::service_from_models;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    #[test]
    fn marks_of_the_model_and_names_mask_at_any_depth() {
        let model = json!({
            "metadata": {"apiVersion": "1", "endpointPrefix": "x", "protocol": "json", "jsonVersion": "1.0"},
            "operations": {"Get": {"name": "Get", "http": {"method": "POST", "requestUri": "/"}, "output": {"shape": "Out"}}},
            "shapes": {
                "Out": {"type": "structure", "members": {"Items": {"shape": "Items"}, "Env": {"shape": "Env"}}},
                "Items": {"type": "list", "member": {"shape": "Item"}},
                "Item": {"type": "structure", "members": {"Name": {"shape": "Text"}, "Content": {"shape": "Hidden"}}},
                "Env": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Hidden"}},
                "Text": {"type": "string"}, "Hidden": {"type": "string", "sensitive": true},
            },
        });
        let service = service_from_models("x", &model, None, None, None).unwrap();
        let shape = service.operation("Get").unwrap().output;
        let answer = json!({
            "Items": [{"Name": "a", "Content": "c"}, {"Content": null}], "Env": {"TOKEN": "t"},
            "Unknown": {"Password": "p", "Ref": "r"},
        });
        assert_eq!(
            mask(&service, shape, &answer),
            json!({
                "Items": [{"Name": "a", "Content": MASK}, {"Content": null}], "Env": {"TOKEN": MASK},
                "Unknown": {"Password": MASK, "Ref": "r"},
            })
        );
    }

    #[test]
    fn emptiness_hides_nothing() {
        for value in [json!([]), json!({}), json!(null), json!(true), json!("${{ steps.a.output.B }}")] {
            assert!(!hides(&value), "{value}");
        }
        for value in [json!(["a"]), json!({"a": 1}), json!(""), json!(7)] {
            assert!(hides(&value), "{value}");
        }
    }
}
