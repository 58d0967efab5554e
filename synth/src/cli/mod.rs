//! The command line. One module a command; what they share stands here.

mod completions;
mod emit;
mod failure;
mod graph;
mod inputs;
mod local;
mod render;
mod request;
mod schema;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Emits the CloudFormation stack of a municipal processing log from its OpenAPI specification.
///
/// Without a command, reads the stack file, the OpenAPI specification and the mapping templates, and writes the
/// template and the list of the assets that it expects. What is not given is built in, so it works in any folder.
#[derive(Debug, Parser)]
#[command(name = "synth", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(after_help = "Examples and exit codes: synth --help", after_long_help = emit::EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    emit: emit::Emit,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Draws the stack: the way of a request, from the template that would be emitted
    ///
    /// Nodes and edges come from the template alone: what feeds a function, what its role lets it do, where the API's
    /// operations go.
    #[command(after_help = graph::EXAMPLES)]
    Graph(graph::Graph),
    /// Shows what a mapping template makes of a request, before it is deployed
    ///
    /// With a request, shows what DynamoDB would get; with DynamoDB's answer too, what the client would get. Both come
    /// from the integration as it is emitted, selection patterns and header mappings included.
    #[command(after_help = render::EXAMPLES)]
    Render(render::Render),
    /// Runs the stack on this machine
    ///
    /// Serves the whole API, from the very template that CloudFormation would get: API Gateway with its mapping templates
    /// and authorizer, the functions, queues, backup, table and stream. Needs no account and no network.
    #[command(after_help = local::EXAMPLES)]
    Local(local::Run),
    /// Prints a token that the local stack accepts
    ///
    /// Signed by the local issuer, which no deployed stack trusts.
    #[command(after_help = local::TOKEN_EXAMPLES)]
    Token(arguments::Token),
    /// Prints the JSON Schema of stack files
    ///
    /// An editor that knows it completes and checks a stack file while you type. The stack files of this project name
    /// it in their first line: `# yaml-language-server: $schema=schema.json`.
    #[command(after_help = schema::EXAMPLES)]
    Schema,
    /// Prints a completion script for a shell
    ///
    /// Put it where your shell looks for completions.
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::Completions),
    /// Prints a manual page
    ///
    /// In the format that `man` reads: of `synth` itself, or of one of its commands.
    #[command(after_help = completions::MANUAL_EXAMPLES)]
    Man(completions::Manual),
}

/// Runs what the arguments ask for.
pub(crate) fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return help_or_usage(&answer),
    };
    let done = match arguments.command {
        None => emit::run(&arguments.emit),
        Some(Command::Graph(arguments)) => graph::run(&arguments),
        Some(Command::Render(arguments)) => render::run(&arguments),
        Some(Command::Local(arguments)) => local::run(&arguments),
        Some(Command::Token(arguments)) => local::token(&arguments),
        Some(Command::Schema) => schema::run(),
        Some(Command::Completions(arguments)) => completions::run(&arguments),
        Some(Command::Man(arguments)) => completions::manual(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Help and the version are results, on stdout; anything else that clap says is about wrong usage, on stderr.
fn help_or_usage(answer: &clap::Error) -> ExitCode {
    match answer.print() {
        Err(error) if !answer.use_stderr() => failure::unprinted(&error).report(),
        _ => u8::try_from(answer.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
    }
}
