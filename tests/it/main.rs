//! Tests that look at the house from outside, one module by topic.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its own files should fail loudly")]

mod botocore;
mod floors;
