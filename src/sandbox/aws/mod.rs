//! The face of AWS.
//!
//! `recognise` finds the operation, `read` its parameters, `kinds` what it does to which kind of thing, `act` does it,
//! `show` lays what is known into the shape of the answer, `write` writes it. `known` holds what no model says.

mod act;
mod face;
mod fault;
mod field;
mod kinds;
mod known;
mod members;
mod noun;
mod read;
mod recognise;
mod routes;
mod show;
mod special;
mod time;
mod work;
mod write;

pub(crate) use face::Face;
