//! What plans cost.
