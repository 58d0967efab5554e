//! Every command in the README and in `docs/` is run, and says what is written below it.
//!
//! A block of `console` is a session: `$ command`, then what it prints, stdout and stderr together. A block of `sh` is a
//! list of commands without output. `UPDATE_GOLDEN=1 cargo test -p tests --test docs` writes the sessions anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Commands that are not run here, and why that loses nothing.
const ELSEWHERE: [(&str, &str); 8] = [
    ("tests/run", "it is what runs this test"),
    ("cargo test", "it is what runs this test"),
    ("UPDATE_GOLDEN=1 cargo test", "it would accept what this run is to judge"),
    ("git diff", "it says what the reader has changed"),
    ("benches/", "a benchmark is no test; it builds a release"),
    ("cargo bench", "a benchmark is no test; it builds a release"),
    ("synth/vtl/benches/", "a benchmark is no test; it installs its peers"),
    ("cargo deny", "tests/run runs it before the tests"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn documents() -> Vec<PathBuf> {
    let root = root();
    let mut found: Vec<_> = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.extend(["README.md", "CONTRIBUTING.md"].map(|name| root.join(name)));
    found.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    found.sort();
    found
}

/// A fenced block: its language and its lines, without the fences.
struct Block<'a> {
    language: &'a str,
    lines: Vec<&'a str>,
    /// Number of the line after the opening fence, from 0.
    start: usize,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(language), None) => open = Some(Block { language, lines: Vec::new(), start: number + 1 }),
            (None, Some(block)) => block.lines.push(line),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    found
}

/// What a command prints, without what cargo says about building.
fn run(command: &str) -> String {
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(root())
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_QUIET", "true")
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn runs_elsewhere(command: &str) -> bool {
    ELSEWHERE.iter().any(|(prefix, _)| command.starts_with(prefix))
}

/// A session as it really goes.
fn replay(block: &Block<'_>) -> Vec<String> {
    let mut real = Vec::new();
    for command in block.lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
        assert!(!runs_elsewhere(command), "`{command}` cannot be part of a session");
        real.push(format!("$ {command}"));
        real.extend(run(command).lines().map(str::to_owned));
    }
    real
}

#[test]
fn every_session_goes_as_it_is_written() {
    let mut sessions = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        // A session may go on from the one before it.
        let consoles = blocks(&text).into_iter().filter(|block| block.language == "console");
        let replayed: Vec<_> = consoles.map(|block| (replay(&block), block)).collect();
        // Written from the last to the first, so that the numbers of the lines before stay true.
        for (real, block) in replayed.into_iter().rev() {
            sessions += 1;
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                lines.splice(block.start..block.start + block.lines.len(), real);
            } else {
                let written: Vec<_> = block.lines.iter().map(|line| (*line).to_owned()).collect();
                assert_eq!(written, real, "{}:{}", path.display(), block.start + 1);
            }
        }
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, lines.join("\n") + "\n").unwrap();
        }
    }
    assert!(sessions >= 4, "the README's sessions were not found");
}

#[test]
fn every_listed_command_succeeds() {
    let mut run = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for block in blocks(&text).iter().filter(|block| block.language == "sh") {
            for line in &block.lines {
                let command = line.split(" #").next().unwrap_or_default().trim();
                if command.is_empty() || runs_elsewhere(command) {
                    continue;
                }
                run += 1;
                let status = Command::new("bash").args(["-c", command]).current_dir(root()).output().unwrap();
                assert!(status.status.success(), "{}: `{command}`: {status:?}", path.display());
            }
        }
    }
    assert!(run >= 1, "the README's commands were not found");
}

#[test]
fn no_command_hides_in_a_block_of_another_kind() {
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for block in blocks(&text).iter().filter(|block| !matches!(block.language, "console" | "sh")) {
            for line in &block.lines {
                let command = ["cargo ", "synth ", "$ ", "tests/run"].iter().any(|start| line.starts_with(start));
                assert!(
                    !command,
                    "{}:{}: `{line}` stands in no `sh` or `console` block",
                    path.display(),
                    block.start + 1
                );
            }
        }
    }
}

#[test]
fn ci_runs_what_a_user_runs() {
    use std::os::unix::fs::PermissionsExt;
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(ci.contains("tests/run"), "{ci}");
    for script in [".ci/run", "tests/run"] {
        let mode = fs::metadata(root().join(script)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script} is not executable");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
            let full = path.parent().unwrap().join(target);
            assert!(full.exists(), "{}: `{target}` is not there", path.display());
        }
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let reasons = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let listed = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let mut checked = 0;
    for line in listed.lines().filter(|line| line.contains('=') && !line.contains("path =")) {
        let name = line.split([' ', '=']).next().unwrap();
        assert!(reasons.contains(&format!("`{name}`")), "docs/dependencies.md does not say why `{name}` is there");
        checked += 1;
    }
    assert!(checked > 15, "the manifest's dependencies were not found");
}
