//! The reference renderer, `vtl/oracle` in the shared folder: one process per test run, a line in and a line out.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use apigateway_vtl::{Inputs, Template};
use serde_json::{Map, Value, json};

/// What a template sees.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) body: Option<String>,
    pub(crate) path: Map<String, Value>,
    pub(crate) query: Map<String, Value>,
    pub(crate) header: Map<String, Value>,
    pub(crate) context: Value,
    pub(crate) stage: Map<String, Value>,
}

/// What it wrote.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) output: String,
    /// `$context.responseOverride`: `status`, and `header` by name.
    pub(crate) overrides: Value,
}

struct Oracle {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// Ends when its standard input does, with this process.
    _process: Child,
}

/// Renders, or panics with the engine's message. Our own engine must render the same: so whatever is tested of the
/// templates is tested in both.
pub(crate) fn render(template: &str, case: &Case) -> Rendered {
    let line = line(template, case);
    let rendered = render_line(&line);
    let ours = parsed(template).render(&inputs(case)).unwrap_or_else(|error| panic!("ours refuses: {error}\n{line}"));
    assert_eq!(ours.text, rendered.output, "the two engines differ\n{line}");
    assert_eq!(ours.response_override.unwrap_or_default(), rendered.overrides, "the two engines differ\n{line}");
    rendered
}

/// A template as our engine has it. The property tests render the same few thousands of times.
fn parsed(template: &str) -> Arc<Template> {
    static PARSED: Mutex<BTreeMap<String, Arc<Template>>> = Mutex::new(BTreeMap::new());
    let mut known = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(parsed) = known.get(template) {
        return Arc::clone(parsed);
    }
    let parsed = Arc::new(Template::parse(template).unwrap_or_else(|error| panic!("{error}\n{template}")));
    known.insert(template.to_owned(), Arc::clone(&parsed));
    parsed
}

fn inputs(case: &Case) -> Inputs {
    Inputs {
        body: case.body.clone().unwrap_or_default(),
        path: case.path.clone(),
        querystring: case.query.clone(),
        header: case.header.clone(),
        context: case.context.as_object().cloned().unwrap_or_default(),
        stage_variables: case.stage.clone(),
    }
}

/// Renders a case that is already a line of JSON, for text that a Rust string cannot hold.
pub(crate) fn render_line(line: &str) -> Rendered {
    let mut answer = ask(line);
    if let Some(error) = answer.get("error") {
        panic!("Velocity refuses: {error} {}\n{line}", answer["message"]);
    }
    let Value::String(output) = answer["output"].take() else { panic!("no output: {answer}") };
    Rendered { output, overrides: answer["responseOverride"].take() }
}

/// A case as the oracle reads it.
pub(crate) fn line(template: &str, case: &Case) -> String {
    json!({
        "template": template,
        "body": case.body,
        "params": {"path": case.path, "querystring": case.query, "header": case.header},
        "context": case.context,
        "stageVariables": case.stage,
    })
    .to_string()
}

fn ask(line: &str) -> Value {
    static ORACLE: OnceLock<Mutex<Oracle>> = OnceLock::new();
    // A test that panicked while it held the lock did so between two lines, so the others can go on.
    let mut oracle = ORACLE.get_or_init(|| Mutex::new(start())).lock().unwrap_or_else(PoisonError::into_inner);
    writeln!(oracle.stdin, "{line}").expect("the oracle reads");
    let mut answer = String::new();
    oracle.stdout.read_line(&mut answer).expect("the oracle answers");
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("the oracle answers in JSON: {error}: {answer:?}"))
}

fn start() -> Oracle {
    let shared = std::env::var_os("SHARED_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let program = shared.join("vtl/oracle");
    let mut process =
        Command::new(&program).arg("--batch").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(
            |error| panic!("cannot start {}: {error}; SHARED_DIR names the shared folder", program.display()),
        );
    Oracle {
        stdin: process.stdin.take().expect("was asked for"),
        stdout: BufReader::new(process.stdout.take().expect("was asked for")),
        _process: process,
    }
}
