//! A conversational terminal agent that provisions infrastructure on AWS, Azure, and OCI.
//!
//! The house has floors; a room imports only from the floors below it:
//!
//! | floor | rooms |
//! | --- | --- |
//! | 6 faces | [`tui`], [`cli`] |
//! | 5 the desk | [`session`] |
//! | 4 the arms | [`agent`], [`legislator`], [`finops`], [`executor`], [`regulator`] |
//! | 3 the switchboard | [`mcp`] |
//! | 2 hands | [`clouds`], [`sandbox`], [`graph`], [`memory`], [`files`], [`packages`] |
//! | 1 foundations | [`catalog`], [`store`], [`protocol`] |
//! | 0 leaves | [`plan`], [`config`], [`text`] |
//!
//! Words go in as [`protocol::Command`], come out as [`protocol::Event`]; in between they leave
//! the paper trail of [`plan`]: request, plan, verdict, estimate, approval, execution, record.

pub mod agent;
pub mod catalog;
pub mod cli;
pub mod clouds;
pub mod config;
pub mod executor;
pub mod files;
pub mod finops;
pub mod graph;
pub mod legislator;
pub mod mcp;
pub mod memory;
pub mod packages;
pub mod plan;
pub mod protocol;
pub mod regulator;
pub mod sandbox;
pub mod session;
pub mod store;
pub mod text;
pub mod tui;
