//! What plans cost.
//!
//! A [`PriceBook`] holds list prices and price rules, both data: `assets/prices/prices.table` and
//! `assets/prices/*.yaml`. A rule says which billable things an operation makes, which parameters
//! give their type, size, and number, and which prices to look up. What nobody knows is named, never 0.

mod context;
mod error;
mod estimate;
mod figure;
mod line;
mod price_book;
mod region;
mod rules;
mod status;
mod table;
mod variable;

#[cfg(test)]
mod tests;

pub use error::FinopsError;
pub use figure::{Figure, read_figures};
pub use price_book::PriceBook;
pub use status::BookStatus;
pub use table::write_book;
