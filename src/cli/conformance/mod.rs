//! JSON Lines in, JSON Lines out, for checkers; the very code that a live run uses.

pub(crate) mod cost;
pub(crate) mod endpoint;
pub(crate) mod engine;
mod lines;
mod model;
pub(crate) mod parse;
pub(crate) mod render;
pub(crate) mod search;
pub(crate) mod shapes;
pub(crate) mod sign;
pub(crate) mod verdict;

pub(crate) use lines::serve;
pub(crate) use model::Models;
