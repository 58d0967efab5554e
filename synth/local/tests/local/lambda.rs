//! Functions in processes of their own. The program is a few lines of Python, since any runtime may ask.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use local::lambda::{Function, FunctionError, Program};

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
    if event == "chatter":
        for line in range(600):
            print("line", line)
        sys.stdout.flush()
        sys.stdout.buffer.write(b"caf\xe9\n")
        sys.stdout.flush()
    if event == "alone":
        kind, content = "response", os.getpgrp() == os.getpid()
    elif event == "fail":
        kind, content = "error", {"errorType": "Fout"}
    else:
        kind = "response"
        content = {"event": event, "trace": answer.getheader("Lambda-Runtime-Trace-Id"),
                   "arn": answer.getheader("Lambda-Runtime-Invoked-Function-Arn"),
                   "deadline": int(answer.getheader("Lambda-Runtime-Deadline-Ms")) > 0}
    api.request("POST", f"/2018-06-01/runtime/invocation/{request}/{kind}", json.dumps(content))
    api.getresponse().read()
"#;

const TIME: Duration = Duration::from_secs(60);

const ARN: &str = "arn:aws:lambda:eu-west-1:000000000000:function:test";

fn program(folder: &Path, text: &str) -> Program {
    use std::os::unix::fs::PermissionsExt;

    let path = folder.join("bootstrap");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    // A pipe that nobody writes to: reading it never ends.
    let fifo = folder.join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let paths = std::env::var("PATH").unwrap();
    let environment = [("PATH", paths.as_str()), ("GREETING", "hello"), ("FIFO", fifo.to_str().unwrap())];
    Program::new("test", path, environment.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

async fn function(folder: &Path) -> Function {
    Function::start(&program(folder, PROGRAM)).await.unwrap()
}

/// What it wrote, once it has got to this line.
async fn log(function: &Function, until: &str) -> Vec<String> {
    loop {
        let log = function.log();
        if log.iter().any(|line| line == until) {
            return log;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_function_asks_for_events_and_answers_them() {
    let folder = tempfile::tempdir().unwrap();
    let function = function(folder.path()).await;
    function.ready(TIME).await.unwrap();
    for event in ["1", "[2]"] {
        let answer = function.invoke(event, TIME, Some("Root=1-2-3")).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let event: serde_json::Value = serde_json::from_str(event).unwrap();
        assert_eq!(answer, serde_json::json!({"event": event, "trace": "Root=1-2-3", "arn": ARN, "deadline": true}));
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
    function.ready(TIME).await.unwrap();
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
    let folder = tempfile::tempdir().unwrap();
    let there = program(folder.path(), PROGRAM);
    assert!(Function::start(&Program { path: "/nonexistent/bootstrap".into(), ..there }).await.is_err());
}

#[tokio::test]
async fn a_program_that_asks_for_nothing_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let silent = program(folder.path(), "#!/bin/sh\necho here\nread line < \"$FIFO\"\n");
    let function = Function::start(&silent).await.unwrap();
    log(&function, "here").await;
    let within = Duration::from_millis(50);
    assert_eq!(function.ready(within).await, Err(FunctionError::NotReady(within)));
    assert!(function.has_ended().await);
}

#[tokio::test]
async fn a_process_that_was_killed_is_known_to_have_ended() {
    let folder = tempfile::tempdir().unwrap();
    let function = function(folder.path()).await;
    function.ready(TIME).await.unwrap();
    assert!(!function.has_ended().await);
    let kill = std::process::Command::new("kill").args(["-9", &function.pid().to_string()]).status();
    assert!(kill.unwrap().success());
    while !function.has_ended().await {
        tokio::task::yield_now().await;
    }
}

/// A line that is no text closes no pipe, and what a function has said for a week is not kept.
#[tokio::test]
async fn the_last_lines_are_kept_whatever_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let function = function(folder.path()).await;
    for _ in 0..2 {
        function.invoke(r#""chatter""#, TIME, None).await.unwrap();
    }
    let kept = log(&function, "caf\u{fffd}").await;
    assert_eq!(kept.len(), 500);
    function.invoke(r#""end""#, TIME, None).await.unwrap_err();
}

#[tokio::test]
async fn each_line_can_be_shown() {
    static SHOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let show: fn(&str) = |line| SHOWN.lock().unwrap().push(line.to_owned());
    let shown = Program { show: Some(show), ..program(folder.path(), PROGRAM) };
    let function = Function::start(&shown).await.unwrap();
    log(&function, "started hello").await;
    assert_eq!(*SHOWN.lock().unwrap(), ["started hello"]);
}
