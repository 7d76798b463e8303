//! Secrets that stand in a plan letter for letter.

use serde_json::Value;

use crate::plan::{Step, is_reference};
use crate::text::{MASK, is_secret_name};

/// JSON paths of the parameters that hold a secret itself instead of a reference to one.
/// The values are never returned.
pub(super) fn literal_secrets(step: &Step) -> Vec<String> {
    let mut found = Vec::new();
    walk(&step.params, &mut String::from("$"), &mut found);
    found
}

fn walk(value: &Value, path: &mut String, found: &mut Vec<String>) {
    let length = path.len();
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                path.push('.');
                path.push_str(name);
                let literal = inner
                    .as_str()
                    .is_some_and(|text| !text.is_empty() && !is_reference(text) && !is_pointer(text));
                if is_secret_name(name) && literal {
                    found.push(path.clone());
                } else {
                    walk(inner, path, found);
                }
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                walk(item, path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// A mask, an ARN, a vault address, or a dynamic reference names a secret without holding it.
fn is_pointer(text: &str) -> bool {
    text == MASK
        || ["arn:", "https://", "ocid1.", "{{resolve:", "projects/"]
            .iter()
            .any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn of(params: Value) -> Vec<String> {
        let step = json!({"id": "a", "cloud": "aws", "service": "x", "operation": "Y", "params": params});
        literal_secrets(&serde_json::from_value(step).unwrap())
    }

    #[test]
    fn a_literal_is_found_at_any_depth_and_a_reference_is_none() {
        assert_eq!(
            of(
                json!({"MasterUserPassword": "hunter2", "body": {"properties": {"osProfile": {"adminPassword": "x"}}}})
            ),
            ["$.MasterUserPassword", "$.body.properties.osProfile.adminPassword"]
        );
        assert_eq!(
            of(json!({
                "Password": "${{ steps.secret.output.SecretString }}", "SecretArn": "arn:aws:x",
                "Auth": {"Secret": "arn:aws:secretsmanager:eu-central-1:1:secret:x"}, "ManageMasterUserPassword": true,
            })),
            Vec::<String>::new()
        );
    }
}
