//! `synth completions` and `synth man`: what a shell and `man` want to know of this command.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::failure::{Failure, print};

/// Which shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell to complete for
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "synth", &mut script);
    print(&String::from_utf8_lossy(&script))
}

pub(crate) fn manual() -> Result<(), Failure> {
    let mut page = Vec::new();
    let manual = clap_mangen::Man::new(super::Arguments::command());
    manual.render(&mut page).expect("a vector takes everything that is written to it");
    print(&String::from_utf8_lossy(&page))
}
