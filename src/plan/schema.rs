//! The published schema of plans.

use serde_json::Value;

/// The JSON Schema (2020-12) of a plan, as `provisioner plan schema` prints it.
#[must_use]
pub fn schema() -> Value {
    // The file is part of the program and read by a test, so it is always valid JSON.
    serde_json::from_str(include_str!("schema.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_json_and_names_every_member_of_a_step() {
        let schema = schema();
        let step = &schema["$defs"]["step"]["properties"];
        let full = super::super::Step {
            id: "a".into(),
            cloud: super::super::CloudName::Aws,
            service: "s3".into(),
            operation: "CreateBucket".into(),
            region: Some("eu-central-1".into()),
            account: Some("1".into()),
            params: serde_json::json!({}),
            purpose: "p".into(),
            after: vec!["b".into()],
            wait: super::super::Wait::None,
            undo: super::super::Undo::None,
        };
        let written = serde_json::to_value(full).unwrap();
        for member in written.as_object().unwrap().keys() {
            assert!(step.get(member).is_some(), "{member} is not in the schema");
        }
        assert_eq!(step.as_object().unwrap().len(), written.as_object().unwrap().len());
    }
}
