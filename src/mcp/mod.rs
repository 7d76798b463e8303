//! The switchboard: one MCP server per cloud and per store of knowledge, and the clients through
//! which the arms reach them. Planners get faces that can only read.

mod bound;
mod client;
mod cloud_client;
mod error;
mod files_client;
mod graph_client;
mod memory_client;
mod server;
mod servers;
mod switchboard;
mod tool;

pub use cloud_client::CloudClient;
pub use error::SwitchboardError;
pub use files_client::FilesClient;
pub use graph_client::GraphClient;
pub use memory_client::MemoryClient;
pub use switchboard::{Offered, Parts, Switchboard};
pub use tool::{ToolReply, ToolSpec};

#[cfg(test)]
mod tests;
