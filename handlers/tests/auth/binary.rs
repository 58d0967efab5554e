//! R72: the binary, started as Lambda starts it, says what API Gateway goes by.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::world::*;

/// Ends the process, also where a test fails.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One request over HTTP: its first line and its body.
fn request(connection: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|length| *length > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = Vec::new();
    if let Some(length) = headers.get("content-length") {
        body.resize(length.parse().unwrap(), 0);
        reader.read_exact(&mut body).ok()?;
    } else if headers.contains_key("transfer-encoding") {
        // Chunks, the last one empty.
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    }
    Some((first.trim().to_owned(), String::from_utf8(body).unwrap()))
}

fn answer(mut connection: &TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    // The process may have been ended.
    let _ = connection.write_all(text.as_bytes());
}

/// Hands these events to the binary, one after the other, and collects where it posts what.
fn run(jwks: &str, events: &[Json]) -> Vec<(String, Json)> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let issuers = json!([{"issuer": ISSUER, "audience": AUDIENCE, "jwksUri": format!("http://{address}/jwks.json")}]);
    let process = Command::new(env!("CARGO_BIN_EXE_auth"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", &address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "auth")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("PSEUDONYM_SECRET_ARN", "pseudonym")
        .env("TIJDZONE", "Europe/Amsterdam")
        .env("TOKEN_ISSUERS", issuers.to_string())
        .stdout(Stdio::null())
        .spawn();
    let _process = Process(process.unwrap());

    let mut events = events.iter().enumerate();
    let mut posted = Vec::new();
    for connection in listener.incoming() {
        let connection = connection.unwrap();
        let Some((first, body)) = request(&connection) else { continue };
        if first.contains("/jwks.json") {
            answer(&connection, "200 OK", "", jwks);
        } else if first.contains("/invocation/next") {
            let Some((number, event)) = events.next() else { return posted };
            let deadline = Timestamp::now().as_millisecond() + 60_000;
            let headers =
                format!("Lambda-Runtime-Aws-Request-Id: {number}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n");
            answer(&connection, "200 OK", &headers, &event.to_string());
        } else {
            let path = first.split(' ').nth(1).unwrap().to_owned();
            posted.push((path, serde_json::from_str(&body).unwrap()));
            answer(&connection, "202 Accepted", "", "");
        }
    }
    posted
}

#[test]
fn r72_the_binary_answers_with_a_policy_or_with_unauthorized() {
    let signer = Signer::p256();
    let jwks = json!({"keys": [changed(signer.jwk(), json!({"kid": "a"}))]}).to_string();
    let now = Timestamp::now().as_second();
    let token = |scope: &str, exp: i64| {
        let changes = json!({"scope": scope, "exp": exp, "iat": now, "nbf": now});
        signer.token(&json!({"alg": "ES256", "kid": "a"}), &claims(changes))
    };
    let posted = run(
        &jwks,
        &[
            Event::read(&token("read:normal", now + 300)).json(),
            Event::list(&token("read:normal", now + 300), &[]).json(),
            Event::read(&token("read:normal", now - 300)).json(),
            json!({"version": "2.0"}),
        ],
    );
    let path = |number: usize| posted[number].0.rsplit_once("/invocation/").unwrap().1;
    assert_eq!((path(0), path(1)), ("0/response", "1/response"));
    assert_eq!(posted[0].1["policyDocument"]["Statement"][0]["Effect"], "Allow");
    assert_eq!(posted[0].1["context"]["scopes"], "read:normal");
    assert_eq!(posted[1].1["policyDocument"]["Statement"][0]["Effect"], "Deny");
    assert_eq!((path(2), path(3)), ("2/error", "3/error"));
    assert_eq!(posted[2].1["errorMessage"], "Unauthorized");
    assert_eq!(posted[3].1["errorMessage"], "The request cannot be authorized now");
}
