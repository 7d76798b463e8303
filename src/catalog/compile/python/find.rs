//! Looking into syntax trees: definitions, assignments, calls, names.

use ruff_python_ast::{Expr, ExprCall, Stmt, StmtClassDef, StmtFunctionDef};

/// A class or a function: something with a name and a body.
pub trait Definition {
    /// Its name.
    fn called(&self) -> &str;
    /// Its statements.
    fn statements(&self) -> &[Stmt];
}

impl Definition for StmtClassDef {
    fn called(&self) -> &str {
        self.name.as_str()
    }

    fn statements(&self) -> &[Stmt] {
        &self.body
    }
}

impl Definition for StmtFunctionDef {
    fn called(&self) -> &str {
        self.name.as_str()
    }

    fn statements(&self) -> &[Stmt] {
        &self.body
    }
}

/// The classes among statements.
pub fn classes(body: &[Stmt]) -> impl Iterator<Item = &StmtClassDef> {
    body.iter().filter_map(Stmt::as_class_def_stmt)
}

/// The functions among statements, `async` ones included.
pub fn functions(body: &[Stmt]) -> impl Iterator<Item = &StmtFunctionDef> {
    body.iter().filter_map(Stmt::as_function_def_stmt)
}

/// The last class of this name, which is the one that counts.
#[must_use]
pub fn class<'a>(body: &'a [Stmt], name: &str) -> Option<&'a StmtClassDef> {
    classes(body).filter(|found| found.called() == name).last()
}

/// The last function of this name, which is the one that counts.
#[must_use]
pub fn function<'a>(body: &'a [Stmt], name: &str) -> Option<&'a StmtFunctionDef> {
    functions(body).filter(|found| found.called() == name).last()
}

/// What is assigned among statements, in order: the target as it is written (`x`, `self._x`) and the value.
/// Targets that are no names are left out.
pub fn assignments(body: &[Stmt]) -> impl Iterator<Item = (String, &Expr)> {
    body.iter().flat_map(|statement| -> Vec<(String, &Expr)> {
        match statement {
            Stmt::Assign(assign) => assign
                .targets
                .iter()
                .filter_map(|target| Some((dotted(target)?, assign.value.as_ref())))
                .collect(),
            Stmt::AnnAssign(assign) => assign
                .value
                .as_deref()
                .and_then(|value| Some((dotted(&assign.target)?, value)))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    })
}

/// The last value that is assigned to a name.
#[must_use]
pub fn assigned<'a>(body: &'a [Stmt], name: &str) -> Option<&'a Expr> {
    assignments(body).filter(|(target, _)| target == name).last().map(|(_, value)| value)
}

/// The text on top of a body.
#[must_use]
pub fn docstring(body: &[Stmt]) -> Option<&str> {
    match body.first() {
        Some(Stmt::Expr(first)) => text(&first.value),
        _ => None,
    }
}

/// The text of a string literal.
#[must_use]
pub fn text(value: &Expr) -> Option<&str> {
    match value {
        Expr::StringLiteral(literal) => Some(literal.value.to_str()),
        _ => None,
    }
}

/// A name with its attributes: `self.base_client.call_api`. Nothing for other expressions.
#[must_use]
pub fn dotted(value: &Expr) -> Option<String> {
    match value {
        Expr::Name(name) => Some(name.id.as_str().to_owned()),
        Expr::Attribute(attribute) => {
            let mut before = dotted(&attribute.value)?;
            before.push('.');
            before.push_str(attribute.attr.as_str());
            Some(before)
        }
        _ => None,
    }
}

/// The names of a class's bases; those that are no names are left out.
#[must_use]
pub fn bases(class: &StmtClassDef) -> Vec<String> {
    class.arguments.iter().flat_map(|arguments| arguments.args.iter()).filter_map(dotted).collect()
}

/// The call, if the expression calls something of this name.
#[must_use]
pub fn call_of<'a>(value: &'a Expr, name: &str) -> Option<&'a ExprCall> {
    match value {
        Expr::Call(call) if dotted(&call.func).as_deref() == Some(name) => Some(call),
        _ => None,
    }
}

/// An argument that is given by position.
#[must_use]
pub fn argument(call: &ExprCall, position: usize) -> Option<&Expr> {
    call.arguments.args.get(position)
}

/// An argument that is given by name.
#[must_use]
pub fn keyword<'a>(call: &'a ExprCall, name: &str) -> Option<&'a Expr> {
    let mut keywords = call.arguments.keywords.iter();
    keywords
        .find(|keyword| keyword.arg.as_ref().is_some_and(|arg| arg.as_str() == name))
        .map(|keyword| &keyword.value)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::super::Module;
    use super::*;

    const SOURCE: &str = r#"
"""About
the module."""
x = 1
x: int = 2
y: int

class Thing(base.Model, object, metaclass=Meta):
    "A thing."
    A = "a" "b"

    async def act(self, *, z=3):
        self.state = call(1, "two", deep=z)
        a = self.b = None
        return self.state

def act():
    pass
"#;

    #[test]
    fn definitions_and_assignments_are_found() {
        let module = Module::parse("m.py", SOURCE.to_owned()).unwrap();
        let body = module.body();
        assert_eq!(docstring(body), Some("About\nthe module."));
        assert_eq!(assignments(body).map(|(name, _)| name).collect::<Vec<_>>(), ["x", "x"]);
        assert_eq!(module.source(assigned(body, "x").unwrap()), "2");
        assert!(assigned(body, "y").is_none() && class(body, "None").is_none());
        let thing = class(body, "Thing").unwrap();
        assert_eq!(bases(thing), ["base.Model", "object"]);
        assert_eq!(docstring(thing.statements()), Some("A thing."));
        assert_eq!(text(assigned(thing.statements(), "A").unwrap()), Some("ab"));
        assert_eq!(functions(body).map(Definition::called).collect::<Vec<_>>(), ["act"]);
        assert!(docstring(function(body, "act").unwrap().statements()).is_none());
    }

    #[test]
    fn calls_and_their_arguments_are_found() {
        let module = Module::parse("m.py", SOURCE.to_owned()).unwrap();
        let thing = class(module.body(), "Thing").unwrap();
        let act = function(thing.statements(), "act").unwrap();
        let names: Vec<String> = assignments(act.statements()).map(|(name, _)| name).collect();
        assert_eq!(names, ["self.state", "a", "self.b"]);
        let value = assigned(act.statements(), "self.state").unwrap();
        let call = call_of(value, "call").unwrap();
        assert!(call_of(value, "other").is_none());
        assert_eq!(text(argument(call, 1).unwrap()), Some("two"));
        assert_eq!(dotted(keyword(call, "deep").unwrap()).as_deref(), Some("z"));
        assert!(keyword(call, "shallow").is_none() && argument(call, 2).is_none());
        let message = module.error(call, "is odd").to_string();
        assert_eq!(message, "m.py: line 13: is odd");
    }
}
