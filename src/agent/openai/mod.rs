//! The planner that is a model: any endpoint that speaks as OpenAI's chat completions do.

mod ask;
mod assemble;
mod check;
mod chunk;
mod clean;
mod endpoint;
mod exchange;
mod failure;
mod key;
mod planner;
mod prompts;
mod proposal;
mod request;
mod status;
mod tools;
mod transport;
mod turn;

#[cfg(test)]
mod tests;

pub(in crate::agent) use assemble::ToolCall;
pub use planner::OpenAi;
