//! The binary as Lambda starts it: configured by its environment, asking the runtime API for events.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use contract::functions as names;
use serde_json::{Value, json};

use crate::support::{self, REQUEST_ID, Stack, TRACE, VERSION, body};

/// A runtime API that hands out events one by one and takes the answers.
struct Runtime(TcpListener);

/// A request, as far as it matters here.
struct Request {
    path: String,
    body: String,
}

impl Runtime {
    fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Answers each of the function's requests for an event with the next one; gives what it answered to each.
    fn answers(self, events: Vec<Value>) -> Vec<Value> {
        let mut events = events.into_iter();
        let mut answers = Vec::new();
        loop {
            let (stream, _) = self.0.accept().unwrap();
            let mut reader = BufReader::new(stream);
            while let Some(request) = read(&mut reader) {
                if request.path.ends_with("/invocation/next") {
                    let Some(event) = events.next() else { return answers };
                    reply(reader.get_mut(), &event.to_string());
                } else {
                    assert!(request.path.ends_with("/response"), "{} {}", request.path, request.body);
                    answers.push(serde_json::from_str(&request.body).unwrap());
                    reply(reader.get_mut(), "{}");
                }
            }
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1).unwrap().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        headers.push(line.trim().to_ascii_lowercase());
    }
    let length = headers.iter().find_map(|header| header.strip_prefix("content-length: "));
    let mut bytes = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut bytes).unwrap();
    let mut body = String::from_utf8(bytes).unwrap();
    if headers.iter().any(|header| header == "transfer-encoding: chunked") {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).unwrap();
            let mut chunk = vec![0; usize::from_str_radix(size.trim(), 16).unwrap() + 2];
            reader.read_exact(&mut chunk).unwrap();
            if chunk.len() == 2 {
                break;
            }
            body.push_str(std::str::from_utf8(&chunk[..chunk.len() - 2]).unwrap());
        }
    }
    Some(Request { path, body })
}

fn reply(stream: &mut TcpStream, body: &str) {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() + 10_000;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlambda-runtime-aws-request-id: lambda\r\n\
         lambda-runtime-deadline-ms: {deadline}\r\nlambda-runtime-trace-id: {TRACE}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:1:function:gen\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
}

/// The binary, which ends with the test.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(stack: &Stack, runtime: &Runtime) -> Function {
    // With as much memory as the stack gives it, in KB: the shell becomes the binary.
    let child = Command::new("/bin/sh")
        .args(["-c", "ulimit -d 524288 && exec \"$0\"", env!("CARGO_BIN_EXE_gen")])
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", runtime.address().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "log-GenFunction"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "gen"),
            ("AWS_SECRET_ACCESS_KEY", "geheim"),
            ("AWS_ENDPOINT_URL", &stack.services.endpoint()),
            (names::ENV_TABLE, "tabel"),
            (names::ENV_BUCKET, "reserve"),
            (names::ENV_QUEUE, &stack.services.sqs().url("wachtrij")),
            (names::ENV_PSEUDONYM_SECRET, "geheim"),
            (names::ENV_API_VERSION, VERSION),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Function(child)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_r70_the_binary_answers_events_of_api_gateway() {
    let stack = Stack::start().await;
    let runtime = Runtime::start();
    let mut function = start(&stack, &runtime);
    let events = vec![
        support::post(&body(json!({}))),
        support::post(&json!({"verwerkteObjecten": [support::object("999990019")]})),
    ];
    let answers = tokio::task::spawn_blocking(move || runtime.answers(events)).await.unwrap();
    assert_eq!((&answers[0]["statusCode"], &answers[1]["statusCode"]), (&json!(201), &json!(400)));
    for answer in &answers {
        assert_eq!(answer["headers"]["API-version"], VERSION);
        assert_eq!(answer["isBase64Encoded"], false);
    }
    let created: Value = serde_json::from_str(answers[0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(answers[0]["headers"]["Location"], created["url"]);
    let queued = stack.queued().await;
    assert_eq!((queued.len(), queued[0].1.as_deref()), (1, Some(TRACE)));

    function.0.kill().unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    function.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    function.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(!format!("{out}{err}").contains("999990019"), "R09: {out} {err}");
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let statuses: Vec<_> =
        lines.iter().filter(|line| line["requestId"] == REQUEST_ID).map(|line| &line["status"]).collect();
    assert_eq!(statuses, [201, 400]);
    assert!(lines.iter().any(|line| line["functie"] == "log-GenFunction"));
}

/// As much as Lambda hands on, and each made so that what comes of it is many times as large.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r72_no_body_takes_more_memory_than_there_is() {
    const MOST: usize = 6_000_000;
    let stack = Stack::start().await;
    let runtime = Runtime::start();
    let mut function = start(&stack, &runtime);
    let (mut out, address) = (function.0.stdout.take().unwrap(), runtime.address());
    std::thread::spawn(move || {
        // Its output ends when it does. Where that is too soon, nobody else asks for what is left.
        let _ = out.read_to_end(&mut Vec::new());
        let _ = TcpStream::connect(address).and_then(|mut stream| stream.write_all(b"GET /ended HTTP/1.1\r\n\r\n"));
    });
    let filled = |before: &str, with: &str| {
        let count = (MOST - before.len()) / (with.len() + 1);
        format!("{before}[{}]}}", vec![with; count].join(","))
    };
    let persons = |bytes: usize| {
        let persons = (0..bytes / 70).map(|n| support::object(&format!("{n:09}")));
        persons.collect::<Vec<_>>()
    };
    let name = "\u{1f600}".repeat(242);
    let long = json!({
        "actieNaam": name, "handelingNaam": name, "verwerkingNaam": name, "systeem": name, "gegevensbron": name,
        "verwerkteObjecten": persons(MOST),
    });
    let term = format!("P{}1Y", "0".repeat(MOST / 2));
    let bodies = [
        (filled(r#"{"onbekend":"#, "[[[[0]]]]"), 400),
        (filled(r#"{"verwerkteObjecten":"#, "[[[[0]]]]"), 413),
        (filled(r#"{"verwerkteObjecten":"#, r#"{"objectId":0}"#), 413),
        (filled(r#"{"actieNaam":"#, r#"{"a":{}}"#), 400),
        (body(long).to_string(), 413),
        (body(json!({"bewaartermijn": term, "verwerkteObjecten": persons(MOST / 20)})).to_string(), 413),
        (body(json!({})).to_string(), 201),
    ];
    let events = bodies.iter().map(|(body, _)| {
        let mut event = support::post(&Value::Null);
        event["body"] = body.as_str().into();
        event
    });
    let events = events.collect();
    let answers = tokio::task::spawn_blocking(move || runtime.answers(events)).await.unwrap();
    for (answer, (body, status)) in answers.iter().zip(&bodies) {
        assert_eq!(answer["statusCode"], *status, "{}", &body[..40]);
    }
    assert_eq!(answers.len(), bodies.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_is_not_configured_does_not_start() {
    let stack = Stack::start().await;
    let runtime = Runtime::start();
    let child = Command::new(env!("CARGO_BIN_EXE_gen"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime.address())
        .env("AWS_ENDPOINT_URL", stack.services.endpoint())
        .output()
        .unwrap();
    assert!(!child.status.success());
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(said.contains(names::ENV_PSEUDONYM_SECRET), "{said}");
}
