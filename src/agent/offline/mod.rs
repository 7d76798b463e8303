//! The planner that needs no model: it knows workflows and operations by their names, takes inputs from
//! the words, asks for what is missing, and says plainly what it cannot do. The same words always
//! give the same answer.

mod answer;
mod fill;
mod planner;
mod regions;
mod take;
#[cfg(test)]
mod tests;
mod things;
mod words;
mod workflow;
mod workflows;

pub use planner::Offline;
pub use workflows::Workflows;
