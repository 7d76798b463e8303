//! The switchboard: servers and clients of the Model Context Protocol.
