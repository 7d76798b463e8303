//! Every service of many packages.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::client::{self, Client};
use super::kind::Kind;
use super::model::{Limits, Models};
use super::operation::{self, Found, Group};
use super::packages::{Package, PackageList};
use super::resolve::Config;
use super::shapes::Shapes;
use super::{mapped, names, rest};
use crate::catalog::compile::each::each;
use crate::catalog::compile::python::{Distribution, Literal, Module, assignments, bases, class, classes};
use crate::catalog::compile::{CompileError, Unread, Watch};
use crate::catalog::docs::Docs;
use crate::catalog::shapes::{
    ArmService, Location, Member, Operation, OperationTraits, Protocol, Service, ServiceTraits, Shape,
    ShapeId, ShapeKind, ShapeTraits,
};
use crate::plan::CloudName;

/// Compiled packages.
pub struct Compiled {
    /// The services, by name, sorted.
    pub services: Vec<Service>,
    /// What is not understood.
    pub unread: Vec<Unread>,
    /// What the packages say about their operations, in a sentence each.
    pub docs: Docs,
    /// The packages that were compiled, by name, sorted.
    pub packages: Vec<Package>,
    /// Packages that lay there and are not in the list, by name.
    pub left_out: Vec<String>,
    /// Packages of the list that were not there, by name.
    pub absent: Vec<String>,
}

/// Compiles those of the packages that are in a list. `path` is where they were found, for errors.
///
/// # Errors
///
/// A package cannot be read or is there in two versions; or none is in the list, or none is understood.
pub fn compile(
    path: &Path,
    packages: Vec<Distribution>,
    list: &PackageList,
    watch: Watch<'_>,
) -> Result<Compiled, CompileError> {
    let (wanted, other): (Vec<_>, Vec<_>) = packages.into_iter().partition(|found| list.has(found.name()));
    if wanted.is_empty() {
        return Err(CompileError::Empty(path.to_owned()));
    }
    for pair in wanted.windows(2) {
        if pair[0].name() == pair[1].name() {
            return Err(CompileError::Model {
                file: path.display().to_string(),
                place: pair[0].name().to_owned(),
                reason: format!("is there as {} and as {}; keep one", pair[0].version(), pair[1].version()),
            });
        }
    }
    let (services, unread) = each(&wanted, Distribution::name, watch, |package| {
        // The clone shares the bytes.
        let mut docs = Docs::default();
        package_services(&mut package.clone(), &mut docs).map(|services| (services, docs))
    })?;
    let (services, docs): (Vec<Vec<Service>>, Vec<Docs>) = services.into_iter().unzip();
    let mut services: Vec<Service> = services.into_iter().flatten().collect();
    services.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in services.windows(2) {
        if pair[0].name == pair[1].name {
            return Err(CompileError::Model {
                file: path.display().to_string(),
                place: pair[0].name.clone(),
                reason: "two clients would have this name".into(),
            });
        }
    }
    let names: BTreeSet<&str> = wanted.iter().map(Distribution::name).collect();
    let unknown = |name: &str| unread.iter().any(|unread| unread.part == name);
    Ok(Compiled {
        services,
        docs: docs.into_iter().collect(),
        packages: wanted
            .iter()
            .filter(|d| !unknown(d.name()))
            .map(|d| Package { name: d.name().to_owned(), version: d.version().to_owned() })
            .collect(),
        left_out: other.iter().map(|d| d.name().to_owned()).collect(),
        absent: list.names().filter(|name| !names.contains(name)).map(str::to_owned).collect(),
        unread,
    })
}

fn package_services(package: &mut Distribution, docs: &mut Docs) -> Result<Vec<Service>, CompileError> {
    let clients = client::find(package)?;
    let several = clients.len() > 1;
    let mut services = Vec::new();
    for client in &clients {
        let folder = client.folder.rsplit('/').next().filter(|_| several);
        services.push(service(package, client, &names::service(package.name(), folder), docs)?);
    }
    Ok(services)
}

/// What lies in one folder: the operations, their models, their configuration.
struct Folder {
    modules: Vec<Module>,
    models: Models,
    config: Config,
}

fn service(
    package: &mut Distribution,
    client: &Client,
    name: &str,
    docs: &mut Docs,
) -> Result<Service, CompileError> {
    let mut places: Vec<&str> = client.groups.iter().map(|group| group.folder.as_str()).collect();
    places.sort_unstable();
    places.dedup();
    let folders: Vec<Folder> = places.iter().map(|at| read_folder(package, at)).collect::<Result<_, _>>()?;
    let numbers: HashMap<&str, usize> = places.iter().enumerate().map(|(number, at)| (*at, number)).collect();
    let mut shapes = Shapes::new(folders.iter().map(|folder| &folder.models).collect());
    let mut operations: BTreeMap<String, Operation> = BTreeMap::new();
    let mut namespaces = BTreeSet::new();
    for place in &client.groups {
        let number = numbers.get(place.folder.as_str()).copied().unwrap_or_default();
        let folder = &folders[number];
        let held = folder.modules.iter().find_map(|m| class(m.body(), &place.class).map(|found| (m, found)));
        let (module, held) = held.ok_or_else(|| CompileError::Model {
            file: format!("{}/operations", place.folder),
            place: place.class.clone(),
            reason: "is missing".into(),
        })?;
        let group = Group {
            module,
            class: held,
            config: &folder.config,
            models: &folder.models,
            api_version: place.api_version.as_deref(),
        };
        for found in operation::read(&group)? {
            namespaces.extend(names::namespaces(&found.uri).map(str::to_owned));
            let at = |reason: String| CompileError::Model {
                file: module.file().to_owned(),
                place: found.name.clone(),
                reason,
            };
            let operation = shaped(&mut shapes, number, &found).map_err(at)?;
            docs.add(name, &found.name, found.about.clone());
            if operations.insert(found.name.clone(), operation).is_some() {
                return Err(at("there are two operations of this name".into()));
            }
        }
    }
    let default = folders.iter().find_map(|folder| match folder.config.get("api_version") {
        Some(Some(Literal::Text(version))) => Some(version.clone()),
        _ => None,
    });
    let operations: Vec<Operation> = operations.into_values().collect();
    Ok(Service {
        cloud: CloudName::Azure,
        name: name.to_owned(),
        title: names::title(&client.class),
        api_version: default.unwrap_or_else(|| most_frequent(&operations)),
        protocol: Protocol::Arm,
        traits: ServiceTraits {
            arm: Some(Box::new(ArmService {
                package: package.name().to_owned(),
                package_version: package.version().to_owned(),
                namespaces: namespaces.into_iter().collect(),
            })),
            ..ServiceTraits::default()
        },
        operations,
        shapes: shapes.finish(),
        paginators: BTreeMap::new(),
        waiters: BTreeMap::new(),
    })
}

/// The API version that most operations have, the newest of several.
fn most_frequent(operations: &[Operation]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for version in operations.iter().filter_map(|o| o.traits.arm.as_ref()?.api_version.as_deref()) {
        *counts.entry(version).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by_key(|(version, count)| (*count, *version))
        .map(|(v, _)| v.to_owned())
        .unwrap_or_default()
}

fn read_folder(package: &mut Distribution, folder: &str) -> Result<Folder, CompileError> {
    let below = |package: &Distribution, name: &str| -> Vec<String> {
        let prefix = format!("{folder}/{name}/");
        let direct = |file: &&String| file.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/'));
        let files = package.files().iter().filter(direct).filter(|file| file.ends_with(".py"));
        files
            .filter(|file| !file.ends_with("/__init__.py") && !file.ends_with("/_patch.py"))
            .cloned()
            .collect()
    };
    let modules = below(package, "operations");
    let modules = modules.iter().map(|file| package.module(file)).collect::<Result<_, _>>()?;
    let files = below(package, "models");
    // Where a model is written for two versions of Python, the newer one counts.
    let read: Vec<&String> =
        files.iter().filter(|file| !files.contains(&file.replace(".py", "_py3.py"))).collect();
    let mut parsed = Vec::new();
    for file in read {
        parsed.push(package.module(file)?);
    }
    let config = client::config(package, folder)?;
    Ok(Folder { modules, models: models(&parsed)?, config })
}

fn models(modules: &[Module]) -> Result<Models, CompileError> {
    let mut models = Models::default();
    let mut mapped = Vec::new();
    for module in modules {
        for found in classes(module.body()) {
            if let Some(values) = enumeration(found) {
                models.enums.insert(found.name.to_string(), values);
            }
        }
        if rest::is_rest(module) {
            models.models.extend(rest::read(module)?);
        } else if mapped::is_mapped(module) {
            mapped.push(module);
        }
    }
    for (name, model) in mapped::read(&mapped)? {
        models.models.entry(name).or_insert(model);
    }
    Ok(models)
}

/// The values of an enumeration.
fn enumeration(found: &ruff_python_ast::StmtClassDef) -> Option<Vec<String>> {
    let is_enum = bases(found).iter().any(|base| base.ends_with("Enum"))
        || found.arguments.iter().flat_map(|a| a.args.iter()).any(|base| match base {
            // `with_metaclass(Meta, str, Enum)`
            ruff_python_ast::Expr::Call(call) => call
                .arguments
                .args
                .iter()
                .any(|a| matches!(a, ruff_python_ast::Expr::Name(n) if n.id.as_str() == "Enum")),
            _ => false,
        });
    is_enum.then(|| {
        assignments(&found.body)
            .filter_map(|(_, value)| match value {
                ruff_python_ast::Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
                ruff_python_ast::Expr::NumberLiteral(number) => match &number.value {
                    ruff_python_ast::Number::Int(whole) => Some(whole.to_string()),
                    _ => None,
                },
                _ => None,
            })
            .collect()
    })
}

fn shaped(shapes: &mut Shapes<'_>, table: usize, found: &Found) -> Result<Operation, String> {
    let mut members: Vec<Member> = Vec::new();
    for param in &found.params {
        if members.iter().any(|m| m.name == param.wire) || param.wire == "body" {
            return Err(format!("two parameters are named `{}`", param.wire));
        }
        members.push(Member {
            name: param.wire.clone(),
            shape: shapes.of(table, &param.kind, &param.limits)?,
            required: param.required,
            location: param.location,
            context_param: param.client.clone(),
            collection: param.collection,
            default: param.default.as_ref().map(ToString::to_string),
            unquoted: param.unquoted,
            ..Member::default()
        });
    }
    if let Some(body) = &found.body {
        members.push(Member {
            name: "body".into(),
            shape: shapes.of(table, &body.kind, &Limits::default())?,
            required: body.required,
            default: body.default.as_ref().map(ToString::to_string),
            ..Member::default()
        });
    }
    let traits =
        ShapeTraits { payload: found.body.as_ref().map(|_| "body".to_owned()), ..ShapeTraits::none() };
    let input = shapes.add(Shape { name: String::new(), kind: ShapeKind::Structure { members }, traits });
    Ok(Operation {
        name: found.name.clone(),
        method: found.method.clone(),
        uri: found.uri.clone(),
        response_code: None,
        input: Some(input),
        output: output(shapes, table, found)?,
        result_wrapper: None,
        input_xml: None,
        errors: Vec::new(),
        traits: OperationTraits {
            readonly: matches!(found.method.as_str(), "GET" | "HEAD"),
            idempotent: matches!(found.method.as_str(), "PUT" | "DELETE"),
            arm: Some(Box::new(found.arm.clone())),
            ..OperationTraits::default()
        },
    })
}

fn output(shapes: &mut Shapes<'_>, table: usize, found: &Found) -> Result<Option<ShapeId>, String> {
    let Some(answer) = &found.answer else { return Ok(None) };
    let shape = shapes.of(table, answer, &Limits::default())?;
    let (Some(pages), Kind::List(_)) = (&found.arm.pages, answer) else { return Ok(Some(shape)) };
    // New clients have no model of a list; it stands as it travels.
    let member = |name: &str, shape| Member {
        name: name.to_owned(),
        shape,
        location: Location::Body,
        ..Member::default()
    };
    let mut members = vec![member(&pages.items, shape)];
    if let Some(next) = &pages.next_link {
        members.push(member(next, shapes.of(table, &Kind::Text, &Limits::default())?));
    }
    let kind = ShapeKind::Structure { members };
    Ok(Some(shapes.add(Shape { name: String::new(), kind, traits: ShapeTraits::none() })))
}
