//! The `synth` command: reads its arguments and starts what they ask for.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
