//! What the command says of itself.

use std::process::{Command, Stdio};

use crate::run::{Folder, golden, here, repository, run};

/// The commands that the help lists, so that a new one is tested without being named here.
fn commands() -> Vec<String> {
    let help = Folder::new().synth(&["-h"]).well().stdout;
    let list = help.split("\nCommands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<_> = names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(names.len() > 3, "{names:?}");
    names.into_iter().filter(|name| name != "help").collect()
}

#[test]
fn help_is_as_it_was_reviewed() {
    let folder = Folder::new();
    for (option, kind) in [("-h", "short"), ("--help", "long")] {
        let help = folder.synth(&[option]).well();
        assert_eq!(help.stderr, "");
        golden(&here(&format!("golden/synth.{kind}.txt")), &help.stdout);
        for command in commands() {
            let help = folder.synth(&[&command, option]).well();
            golden(&here(&format!("golden/synth-{command}.{kind}.txt")), &help.stdout);
        }
    }
}

#[test]
fn every_help_has_examples_and_exit_codes() {
    let folder = Folder::new();
    let all = [folder.synth(&["--help"])]
        .into_iter()
        .chain(commands().into_iter().map(|name| folder.synth(&[&name, "--help"])));
    for help in all {
        let help = help.well().stdout;
        assert!(help.contains("\nExamples:\n  synth"), "no examples:\n{help}");
        assert!(help.contains("Exit codes:"), "no exit codes:\n{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "too wide:\n{help}");
    }
}

#[test]
fn the_version_is_the_crates() {
    for option in ["--version", "-V"] {
        assert_eq!(Folder::new().synth(&[option]).well().stdout, concat!("synth ", env!("CARGO_PKG_VERSION"), "\n"));
    }
}

#[test]
fn wrong_usage_is_said_on_stderr_with_exit_code_2() {
    let folder = Folder::new();
    for arguments in [
        &["--bogus"][..],
        &["bogus"],
        &["--format", "xml"],
        &["--stdout", "--out", "x"],
        &["--stack"],
        &["completions"],
        &["completions", "tcsh"],
        &["man", "bogus"],
        &["schema", "--stack", "x.yaml"],
    ] {
        folder.refuses(arguments);
    }
    assert!(folder.refuses(&["--stak", "x"]).contains("--stack"), "no hint to the right option");
    assert!(folder.refuses(&["man", "bogus"]).contains("`completions`"), "no list of the commands");
}

#[test]
fn the_schema_is_the_committed_one() {
    let printed = Folder::new().synth(&["schema"]).well();
    assert_eq!(printed.stderr, "");
    golden(&repository("stacks/schema.json"), &printed.stdout);
}

/// A judge that this machine may not have: nothing where there is no such program.
fn judge(program: &str, arguments: &[&str]) -> Option<Command> {
    let there = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    there.ok()?.wait().unwrap();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    Some(command)
}

#[test]
fn completions_are_made_for_every_shell() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = folder.synth(&["completions", shell]).well().stdout;
        for option in ["stack", "spec", "templates", "out", "stdout", "format", "verbose"] {
            assert!(script.contains(option), "{shell} knows no --{option}");
        }
        folder.write(shell, &script);
    }
    if let Some(mut bash) = judge("bash", &["-n", "bash"]) {
        let checked = run(bash.current_dir(folder.path())).well();
        assert_eq!(checked.stderr, "");
        let script =
            "source ./bash; COMP_WORDS=(synth --st); COMP_CWORD=1; _synth synth --st synth; echo ${COMPREPLY[@]}";
        let completed = run(Command::new("bash").args(["-c", script]).current_dir(folder.path())).well();
        assert_eq!(completed.stdout, "--stack --stdout\n");
    }
}

#[test]
fn manual_pages_are_made_for_every_command() {
    let folder = Folder::new();
    for name in commands().iter().map(String::as_str).chain([""]) {
        let arguments = if name.is_empty() { vec!["man"] } else { vec!["man", name] };
        let page = folder.synth(&arguments).well().stdout;
        let title = if name.is_empty() { "synth".to_owned() } else { format!("synth-{name}") };
        assert!(page.contains(&format!(".TH {title} 1 ")), "{page}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
            assert!(page.contains(&format!("\n.SH {section}\n")), "{title}(1) has no {section}");
        }
        // A line that begins with a dot is a request to the formatter: no text may look like one.
        let known = [".SH", ".TH", ".TP", ".PP", ".br", ".RS", ".RE", ".IP", ".ie", ".el", ".nf", ".fi"];
        for request in page.lines().filter(|line| line.starts_with('.')) {
            assert!(known.contains(&request.split(' ').next().unwrap()), "{request}");
        }
        folder.write("page.1", &page);
        if let Some(mut mandoc) = judge("mandoc", &["-T", "html", "-W", "error", "page.1"]) {
            let shown = run(mandoc.current_dir(folder.path())).well();
            assert_eq!(shown.stderr, "");
            assert!(shown.stdout.contains("DESCRIPTION"), "{}", shown.stdout);
        }
    }
}
