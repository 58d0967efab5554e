//! Functions in processes of their own. The program is a few lines of Python, since any runtime may ask.

use std::path::Path;
use std::time::Duration;

use local::lambda::{Function, FunctionError};

const PROGRAM: &str = r#"#!/usr/bin/env python3
import http.client, json, os, sys

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
print("started", os.environ["GREETING"], flush=True)
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    event = json.loads(answer.read())
    request = answer.getheader("Lambda-Runtime-Aws-Request-Id")
    if event == "end":
        sys.exit(3)
    if event == "hang":
        sys.stdin.read() or open(os.environ["FIFO"]).read()
    if event == "alone":
        kind, content = "response", os.getpgrp() == os.getpid()
    elif event == "fail":
        kind, content = "error", {"errorType": "Fout"}
    else:
        kind = "response"
        content = {"event": event, "trace": answer.getheader("Lambda-Runtime-Trace-Id"),
                   "deadline": int(answer.getheader("Lambda-Runtime-Deadline-Ms")) > 0}
    api.request("POST", f"/2018-06-01/runtime/invocation/{request}/{kind}", json.dumps(content))
    api.getresponse().read()
"#;

const TIME: Duration = Duration::from_secs(60);

async fn function(folder: &Path) -> Function {
    use std::os::unix::fs::PermissionsExt;

    let program = folder.join("bootstrap");
    std::fs::write(&program, PROGRAM).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    // A pipe that nobody writes to: reading it never ends.
    let fifo = folder.join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let path = std::env::var("PATH").unwrap();
    let environment = [("PATH", path.as_str()), ("GREETING", "hello"), ("FIFO", fifo.to_str().unwrap())];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Function::start("test", &program, environment).await.unwrap()
}

#[tokio::test]
async fn a_function_asks_for_events_and_answers_them() {
    let folder = tempfile::tempdir().unwrap();
    let function = function(folder.path()).await;
    function.ready().await.unwrap();
    for event in ["1", "[2]"] {
        let answer = function.invoke(event, TIME, Some("Root=1-2-3")).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let event: serde_json::Value = serde_json::from_str(event).unwrap();
        assert_eq!(answer, serde_json::json!({"event": event, "trace": "Root=1-2-3", "deadline": true}));
    }
    let failed = function.invoke(r#""fail""#, TIME, None).await;
    assert_eq!(failed, Err(FunctionError::Reported(r#"{"errorType": "Fout"}"#.to_owned())));
    assert_eq!(function.log(), ["started hello"]);
    let ended = function.invoke(r#""end""#, TIME, None).await;
    assert!(matches!(&ended, Err(FunctionError::Exited(status)) if status.contains('3')), "{ended:?}");
}

#[tokio::test]
async fn a_function_that_is_not_ready_in_time_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let function = function(folder.path()).await;
    function.ready().await.unwrap();
    assert_eq!(function.invoke(r#""hang""#, Duration::from_millis(50), None).await, Err(FunctionError::TimedOut));
    let after = function.invoke("1", TIME, None).await;
    assert!(matches!(after, Err(FunctionError::Exited(_))), "{after:?}");
}

/// Ctrl-C in a terminal is for all processes of a group, and a function may have to finish what it does.
#[tokio::test]
async fn a_function_has_a_group_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let function = function(folder.path()).await;
    assert_eq!(function.invoke(r#""alone""#, TIME, None).await.unwrap(), "true");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error() {
    assert!(Function::start("test", Path::new("/nonexistent/bootstrap"), []).await.is_err());
}
