//! `conformance endpoint`: the endpoint that a rule set gives.

use serde_json::{Map, Value, json};

use super::lines::LineError;
use super::model::{Models, text};
use crate::clouds::aws::endpoint::{EndpointError, RuleSet};
use crate::plan::CloudName;

/// Answers one line.
pub(crate) fn answer(models: &Models, line: &Value) -> Result<Value, LineError> {
    let empty = Map::new();
    let params = line["params"].as_object().unwrap_or(&empty);
    let partitions = models.endpoints().partitions();
    let refused = |e: EndpointError| LineError::new("endpoint", e.to_string());
    let endpoint = match line.get("ruleset").filter(|r| !r.is_null()) {
        Some(rules) => RuleSet::new(rules.clone()).and_then(|r| r.resolve(params, partitions)),
        None => {
            let name = text(line, "service").unwrap_or_default();
            let service = models
                .catalog()
                .service(CloudName::Aws, &name)
                .map_err(|e| LineError::new("unknown_service", e.to_string()))?;
            let rules = models.endpoints().rule_set(&service).map_err(refused)?;
            let rules =
                rules.ok_or_else(|| LineError::new("endpoint", format!("{name} has no endpoint rules")))?;
            rules.resolve(params, partitions)
        }
    };
    let endpoint = endpoint.map_err(refused)?;
    Ok(json!({"url": endpoint.url, "properties": endpoint.properties, "headers": endpoint.headers}))
}
