//! botocore's JSON models: `service-2`, paginators, waiters, and endpoint rule sets.

mod model;
mod operation;
mod package;
mod paging;
mod reader;
mod services;
mod shape;

pub use model::service_from_models;
pub use services::compile;
