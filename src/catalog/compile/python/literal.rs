//! Values that are written down in source: what Python's own `ast.literal_eval` reads.

use ruff_python_ast::{Expr, Number, UnaryOp};
use serde_json::Value;

use super::Module;
use crate::catalog::compile::CompileError;

/// A value that is written down as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text, with parts that stand side by side joined.
    Text(String),
    /// A list or a tuple or a set.
    List(Vec<Literal>),
    /// A dictionary, in the order of the source.
    Dict(Vec<(Literal, Literal)>),
}

impl Literal {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// The expression is no literal; the error names the place of the part that is none.
    pub fn read(module: &Module, value: &Expr) -> Result<Self, CompileError> {
        let list = |items: &[Expr]| {
            items.iter().map(|item| Self::read(module, item)).collect::<Result<_, _>>().map(Literal::List)
        };
        Ok(match value {
            Expr::NoneLiteral(_) => Literal::None,
            Expr::BooleanLiteral(flag) => Literal::Bool(flag.value),
            Expr::StringLiteral(text) => Literal::Text(text.value.to_str().to_owned()),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(whole) => Literal::Int(
                    whole.as_i64().ok_or_else(|| module.error(value, "the number is too large"))?,
                ),
                Number::Float(number) => Literal::Float(*number),
                Number::Complex { .. } => {
                    return Err(module.error(value, "a complex number is not understood"));
                }
            },
            Expr::UnaryOp(minus) if minus.op == UnaryOp::USub => match Self::read(module, &minus.operand)? {
                Literal::Int(number) => Literal::Int(-number),
                Literal::Float(number) => Literal::Float(-number),
                _ => return Err(module.error(value, "only a number can be negative")),
            },
            Expr::List(items) => list(&items.elts)?,
            Expr::Tuple(items) => list(&items.elts)?,
            Expr::Set(items) => list(&items.elts)?,
            Expr::Dict(dict) => Literal::Dict(
                dict.items
                    .iter()
                    .map(|item| {
                        let key = item.key.as_ref();
                        let key = key.ok_or_else(|| module.error(&item.value, "`**` is no literal"))?;
                        Ok((Self::read(module, key)?, Self::read(module, &item.value)?))
                    })
                    .collect::<Result<_, CompileError>>()?,
            ),
            other => {
                let shown: String = module.source(other).chars().take(60).collect();
                return Err(module.error(other, format!("`{shown}` is no literal value")));
            }
        })
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Literal::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Literal]> {
        match self {
            Literal::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is a dictionary.
    #[must_use]
    pub fn as_dict(&self) -> Option<&[(Literal, Literal)]> {
        match self {
            Literal::Dict(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under a key of text, if it is a dictionary that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Literal> {
        self.as_dict()?.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
    }

    /// Every item as text, if it is a list of texts.
    #[must_use]
    pub fn texts(&self) -> Option<Vec<String>> {
        self.as_list()?.iter().map(|item| item.as_text().map(str::to_owned)).collect()
    }

    /// Every entry as texts, if it is a dictionary of texts.
    #[must_use]
    pub fn text_pairs(&self) -> Option<Vec<(String, String)>> {
        self.as_dict()?
            .iter()
            .map(|(key, value)| Some((key.as_text()?.to_owned(), value.as_text()?.to_owned())))
            .collect()
    }

    /// The same as JSON; nothing when a key is no text or a number has no JSON form.
    #[must_use]
    pub fn to_json(&self) -> Option<Value> {
        Some(match self {
            Literal::None => Value::Null,
            Literal::Bool(flag) => Value::from(*flag),
            Literal::Int(number) => Value::from(*number),
            Literal::Float(number) => Value::Number(serde_json::Number::from_f64(*number)?),
            Literal::Text(text) => Value::from(text.as_str()),
            Literal::List(items) => Value::Array(items.iter().map(Self::to_json).collect::<Option<_>>()?),
            Literal::Dict(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| Some((key.as_text()?.to_owned(), value.to_json()?)))
                    .collect::<Option<_>>()?,
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::super::assigned;
    use super::*;

    fn read(source: &str) -> Result<Literal, CompileError> {
        let module = Module::parse("m.py", format!("import a\nx = {source}\n")).unwrap();
        Literal::read(&module, assigned(module.body(), "x").unwrap())
    }

    #[test]
    fn every_kind_of_literal_is_read() {
        let value = read("{'a': [1, -2, 2.5, None, True], 'b': ('x' \"y\\n\" r'\\z', {'c': 'é'})}").unwrap();
        let wanted = json!({"a": [1, -2, 2.5, null, true], "b": ["xy\n\\z", {"c": "é"}]});
        assert_eq!(value.to_json().unwrap(), wanted);
        assert_eq!(value.get("b").unwrap().as_list().unwrap()[0].as_text(), Some("xy\n\\z"));
        assert_eq!(read("{1: 'a'}").unwrap().to_json(), None);
        assert_eq!(read("['a', 'b']").unwrap().texts().unwrap(), ["a", "b"]);
        assert_eq!(read("['a', 1]").unwrap().texts(), None);
        assert_eq!(read("{'a': 'b'}").unwrap().text_pairs().unwrap(), [("a".to_owned(), "b".to_owned())]);
    }

    #[test]
    fn what_is_no_literal_is_named_with_its_line() {
        let message = read("[1,\n  f(2)]").unwrap_err().to_string();
        assert_eq!(message, "m.py: line 3: `f(2)` is no literal value");
        assert!(read("{**a}").unwrap_err().to_string().contains("no literal"));
        assert!(read("f'{a}'").is_err());
        assert!(read("99999999999999999999").unwrap_err().to_string().contains("too large"));
    }
}
