//! What operations do to what exists.

mod create;
mod delete;
mod refer;
mod select;
mod tags;
mod update;

pub(super) use create::{create, publish};
pub(super) use delete::delete;
pub(super) use select::select;
pub(super) use tags::{change_tags, read_tags, written as written_tags};
pub(super) use update::{move_phase, set, update};

use serde_json::{Map, Value};

/// What was acted on, by key, and what only this answer shows.
#[derive(Debug, Default)]
pub(super) struct Acted {
    pub(super) keys: Vec<String>,
    /// Things that are no longer kept.
    pub(super) removed: Vec<crate::sandbox::model::Resource>,
    pub(super) once: Map<String, Value>,
}
