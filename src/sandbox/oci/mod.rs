//! The face of OCI.
//!
//! OCI is plain REST, so paths say it all: `route` finds the operation, `kind` reads from its path what it does to
//! which kind of thing, `params` takes the request apart, `act` does it, `show` lays what is known into the shape of
//! the answer. `known` holds what no model says.

mod act;
mod face;
mod fault;
mod kind;
mod known;
mod params;
mod route;
mod show;
mod work;

pub(crate) use face::Face;

#[cfg(test)]
mod tests;
