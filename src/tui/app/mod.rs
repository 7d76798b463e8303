//! The state of the terminal face and how it changes: [`update()`] takes a message and returns
//! effects. Nothing here draws, waits, or reads a clock.

mod browser;
mod chat;
mod composer;
mod desk;
mod history;
mod model;
mod msg;
mod question;
mod review;
mod session;
mod slash;
#[cfg(test)]
mod tests;
mod transcript;
mod update;

pub(crate) use browser::{Browser, List};
pub(crate) use composer::Composer;
pub(crate) use desk::{Desk, Pane, Proposal, Run};
pub(crate) use history::History;
pub(crate) use model::App;
pub(crate) use msg::{Effect, Msg};
pub(crate) use question::Question;
pub(crate) use review::Review;
pub(crate) use slash::{SLASH, matching};
pub(crate) use transcript::Transcript;
pub(crate) use update::update;
