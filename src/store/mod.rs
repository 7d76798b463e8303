//! Typed trees over an embedded database.
