//! Python packages, read and never run: the files of a distribution, their syntax trees, and literal values.
//!
//! A [`Distribution`] is what its own RECORD lists, in a wheel or an installed folder. A [`Module`] is one parsed
//! file, and errors made through it name the file and the line. The remaining functions look into a syntax tree.

mod distribution;
mod find;
mod literal;
mod located;
mod module;

pub use distribution::Distribution;
pub use find::{
    Definition, argument, assigned, assignments, bases, call_of, class, classes, docstring, dotted, function,
    functions, keyword, text,
};
pub use literal::Literal;
pub use located::Located;
pub use module::Module;
