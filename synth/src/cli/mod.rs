//! The command line. One module a command; what they share stands here.

mod emit;
mod failure;
mod inputs;
mod completions;
mod graph;
mod schema;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Emits the CloudFormation stack of a municipal processing log from its OpenAPI specification.
///
/// Without a command, reads the specification and the stack file, and writes the template and the list of the assets
/// that it expects. Results go to files or to stdout, messages to stderr.
///
/// Exit codes: 0 done, 1 failed, 2 usage or a mistake in the input.
#[derive(Debug, Parser)]
#[command(name = "synth", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    emit: emit::Emit,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Draws the stack: the way of a request, from the template that would be emitted
    Graph(graph::Graph),
    /// Prints the JSON Schema of stack files
    Schema,
    /// Prints a completion script for a shell
    Completions(completions::Completions),
    /// Prints the manual page
    Man,
}

/// Runs what the arguments ask for.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => emit::run(&arguments.emit),
        Some(Command::Graph(arguments)) => graph::run(&arguments),
        Some(Command::Schema) => schema::run(),
        Some(Command::Completions(arguments)) => completions::run(&arguments),
        Some(Command::Man) => completions::manual(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
