//! Colours, and readers that go away.

use std::io::Read;
use std::process::Stdio;

use crate::run::{Folder, run};

const ESCAPE: char = '\u{1b}';

#[test]
fn there_are_no_colours_where_there_is_no_terminal() {
    let folder = Folder::with("s.yaml", "nmae: s\n");
    for arguments in [&["--stack", "s.yaml"][..], &["--bogus"], &["--help"], &["--stdout", "-v"]] {
        let run = folder.synth(arguments);
        assert!(!run.stdout.contains(ESCAPE) && !run.stderr.contains(ESCAPE), "{arguments:?}: {run:?}");
    }
}

#[test]
fn colours_can_be_forced_and_forbidden() {
    let folder = Folder::with("s.yaml", "nmae: s\n");
    for arguments in [&["--stack", "s.yaml"][..], &["--bogus"]] {
        let forced = run(folder.command(arguments).env("CLICOLOR_FORCE", "1"));
        assert!(forced.stderr.contains(ESCAPE), "{arguments:?}: {forced:?}");
        let forbidden = run(folder.command(arguments).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"));
        assert!(!forbidden.stderr.contains(ESCAPE), "{arguments:?}: {forbidden:?}");
    }
    let result = run(folder.command(&["--stdout"]).env("CLICOLOR_FORCE", "1")).well();
    assert!(!result.stdout.contains(ESCAPE), "a result is never coloured");
}

#[test]
fn a_reader_that_goes_away_is_no_reason_to_complain() {
    let folder = Folder::new();
    // More than a pipe holds, so that the writer is still at it when the reader goes.
    let mut child = folder.command(&["--stdout"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    assert_eq!(ended.status.code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_with_exit_code_1() {
    let folder = Folder::new();
    for arguments in [&["--stdout"][..], &["schema"], &["completions", "bash"], &["man"], &["--help"], &["--version"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ended = folder.command(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("error: cannot write to stdout: No space left"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_with_exit_code_1() {
    let folder = Folder::with("file", "");
    for out in ["file", "file/below", "file/far/below"] {
        let run = folder.synth(&["--out", out]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.stderr.starts_with("error: cannot write `file`: it is a file"), "{}", run.stderr);
        assert!(run.stderr.contains("choose another folder with `--out`"), "{}", run.stderr);
        assert_eq!((run.stdout.as_str(), folder.read("file").as_str()), ("", ""));
    }
    let taken = Folder::with("out/verwerkingenlog-local.assets.json/file", "");
    let run = taken.synth(&[]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("out/verwerkingenlog-local.assets.json"), "{}", run.stderr);
    assert_eq!(taken.names("out"), ["verwerkingenlog-local.assets.json"], "half of the result was written");
}
