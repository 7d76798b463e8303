//! How things look in answers: what is known of a thing, laid into the shapes of the model.

mod answer;
mod filter;
mod page;
mod state;
mod thing;

pub(super) use answer::{answer, empty, fixed, read};
pub(super) use state::{has_word, is_shown_when_gone};
