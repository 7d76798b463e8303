//! Records what was done.
