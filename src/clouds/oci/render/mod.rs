//! From a call to a request of OCI, complete but for its signature, its date, and its own id.

mod body;
mod request;
mod text;
mod uri;

pub use request::{OciContext, render};
