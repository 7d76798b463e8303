//! The agent: words in, a plan out.
