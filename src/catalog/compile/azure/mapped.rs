//! Models of the older styles: classes with an `_attribute_map`.

use std::collections::HashMap;

use ruff_python_ast::{Expr, StmtClassDef};
use serde_json::Value;

use super::kind::{Kind, from_text};
use super::model::{Field, Limits, Model};
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{
    Literal, Module, assigned, assignments, bases, classes, docstring, function, text,
};

/// What a class says itself; what it does not say, its base says.
struct Class {
    bases: Vec<String>,
    fields: Option<Vec<Field>>,
    rules: Option<Vec<(String, Literal)>>,
    /// The attribute that decides, and the values with their classes.
    subtypes: Option<(String, Vec<(String, String)>)>,
    constants: HashMap<String, Value>,
    enums: HashMap<String, String>,
}

/// Whether a module declares models in this style.
pub(super) fn is_mapped(module: &Module) -> bool {
    classes(module.body()).any(|class| assigned(&class.body, "_attribute_map").is_some())
}

/// Reads the models of several modules together.
///
/// # Errors
///
/// A declaration says something that is not understood.
pub(super) fn read(modules: &[&Module]) -> Result<HashMap<String, Model>, CompileError> {
    let mut found: HashMap<String, Class> = HashMap::new();
    for module in modules {
        for class in classes(module.body()) {
            found.insert(class.name.to_string(), read_class(module, class)?);
        }
    }
    let names: Vec<&String> = found.keys().collect();
    Ok(names.into_iter().map(|name| (name.clone(), complete(name, &found))).collect())
}

fn complete(name: &str, found: &HashMap<String, Class>) -> Model {
    let line = ancestors(name, found);
    let mut fields = line.iter().find_map(|class| class.fields.clone()).unwrap_or_default();
    let rules = line.iter().find_map(|class| class.rules.as_ref());
    for field in &mut fields {
        let rule = rules.and_then(|rules| rules.iter().find(|(of, _)| *of == field.attribute));
        for (rule, value) in rule.and_then(|(_, rule)| rule.as_dict()).unwrap_or_default() {
            let on = *value == Literal::Bool(true);
            match rule.as_text().unwrap_or_default() {
                "required" => field.required = on,
                "readonly" => field.read_only = on,
                "constant" if on => {
                    field.constant =
                        line.iter().find_map(|class| class.constants.get(&field.attribute).cloned());
                }
                // Limits were checked when the class was read.
                other => {
                    field.limits.set(other, &value.to_json().unwrap_or_default());
                }
            }
        }
        // A discriminator has one value in the model that it stands for.
        if let Some(Value::String(only)) =
            line.first().and_then(|class| class.constants.get(&field.attribute))
            && field.kind == Kind::Text
        {
            field.kind = Kind::OneOf(vec![only.clone()]);
        }
        if let Some(named) = line.iter().find_map(|class| class.enums.get(&field.attribute)) {
            field.kind = enumerated(&field.kind, named);
        }
    }
    let subtypes = line.first().and_then(|class| class.subtypes.as_ref());
    let discriminator = subtypes
        .and_then(|(attribute, _)| fields.iter().find(|f| f.attribute == *attribute))
        .map(|field| field.path.join("."));
    let mut model = Model { fields, discriminator, variants: Vec::new() };
    if model.discriminator.is_some() {
        variants(name, found, &mut model.variants);
    }
    model
}

/// The class and those that it inherits from, nearest first.
fn ancestors<'a>(name: &str, found: &'a HashMap<String, Class>) -> Vec<&'a Class> {
    let mut line = Vec::new();
    let mut next = vec![name.to_owned()];
    while let Some(name) = next.pop() {
        let name = name.rsplit('.').next().unwrap_or_default();
        if let Some(class) = found.get(name).filter(|_| line.len() < 32) {
            line.push(class);
            next.extend(class.bases.iter().rev().cloned());
        }
    }
    line
}

/// The variants of a class and of its variants.
fn variants(name: &str, found: &HashMap<String, Class>, into: &mut Vec<(String, String)>) {
    let Some((_, own)) = found.get(name).and_then(|class| class.subtypes.as_ref()) else { return };
    for (value, class) in own {
        if !into.iter().any(|(known, _)| known == value) {
            into.push((value.clone(), class.clone()));
            variants(class, found, into);
        }
    }
}

fn enumerated(kind: &Kind, named: &str) -> Kind {
    match kind {
        Kind::Text => Kind::Named(named.to_owned()),
        Kind::List(item) => Kind::List(Box::new(enumerated(item, named))),
        Kind::Map(value) => Kind::Map(Box::new(enumerated(value, named))),
        other => other.clone(),
    }
}

fn read_class(module: &Module, class: &StmtClassDef) -> Result<Class, CompileError> {
    let mut read = Class {
        bases: bases(class),
        fields: None,
        rules: None,
        subtypes: None,
        constants: HashMap::new(),
        enums: docstring(&class.body).map(enums).unwrap_or_default(),
    };
    for (name, value) in assignments(&class.body) {
        match name.as_str() {
            "_attribute_map" => read.fields = Some(fields(module, value)?),
            "_validation" => read.rules = Some(rules(module, value)?),
            "_subtype_map" => read.subtypes = subtypes(module, value)?,
            name if !name.starts_with('_') => {
                if let Ok(value) = Literal::read(module, value)
                    && let Some(value) = value.to_json()
                {
                    read.constants.insert(name.to_owned(), value);
                }
            }
            _ => {}
        }
    }
    // Values of discriminators are set when an object is made.
    if let Some(made) = function(&class.body, "__init__") {
        for (name, value) in assignments(&made.body) {
            if let (Some(name), Some(value)) = (name.strip_prefix("self."), text(value)) {
                read.constants.insert(name.to_owned(), Value::from(value));
            }
        }
    }
    Ok(read)
}

fn fields(module: &Module, value: &Expr) -> Result<Vec<Field>, CompileError> {
    let map = Literal::read(module, value)?;
    let odd = || module.error(value, "the attribute map is not understood");
    let mut fields = Vec::new();
    for (attribute, entry) in map.as_dict().ok_or_else(odd)? {
        let attribute = attribute.as_text().ok_or_else(odd)?;
        let get = |name: &str| entry.get(name).and_then(Literal::as_text);
        let (key, written) = (get("key").ok_or_else(odd)?, get("type").ok_or_else(odd)?);
        fields.push(Field {
            attribute: attribute.to_owned(),
            path: path(key),
            kind: from_text(written),
            required: false,
            read_only: false,
            write_only: false,
            constant: None,
            limits: Limits::default(),
        });
    }
    Ok(fields)
}

/// The parts of a key: dots part, escaped dots do not.
fn path(key: &str) -> Vec<String> {
    if key.is_empty() {
        return Vec::new();
    }
    key.replace("\\.", "\u{0}").split('.').map(|part| part.replace('\u{0}', ".")).collect()
}

fn rules(module: &Module, value: &Expr) -> Result<Vec<(String, Literal)>, CompileError> {
    let read = Literal::read(module, value)?;
    let mut rules = Vec::new();
    for (attribute, rule) in read.as_dict().unwrap_or_default() {
        for (name, limit) in rule.as_dict().unwrap_or_default() {
            let name = name.as_text().unwrap_or_default();
            let known = matches!(name, "required" | "readonly" | "constant");
            if !known && !Limits::default().set(name, &limit.to_json().unwrap_or_default()) {
                return Err(module.error(value, format!("the rule `{name}` is not known")));
            }
        }
        rules.push((attribute.as_text().unwrap_or_default().to_owned(), rule.clone()));
    }
    Ok(rules)
}

type Subtypes = Option<(String, Vec<(String, String)>)>;

fn subtypes(module: &Module, value: &Expr) -> Result<Subtypes, CompileError> {
    let read = Literal::read(module, value)?;
    let entries = read.as_dict().unwrap_or_default();
    match entries {
        [] => Ok(None),
        [(attribute, values)] => {
            let values = values.text_pairs();
            let values = values.ok_or_else(|| module.error(value, "the subtypes are no classes by value"))?;
            Ok(Some((attribute.as_text().unwrap_or_default().to_owned(), values)))
        }
        _ => Err(module.error(value, "more than one member decides about the subtype")),
    }
}

/// The attributes that the documentation calls members of an enumeration: `:vartype kind: str or ~a.models.Kind`.
fn enums(documentation: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for part in documentation.split_whitespace().collect::<Vec<_>>().join(" ").split(" :") {
        let Some(rest) = part.strip_prefix("vartype ").or_else(|| part.strip_prefix("type ")) else {
            continue;
        };
        let Some((name, kind)) = rest.split_once(':') else { continue };
        let Some((_, named)) = kind.split_once("str or ~") else { continue };
        let named: String =
            named.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '_')).collect();
        if let Some(last) = named.rsplit('.').next().filter(|last| !last.is_empty()) {
            found.insert(name.trim().to_owned(), last.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    const SOURCE: &str = r#"
class Base(Model):
    """About.

    :ivar kind: What it is.
    :vartype kind: str or
     ~azure.mgmt.x.models.Kind
    """
    _validation = {"id": {"readonly": True}, "size": {"required": True, "minimum": 1, "maximum": 9}}
    _attribute_map = {
        "id": {"key": "id", "type": "str"},
        "kind": {"key": "@odata\\.type", "type": "str"},
        "size": {"key": "properties.size", "type": "int"},
        "rest": {"key": "", "type": "{object}"},
    }
    _subtype_map = {"kind": {"Cat": "Cat"}}

class Cat(Base):
    _validation = {"version": {"required": True, "constant": True}}
    _attribute_map = {"kind": {"key": "kind", "type": "str"}, "version": {"key": "version", "type": "str"}}
    _subtype_map = {"kind": {"Tom": "Tom"}}
    version = "1.0"

class Tom(Cat):
    def __init__(self):
        self.kind: str = "Tom"
"#;

    fn models(source: &str) -> Result<HashMap<String, Model>, CompileError> {
        let module = Module::parse("m.py", source.to_owned()).unwrap();
        read(&[&module])
    }

    #[test]
    fn keys_rules_and_enumerations_are_read() {
        let models = models(SOURCE).unwrap();
        let base = &models["Base"];
        let paths: Vec<Vec<String>> = base.fields.iter().map(|f| f.path.clone()).collect();
        assert_eq!(json!(paths), json!([["id"], ["@odata.type"], ["properties", "size"], []]));
        assert!(base.fields[0].read_only && base.fields[2].required);
        assert_eq!((base.fields[2].limits.min, base.fields[2].limits.max), (Some(1.0), Some(9.0)));
        assert_eq!(base.fields[1].kind, Kind::Named("Kind".into()));
        assert_eq!(base.wire("size").as_deref(), Some("properties.size"));
    }

    #[test]
    fn variants_of_variants_and_constants_are_read() {
        let models = models(SOURCE).unwrap();
        assert_eq!(
            models["Base"].variants,
            [("Cat".to_owned(), "Cat".to_owned()), ("Tom".to_owned(), "Tom".to_owned())]
        );
        assert_eq!(models["Cat"].fields[1].constant, Some(json!("1.0")));
        assert_eq!(models["Tom"].fields[0].kind, Kind::OneOf(vec!["Tom".into()]));
        // What a class does not say, its base says.
        assert_eq!(models["Tom"].fields.len(), 2);
        assert!(models["Tom"].discriminator.is_none());
    }

    #[test]
    fn a_rule_that_is_not_known_is_an_error_with_its_line() {
        let message = models("class A:\n    _validation = {'a': {'odd': 1}}\n").unwrap_err().to_string();
        assert_eq!(message, "m.py: line 2: the rule `odd` is not known");
    }
}
