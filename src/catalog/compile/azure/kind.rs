//! What kind of value something is, before models become shapes.

use ruff_python_ast::{Expr, Operator};
use ruff_python_parser::parse_expression;

use crate::catalog::compile::CompileError;
use crate::catalog::compile::python::{Literal, Module, dotted, text};

/// What kind of value something is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Int,
    Long,
    Float,
    Bool,
    Bytes,
    /// A point in time; the format's name where it is not RFC 3339.
    Time(Option<&'static str>),
    Any,
    /// A model or an enumeration of this name.
    Named(String),
    List(Box<Kind>),
    Map(Box<Kind>),
    /// Text that has known values.
    OneOf(Vec<String>),
}

/// Reads a type as the older models write it: `str`, `[Sku]`, `{object}`.
pub(super) fn from_text(written: &str) -> Kind {
    let inside = |open: char, close: char| written.strip_prefix(open).and_then(|t| t.strip_suffix(close));
    if let Some(item) = inside('[', ']') {
        return Kind::List(Box::new(from_text(item)));
    }
    if let Some(value) = inside('{', '}') {
        return Kind::Map(Box::new(from_text(value)));
    }
    match written {
        // Dates without a time and durations are texts of a form of their own.
        "str" | "date" | "time" | "duration" => Kind::Text,
        "int" => Kind::Int,
        "long" => Kind::Long,
        "float" | "decimal" => Kind::Float,
        "bool" => Kind::Bool,
        "bytearray" | "base64" | "IO" => Kind::Bytes,
        "iso-8601" => Kind::Time(None),
        "rfc-1123" => Kind::Time(Some("rfc822")),
        "unix-time" => Kind::Time(Some("unixTimestamp")),
        "object" => Kind::Any,
        name => Kind::Named(name.to_owned()),
    }
}

/// An annotation, and whether it allows `None`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Annotated {
    pub(super) kind: Kind,
    pub(super) optional: bool,
}

/// Reads an annotation: `Optional[list["_models.Sku"]]`, `Union[_models.Sku, _types.Sku, IO[bytes]]`.
///
/// # Errors
///
/// It is no type that is known.
pub(super) fn from_annotation(module: &Module, annotation: &Expr) -> Result<Annotated, CompileError> {
    let mut optional = false;
    let mut bytes = false;
    let mut kinds = Vec::new();
    let mut texts = Vec::new();
    for part in parts(module, annotation)? {
        match one(module, annotation, &part)? {
            Part::Kind(Kind::OneOf(mut more)) => texts.append(&mut more),
            Part::Kind(kind) if !kinds.contains(&kind) => kinds.push(kind),
            Part::Kind(_) | Part::Nothing => {}
            Part::Stream => bytes = true,
            Part::None => optional = true,
        }
    }
    // Plain JSON is offered beside a model.
    if kinds.iter().any(|kind| matches!(kind, Kind::Named(_) | Kind::List(_) | Kind::Map(_))) {
        kinds.retain(|kind| *kind != Kind::Any);
    }
    // An enumeration is written beside the type of its values: `Union[str, _models.Kind]`.
    if kinds.len() == 2 && matches!(kinds[0], Kind::Text | Kind::Int) && matches!(kinds[1], Kind::Named(_)) {
        kinds.remove(0);
    }
    let kind = match kinds.as_slice() {
        [] | [Kind::Text] if !texts.is_empty() => Kind::OneOf(texts),
        [] if bytes => Kind::Bytes,
        [kind] => kind.clone(),
        [] => return Err(module.error(annotation, "the type says nothing")),
        _ => Kind::Any,
    };
    Ok(Annotated { kind, optional })
}

enum Part {
    Kind(Kind),
    /// A stream of bytes, offered beside a model.
    Stream,
    /// `None`.
    None,
    /// A second way of writing a type that stands beside it.
    Nothing,
}

/// The alternatives of a type, with forward references parsed.
fn parts(module: &Module, annotation: &Expr) -> Result<Vec<Expr>, CompileError> {
    Ok(match annotation {
        Expr::StringLiteral(_) => {
            let source = text(annotation).unwrap_or_default();
            let parsed = parse_expression(source)
                .map_err(|_| module.error(annotation, format!("`{source}` is no type")))?;
            parts(module, &parsed.into_syntax().body)?
        }
        Expr::Subscript(of) if named(&of.value, "Optional") => {
            let mut found = parts(module, &of.slice)?;
            found.push(Expr::NoneLiteral(ruff_python_ast::ExprNoneLiteral::default()));
            found
        }
        Expr::Subscript(of) if named(&of.value, "Union") => {
            let mut found = Vec::new();
            match of.slice.as_ref() {
                Expr::Tuple(items) => {
                    for item in &items.elts {
                        found.extend(parts(module, item)?);
                    }
                }
                item => found.extend(parts(module, item)?),
            }
            found
        }
        Expr::BinOp(or) if or.op == Operator::BitOr => {
            let mut found = parts(module, &or.left)?;
            found.extend(parts(module, &or.right)?);
            found
        }
        other => vec![other.clone()],
    })
}

/// A model once more, as a plain dictionary.
fn is_plain_copy(name: &str) -> bool {
    name.starts_with("_types.") && name != "_types.JSON"
}

fn named(value: &Expr, name: &str) -> bool {
    dotted(value).is_some_and(|found| found.rsplit('.').next() == Some(name))
}

fn one(module: &Module, annotation: &Expr, part: &Expr) -> Result<Part, CompileError> {
    let unknown = |what: &str| Err(module.error(annotation, format!("`{what}` is no type that is known")));
    if let Expr::Subscript(of) = part {
        let name = dotted(&of.value).unwrap_or_default();
        let name = name.rsplit('.').next().unwrap_or_default();
        let inner = match of.slice.as_ref() {
            Expr::Tuple(pair) => pair.elts.last(),
            item => Some(item),
        };
        if inner.and_then(dotted).is_some_and(|inner| is_plain_copy(&inner)) {
            return Ok(Part::Nothing);
        }
        return Ok(Part::Kind(match (name, of.slice.as_ref()) {
            ("list" | "List" | "Iterable" | "ItemPaged" | "Sequence", item) => {
                Kind::List(Box::new(from_annotation(module, item)?.kind))
            }
            ("dict" | "Dict" | "Mapping" | "MutableMapping", Expr::Tuple(pair)) if pair.elts.len() == 2 => {
                Kind::Map(Box::new(from_annotation(module, &pair.elts[1])?.kind))
            }
            ("Literal", item) => literal(module, item)?,
            ("IO" | "Iterator", _) => return Ok(Part::Stream),
            (other, _) => return unknown(other),
        }));
    }
    if matches!(part, Expr::NoneLiteral(_)) {
        return Ok(Part::None);
    }
    let Some(name) = dotted(part) else { return unknown("this") };
    Ok(Part::Kind(match name.as_str() {
        "str" | "datetime.date" | "datetime.time" | "datetime.timedelta" => Kind::Text,
        "int" => Kind::Int,
        "float" | "decimal.Decimal" => Kind::Float,
        "bool" => Kind::Bool,
        "bytes" => Kind::Bytes,
        "IO" => return Ok(Part::Stream),
        "datetime.datetime" => Kind::Time(None),
        "Any" | "object" | "JSON" | "_types.JSON" => Kind::Any,
        name if is_plain_copy(name) => return Ok(Part::Nothing),
        // An alias of a union of the package's own; such fields are texts.
        name if name.starts_with("_unions.") => Kind::Any,
        name => match name.rsplit_once("models.") {
            Some((_, model)) => Kind::Named(model.rsplit('.').next().unwrap_or(model).to_owned()),
            None => return unknown(name),
        },
    }))
}

/// `Literal["a"]`, `Literal[Kind.A]`: the one text, or the enumeration that it is of.
fn literal(module: &Module, value: &Expr) -> Result<Kind, CompileError> {
    match value {
        Expr::Attribute(_) => {
            let name = dotted(value).unwrap_or_default();
            let mut parts: Vec<&str> = name.split('.').collect();
            parts.pop();
            parts
                .last()
                .map(|name| Kind::Named((*name).to_owned()))
                .ok_or_else(|| module.error(value, "is no member of an enumeration"))
        }
        Expr::Tuple(items) => {
            let mut texts = Vec::new();
            for item in &items.elts {
                match literal(module, item)? {
                    Kind::OneOf(mut more) => texts.append(&mut more),
                    other => return Ok(other),
                }
            }
            Ok(Kind::OneOf(texts))
        }
        other => match Literal::read(module, other)? {
            Literal::Text(text) => Ok(Kind::OneOf(vec![text])),
            Literal::Bool(_) => Ok(Kind::Bool),
            Literal::Int(_) => Ok(Kind::Int),
            _ => Err(module.error(value, "is no text, number or flag")),
        },
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use ruff_python_ast::Stmt;

    fn read(source: &str) -> Result<Annotated, String> {
        let module = Module::parse("m.py", format!("x: {source} = 1\n")).unwrap();
        match &module.body()[0] {
            Stmt::AnnAssign(assign) => {
                from_annotation(&module, &assign.annotation).map_err(|e| e.to_string())
            }
            _ => unreachable!(),
        }
    }

    #[test]
    fn annotations_of_every_style_are_read() {
        let sku = || Kind::Named("Sku".into());
        for (source, kind, optional) in [
            ("Optional[str]", Kind::Text, true),
            ("Optional[Union[str, \"_models.Sku\"]]", sku(), true),
            ("Union[_models.Sku, _types.Sku, IO[bytes]]", sku(), false),
            ("list[\"_models.Sku\"]", Kind::List(Box::new(sku())), false),
            ("\"_models.Sku | None\"", sku(), true),
            ("Dict[str, List[int]]", Kind::Map(Box::new(Kind::List(Box::new(Kind::Int)))), false),
            ("Literal[\"a\"]", Kind::OneOf(vec!["a".into()]), false),
            ("Union[Literal[\"a\"], Literal[\"b\"], str]", Kind::OneOf(vec!["a".into(), "b".into()]), false),
            ("Literal[Sku.FREE]", sku(), false),
            ("Union[_models.Sku, JSON, IO[bytes]]", sku(), false),
            ("IO[bytes]", Kind::Bytes, false),
            ("Union[List[_models.Sku], List[_types.Sku], IO[bytes]]", Kind::List(Box::new(sku())), false),
            ("Union[_models.A, _models.B]", Kind::Any, false),
        ] {
            assert_eq!(read(source).unwrap(), Annotated { kind, optional }, "{source}");
        }
    }

    #[test]
    fn a_type_that_is_not_known_is_an_error_with_its_line() {
        assert_eq!(read("Frobnicator").unwrap_err(), "m.py: line 1: `Frobnicator` is no type that is known");
        assert!(read("tuple[int]").is_err());
    }

    #[test]
    fn types_of_the_older_models_are_read() {
        assert_eq!(
            from_text("[{Sku}]"),
            Kind::List(Box::new(Kind::Map(Box::new(Kind::Named("Sku".into())))))
        );
        assert_eq!(from_text("rfc-1123"), Kind::Time(Some("rfc822")));
        assert_eq!(from_text("duration"), Kind::Text);
    }
}
