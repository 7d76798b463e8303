//! `provisioner catalog update`: new catalogs from the newest SDK packages, and the way back.
//!
//! `live` asks the live service for what no package covers. One cloud after the other: `source` finds the packages, the catalog's own rooms compile and compare, and what is whole is put in
//! place. A cloud that fails leaves its catalog as it is and does not keep the others from theirs.

mod back;
mod live;
mod note;
mod one;
mod pins;
mod progress;
mod report;
mod run;
mod source;

pub(crate) use pins::Pins;
pub(crate) use run::run;
pub(crate) use source::{asked_index, wanted};
