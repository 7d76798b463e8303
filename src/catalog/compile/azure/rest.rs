//! Models of the newest style: classes with `rest_field` declarations.

use std::collections::HashMap;

use ruff_python_ast::{Expr, Stmt, StmtClassDef};

use super::kind::from_annotation;
use super::model::{Field, Limits, Model};
use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{Literal, Module, bases, classes, dotted, keyword};

/// A class before what it inherits is added.
struct Class {
    bases: Vec<String>,
    fields: Vec<Field>,
    /// The wire name of its own discriminator.
    discriminator: Option<String>,
    /// The value of its base's discriminator that stands for it.
    value: Option<String>,
}

/// Whether a module declares models in this style.
pub(super) fn is_rest(module: &Module) -> bool {
    classes(module.body()).any(|class| class.body.iter().any(|stmt| declaration(stmt).is_some()))
}

/// Reads all models of a module.
///
/// # Errors
///
/// A declaration says something that is not understood.
pub(super) fn read(module: &Module) -> Result<HashMap<String, Model>, CompileError> {
    let mut order = Vec::new();
    let mut found: HashMap<String, Class> = HashMap::new();
    for class in classes(module.body()) {
        order.push(class.name.to_string());
        found.insert(class.name.to_string(), read_class(module, class)?);
    }
    let mut models: HashMap<String, Model> =
        order.iter().map(|name| (name.clone(), inherit(name, &found))).collect();
    for name in &order {
        let Some(value) = &found[name].value else { continue };
        // It stands for itself with every ancestor that decides by the same member.
        let mut wire = None;
        let mut above = found[name].bases.clone();
        while let Some(base) = above.pop() {
            let Some(class) = found.get(&base) else { continue };
            above.extend(class.bases.iter().cloned());
            let Some(own) = &class.discriminator else { continue };
            if wire.get_or_insert_with(|| own.clone()) == own
                && let Some(model) = models.get_mut(&base)
                && !model.variants.iter().any(|(known, _)| known == value)
            {
                model.variants.push((value.clone(), name.clone()));
            }
        }
    }
    Ok(models)
}

fn inherit(name: &str, found: &HashMap<String, Class>) -> Model {
    let Some(class) = found.get(name) else { return Model::default() };
    let mut model = Model::default();
    let add = |model: &mut Model, field: &Field| match model
        .fields
        .iter_mut()
        .find(|known| known.attribute == field.attribute)
    {
        Some(known) => *known = field.clone(),
        None => model.fields.push(field.clone()),
    };
    // The first base wins, as in Python's own order.
    for base in class.bases.iter().rev() {
        for field in &inherit(base, found).fields {
            add(&mut model, field);
        }
    }
    for field in &class.fields {
        add(&mut model, field);
    }
    model.discriminator = class.discriminator.clone();
    model
}

fn read_class(module: &Module, class: &StmtClassDef) -> Result<Class, CompileError> {
    let value = class
        .arguments
        .iter()
        .flat_map(|arguments| arguments.keywords.iter())
        .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == "discriminator"))
        .map(|keyword| Literal::read(module, &keyword.value))
        .transpose()?;
    let mut read = Class {
        bases: bases(class),
        fields: Vec::new(),
        discriminator: None,
        value: value.and_then(text_of),
    };
    for stmt in &class.body {
        let Some((attribute, annotation, call)) = declaration(stmt) else { continue };
        let name = keyword(call, "name").map(|name| Literal::read(module, name)).transpose()?;
        let wire = name.and_then(text_of).unwrap_or_else(|| attribute.to_owned());
        let visibility = keyword(call, "visibility").map(|v| Literal::read(module, v)).transpose()?;
        let visibility = visibility.and_then(|v| v.texts());
        let shown = |how: &str| visibility.as_ref().is_none_or(|v| v.iter().any(|one| one == how));
        let declared = from_annotation(module, annotation)?;
        let discriminates = dotted(&call.func).as_deref() == Some("rest_discriminator");
        if discriminates && has_mapping(class) {
            read.discriminator = Some(wire.clone());
        }
        let mut kind = declared.kind;
        if let Some(format) = keyword(call, "format") {
            kind = formatted(module, format, kind)?;
        }
        read.fields.push(Field {
            attribute: attribute.to_owned(),
            path: vec![wire],
            kind,
            required: !declared.optional,
            read_only: visibility.as_ref().is_some_and(|v| v.len() == 1 && v[0] == "read"),
            write_only: !shown("read"),
            constant: None,
            limits: Limits::default(),
        });
    }
    Ok(read)
}

fn text_of(literal: Literal) -> Option<String> {
    match literal {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a class collects subclasses by its discriminator.
fn has_mapping(class: &StmtClassDef) -> bool {
    class.body.iter().any(|stmt| match stmt {
        Stmt::AnnAssign(assign) => dotted(&assign.target).as_deref() == Some("__mapping__"),
        _ => false,
    })
}

fn formatted(
    module: &Module,
    format: &Expr,
    kind: super::kind::Kind,
) -> Result<super::kind::Kind, CompileError> {
    use super::kind::Kind;
    let named = match Literal::read(module, format)?.as_text() {
        Some("rfc3339" | "base64" | "base64url") => return Ok(kind),
        Some("rfc7231") => "rfc822",
        Some("unix-timestamp") => "unixTimestamp",
        _ => return Err(module.error(format, "the format is not known")),
    };
    Ok(if matches!(kind, Kind::Time(_)) { Kind::Time(Some(named)) } else { kind })
}

/// The name, the annotation and the call of a declaration.
fn declaration(stmt: &Stmt) -> Option<(&str, &Expr, &ruff_python_ast::ExprCall)> {
    let Stmt::AnnAssign(assign) = stmt else { return None };
    let Expr::Name(name) = assign.target.as_ref() else { return None };
    let Some(Expr::Call(call)) = assign.value.as_deref() else { return None };
    let known = ["rest_field", "rest_discriminator"];
    known.contains(&dotted(&call.func)?.as_str()).then_some((
        name.id.as_str(),
        assign.annotation.as_ref(),
        call,
    ))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::super::kind::Kind;
    use super::*;

    const SOURCE: &str = r#"
class Base(_Model):
    __mapping__: dict[str, _Model] = {}
    kind: str = rest_discriminator(name="kind", visibility=["read", "create"])
    id: Optional[str] = rest_field(visibility=["read"])

class Cat(Base, discriminator="Cat"):
    kind: Literal["Cat"] = rest_discriminator(name="kind")
    fur_color: str = rest_field(name="furColor", visibility=["create", "update"])
    born: Optional[datetime.datetime] = rest_field(format="unix-timestamp")

class Tom(Cat, discriminator="Tom"):
    kind: Literal["Tom"] = rest_discriminator(name="kind")
"#;

    #[test]
    fn fields_visibility_and_variants_are_read() {
        let module = Module::parse("m.py", SOURCE.to_owned()).unwrap();
        assert!(is_rest(&module));
        let models = read(&module).unwrap();
        let base = &models["Base"];
        assert_eq!(base.discriminator.as_deref(), Some("kind"));
        assert_eq!(
            base.variants,
            [("Cat".to_owned(), "Cat".to_owned()), ("Tom".to_owned(), "Tom".to_owned())]
        );
        let cat = &models["Cat"];
        let names: Vec<&str> = cat.fields.iter().map(|f| f.path[0].as_str()).collect();
        assert_eq!(names, ["kind", "id", "furColor", "born"]);
        assert!(cat.fields[1].read_only && !cat.fields[1].required);
        assert!(cat.fields[2].write_only && cat.fields[2].required);
        assert_eq!(cat.fields[3].kind, Kind::Time(Some("unixTimestamp")));
        assert_eq!(cat.fields[0].kind, Kind::OneOf(vec!["Cat".into()]));
        assert_eq!(cat.discriminator, None);
    }

    #[test]
    fn an_unknown_type_or_format_is_an_error_with_its_line() {
        let broken = |line: &str| {
            let module = Module::parse("m.py", format!("class A(_Model):\n    {line}\n")).unwrap();
            read(&module).unwrap_err().to_string()
        };
        assert!(broken("x: Odd = rest_field()").starts_with("m.py: line 2: `Odd`"));
        assert!(broken("x: str = rest_field(format=\"odd\")").contains("line 2: the format"));
    }
}
