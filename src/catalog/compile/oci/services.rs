//! Every service of the package.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::names::pascal;
use super::service::Named;
use super::shape::Models;
use super::{await_state, client, model, regions, service};
use crate::catalog::compile::each::each;
use crate::catalog::compile::python::Distribution;
use crate::catalog::compile::{CompileError, Compiled, Watch};
use crate::catalog::docs::Docs;
use crate::catalog::shapes::Service;

/// The files of a module.
#[derive(Default)]
struct Files {
    models: Vec<String>,
    clients: Vec<String>,
}

/// Compiles every service of the `oci` package: a wheel, or the folder that it is installed in.
///
/// # Errors
///
/// The package cannot be read, or nothing in it is understood.
pub fn compile(path: &Path, watch: Watch<'_>) -> Result<Compiled, CompileError> {
    let missing = || CompileError::Missing {
        path: path.to_owned(),
        wanted: "`oci` package".into(),
        hint: "its wheel, or the folder that it is installed in".into(),
    };
    let mut package =
        Distribution::all(path)?.into_iter().rfind(|d| d.name() == "oci").ok_or_else(missing)?;
    let modules = modules(&package);
    if modules.is_empty() {
        return Err(missing());
    }
    let (services, unread) = each(
        &modules,
        |(name, _)| name.as_str(),
        watch,
        |(name, files)| {
            // The clone shares the bytes.
            let mut docs = Docs::default();
            module(&mut package.clone(), name, files, &mut docs).map(|services| (services, docs))
        },
    )?;
    let (services, docs): (Vec<Vec<Service>>, Vec<Docs>) = services.into_iter().unzip();
    let mut services: Vec<Service> = services.into_iter().flatten().collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    let partitions = regions::read(&mut package)?;
    Ok(Compiled {
        version: package.version().to_owned(),
        services,
        unread,
        partitions,
        docs: docs.into_iter().collect(),
    })
}

/// The modules that have models, those with the most files first, so that the last ones are small.
fn modules(package: &Distribution) -> Vec<(String, Files)> {
    let mut modules: BTreeMap<&str, Files> = BTreeMap::new();
    for file in package.files() {
        let mut parts = file.split('/');
        let (Some("oci"), Some(module), Some(third)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        match (third, parts.next(), parts.next()) {
            ("models", Some(name), None) if name.ends_with(".py") && name != "__init__.py" => {
                modules.entry(module).or_default().models.push(file.clone());
            }
            // The asynchronous twins repeat operations of the plain clients.
            (name, None, None) if name.ends_with("_client.py") && !name.starts_with("async_") => {
                modules.entry(module).or_default().clients.push(file.clone());
            }
            _ => {}
        }
    }
    let mut modules: Vec<(String, Files)> = modules
        .into_iter()
        // `auth` has a client without models, which fetches tokens.
        .filter(|(_, files)| !files.models.is_empty())
        .map(|(name, files)| (name.to_owned(), files))
        .collect();
    modules.sort_by_key(|(_, files)| std::cmp::Reverse(files.models.len()));
    modules
}

fn module(
    package: &mut Distribution,
    name: &str,
    files: &Files,
    docs: &mut Docs,
) -> Result<Vec<Service>, CompileError> {
    let mut models = Models::new();
    for file in &files.models {
        for model in model::read(&package.module(file)?)? {
            models.insert(model.name.clone(), model);
        }
    }
    let mut clients = Vec::new();
    for file in &files.clients {
        let stem =
            file.rsplit('/').next().and_then(|file| file.strip_suffix("_client.py")).unwrap_or_default();
        let client = client::read(&package.module(file)?)?;
        clients.push(Named { name: format!("{name}.{stem}"), file: file.clone(), client });
    }
    let mut services = Vec::new();
    for named in &clients {
        let composite = named.file.replace("_client.py", "_client_composite_operations.py");
        let awaits = match package.has(&composite) {
            true => await_state::read(&package.module(&composite)?)?,
            false => HashMap::new(),
        };
        for operation in &named.client.operations {
            docs.add(&named.name, &pascal(&operation.name), operation.about.clone());
        }
        services.push(service::assemble(named, &clients, &models, &awaits)?);
    }
    Ok(services)
}
