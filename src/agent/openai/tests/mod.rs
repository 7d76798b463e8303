//! The planner against a scripted server.

mod answers;
mod failures;
mod journey;
mod limits;
mod server;
mod setting;
mod streams;
mod tokens;
