//! `provisioner rules exception request|approve|list|revoke|key`.

mod args;
mod decide;
mod folder;
mod key;
mod list;
mod request;
mod run;
mod tell;

pub(super) use args::{ExceptionCommand, RequestArgs};
pub(crate) use run::run;

#[cfg(test)]
mod tests;
