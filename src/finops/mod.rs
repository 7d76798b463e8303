//! What plans cost: a table of list prices, and rules that say what an operation costs.

mod book;
mod compile;
mod error;
mod inherit;
mod pick;
mod price;
mod quantity;
mod rules;
mod status;
mod table;
mod wording;

#[cfg(test)]
mod tests;

pub use book::PriceBook;
pub use compile::compile_prices;
pub use error::FinopsError;
pub use status::BookStatus;
