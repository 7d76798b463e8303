//! Every operation of every service, compiled from the clouds' own SDK packages.

pub mod compile;
pub mod shapes;
