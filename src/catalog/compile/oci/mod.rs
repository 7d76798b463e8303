//! The `oci` package: clients, their operations, and the models of a module, read from generated source.
//!
//! The generator writes the same dozen statements in every operation and every model. Each is known here, and a
//! statement that is not is an error with file and line: a new one may change what a request must be.

mod await_state;
mod client;
mod docstring;
mod model;
mod names;
mod operation;
mod param;
mod regions;
mod service;
mod services;
mod shape;
mod value_type;

#[cfg(test)]
mod tests;

pub use services::compile;
