//! Where a service of OCI is: realms and regions, and the templates of the clients.

mod host;
mod realms;
mod template;

pub use host::{Addressing, endpoint};
pub use realms::Realms;
