//! Rule sets and the endpoint that they give.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use thiserror::Error;

use super::Partitions;
use super::expression::{Scope, evaluate, fill, template};
use super::function::truthy;
use crate::catalog::shapes::Service;
use crate::catalog::{Catalog, CatalogError};

/// Rules may nest this deep; AWS's own nest about twenty deep.
const DEEPEST: usize = 100;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// The base URL.
    pub url: String,
    /// What else the rules say, for example how to sign.
    pub properties: Map<String, Value>,
    /// Headers that the rules add.
    pub headers: Map<String, Value>,
}

/// Why there is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// The rules say so.
    #[error("{0}")]
    Refused(String),
    /// No rule fits.
    #[error("no rule fits these endpoint parameters")]
    NoRule,
    /// The rule set is no rule set.
    #[error("the endpoint rules cannot be read: {0}")]
    Broken(String),
}

/// A rule set.
pub struct RuleSet {
    document: Value,
    /// What the latest parameters came to: the steps of a plan mostly go to the same place.
    latest: Mutex<Option<(Map<String, Value>, Endpoint)>>,
}

impl RuleSet {
    /// Reads a rule set.
    ///
    /// # Errors
    ///
    /// The text is no JSON object with parameters and rules.
    pub fn read(text: &str) -> Result<Self, EndpointError> {
        let document: Value = serde_json::from_str(text).map_err(|e| EndpointError::Broken(e.to_string()))?;
        Self::new(document)
    }

    /// Takes a rule set that was read already.
    ///
    /// # Errors
    ///
    /// It is no JSON object with parameters and rules.
    pub fn new(document: Value) -> Result<Self, EndpointError> {
        if document["parameters"].is_object() && document["rules"].is_array() {
            Ok(Self { document, latest: Mutex::default() })
        } else {
            Err(EndpointError::Broken("parameters or rules are missing".into()))
        }
    }

    /// The declared parameters: name, then type, default, and built-in.
    pub fn parameters(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.document["parameters"].as_object().into_iter().flatten()
    }

    /// The endpoint for these parameters.
    ///
    /// # Errors
    ///
    /// The rules refuse, no rule fits, or a required parameter is missing.
    pub fn resolve(
        &self,
        given: &Map<String, Value>,
        partitions: &Partitions,
    ) -> Result<Endpoint, EndpointError> {
        if let Some((params, endpoint)) = &*self.latest.lock().unwrap_or_else(PoisonError::into_inner)
            && params == given
        {
            return Ok(endpoint.clone());
        }
        let mut scope = Scope::new();
        for (name, declared) in self.parameters() {
            let value = given.get(name).filter(|v| !v.is_null()).or_else(|| declared.get("default"));
            match value {
                Some(value) => {
                    scope.insert(name.clone(), value.clone());
                }
                None if declared["required"] == Value::Bool(true) => {
                    return Err(EndpointError::Refused(format!("the endpoint parameter {name} is required")));
                }
                None => {}
            }
        }
        let rules = self.document["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
        let endpoint = first_fit(rules, &scope, partitions, 0)?.ok_or(EndpointError::NoRule)?;
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some((given.clone(), endpoint.clone()));
        Ok(endpoint)
    }
}

fn first_fit(
    rules: &[Value],
    scope: &Scope,
    partitions: &Partitions,
    depth: usize,
) -> Result<Option<Endpoint>, EndpointError> {
    if depth > DEEPEST {
        return Err(EndpointError::Broken("the rules nest too deep".into()));
    }
    for rule in rules {
        let mut own = None;
        if !conditions_hold(rule, scope, &mut own, partitions) {
            continue;
        }
        let scope = own.as_ref().unwrap_or(scope);
        match rule["type"].as_str() {
            Some("error") => {
                let message = evaluate(&rule["error"], scope, partitions);
                return Err(EndpointError::Refused(message.as_str().unwrap_or_default().to_owned()));
            }
            Some("endpoint") => return Ok(Some(endpoint(&rule["endpoint"], scope, partitions))),
            Some("tree") => {
                let inner = rule["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
                // A branch whose conditions hold must give an endpoint or an error.
                return first_fit(inner, scope, partitions, depth + 1)?
                    .map(Some)
                    .ok_or(EndpointError::NoRule);
            }
            other => return Err(EndpointError::Broken(format!("unknown rule type {other:?}"))),
        }
    }
    Ok(None)
}

/// Whether all conditions hold; names that they assign go into a scope of the rule's own.
fn conditions_hold(rule: &Value, outer: &Scope, own: &mut Option<Scope>, partitions: &Partitions) -> bool {
    for condition in rule["conditions"].as_array().into_iter().flatten() {
        let value = evaluate(condition, own.as_ref().unwrap_or(outer), partitions);
        if !truthy(Some(&value)) {
            return false;
        }
        if let Some(name) = condition["assign"].as_str() {
            own.get_or_insert_with(|| outer.clone()).insert(name.to_owned(), value);
        }
    }
    true
}

fn endpoint(rule: &Value, scope: &Scope, partitions: &Partitions) -> Endpoint {
    let url = match &rule["url"] {
        Value::String(text) => template(text, scope),
        expression => evaluate(expression, scope, partitions).as_str().unwrap_or_default().to_owned(),
    };
    let mut headers = Map::new();
    for (name, values) in rule["headers"].as_object().into_iter().flatten() {
        let values: Vec<Value> =
            values.as_array().into_iter().flatten().map(|v| evaluate(v, scope, partitions)).collect();
        headers.insert(name.clone(), Value::Array(values));
    }
    let properties = fill(&rule["properties"], scope).as_object().cloned().unwrap_or_default();
    Endpoint { url, properties, headers }
}

/// The surroundings of all rule sets: partitions, and the sets that were read already.
pub struct Endpoints {
    partitions: Partitions,
    sets: Mutex<HashMap<String, Arc<RuleSet>>>,
}

impl Endpoints {
    /// The surroundings that a catalog brings.
    ///
    /// # Errors
    ///
    /// The catalog's partitions are damaged.
    pub fn new(catalog: &Catalog) -> Result<Self, CatalogError> {
        Ok(Self::with(&*catalog.partitions()?))
    }

    /// The surroundings of a partitions document.
    #[must_use]
    pub fn with(partitions: &Value) -> Self {
        Self { partitions: Partitions::read(partitions), sets: Mutex::default() }
    }

    /// The partitions.
    #[must_use]
    pub fn partitions(&self) -> &Partitions {
        &self.partitions
    }

    /// The rule set of a service; nothing when it has none.
    ///
    /// # Errors
    ///
    /// The rule set cannot be read.
    pub fn rule_set(&self, service: &Service) -> Result<Option<Arc<RuleSet>>, EndpointError> {
        let Some(text) = &service.traits.endpoint_rules else { return Ok(None) };
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = sets.get(&service.name) {
            return Ok(Some(found.clone()));
        }
        let set = Arc::new(RuleSet::read(text)?);
        sets.insert(service.name.clone(), set.clone());
        Ok(Some(set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn set() -> RuleSet {
        RuleSet::new(json!({
            "parameters": {"Region": {"type": "String", "required": true}, "Fips": {"type": "Boolean", "default": false}},
            "rules": [
                {"type": "error", "conditions": [{"fn": "booleanEquals", "argv": [{"ref": "Fips"}, true]}], "error": "no FIPS in {Region}"},
                {"type": "tree", "conditions": [{"fn": "aws.partition", "argv": [{"ref": "Region"}], "assign": "P"}], "rules": [
                    {"type": "endpoint", "conditions": [], "endpoint": {"url": "https://x.{Region}.{P#dnsSuffix}",
                        "properties": {"authSchemes": [{"name": "sigv4", "signingRegion": "{Region}"}]}, "headers": {}}},
                ]},
            ],
        }))
        .unwrap()
    }

    fn partitions() -> Partitions {
        Partitions::read(
            &json!({"partitions": [{"id": "aws", "outputs": {"dnsSuffix": "amazonaws.com"}, "regions": {"eu-central-1": {}}}]}),
        )
    }

    #[test]
    fn the_first_rule_that_fits_gives_the_endpoint() {
        let given = json!({"Region": "eu-central-1"});
        let endpoint = set().resolve(given.as_object().unwrap(), &partitions()).unwrap();
        assert_eq!(endpoint.url, "https://x.eu-central-1.amazonaws.com");
        assert_eq!(endpoint.properties["authSchemes"][0]["signingRegion"], "eu-central-1");
    }

    #[test]
    fn other_parameters_go_to_another_place_and_back() {
        let set = set();
        let url = |region: &str| {
            let given = json!({"Region": region});
            set.resolve(given.as_object().unwrap(), &partitions()).map(|endpoint| endpoint.url)
        };
        let frankfurt = url("eu-central-1").unwrap();
        assert_eq!(url("eu-central-1").unwrap(), frankfurt);
        assert_ne!(url("eu-west-1").unwrap(), frankfurt);
        assert_eq!(url("eu-central-1").unwrap(), frankfurt);
    }

    #[test]
    fn refusals_and_missing_parameters_are_named() {
        let given = json!({"Region": "r", "Fips": true});
        let error = set().resolve(given.as_object().unwrap(), &partitions()).unwrap_err();
        assert_eq!(error, EndpointError::Refused("no FIPS in r".into()));
        let error = set().resolve(&Map::new(), &partitions()).unwrap_err();
        assert!(error.to_string().contains("Region is required"));
    }

    #[test]
    fn what_is_no_rule_set_is_refused_and_deep_nesting_ends() {
        assert!(RuleSet::read("{}").is_err() && RuleSet::read("nonsense").is_err());
        let mut rule = json!({"type": "endpoint", "conditions": [], "endpoint": {"url": "u"}});
        for _ in 0..110 {
            rule = json!({"type": "tree", "conditions": [], "rules": [rule]});
        }
        let set = RuleSet::new(json!({"parameters": {}, "rules": [rule]})).unwrap();
        assert!(matches!(set.resolve(&Map::new(), &partitions()), Err(EndpointError::Broken(_))));
    }
}
