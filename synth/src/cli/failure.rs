//! How a command ends when it cannot do what was asked.

use std::io::{self, Write};
use std::process::ExitCode;

use synth::emit::WriteError;
use synth::report::{self, Diagnostic};

/// Why a command ended.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Mistakes in the input: exit code 2.
    Input(Vec<Diagnostic>),
    /// Something else went wrong: exit code 1.
    Failed(Diagnostic),
    /// Whoever read our output has gone, as `head` does. Nothing to say.
    Unread,
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::Input(diagnostics)
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        let help = "choose another folder with `--out`, or print the template with `--stdout`";
        Self::Failed(Diagnostic::error(error.to_string()).help(help))
    }
}

impl Failure {
    /// Says it, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Input(diagnostics) => {
                show(&diagnostics);
                ExitCode::from(2)
            }
            Self::Failed(diagnostic) => {
                show(&[diagnostic]);
                ExitCode::FAILURE
            }
            Self::Unread => ExitCode::FAILURE,
        }
    }
}

/// Shows messages on stderr, in colours where that is a terminal.
pub(crate) fn show(diagnostics: &[Diagnostic]) {
    if diagnostics.is_empty() {
        return;
    }
    let styled = !matches!(anstream::AutoStream::choice(&io::stderr()), anstream::ColorChoice::Never);
    say(report::render(diagnostics, styled).trim_end());
}

/// Writes a line to stderr. Where nobody can hear it, there is nobody to tell.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes a result to stdout.
///
/// # Errors
/// A disk that is full, a reader that has gone.
pub(crate) fn print(result: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(result.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| unprinted(&error))
}

/// Why a result did not get to stdout.
pub(crate) fn unprinted(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Unread,
        _ => Failure::Failed(Diagnostic::error(format!("cannot write to stdout: {error}"))),
    }
}
