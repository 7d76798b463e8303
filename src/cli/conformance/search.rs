//! `conformance search`: operations from words.

use std::str::FromStr;

use serde_json::{Value, json};

use super::lines::LineError;
use crate::catalog::Catalog;
use crate::plan::CloudName;

/// Hits when a line does not say how many.
const USUAL_LIMIT: u64 = 10;

/// Answers one line.
///
/// # Errors
///
/// The query is missing or the cloud is not one.
pub(crate) fn answer(catalog: &Catalog, request: &Value) -> Result<Value, LineError> {
    let query = request
        .get("query")
        .and_then(Value::as_str)
        .ok_or_else(|| LineError::new("invalid", "query: must be a text"))?;
    let cloud = match request.get("cloud") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => {
            Some(CloudName::from_str(name).map_err(|e| LineError::new("invalid", format!("cloud: {e}")))?)
        }
        Some(other) => {
            return Err(LineError::new("invalid", format!("cloud: must be a text, found {other}")));
        }
    };
    let limit = request.get("limit").and_then(Value::as_u64).unwrap_or(USUAL_LIMIT).min(1000);
    let hits: Vec<Value> = catalog
        .search(query, cloud, usize::try_from(limit).unwrap_or(0))
        .into_iter()
        .map(|hit| json!(hit.operation))
        .collect();
    Ok(json!({"hits": hits}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_answered_with_names_best_first() {
        let catalog = Catalog::open(None).unwrap();
        let answer =
            answer(&catalog, &json!({"query": "create a bucket", "cloud": "aws", "limit": 2})).unwrap();
        assert_eq!(answer["hits"][0], json!({"cloud": "aws", "service": "s3", "operation": "CreateBucket"}));
        assert_eq!(answer["hits"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_line_that_does_not_fit_names_the_member() {
        let catalog = Catalog::open(None).unwrap();
        assert!(answer(&catalog, &json!({})).unwrap_err().message.contains("query"));
        assert!(
            answer(&catalog, &json!({"query": "x", "cloud": "gcp"})).unwrap_err().message.contains("gcp")
        );
    }
}
