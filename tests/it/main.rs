//! Tests that look at the house from outside, one module by topic.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot do its work should fail loudly")]

mod azure;
mod botocore;
mod exceptions;
mod floors;
mod journey;
mod made_up;
mod program;
mod refresh;
mod screen;
