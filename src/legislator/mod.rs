//! What may be done.
