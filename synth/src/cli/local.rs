//! `synth local` and `synth token`: start the program that runs stacks on this machine.
//!
//! That program, `synth-local`, holds the emulated services and the functions. It is one of its own, so that who only
//! synthesizes need not build them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::{Args, ValueHint};
use synth::emit::{self, Format};
use synth::report::Diagnostic;
use synth::stack;

use super::failure::{Failure, say};
use super::inputs::{Inputs, Stack};

pub(crate) const EXAMPLES: &str = "\
Examples:
  synth local
      Runs the default stack; paste the line that it prints after `try`.
  synth local --stack stacks/acceptatie.yaml --port 8080 --data acceptatie
      Runs another stack, on another port, and keeps its state in a folder.
  synth local --port 0 --in-memory --quiet --ready-file ready.json
      For a test: free ports, no state, and a file that says where it is once it serves.
  synth local --template out/verwerkingenlog-local.template.json
      Runs a template that was emitted before.
  synth local --chaos sqs:error=0.1,reorder=0.5 --chaos all:latency=20ms
      Shows what an application makes of a bad day.

Results (addresses, a token, a line to paste) go to stdout, messages to stderr. Ctrl-C ends it.

Exit codes:
  0  ended by Ctrl-C or a SIGTERM
  1  failed: a port or a folder that is in use
  2  wrong usage, or a mistake in the input";

pub(crate) const TOKEN_EXAMPLES: &str = "\
Examples:
  synth token
      Prints a token that allows everything, for an hour.
  synth token --scopes 'read:normal create:normal' --client zaaksysteem --expires 10m
      Prints one that allows less.
  curl -H \"Authorization: Bearer $(synth token)\" ...

Tokens are signed with the key of the local issuer, which lies in the state folder. No deployed stack trusts it.

Exit codes:
  0  done
  1  failed: a folder that cannot be used
  2  wrong usage";

const PROGRAM: &str = "synth-local";

/// What is run, and how.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    inputs: Inputs,
    /// Template to run, as `synth` wrote it in JSON, instead of the one that the stack file gives
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["stack", "spec", "templates"])]
    template: Option<PathBuf>,
    #[command(flatten)]
    local: arguments::Local,
}

pub(crate) fn run(arguments: &Run) -> Result<(), Failure> {
    let mut command = program()?;
    command.arg("run");
    match &arguments.template {
        Some(path) => {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let name = name.split('.').next().filter(|name| !name.is_empty()).unwrap_or("stack");
            command.arg("--template").arg(path).arg("--name").arg(name);
        }
        None => {
            let Stack { file, built, .. } = arguments.inputs.build()?;
            let text = emit::render(&built.template, Format::Json);
            stack::check(&built, &file, text.len())?;
            let unwritable =
                |error: io::Error| Failure::Failed(Diagnostic::error(format!("cannot hand on the template: {error}")));
            command.arg("--name").arg(file.settings.name.as_str()).stdin(handed_on(&text).map_err(unwritable)?);
        }
    }
    Err(become_it(command.args(arguments.local.command_line())))
}

pub(crate) fn token(arguments: &arguments::Token) -> Result<(), Failure> {
    Err(become_it(program()?.arg("token").args(arguments.command_line())))
}

/// The text as a file to read from that has no name, so that nothing is left of it.
fn handed_on(text: &str) -> io::Result<Stdio> {
    let mut file: File = tempfile::tempfile()?;
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}

/// Gives this process over to the program, which then has its terminal and its signals. Returns only where it cannot.
fn become_it(command: &mut Command) -> Failure {
    let error = command.exec();
    Failure::Failed(Diagnostic::error(format!("cannot start {}: {error}", command.get_program().display())))
}

/// The program, which lies beside this one. From a clone it is built first: cargo knows whether there is anything to do.
fn program() -> Result<Command, Failure> {
    let failed = |message: String| Failure::Failed(Diagnostic::error(message));
    let this = env::current_exe().map_err(|error| failed(format!("cannot tell where this program is: {error}")))?;
    let program = this.with_file_name(PROGRAM);
    if let Some(cargo) = env::var_os("CARGO").filter(|_| env::var_os("CARGO_MANIFEST_DIR").is_some()) {
        build(&cargo, &this, program.exists())?;
    }
    if !program.exists() {
        let message = format!("there is no {}", program.display());
        let help = "it runs stacks on this machine: `cargo install --path synth/emulator` installs it beside `synth`, \
                    and in a clone `cargo synth local` builds it";
        return Err(Failure::Failed(Diagnostic::error(message).help(help)));
    }
    Ok(Command::new(program))
}

fn build(cargo: &OsStr, this: &Path, is_there: bool) -> Result<(), Failure> {
    let folder = this.parent().and_then(Path::file_name).unwrap_or_default();
    // Cargo calls the profile of the folder `debug` otherwise than the folder.
    let profile = if folder == "debug" { OsStr::new("dev") } else { folder };
    let mut arguments: Vec<OsString> =
        ["build", "--package", "emulator", "--bin", PROGRAM, "--profile"].map(OsString::from).to_vec();
    arguments.push(profile.to_owned());
    if is_there {
        arguments.push("--quiet".into());
    } else {
        say("building what runs stacks on this machine; this takes a few minutes, once");
    }
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let status =
        Command::new(cargo).args(arguments).arg("--manifest-path").arg(manifest).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::Failed(Diagnostic::error(format!("{PROGRAM} was not built")))),
        Err(error) => Err(Failure::Failed(Diagnostic::error(format!("cannot start cargo: {error}")))),
    }
}
