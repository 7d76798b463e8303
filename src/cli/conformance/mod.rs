//! JSON Lines in, JSON Lines out, for checkers; the very code that a live run uses.

mod lines;

pub(crate) use lines::serve;
