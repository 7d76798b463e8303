//! One source file, parsed.

use ruff_python_ast::{ModModule, Stmt};
use ruff_python_parser::parse_module;

use super::Located;
use crate::catalog::compile::CompileError;

/// The syntax tree of a source file. Errors about a part of it name the file and the line.
pub struct Module {
    file: String,
    text: String,
    tree: ModModule,
}

impl Module {
    /// Parses a source file; `file` is its name in errors.
    ///
    /// # Errors
    ///
    /// The text is no Python.
    pub fn parse(file: &str, text: String) -> Result<Self, CompileError> {
        match parse_module(&text) {
            Ok(parsed) => Ok(Self { file: file.to_owned(), tree: parsed.into_syntax(), text }),
            Err(error) => Err(CompileError::Model {
                file: file.to_owned(),
                place: format!("line {}", line(&text, error.location.start().to_usize())),
                reason: error.error.to_string(),
            }),
        }
    }

    /// The path of the file in its package.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The statements on top.
    #[must_use]
    pub fn body(&self) -> &[Stmt] {
        &self.tree.body
    }

    /// The source of a part, as it is written.
    #[must_use]
    pub fn source(&self, part: &impl Located) -> &str {
        self.text.get(part.span()).unwrap_or_default()
    }

    /// The line of a part, for errors that are made later: `line 12`.
    #[must_use]
    pub fn line_of(&self, part: &impl Located) -> String {
        format!("line {}", line(&self.text, part.span().start))
    }

    /// An error about a part of the file.
    pub fn error(&self, part: &impl Located, reason: impl Into<String>) -> CompileError {
        CompileError::Model { file: self.file.clone(), place: self.line_of(part), reason: reason.into() }
    }

    /// An error about the file as a whole, for something that it does not have.
    pub fn lacks(&self, what: &str) -> CompileError {
        CompileError::Model { file: self.file.clone(), place: what.to_owned(), reason: "is missing".into() }
    }
}

/// The line of an offset, from 1.
fn line(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
}
