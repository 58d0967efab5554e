//! Every command in the README and in `docs/` is run, and says what is written below it.
//!
//! A block of `console` is a session: `$ command`, then what it prints, stdout and stderr together. A block of `sh` is a
//! list of commands without output. `UPDATE_GOLDEN=1 cargo test -p tests --test docs` writes the sessions anew.
//!
//! In a session, `$ cargo synth local ... &` is a server: it gets free ports, which are shown as the usual ones, and is
//! ended after the session. What differs from run to run (tokens, ids, times) is shown as something that does not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use regex_lite::{Captures, Regex};
use serde_json::Value;
use tempfile::TempDir;

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

/// A command, without what cargo says about building, and with a state folder of its own.
fn bash(command: &str, state: &Path) -> Command {
    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(root())
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_QUIET", "true")
        .env("COLUMNS", "100")
        .env("XDG_STATE_HOME", state);
    bash
}

/// A `synth local` of a session.
struct Server {
    child: Child,
    announced: String,
    /// Ports as they are shown, and as they are.
    ports: [(&'static str, String); 2],
}

impl Server {
    fn start(command: &str, state: &Path) -> Self {
        let (ready, said) = (state.join("ready.json"), state.join("said"));
        let command = format!("exec {command} --port 0 --ready-file {}", ready.display());
        let mut child = bash(&command, state).stdout(File::create(&said).unwrap()).spawn().unwrap();
        while !ready.exists() {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("`{command}` ended, {status}: {}", fs::read_to_string(&said).unwrap());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let ready: Value = serde_json::from_slice(&fs::read(&ready).unwrap()).unwrap();
        let port = |name: &str| {
            let address = ready[name].as_str().unwrap();
            address.trim_start_matches("http://127.0.0.1:").split('/').next().unwrap().to_owned()
        };
        let ports = [("4510", port("api")), ("4511", port("aws"))];
        Self { child, announced: fs::read_to_string(&said).unwrap(), ports }
    }

    fn real(&self, command: &str) -> String {
        self.ports
            .iter()
            .fold(command.to_owned(), |text, (shown, real)| text.replace(&format!(":{shown}"), &format!(":{real}")))
    }

    fn shown(&self, text: &str) -> String {
        self.ports
            .iter()
            .fold(text.to_owned(), |text, (shown, real)| text.replace(&format!(":{real}"), &format!(":{shown}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // As Ctrl-C does; where that cannot be sent, it has ended.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

fn shown_id(place: usize) -> String {
    format!("5b1fc0de-0000-4000-8000-{:012}", place + 1)
}

/// A command with ids as they are.
fn meant(command: &str, ids: &[String]) -> String {
    ids.iter().enumerate().fold(command.to_owned(), |text, (place, id)| text.replace(&shown_id(place), id))
}

/// What differs from run to run, as something that does not. Ids are numbered in the order in which they come.
fn steady(text: &str, ids: &mut Vec<String>) -> String {
    let replace = |text: &str, pattern: &str, by: &str| Regex::new(pattern).unwrap().replace_all(text, by).into_owned();
    let text = replace(text, r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "eyJ0...");
    let text = replace(&text, r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "2026-01-15T08:30:00.123456Z");
    let text = replace(&text, r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-01-15T08:30:00Z");
    let text = replace(&text, r"k1\.[\w-]{20,}", "k1.L_DYBo4flbz3yNzDbjyRLF93BZrYswgP3uxK");
    let uuid = Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap();
    let number = |found: &Captures<'_>| {
        let place = ids.iter().position(|id| *id == found[0]).unwrap_or_else(|| {
            ids.push(found[0].to_owned());
            ids.len() - 1
        });
        shown_id(place)
    };
    uuid.replace_all(&text, number).into_owned()
}

fn runs_elsewhere(command: &str) -> bool {
    ELSEWHERE.iter().any(|(prefix, _)| command.starts_with(prefix))
}

/// A session as it really goes.
fn replay(block: &Block<'_>) -> Vec<String> {
    let state = TempDir::new().unwrap();
    let mut server: Option<Server> = None;
    let mut ids = Vec::new();
    let mut real = Vec::new();
    for command in block.lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
        assert!(!runs_elsewhere(command), "`{command}` cannot be part of a session");
        real.push(format!("$ {command}"));
        let said = match (command.strip_suffix(" &"), &server) {
            (Some(command), _) => server.insert(Server::start(command, state.path())).announced.clone(),
            (None, Some(server)) => run(&meant(&server.real(command), &ids), state.path()),
            (None, None) => run(command, state.path()),
        };
        let said = match &server {
            Some(server) => steady(&server.shown(&said), &mut ids),
            None => said,
        };
        real.extend(said.trim_end().lines().map(str::to_owned));
    }
    real
}

/// What a command prints.
fn run(command: &str, state: &Path) -> String {
    let output = bash(command, state).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
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
