//! The face of Azure: one Resource Manager, driven by addresses and the catalog.
//!
//! `address` takes a path apart, `routes` finds the operation of the catalog that it means, `act` does it,
//! `thing` lays out what is kept. `known` holds what no package says, read from `assets/sandbox/azure.yaml`.

mod act;
mod address;
mod face;
mod fault;
mod known;
mod refer;
mod routes;
#[cfg(test)]
mod tests;
mod thing;
mod work;

pub(crate) use face::Face;
