//! `synth graph`: the picture in `docs/`, and where the command writes.

use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn graph(arguments: &[&str]) -> Output {
    let command = env!("CARGO_BIN_EXE_synth");
    Command::new(command).arg("graph").args(arguments).current_dir(ROOT).output().expect("the command starts")
}

fn printed(arguments: &[&str]) -> String {
    let output = graph(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("pictures are UTF-8")
}

/// The picture that the README shows is the one that the default stack has.
#[test]
fn the_picture_in_the_documentation_is_of_the_default_stack() {
    let path = Path::new(ROOT).join("docs/stack.svg");
    let drawn = printed(&["--format", "svg"]);
    if env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&path, &drawn).expect("the picture can be written");
    }
    let kept = fs::read_to_string(&path).expect("docs/stack.svg is there; UPDATE_GOLDEN=1 makes it");
    assert!(
        kept == drawn,
        "docs/stack.svg is not of this stack; look at it after `UPDATE_GOLDEN=1 cargo test -p synth --test graph`"
    );
}

/// The way of a request, as the design has it, found in what is emitted.
#[test]
fn the_way_of_a_request_is_in_the_picture() {
    let text = printed(&[]);
    for edge in [
        "r_API_20_client -->|\"HTTPS\"| r_Api",
        "r_Api -->|\"token\"| r_AuthFunction",
        "r_Api -->|\"POST · PUT · PATCH\"| r_GenFunction",
        "r_Api -->|\"GET · DELETE\"| r_Table",
        "r_GenFunction -->|\"writes · reads\"| r_BackupBucket",
        "r_GenFunction -->|\"sends\"| r_Queue",
        "r_Queue -->|\"batches of 10\"| r_ProcFunction",
        "r_Queue -.->|\"after 5 tries\"| r_DeadLetterQueue",
        "r_ProcFunction -->|\"writes · reads\"| r_Table",
        "r_Table -->|\"stream\"| r_ProjFunction",
        "r_ProjFunction -->|\"writes · reads\"| r_Table",
        "r_ProjFunction -.->|\"failures\"| r_ProjFailureQueue",
    ] {
        assert!(text.lines().any(|line| line.trim() == edge), "{edge} is missing in\n{text}");
    }
    assert!(!text.contains("Role") && !text.contains("Alarm"), "supporting resources are left out:\n{text}");
}

#[test]
fn everything_is_drawn_on_request() {
    let text = printed(&["--all"]);
    for id in ["GenRole", "DataKey", "GenLogGroup", "ApiStage", "DeadLetterAlarm"] {
        assert!(text.contains(&format!("r_{id}[")), "{id} is missing in\n{text}");
    }
}

#[test]
fn a_file_gets_what_would_be_printed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("new/stack.mmd");
    let output = graph(&["--out", path.to_str().expect("temporary folders have plain names")]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert_eq!(fs::read_to_string(&path).expect("the file is there"), printed(&[]));
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = graph(&["--out", folder.path().to_str().expect("temporary folders have plain names")]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(folder.path().to_str().expect("plain")) && said.contains("--out"), "{said}");
}
