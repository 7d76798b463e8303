//! botocore's JSON models: `service-2`, paginators, waiters, and endpoint rule sets.

mod model;
mod operation;
mod paging;
mod reader;
mod shape;

pub use model::service_from_models;
