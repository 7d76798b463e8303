//! Runs cleared plans so that nothing is lost and nothing doubled.
