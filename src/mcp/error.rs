//! What can go wrong between a client and a server.

use thiserror::Error;

/// Why a server gave no result.
#[derive(Debug, Error)]
pub enum SwitchboardError {
    /// The handshake with a server failed.
    #[error("the {server} server does not answer: {message}")]
    Handshake {
        /// The server.
        server: String,
        /// What went wrong.
        message: String,
    },
    /// No server of this name was started.
    #[error("there is no {0} server here")]
    NoServer(String),
    /// The server refused the request as such, for example a tool that it does not have.
    #[error("the {server} server refused: {message}")]
    Refused {
        /// The server.
        server: String,
        /// Its words.
        message: String,
    },
    /// The server is gone or broke off.
    #[error("the {server} server broke off: {message}")]
    Broken {
        /// The server.
        server: String,
        /// What went wrong.
        message: String,
    },
    /// The tool ran and failed.
    #[error("{message}")]
    Tool {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
        /// Its words.
        message: String,
    },
    /// The server's result has not the form that the client expects.
    #[error("the {server} server's answer to {tool} cannot be read: {message}")]
    Unreadable {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
        /// What was wrong.
        message: String,
    },
}
