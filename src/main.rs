//! The program: arguments in, a face out.

use std::process::ExitCode;

use clap::Parser;
use provisioner::cli::{self, Args};

fn main() -> ExitCode {
    cli::main(Args::parse()).into()
}
