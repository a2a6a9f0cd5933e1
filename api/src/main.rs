//! The program `ledgerdesk`: the service, and what an operator does with its data directory.

mod cli;
mod demo;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
