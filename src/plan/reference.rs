//! `${{ … }}`: JMESPath over `inputs` and `steps.<id>.output`.
//!
//! A string that is exactly one reference keeps the type of the value it names;
//! inside longer text the value is written out.

use std::collections::BTreeSet;

use jmespath::ast::Ast;
use serde_json::{Map, Value};
use thiserror::Error;

/// What references may name.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    inputs: Option<Map<String, Value>>,
    steps: Map<String, Value>,
}

impl Scope {
    /// A scope without anything in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the values of the plan's inputs.
    #[must_use]
    pub fn with_inputs(mut self, inputs: Map<String, Value>) -> Self {
        self.inputs = Some(inputs);
        self
    }

    /// Adds what a step returned.
    pub fn add_output(&mut self, step: &str, output: Value) {
        let mut entry = Map::new();
        entry.insert("output".into(), output);
        self.steps.insert(step.to_owned(), Value::Object(entry));
    }

    fn document(&self) -> Value {
        let mut root = Map::new();
        root.insert("inputs".into(), Value::Object(self.inputs.clone().unwrap_or_default()));
        root.insert("steps".into(), Value::Object(self.steps.clone()));
        Value::Object(root)
    }
}

/// Why a reference could not be read or resolved.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReferenceError {
    /// The text between the braces is no JMESPath expression.
    #[error(
        "`{expression}` is not a valid expression: {reason}; write an id with a hyphen in double quotes, as in steps.\"my-step\".output"
    )]
    Syntax {
        /// The text between the braces.
        expression: String,
        /// What the parser said.
        reason: String,
    },
    /// `${{` without `}}`.
    #[error("`${{{{` is never closed in `{0}`")]
    Unclosed(String),
    /// The expression names something that is not there.
    #[error("`{0}` names nothing: the value is absent")]
    Absent(String),
    /// One expression uses an input and a step's output.
    #[error("`{0}` mixes inputs and step outputs in one expression: use two references")]
    Mixed(String),
    /// The expression uses neither `inputs` nor `steps.<id>.output`.
    #[error("`{0}` must start at inputs.<name> or steps.<id>.output")]
    Root(String),
}

/// The names that an expression, or a whole value, depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Steps whose output is used.
    pub steps: BTreeSet<String>,
    /// Inputs that are used.
    pub inputs: BTreeSet<String>,
}

impl References {
    fn merge(&mut self, other: References) {
        self.steps.extend(other.steps);
        self.inputs.extend(other.inputs);
    }
}

enum Piece<'a> {
    Text(&'a str),
    Expression(&'a str),
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, ReferenceError> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${{") {
        if start > 0 {
            out.push(Piece::Text(&rest[..start]));
        }
        let inner = &rest[start + 3..];
        let end = inner.find("}}").ok_or_else(|| ReferenceError::Unclosed(text.to_owned()))?;
        out.push(Piece::Expression(inner[..end].trim()));
        rest = &inner[end + 2..];
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest));
    }
    Ok(out)
}

/// Whether a string holds at least one reference.
#[must_use]
pub fn is_reference(text: &str) -> bool {
    text.contains("${{")
}

/// All names that a value refers to, at any depth.
///
/// # Errors
///
/// Every malformed reference, each with the JSON path of the string that holds it.
pub fn references(value: &Value) -> Result<References, Vec<(String, ReferenceError)>> {
    let mut found = References::default();
    let mut errors = Vec::new();
    walk(value, &mut String::from("$"), &mut |path, text| match text_references(text) {
        Ok(names) => found.merge(names),
        Err(error) => errors.push((path.to_owned(), error)),
    });
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

fn walk(value: &Value, path: &mut String, visit: &mut impl FnMut(&str, &str)) {
    let length = path.len();
    match value {
        Value::String(text) if is_reference(text) => visit(path, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                walk(item, path, visit);
                path.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, item) in members {
                path.push('.');
                path.push_str(name);
                walk(item, path, visit);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

fn text_references(text: &str) -> Result<References, ReferenceError> {
    let mut found = References::default();
    for piece in pieces(text)? {
        if let Piece::Expression(expression) = piece {
            let ast = parse(expression)?;
            let before = found.clone();
            collect(&ast, expression, &mut found)?;
            if found == before && found == References::default() {
                return Err(ReferenceError::Root(expression.to_owned()));
            }
        }
    }
    Ok(found)
}

fn parse(expression: &str) -> Result<Ast, ReferenceError> {
    jmespath::parse(expression).map_err(|error| ReferenceError::Syntax {
        expression: expression.to_owned(),
        reason: error.reason.to_string(),
    })
}

/// Finds `inputs.x` and `steps.y.output` at the root of the expression's data, also inside
/// functions and projections; everything to the right of a dot or projection has another root.
fn collect(ast: &Ast, expression: &str, found: &mut References) -> Result<(), ReferenceError> {
    let wrong = || ReferenceError::Root(expression.to_owned());
    match ast {
        Ast::Subexpr { lhs, rhs, .. } => match (lhs.as_ref(), rhs.as_ref()) {
            (Ast::Field { name: root, .. }, Ast::Field { name, .. }) if root == "inputs" => {
                found.inputs.insert(name.clone());
                Ok(())
            }
            (Ast::Subexpr { lhs: root, rhs: id, .. }, Ast::Field { name: member, .. }) if matches!(root.as_ref(), Ast::Field { name, .. } if name == "steps") =>
            {
                let Ast::Field { name: step, .. } = id.as_ref() else { return Err(wrong()) };
                if member != "output" {
                    return Err(wrong());
                }
                found.steps.insert(step.clone());
                Ok(())
            }
            (left, _) => collect(left, expression, found),
        },
        Ast::Field { .. } => Err(wrong()),
        Ast::Projection { lhs, .. } => collect(lhs, expression, found),
        Ast::Function { args, .. } => args.iter().try_for_each(|arg| collect(arg, expression, found)),
        Ast::MultiList { elements, .. } => elements.iter().try_for_each(|e| collect(e, expression, found)),
        Ast::MultiHash { elements, .. } => {
            elements.iter().try_for_each(|pair| collect(&pair.value, expression, found))
        }
        Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } | Ast::Comparison { lhs, rhs, .. } => {
            collect(lhs, expression, found)?;
            collect(rhs, expression, found)
        }
        Ast::Condition { predicate, then, .. } => {
            collect(predicate, expression, found)?;
            collect(then, expression, found)
        }
        Ast::Not { node, .. } | Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => {
            collect(node, expression, found)
        }
        Ast::Literal { .. } | Ast::Expref { .. } => Ok(()),
        Ast::Identity { .. } | Ast::Index { .. } | Ast::Slice { .. } => Err(wrong()),
    }
}

/// One part of the way into a step's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPart {
    /// A member of this name.
    Member(String),
    /// An item of a list.
    Index,
}

/// Where a value refers to the answer of a step by a plain way of members and indexes: the JSON
/// path of the string, the step, and the way. Filters and functions have no such way.
#[must_use]
pub fn output_paths(value: &Value) -> Vec<(String, String, Vec<PathPart>)> {
    let mut found = Vec::new();
    walk(value, &mut String::from("$"), &mut |path, text| {
        for piece in pieces(text).unwrap_or_default() {
            if let Piece::Expression(expression) = piece
                && let Ok(ast) = parse(expression)
                && let Some((step, parts)) = plain_path(&ast)
            {
                found.push((path.to_owned(), step, parts));
            }
        }
    });
    found
}

/// `steps.<id>.output` and what follows, if the expression is nothing else.
fn plain_path(ast: &Ast) -> Option<(String, Vec<PathPart>)> {
    fn flatten(ast: &Ast, out: &mut Vec<PathPart>) -> Option<()> {
        match ast {
            Ast::Subexpr { lhs, rhs, .. } => {
                flatten(lhs, out)?;
                flatten(rhs, out)
            }
            Ast::Field { name, .. } => {
                out.push(PathPart::Member(name.clone()));
                Some(())
            }
            Ast::Index { .. } => {
                out.push(PathPart::Index);
                Some(())
            }
            _ => None,
        }
    }
    let mut parts = Vec::new();
    flatten(ast, &mut parts)?;
    let mut rest = parts.into_iter();
    let is = |part: Option<PathPart>, name: &str| part == Some(PathPart::Member(name.to_owned()));
    if !is(rest.next(), "steps") {
        return None;
    }
    let Some(PathPart::Member(step)) = rest.next() else { return None };
    is(rest.next(), "output").then(|| (step, rest.collect()))
}

/// The value with all references replaced.
///
/// # Errors
///
/// Every reference that cannot be resolved, each with its JSON path.
pub fn resolve(value: &Value, scope: &Scope) -> Result<Value, Vec<(String, ReferenceError)>> {
    let document = scope.document();
    let mut errors = Vec::new();
    let resolved = resolve_in(value, &document, &mut String::from("$"), &mut errors);
    if errors.is_empty() { Ok(resolved) } else { Err(errors) }
}

fn resolve_in(
    value: &Value,
    document: &Value,
    path: &mut String,
    errors: &mut Vec<(String, ReferenceError)>,
) -> Value {
    let length = path.len();
    match value {
        Value::String(text) if is_reference(text) => match resolve_text(text, document) {
            Ok(value) => value,
            Err(error) => {
                errors.push((path.clone(), error));
                Value::Null
            }
        },
        Value::Array(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    path.push_str(&format!("[{index}]"));
                    let item = resolve_in(item, document, path, errors);
                    path.truncate(length);
                    item
                })
                .collect(),
        ),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, item)| {
                    path.push('.');
                    path.push_str(name);
                    let item = resolve_in(item, document, path, errors);
                    path.truncate(length);
                    (name.clone(), item)
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Replaces expressions that use inputs alone; those that use a step's output stay as written.
pub(super) fn resolve_inputs(value: &Value, scope: &Scope) -> Result<Value, Vec<(String, ReferenceError)>> {
    let document = scope.document();
    let mut errors = Vec::new();
    let mut filled = value.clone();
    fill_inputs(&mut filled, &document, &mut String::from("$"), &mut errors);
    if errors.is_empty() { Ok(filled) } else { Err(errors) }
}

fn fill_inputs(
    value: &mut Value,
    document: &Value,
    path: &mut String,
    errors: &mut Vec<(String, ReferenceError)>,
) {
    let length = path.len();
    match value {
        Value::String(text) if is_reference(text) => match fill_text(text, document) {
            Ok(filled) => *value = filled,
            Err(error) => errors.push((path.clone(), error)),
        },
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push_str(&format!("[{index}]"));
                fill_inputs(item, document, path, errors);
                path.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, item) in members.iter_mut() {
                path.push('.');
                path.push_str(name);
                fill_inputs(item, document, path, errors);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

fn fill_text(text: &str, document: &Value) -> Result<Value, ReferenceError> {
    if text_references(text)?.steps.is_empty() {
        return resolve_text(text, document);
    }
    let mut out = String::new();
    for piece in pieces(text)? {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Expression(expression) => {
                let mut names = References::default();
                collect(&parse(expression)?, expression, &mut names)?;
                if names.inputs.is_empty() {
                    out.push_str("${{ ");
                    out.push_str(expression);
                    out.push_str(" }}");
                } else if names.steps.is_empty() {
                    match search(expression, document)? {
                        Value::String(text) => out.push_str(&text),
                        other => out.push_str(&other.to_string()),
                    }
                } else {
                    return Err(ReferenceError::Mixed(expression.to_owned()));
                }
            }
        }
    }
    Ok(Value::String(out))
}

fn resolve_text(text: &str, document: &Value) -> Result<Value, ReferenceError> {
    let pieces = pieces(text)?;
    if let [Piece::Expression(expression)] = pieces.as_slice() {
        return search(expression, document);
    }
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Expression(expression) => match search(expression, document)? {
                Value::String(text) => out.push_str(&text),
                other => out.push_str(&other.to_string()),
            },
        }
    }
    Ok(Value::String(out))
}

fn search(expression: &str, document: &Value) -> Result<Value, ReferenceError> {
    let syntax = |reason: String| ReferenceError::Syntax { expression: expression.to_owned(), reason };
    let compiled = jmespath::compile(expression).map_err(|e| syntax(e.reason.to_string()))?;
    let found = compiled.search(document).map_err(|e| syntax(e.reason.to_string()))?;
    let value = serde_json::to_value(found.as_ref()).map_err(|e| syntax(e.to_string()))?;
    // An absent answer is an error here: null in a request would silently mean "not given".
    if value.is_null() {
        return Err(ReferenceError::Absent(expression.to_owned()));
    }
    Ok(integral(value))
}

/// JMESPath keeps numbers as floats; whole numbers go back to integers.
fn integral(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float)
                if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < 9e15 =>
            {
                #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and below 2^53")]
                Value::from(float as i64)
            }
            _ => Value::Number(number),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(integral).collect()),
        Value::Object(members) => Value::Object(members.into_iter().map(|(k, v)| (k, integral(v))).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use serde_json::json;

    fn scope() -> Scope {
        let inputs = json!({"cidr": "10.0.0.0/16", "count": 3});
        let mut scope = Scope::new().with_inputs(inputs.as_object().unwrap().clone());
        scope.add_output("vpc", json!({"Vpc": {"VpcId": "vpc-1", "Ids": [1, 2]}}));
        scope
    }

    #[test]
    fn a_lone_reference_keeps_the_type() {
        let value = json!({"n": "${{ inputs.count }}", "ids": "${{ steps.vpc.output.Vpc.Ids }}"});
        assert_eq!(resolve(&value, &scope()).unwrap(), json!({"n": 3, "ids": [1, 2]}));
    }

    #[test]
    fn inside_text_the_value_is_written_out() {
        let value = json!("net-${{inputs.cidr}}-${{ inputs.count }}");
        assert_eq!(resolve(&value, &scope()).unwrap(), json!("net-10.0.0.0/16-3"));
    }

    #[test]
    fn an_absent_value_is_an_error_with_its_path() {
        let value = json!({"a": [{"b": "${{ steps.vpc.output.Nope }}"}]});
        let errors = resolve(&value, &scope()).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].0, "$.a[0].b");
    }

    #[test]
    fn names_are_found_inside_functions_and_projections() {
        let value = json!("${{ join(',', steps.vpc.output.Subnets[].Id) }}${{ inputs.cidr }}");
        let names = references(&value).unwrap();
        assert_eq!(names.steps.into_iter().collect::<Vec<_>>(), ["vpc"]);
        assert_eq!(names.inputs.into_iter().collect::<Vec<_>>(), ["cidr"]);
    }

    #[test]
    fn other_roots_and_broken_syntax_are_refused() {
        for text in [
            "${{ env.HOME }}",
            "${{ steps.vpc.params }}",
            "${{ steps }}",
            "${{ @ }}",
            "${{ 1 +",
            "${{ a..b }}",
        ] {
            assert!(references(&json!(text)).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            let value = json!(format!("${{{{{text}}}}} {text}"));
            let _ = references(&value);
            let _ = resolve(&value, &scope());
        }
    }
}
