//! The desk: one task owns the conversation.
