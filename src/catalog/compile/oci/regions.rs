//! Realms, regions, and the older endpoints of regions that are given as a domain.

use serde_json::{Map, Value};

use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{Distribution, Literal, Module, assigned};

/// `{"short_names", "region_realms", "realms", "service_endpoints"}`, each text to text.
pub(super) fn read(package: &mut Distribution) -> Result<Value, CompileError> {
    let definitions = package.module("oci/regions_definitions.py")?;
    let endpoints = package.module("oci/service_endpoints.py")?;
    let mut out = Map::new();
    for (module, name, key) in [
        (&definitions, "REGIONS_SHORT_NAMES", "short_names"),
        (&definitions, "REGION_REALMS", "region_realms"),
        (&definitions, "REALMS", "realms"),
        (&endpoints, "SERVICE_ENDPOINTS", "service_endpoints"),
    ] {
        out.insert(key.to_owned(), pairs(module, name)?);
    }
    Ok(Value::Object(out))
}

fn pairs(module: &Module, name: &str) -> Result<Value, CompileError> {
    let value = assigned(module.body(), name).ok_or_else(|| module.lacks(name))?;
    let pairs = Literal::read(module, value)?.text_pairs();
    let pairs = pairs.ok_or_else(|| module.error(value, format!("{name} must map text to text")))?;
    Ok(pairs.into_iter().map(|(key, value)| (key, Value::from(value))).collect::<Map<_, _>>().into())
}
