//! Rules and prompts that are part of the program.

use include_dir::{Dir, include_dir};

pub(super) static RULES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/rules");
pub(super) static PROMPTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/prompts");
