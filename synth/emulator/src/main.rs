//! The program behind `synth local` and `synth token`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use arguments::{Functions, Local, Token};
use clap::{Parser, Subcommand};
use emulator::issuer::{Claims, EVERY_SCOPE, Issuer};
use emulator::state::Folders;
use emulator::template::Template;
use emulator::{Mode, Options, Running};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tracing::level_filters::LevelFilter;

/// A request makes hundreds of small values and lets go of them: with the system's allocator, a quarter of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs an emitted stack on this machine. `synth local` and `synth token` start this program.
#[derive(Debug, Parser)]
#[command(name = "synth-local", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a stack
    Run {
        /// Template that CloudFormation would get, as JSON [default: read from stdin]
        #[arg(long, value_name = "FILE")]
        template: Option<PathBuf>,
        /// Name of the stack
        #[arg(long)]
        name: String,
        #[command(flatten)]
        local: Local,
    },
    /// Prints a token that the local stack accepts
    Token(Token),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run { template, name, local } => run(template.as_deref(), &name, &local),
        Command::Token(token) => print_token(&token),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, why }) => {
            // Where nobody can hear it, there is nobody to tell.
            let _ = writeln!(io::stderr().lock(), "error: {why}");
            ExitCode::from(code)
        }
    }
}

/// What is told when it does not work: exit code 2 for a mistake in the input, 1 for anything else.
struct Failure {
    code: u8,
    why: String,
}

fn failed(why: impl std::fmt::Display) -> Failure {
    Failure { code: 1, why: why.to_string() }
}

fn wrong(why: impl std::fmt::Display) -> Failure {
    Failure { code: 2, why: why.to_string() }
}

fn print_token(token: &Token) -> Result<(), Failure> {
    let folders = Folders::new(token.data.as_deref(), "").map_err(failed)?;
    let issuer = Issuer::open(&folders.issuer).map_err(failed)?;
    let scopes = token.scopes.as_deref().unwrap_or(EVERY_SCOPE);
    let claims = Claims { scopes, client: &token.client, expires: token.expires };
    let token = issuer.token(&claims).map_err(failed)?;
    writeln!(io::stdout().lock(), "{token}").map_err(failed)
}

fn run(template: Option<&Path>, name: &str, local: &Local) -> Result<(), Failure> {
    let template = match template {
        Some(path) => Template::read(path),
        None => Template::read_from("stdin", io::stdin().lock()),
    };
    let template = template.map_err(wrong)?;
    let troubles = local.chaos.iter().map(|trouble| trouble.parse()).collect::<Result<Vec<_>, _>>();
    let options = Options {
        name: name.to_owned(),
        folders: Folders::new(local.data.as_deref(), name).map_err(failed)?,
        in_memory: local.in_memory,
        ports: (local.port, if local.port == 0 { 0 } else { local.port + 1 }),
        mode: match local.functions {
            Functions::Library => Mode::Library,
            Functions::Process => Mode::Process(local.functions_dir.clone()),
        },
        parameters: local.parameters.iter().cloned().collect(),
        troubles: troubles.map_err(|why| wrong(format!("--chaos: {why}")))?,
        seed: local.chaos_seed,
        quiet: local.quiet,
        ready_file: local.ready_file.clone(),
    };
    log(local.logs);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let done = runtime.block_on(serve(template, options));
    // Whoever asked twice does not wait for what is under way.
    runtime.shutdown_background();
    done
}

/// What the functions log, or only what went wrong in them.
fn log(all: bool) {
    // Nothing has set one before.
    let _ = if all {
        tracing::subscriber::set_global_default(handlers::observe::subscriber(LevelFilter::INFO, io::stderr))
    } else {
        tracing::subscriber::set_global_default(handlers::observe::troubles(io::stderr))
    };
}

async fn serve(template: Template, options: Options) -> Result<(), Failure> {
    // Before anything runs: a signal that comes in between ends it cleanly too.
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    if let Some(path) = &options.ready_file {
        emulator::state::can_write(path).map_err(|why| wrong(format!("--ready-file: {why}")))?;
    }
    // A task of its own: a start may be busy for long without letting go of its thread.
    let told = options.clone();
    let mut start = tokio::spawn(async move { emulator::run(&template, &told).await });
    let started = tokio::select! {
        started = &mut start => started.map_err(failed)?,
        _ = terminate.recv() => return given_up(start, terminate, interrupt).await,
        _ = interrupt.recv() => return given_up(start, terminate, interrupt).await,
    };
    let running = started.map_err(|why| match why {
        emulator::Error::Template(_)
        | emulator::Error::Api(_)
        | emulator::Error::Program { .. }
        | emulator::Error::Resource { .. } => wrong(why),
        // A package that the library does not have, or what a function is told; a program that ends has failed.
        emulator::Error::Function(_) if options.mode == Mode::Library => wrong(why),
        _ => failed(why),
    })?;
    // Whoever does not read on wants it to run all the same.
    let _ = announce(&running, &options);
    if let Some(path) = &options.ready_file {
        let mut ready = json!({"api": running.api, "aws": running.aws, "page": running.page, "token": running.token});
        if let Some(key) = &running.key {
            ready["key"] = key.as_str().into();
        }
        emulator::state::write(path, ready.to_string().as_bytes()).map_err(failed)?;
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    // Whoever asks twice does not wait for answers that are under way.
    tokio::select! {
        () = running.stop() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Ends a start that is under way, with all that it has begun; who asks twice does not wait for that either.
async fn given_up<T>(start: JoinHandle<T>, mut terminate: Signal, mut interrupt: Signal) -> Result<(), Failure> {
    start.abort();
    tokio::select! {
        // That it was cancelled is known.
        _ = start => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// What somebody who started it wants to know. Messages go to stderr; what can be pasted goes to stdout.
fn announce(running: &Running, options: &Options) -> io::Result<()> {
    let mut err = io::stderr().lock();
    if !running.not_emulated.is_empty() {
        writeln!(err, "not emulated:")?;
        for what in &running.not_emulated {
            writeln!(err, "  {what}")?;
        }
    }
    for trouble in &options.troubles {
        writeln!(err, "trouble on purpose: {trouble} (seed {})", options.seed)?;
    }
    match options.in_memory {
        true => writeln!(err, "state: in memory")?,
        false => writeln!(err, "state: {}", options.folders.stack.display())?,
    }
    let mut out = io::stdout().lock();
    writeln!(out, "api    {}", running.api)?;
    writeln!(out, "page   {}", running.page)?;
    let environment: Vec<String> =
        running.environment().iter().map(|(name, value)| format!("{name}={value}")).collect();
    writeln!(out, "aws    {}", environment.join(" "))?;
    writeln!(out, "token  {}", running.token)?;
    if let Some(key) = &running.key {
        writeln!(out, "key    {key}")?;
    }
    writeln!(out, "try    {}", running.example)?;
    out.flush()
}
