//! Why a rule set cannot be used.

use thiserror::Error;

/// Why a rule set cannot be used, with the place and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RulesError {
    /// The file server gave no files.
    #[error("the rules cannot be read: {0}")]
    Read(String),
    /// The folder holds no rules.
    #[error("there are no rules: the rules folder needs a catalogue/*.yaml and at least one .rego file")]
    Empty,
    /// A file is larger than a person would write.
    #[error("rules/{file} has {size} bytes, a rule file may have {limit}; split it")]
    TooLarge {
        /// The file, below the rules folder.
        file: String,
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A book or catalogue does not fit its schema.
    #[error("rules/{file}, {place}: {message}")]
    Document {
        /// The file, below the rules folder.
        file: String,
        /// Line and column, or the member.
        place: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A Rego file does not parse or fails when it is tried on an empty plan.
    #[error("{file}: {message}")]
    Rego {
        /// The file, below the rules folder, or all of them.
        file: String,
        /// What the engine said.
        message: String,
    },
    /// Rules that use themselves would end the program, so they are refused before they run.
    #[error(
        "recursion in Rego: {0}; a rule or function may not use itself, write a loop with `some` or `every`"
    )]
    Recursion(String),
    /// The rules did not finish.
    #[error("the rules cannot be evaluated: {0}")]
    Evaluation(String),
}
