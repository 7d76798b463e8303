//! The services that a checker's lines speak of: the catalog's, or inline models.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::lines::LineError;
use crate::catalog::Catalog;
use crate::catalog::compile::botocore::service_from_models;
use crate::catalog::shapes::Service;
use crate::cli::CliError;
use crate::clouds::aws::endpoint::Endpoints;
use crate::clouds::oci::endpoint::Realms;
use crate::plan::{CloudName, OperationName};

/// The catalog, and the inline models that were compiled already.
pub(crate) struct Models {
    catalog: Catalog,
    endpoints: Endpoints,
    realms: Realms,
    inline: Mutex<HashMap<String, Arc<Service>>>,
}

impl Models {
    pub(crate) fn open() -> Result<Self, CliError> {
        let catalog = Catalog::open(None).map_err(CliError::failed)?;
        let endpoints = Endpoints::new(&catalog).map_err(CliError::failed)?;
        let realms = Realms::new(&catalog).map_err(CliError::failed)?;
        Ok(Self { catalog, endpoints, realms, inline: Mutex::default() })
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    pub(crate) fn realms(&self) -> &Realms {
        &self.realms
    }

    /// The service of a line and the position of its operation.
    pub(crate) fn operation(&self, line: &Value) -> Result<(Arc<Service>, usize), LineError> {
        let name =
            text(line, "operation").ok_or_else(|| LineError::new("invalid", "operation is missing"))?;
        let service = match line.get("model").filter(|m| !m.is_null()) {
            Some(model) => self.inline(&text(line, "service").unwrap_or_default(), model)?,
            None => {
                let cloud: CloudName = text(line, "cloud")
                    .unwrap_or_else(|| "aws".into())
                    .parse()
                    .map_err(|e: String| LineError::new("invalid", e))?;
                let wanted = OperationName::new(cloud, text(line, "service").unwrap_or_default(), &name);
                let found = self.catalog.operation(&wanted);
                found.map_err(|e| LineError::new("unknown_operation", e.to_string()))?.service().clone()
            }
        };
        let position = service.operations.binary_search_by(|o| o.name.as_str().cmp(&name));
        let position = position.map_err(|_| {
            LineError::new("unknown_operation", format!("{} has no operation `{name}`", service.name))
        })?;
        Ok((service, position))
    }

    fn inline(&self, name: &str, model: &Value) -> Result<Arc<Service>, LineError> {
        let key = format!("{name}\n{model}");
        let mut inline = self.inline.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = inline.get(&key) {
            return Ok(service.clone());
        }
        let service = service_from_models(name, model, None, None, None)
            .map_err(|e| LineError::new("model", e.to_string()))?;
        let service = Arc::new(service);
        if inline.len() > 64 {
            inline.clear();
        }
        inline.insert(key, service.clone());
        Ok(service)
    }
}

/// A text member of a line.
pub(crate) fn text(line: &Value, member: &str) -> Option<String> {
    line.get(member)?.as_str().map(str::to_owned)
}
