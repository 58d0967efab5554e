//! `synth completions` and `synth man`: what a shell and `man` want to know of this command.

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use synth::report::{Diagnostic, one_of};

use super::failure::{Failure, print};

pub(crate) const EXAMPLES: &str = "\
Examples:
  synth completions bash >~/.local/share/bash-completion/completions/synth
  synth completions zsh >\"${fpath[1]}/_synth\"
  synth completions fish >~/.config/fish/completions/synth.fish

Exit codes: 0 done, 1 stdout cannot be written, 2 unknown shell.";

pub(crate) const MANUAL_EXAMPLES: &str = "\
Examples:
  synth man >~/.local/share/man/man1/synth.1
  synth man schema >~/.local/share/man/man1/synth-schema.1

Exit codes: 0 done, 1 stdout cannot be written, 2 unknown command.";

/// Which shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell to complete for
    #[arg(value_enum)]
    shell: Shell,
}

/// Which page.
#[derive(Debug, Args)]
pub(crate) struct Manual {
    /// Command to describe [default: synth itself]
    command: Option<String>,
}

pub(crate) fn run(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "synth", &mut script);
    print(&String::from_utf8_lossy(&script))
}

pub(crate) fn manual(arguments: &Manual) -> Result<(), Failure> {
    let mut all = super::Arguments::command();
    // Gives the commands their full names, `synth-schema`.
    all.build();
    let described = match &arguments.command {
        None => &all,
        Some(name) => all.find_subcommand(name).ok_or_else(|| {
            let known = one_of(all.get_subcommands().map(clap::Command::get_name));
            vec![Diagnostic::error(format!("there is no command `{name}`")).help(format!("one of {known}"))]
        })?,
    };
    let mut page = Vec::new();
    let manual = clap_mangen::Man::new(described.clone());
    manual.render(&mut page).expect("a vector takes everything that is written to it");
    print(&String::from_utf8_lossy(&page))
}
