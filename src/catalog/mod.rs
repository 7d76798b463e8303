//! Every operation of every service, compiled from the clouds' own SDK packages.

pub mod access;
pub mod compile;
pub mod describe;
pub mod partner;
mod place;
pub mod shapes;

#[cfg(test)]
pub(crate) mod test_service;
