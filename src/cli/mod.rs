//! The commands for scripts and the plain face.
