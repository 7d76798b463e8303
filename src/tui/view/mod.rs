//! The frame. Every view draws a part of the state into its place and changes nothing.

mod browser;
mod composer;
mod frame;
mod header;
mod palette;
mod panes;
mod question;
mod review;
mod scrolled;
mod status;

pub(crate) use frame::draw;
