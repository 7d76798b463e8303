//! The `azure-mgmt-*` packages: five styles of generated Python, read and never run.
//!
//! A package holds one or more clients. `client` finds them and their operation groups, also where several API
//! versions lie side by side. `operation` reads a method: its request from a builder function or from the
//! method's own body (`request`), its body, its answer, how pages and long-running operations end
//! (`answer`). `rest` and `mapped` read the two ways in which models are written into one `model::Model`,
//! and `shapes` turns what is reachable into the catalog's shapes. Nothing that is not understood is skipped.

mod answer;
mod client;
mod kind;
mod look;
mod mapped;
mod model;
mod names;
mod operation;
mod packages;
mod request;
mod resolve;
mod rest;
mod secret;
mod services;
mod shapes;

pub use packages::{Package, PackageList};
pub use services::{Compiled, compile};
