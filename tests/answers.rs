//! schemathesis makes up requests from a document and holds every answer of the running API against it: our document, and
//! the published one, for which clients were written.

use std::path::Path;
use std::process::Command;

use emulator::Options;
use emulator::state::Folders;
use emulator::template::Template;
use tests::{build, root, shared};

/// What it makes up follows from this, and from what was answered before.
const SEED: &str = "1";
/// Seconds for one document.
const BUDGET: &str = "45";
/// What it is not to check:
/// - `positive_data_acceptance`: not every request that fits the document's schemas is right. Those cannot say that an
///   `afnemerId` is an OIN where `soortAfnemerId` says so, that a `verwerktObjectId` is one of this actie (R21), or that
///   `pagina` comes out of a `next`; and 400 is what the standard has for that.
/// - `ensure_resource_availability`: an actie that was just accepted is still in the queue, so a GET or DELETE that follows
///   at once gets 404 (R52).
const NOT_CHECKED: &str = "positive_data_acceptance,ensure_resource_availability";
/// Nor, of the published document, that every request is refused that it does not allow: an object in a PUT needs no keys that
/// only the log can give (S05 in docs/standard.md).
const NOT_CHECKED_OF_PUBLISHED: &str = "negative_data_rejection";

async fn every_answer_fits(document: &Path, not_checked: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let template = serde_json::to_value(build(&root().join("stacks/local.yaml"), &[]).template).expect("JSON");
    let template = Template::of(template.as_object().expect("a template is an object").clone()).expect("a template");
    let folders = Folders::new(Some(folder.path()), "log").expect("a folder that is named");
    let options = Options { in_memory: true, ..Options::new("log", folders) };
    let stack = emulator::run(&template, &options).await.expect("the stack runs");
    let mut judge = Command::new("schemathesis");
    judge.arg("run").arg(document).args(["--url", &stack.api, "--seed", SEED, "--max-time", BUDGET]);
    judge.args(["--header", &format!("Authorization: Bearer {}", stack.token)]);
    judge.args(["--exclude-checks", not_checked, "--continue-on-failure", "--output-truncate", "false", "--no-color"]);
    // How fast the machine is says nothing of the API, and nothing is remembered for a next time.
    judge.args(["--suppress-health-check", "all", "--generation-database", "none"]);
    judge.current_dir(folder.path()).env("LC_ALL", "C.UTF-8");
    let output = tokio::task::spawn_blocking(move || judge.output()).await.expect("it does not panic");
    let output = output
        .unwrap_or_else(|why| panic!("schemathesis: {why}; `tests/run` installs the judges and puts them on the PATH"));
    stack.stop().await;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Tested: 6"), "not all operations were tried: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_fits_our_document() {
    every_answer_fits(&root().join("openapi/bewerking.yaml"), NOT_CHECKED).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_fits_the_published_document() {
    let not_checked = format!("{NOT_CHECKED},{NOT_CHECKED_OF_PUBLISHED}");
    every_answer_fits(&shared("vng/bewerking-openapi.yaml"), &not_checked).await;
}
