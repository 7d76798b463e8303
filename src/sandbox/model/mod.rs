//! What exists in the embedded clouds, whatever cloud it belongs to.
//!
//! A [`Resource`] has a kind, names, parents, attributes, tags, and a phase; the [`Ledger`] keeps
//! them in memory and in the store. How they look on the wire is the affair of each cloud's face.

mod ledger;
mod resource;

pub(crate) use ledger::Ledger;
pub(crate) use resource::{Parent, Phase, Resource, Token, key_of};

#[cfg(test)]
pub(crate) use resource::tests as testing;
