//! The clients of a package: where they lie, which groups of operations they have, what they are configured with.

use std::collections::HashMap;

use ruff_python_ast::{Expr, Stmt, StmtClassDef};

use super::look::{decorated, steps};
use super::resolve::{Config, Origin, Scope};
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{
    Distribution, Literal, Module, assigned, assignments, bases, class, dotted, function, functions, text,
};

/// A client.
pub(super) struct Client {
    /// The folder that it lies in: `azure/mgmt/compute`.
    pub(super) folder: String,
    /// Its class.
    pub(super) class: String,
    pub(super) groups: Vec<GroupPlace>,
}

/// Where a group of operations lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GroupPlace {
    /// Its class.
    pub(super) class: String,
    /// The folder whose `operations` hold it: the client's own, or one of an API version.
    pub(super) folder: String,
    /// The API version that the client picks for it, where there are several.
    pub(super) api_version: Option<String>,
}

/// The clients of a distribution, in the order of its files.
///
/// # Errors
///
/// A client is not understood, or there is none.
pub(super) fn find(distribution: &mut Distribution) -> Result<Vec<Client>, CompileError> {
    let inits: Vec<String> = distribution
        .files()
        .iter()
        .filter_map(|file| file.strip_suffix("/__init__.py"))
        .filter(|folder| !folder.split('/').any(is_inner))
        .map(str::to_owned)
        .collect();
    let mut clients = Vec::new();
    for folder in inits {
        let init = distribution.module(&format!("{folder}/__init__.py"))?;
        for (module, name) in imports(&init) {
            let file = format!("{folder}/{module}.py");
            if module == "_patch" || !distribution.has(&file) {
                continue;
            }
            let module = distribution.module(&file)?;
            let Some(found) = class(module.body(), &name).filter(|class| is_client(class)) else { continue };
            let groups = groups(&module, found, &folder)?;
            clients.push(Client { folder: folder.clone(), class: name, groups });
        }
    }
    if clients.is_empty() {
        return Err(CompileError::Model {
            file: format!("{} {}", distribution.name(), distribution.version()),
            place: "clients".into(),
            reason: "there is none".into(),
        });
    }
    Ok(clients)
}

/// Folders that hold parts of a client.
fn is_inner(part: &str) -> bool {
    let version = part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    version || matches!(part, "aio" | "models" | "operations" | "_utils")
}

/// What a file imports from its neighbours: module and name.
fn imports(module: &Module) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for stmt in module.body() {
        let Stmt::ImportFrom(import) = stmt else { continue };
        let Some(from) = import.module.as_ref().filter(|m| import.level == 1 && !m.contains('.')) else {
            continue;
        };
        found.extend(import.names.iter().map(|name| (from.to_string(), name.name.to_string())));
    }
    found
}

/// Whether a class is made with credentials.
fn is_client(class: &StmtClassDef) -> bool {
    function(&class.body, "__init__").is_some_and(|made| {
        let mut params = made.parameters.iter_non_variadic_params();
        params.any(|p| matches!(p.parameter.name.as_str(), "credential" | "credentials"))
    })
}

fn groups(module: &Module, client: &StmtClassDef, folder: &str) -> Result<Vec<GroupPlace>, CompileError> {
    let own = |class: String| GroupPlace { class, folder: folder.to_owned(), api_version: None };
    let mut groups: Vec<GroupPlace> =
        bases(client).into_iter().filter(|base| base.ends_with("OperationsMixin")).map(own).collect();
    if let Some(profile) = assigned(&client.body, "LATEST_PROFILE") {
        if let Some(mixin) = groups.first() {
            let what = format!("`{}` over several API versions is not understood", mixin.class);
            return Err(module.error(client, what));
        }
        return versioned(module, client, folder, profile);
    }
    let Some(made) = function(&client.body, "__init__") else { return Ok(groups) };
    for (name, value) in assignments(&made.body) {
        let Expr::Call(call) = value else { continue };
        let class = dotted(&call.func).filter(|class| class.ends_with("Operations"));
        if let Some(class) = class.filter(|_| name.starts_with("self.")) {
            let group = own(class);
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    Ok(groups)
}

/// The groups of a client that picks an API version for each.
fn versioned(
    module: &Module,
    client: &StmtClassDef,
    folder: &str,
    profile: &Expr,
) -> Result<Vec<GroupPlace>, CompileError> {
    let (default, picked) = picks(module, client, profile)?;
    let mut groups = Vec::new();
    for property in functions(&client.body).filter(|f| decorated(f, "property")) {
        let version = picked.get(property.name.as_str()).unwrap_or(&default);
        for (of, import, class) in choices(&property.body) {
            if of != *version {
                continue;
            }
            let inner = import.strip_suffix(".operations").ok_or_else(|| {
                module.error(property, format!("operations from `{import}` are not understood"))
            })?;
            groups.push(GroupPlace {
                class,
                folder: format!("{folder}/{inner}"),
                api_version: Some(version.clone()),
            });
        }
    }
    Ok(groups)
}

/// The default API version and those of single groups.
fn picks(
    module: &Module,
    client: &StmtClassDef,
    profile: &Expr,
) -> Result<(String, HashMap<String, String>), CompileError> {
    let odd = || module.error(profile, "the profile is not understood");
    let default = assigned(&client.body, "DEFAULT_API_VERSION").and_then(text).ok_or_else(odd)?.to_owned();
    let Expr::Call(call) = profile else { return Err(odd()) };
    let Some(Expr::Dict(tags)) = call.arguments.args.first() else { return Err(odd()) };
    let Some(Expr::Dict(picks)) = tags.items.first().map(|item| &item.value) else { return Err(odd()) };
    let mut picked = HashMap::new();
    for item in &picks.items {
        let Some(name) = item.key.as_ref().and_then(text) else { continue };
        picked.insert(name.to_owned(), text(&item.value).ok_or_else(odd)?.to_owned());
    }
    Ok((default, picked))
}

/// The branches of a property: API version, module, class.
fn choices(body: &[Stmt]) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for stmt in body {
        let Stmt::If(choice) = stmt else { continue };
        let clauses = choice.elif_else_clauses.iter().map(|c| (c.test.as_ref(), c.body.as_slice()));
        for (test, body) in
            std::iter::once((Some(choice.test.as_ref()), choice.body.as_slice())).chain(clauses)
        {
            let Some(Expr::Compare(test)) = test else { continue };
            let Some(version) = test.comparators.first().and_then(text) else { continue };
            for stmt in body {
                let Stmt::ImportFrom(import) = stmt else { continue };
                let Some(from) = &import.module else { continue };
                found.extend(
                    import.names.iter().map(|n| (version.to_owned(), from.to_string(), n.name.to_string())),
                );
            }
        }
    }
    found
}

/// What the clients of a folder are configured with.
///
/// # Errors
///
/// The configuration cannot be read.
pub(super) fn config(distribution: &mut Distribution, folder: &str) -> Result<Config, CompileError> {
    let mut config = Config::from([("subscription_id".to_owned(), None)]);
    let file = format!("{folder}/_configuration.py");
    if !distribution.has(&file) {
        return Ok(config);
    }
    let module = distribution.module(&file)?;
    let nothing = Config::new();
    for class in module.body().iter().filter_map(Stmt::as_class_def_stmt) {
        let Some(made) = function(&class.body, "__init__") else { continue };
        let steps = steps(&made.body);
        let scope = Scope::new(&module, made, None, &nothing, None, &steps);
        for (target, value) in steps.iter().filter_map(super::look::Step::assigned) {
            let Some(name) = dotted(target) else { continue };
            let Some(name) = name.strip_prefix("self.") else { continue };
            // What is no plain value is no parameter of an operation.
            match scope.resolve(value) {
                Ok(Origin::Default(literal)) if literal != Literal::None => {
                    config.insert(name.to_owned(), Some(literal));
                }
                Ok(Origin::Needed | Origin::Default(_)) => {
                    config.insert(name.to_owned(), None);
                }
                _ => {}
            }
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    const CLIENT: &str = r#"
class ThingClient(MultiApiClientMixin, _SDKClient):
    DEFAULT_API_VERSION = '2022-04-01'
    _PROFILE_TAG = "azure.mgmt.thing.ThingClient"
    LATEST_PROFILE = ProfileDefinition({
        _PROFILE_TAG: {
            None: DEFAULT_API_VERSION,
            'cups': '2021-12-01-preview',
        }},
        _PROFILE_TAG + " latest"
    )

    def __init__(self, credential, subscription_id):
        pass

    @property
    def cups(self):
        api_version = self._get_api_version('cups')
        if api_version == '2020-01-01':
            from .v2020_01_01.operations import OldCupsOperations as OperationClass
        elif api_version == '2021-12-01-preview':
            from .v2021_12_01_preview.operations import CUPSOperations as OperationClass
        else:
            raise ValueError()

    @property
    def gone(self):
        if api_version == '2015-01-01':
            from .v2015_01_01.operations import GoneOperations as OperationClass
"#;

    #[test]
    fn a_profile_picks_the_version_of_each_group() {
        let module = Module::parse("c.py", CLIENT.to_owned()).unwrap();
        let client = class(module.body(), "ThingClient").unwrap();
        assert!(is_client(client));
        let found = groups(&module, client, "azure/mgmt/thing").unwrap();
        assert_eq!(
            found,
            [GroupPlace {
                class: "CUPSOperations".into(),
                folder: "azure/mgmt/thing/v2021_12_01_preview".into(),
                api_version: Some("2021-12-01-preview".into()),
            }]
        );
    }

    #[test]
    fn a_plain_client_names_its_groups() {
        let source = "class C(_COperationsMixin):\n    def __init__(self, credential):\n        self._config = X(credential)\n        self.a = AOperations(self._client)\n        self.b: B = Operations(self._client)\n";
        let module = Module::parse("c.py", source.to_owned()).unwrap();
        let found = groups(&module, class(module.body(), "C").unwrap(), "f").unwrap();
        let names: Vec<&str> = found.iter().map(|g| g.class.as_str()).collect();
        assert_eq!(names, ["_COperationsMixin", "AOperations", "Operations"]);
    }
}
