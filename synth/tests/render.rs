//! `synth render`, the program itself: requests and answers from files, mistakes in them, and many lines at once.

#![allow(clippy::unwrap_used, reason = "what the test itself needs and does not get, ends it")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const ID: &str = "7a22eb38-bca6-463f-9955-54ab040287cb";

/// A folder of its own, in which the program runs.
struct Folder(TempDir);

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_synth"));
        command.arg("render").args(arguments).current_dir(self.0.path()).env("NO_COLOR", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }
}

fn ran(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Ran {
    /// The head and, where there is one, the JSON of the body.
    fn http(&self) -> (Vec<&str>, Value) {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        let (head, body) = self.stdout.split_once("\n\n").unwrap_or((self.stdout.trim_end(), "null"));
        (head.lines().collect(), serde_json::from_str(body).unwrap())
    }

    fn fails(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        for text in says {
            assert!(self.stderr.contains(text), "`{text}` is not in:\n{}", self.stderr);
        }
    }
}

/// A request of the three operations at once: each takes what it knows.
fn request(scopes: &str) -> String {
    format!(
        "query: {{ objecttype: persoon, soortObjectId: BSN, objectId: '479580261', vertrouwelijkheid: normaal }}\n\
         pathParameters: {{ actieId: {ID} }}\n\
         authorizer:\n  scopes: '{scopes}'\n  nu: '2024-06-01T12:00:00.000000Z'\n  objectSleutel: k1.AbC\n  \
         vertrouwelijkheden: normaal\n\
         context: {{ requestTimeEpoch: 1717243200123, requestId: 0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0 }}\n"
    )
}

const SCOPES: &str = "read:normal delete:normal";

fn answered(operation: &str, scopes: &str, answer: &str) -> Ran {
    Folder::new(&[("request.yaml", &request(scopes)), ("answer.yaml", answer)]).run(&[
        operation,
        "--request",
        "request.yaml",
        "--response",
        "answer.yaml",
    ])
}

#[test]
fn r53_the_three_operations_ask_dynamodb_themselves() {
    let folder = Folder::new(&[("request.yaml", &request(SCOPES))]);
    let asked = |operation| folder.run(&[operation, "--request", "request.yaml"]);

    let read = asked("verwerkingsactie_read");
    let (head, body) = read.http();
    let target = "X-Amz-Target: DynamoDB_20120810.GetItem";
    assert_eq!(head, ["POST / HTTP/1.1", "Content-Type: application/x-amz-json-1.0", target]);
    assert_eq!(body["Key"], json!({"actieId": {"S": ID}, "soort": {"S": "actueel"}}));

    let delete = asked("verwerkingsactie_delete");
    let (head, body) = delete.http();
    assert_eq!(head[2], "X-Amz-Target: DynamoDB_20120810.UpdateItem");
    assert_eq!(body["ExpressionAttributeValues"][":epoch"]["N"], "1717243200");

    let list = asked("verwerkingsactie_list");
    let (head, body) = list.http();
    assert_eq!(head[2], "X-Amz-Target: DynamoDB_20120810.Query");
    assert_eq!(body["ExpressionAttributeValues"][":objectSleutel"]["S"], "k1.AbC");
}

#[test]
fn a_request_may_be_json_with_a_path() {
    let request = json!({
        "path": format!("/verwerkingsacties/{}", ID.replace("7a22", "%37a22")),
        "headers": {"Accept": "application/json", "Content-Type": "application/json; charset=utf-8"},
        "authorizer": {"scopes": "read:normal"},
        "body": null,
    });
    let folder = Folder::new(&[("request.json", &request.to_string())]);
    let read = folder.run(&["verwerkingsactie_read", "--request", "request.json"]);
    assert_eq!(read.http().1["Key"]["actieId"]["S"], ID);
}

#[test]
fn r42_the_last_of_several_values_counts() {
    let request = request(SCOPES).replace("objectId: '479580261'", "objectId: ['', '479580261']");
    let folder = Folder::new(&[("request.yaml", &request)]);
    let list = folder.run(&["verwerkingsactie_list", "--request", "request.yaml"]);
    assert_eq!(list.http().1["ExpressionAttributeValues"][":objectSleutel"]["S"], "k1.AbC");
}

#[test]
fn without_a_request_nobody_may_anything() {
    let folder = Folder::new(&[]);
    assert_eq!(folder.run(&["verwerkingsactie_read"]).http().1["Key"]["actieId"]["S"], "-");
}

#[test]
fn r70_every_status_that_the_templates_give() {
    let item = format!(
        "status: 200\nbody: {{ Item: {{ document: {{ S: '{{\"actieId\":\"{ID}\"}}' }}, vertrouwelijkheid: {{ S: normaal }} }} }}"
    );
    let exception = |name: &str| format!("status: 400\nbody: {{ __type: 'com.amazonaws.dynamodb.v20120810#{name}' }}");
    let gone = exception("ConditionalCheckFailedException");
    let changed = gone.replace(" }", ", Item: { vertrouwelijkheid: { S: normaal } } }");
    let page = item.replace("Item: {", "Items: [{").replace("} } }", "} }] }");
    let empty = "status: 200\nbody: {}".to_owned();
    let cases = [
        ("verwerkingsactie_read", SCOPES, item, 200),
        ("verwerkingsactie_list", SCOPES, page, 200),
        ("verwerkingsactie_delete", SCOPES, empty.clone(), 204),
        ("verwerkingsactie_read", SCOPES, empty.clone(), 404),
        ("verwerkingsactie_read", "", empty.clone(), 403),
        ("verwerkingsactie_delete", "", gone.clone(), 403),
        ("verwerkingsactie_delete", SCOPES, gone, 404),
        ("verwerkingsactie_delete", SCOPES, changed, 409),
        ("verwerkingsactie_list", SCOPES, exception("ProvisionedThroughputExceededException"), 429),
        ("verwerkingsactie_list", SCOPES, exception("ResourceNotFoundException"), 500),
        ("verwerkingsactie_delete", SCOPES, exception("TransactionConflictException"), 503),
        ("verwerkingsactie_read", SCOPES, "status: 500\nbody: {}".to_owned(), 503),
        ("verwerkingsactie_read", SCOPES, "status: 413\nbody: {}".to_owned(), 503),
    ];
    for (operation, scopes, answer, status) in cases {
        let ran = answered(operation, scopes, &answer);
        let (head, body) = ran.http();
        let has = |line: &str| head.contains(&line);
        assert_eq!(head[0], format!("HTTP/1.1 {status}"), "{operation}: {answer}\n{}", ran.stdout);
        assert!(has("API-version: 0.9.0"), "{head:?}");
        assert_eq!(has("Content-Type: application/problem+json"), status >= 400, "{head:?}");
        assert_eq!(head.iter().any(|line| line.starts_with("Retry-After: ")), matches!(status, 429 | 503), "{head:?}");
        match status {
            204 => assert!(ran.stdout.ends_with("\n") && !ran.stdout.contains("\n\n"), "a body: {}", ran.stdout),
            200 => assert!(body.is_object() && has("Content-Type: application/json"), "{head:?}"),
            _ => assert_eq!(body["status"], status),
        }
    }
}

#[test]
fn r71_a_request_that_is_not_right_is_400_with_the_fields() {
    let request = request(SCOPES).replace("objecttype: persoon, ", "");
    let folder = Folder::new(&[("request.yaml", &request), ("answer.yaml", "body: {}")]);
    let ran = folder.run(&["verwerkingsactie_list", "--request", "request.yaml", "--response", "answer.yaml"]);
    let (head, body) = ran.http();
    assert_eq!(head[0], "HTTP/1.1 400");
    assert_eq!(body["invalidParams"][0]["name"], "objecttype");
}

#[test]
fn mistakes_in_the_files_are_shown_where_they_stand() {
    let requests = [
        ("querry: {}\n", vec!["r.yaml:1:1", "did you mean `query`?"]),
        ("path: [1]\n", vec!["r.yaml:1:7", "`path`"]),
        ("query:\n  a: { b: c }\n", vec!["r.yaml:2:6", "a list of texts"]),
        ("- 1\n", vec!["r.yaml:1:1", "a request"]),
        ("path: '\n", vec!["r.yaml:"]),
        (
            "path: /v1/verwerkingsacties/x\n",
            vec!["`/v1/verwerkingsacties/x`", "/verwerkingsacties/{actieId}", "without the stage"],
        ),
        ("path: /verwerkingsacties/\n", vec!["/verwerkingsacties/{actieId}"]),
        ("headers: { content-type: text/xml }\n", vec!["415", "text/xml", "send application/json"]),
    ];
    for (text, says) in requests {
        let folder = Folder::new(&[("r.yaml", text)]);
        folder.run(&["verwerkingsactie_read", "--request", "r.yaml"]).fails(2, &says);
    }
    let answers = [
        ("status: 20\n", vec!["a.yaml:1:9", "a status such as 200"]),
        ("status: many\n", vec!["a.yaml:1:9"]),
        ("headers: [1]\n", vec!["a.yaml:1:10", "names and texts"]),
        ("bdy: {}\n", vec!["a.yaml:1:1", "`status`, `headers` and `body`"]),
    ];
    for (text, says) in answers {
        let folder = Folder::new(&[("a.yaml", text)]);
        folder.run(&["verwerkingsactie_read", "--response", "a.yaml"]).fails(2, &says);
    }
    let folder = Folder::new(&[]);
    folder.run(&["verwerkingsactie_read", "--request", "none.yaml"]).fails(2, &["`none.yaml`"]);
    folder.run(&["verwerkingsactie_read", "--response", "none.yaml"]).fails(2, &["`none.yaml`"]);
}

#[test]
fn an_operation_that_cannot_be_shown() {
    let folder = Folder::new(&[]);
    folder.run(&["verwerkingsactie_raed"]).fails(2, &["did you mean `verwerkingsactie_read`?"]);
    folder.run(&["x"]).fails(2, &["no operation `x`", "verwerkingsactie_delete"]);
    folder.run(&["verwerkingsactie_create"]).fails(2, &["goes to a function", "go straight to DynamoDB"]);
    folder.run(&[]).fails(2, &["OPERATION_ID"]);
}

/// A folder of templates in which all but one operation are blameless.
fn templates(read_request: &str, read_response: &str) -> Folder {
    let request = "<% set action = \"GetItem\" %>\n{}\n";
    let response = |status: u16| format!("<% set success = {status} %>\n{{}}\n");
    Folder::new(&[
        ("t/verwerkingsactie_read.request.vtl", read_request),
        ("t/verwerkingsactie_read.response.vtl", read_response),
        ("t/verwerkingsactie_list.request.vtl", request),
        ("t/verwerkingsactie_list.response.vtl", &response(200)),
        ("t/verwerkingsactie_delete.request.vtl", request),
        ("t/verwerkingsactie_delete.response.vtl", &response(204)),
        ("t/shared/part.vtl", "#set($part = $input.params('actieId'))\n#set($x = $part.substring(100))\n"),
        ("request.yaml", &request_with_actie("a\"b")),
        ("answer.yaml", "body: {}"),
    ])
}

fn request_with_actie(id: &str) -> String {
    json!({"pathParameters": {"actieId": id}}).to_string()
}

#[test]
fn an_override_wins_from_a_mapping_and_is_still_set_in_the_response() {
    let folder = templates(
        "<% set action = \"GetItem\" %>\n#set($context.responseOverride.header.api-version = \"9\")\n\
         #set($context.responseOverride.status = 418){\"body\": $input.json('$'), \"tag\": \"$input.params('x-tag')\"}\n",
        "<% set success = 200 %>\n{\"seen\": \"$context.responseOverride.status\"}\n",
    );
    fs::write(folder.0.path().join("r.yaml"), "headers: { X-Tag: 1 }\n").unwrap();
    let asked = folder.run(&["verwerkingsactie_read", "--templates", "t", "--request", "r.yaml"]);
    assert_eq!(asked.http().1, json!({"body": {}, "tag": ""}), "no body is {{}}, and a header's name has its case");
    let answered = folder.run(&["verwerkingsactie_read", "--templates", "t", "--response", "answer.yaml"]);
    let (head, body) = answered.http();
    assert_eq!(head, ["HTTP/1.1 418", "Content-Type: application/json", "API-version: 9"]);
    assert_eq!(body, json!({"seen": "418"}));
}

#[test]
fn a_template_that_writes_no_json_is_shown_with_the_place() {
    let folder = templates(
        "<% set action = \"GetItem\" %>\n{\n  \"id\": \"$input.params('actieId')\"\n}\n",
        "<% set success = 200 %>\n{\"id\": \"$input.params('actieId')\"}\n",
    );
    let asked = folder.run(&["verwerkingsactie_read", "--templates", "t", "--request", "request.yaml"]);
    asked.fails(1, &["is no JSON", "request of verwerkingsactie_read:2:", "a\"b"]);
    assert!(asked.stdout.contains("\"id\": \"a\"b\""), "shown as it is: {}", asked.stdout);
    let files = ["--request", "request.yaml", "--response", "answer.yaml"];
    let answered = folder.run(&[&["verwerkingsactie_read", "--templates", "t"], &files[..]].concat());
    answered.fails(1, &["is no JSON", "response of verwerkingsactie_read:1:"]);
}

#[test]
fn a_template_that_fails_is_shown_in_its_source() {
    let folder = templates(
        "<% set action = \"GetItem\" %>\n<% include \"shared/part.vtl\" %>\n{}\n",
        "<% set success = 200 %>\n{}\n",
    );
    let ran = folder.run(&["verwerkingsactie_read", "--templates", "t", "--request", "request.yaml"]);
    ran.fails(1, &["fails on this input", "t/shared/part.vtl:2:", "API Gateway would answer 500"]);
}

#[test]
fn a_template_that_does_not_parse_is_shown_and_nothing_is_written() {
    let folder =
        templates("<% set action = \"GetItem\" %>\n{\"a\": \"#set($x = )\"}\n", "<% set success = 200 %>\n{}\n");
    let ran = folder.run(&["verwerkingsactie_list", "--templates", "t"]);
    ran.fails(2, &["error: ", "t/verwerkingsactie_read.request.vtl:2:18"]);
    let mut emit = Command::new(env!("CARGO_BIN_EXE_synth"));
    let emitted = ran_in(emit.args(["--templates", "t"]), &folder);
    emitted.fails(2, &["t/verwerkingsactie_read.request.vtl:2:18"]);
    assert!(!folder.0.path().join("out").exists());
}

#[test]
fn a_trap_is_a_warning_and_the_template_is_written() {
    let folder =
        templates("<% set action = \"GetItem\" %>\n{\"a\": $input.path('$.a')}\n", "<% set success = 200 %>\n{}\n");
    let mut emit = Command::new(env!("CARGO_BIN_EXE_synth"));
    let emitted = ran_in(emit.args(["--templates", "t"]), &folder);
    emitted.fails(0, &["warning: ", "t/verwerkingsactie_read.request.vtl:2:7", "wrote out/"]);
}

fn ran_in(command: &mut Command, folder: &Folder) -> Ran {
    ran(command.current_dir(folder.0.path()).env("NO_COLOR", "1").output().unwrap())
}

/// Many lines at once.
fn batch(input: &[u8]) -> Ran {
    let folder = Folder::new(&[]);
    let mut command = folder.command(&["--batch"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    ran(output)
}

fn lines(ran: &Ran) -> Vec<Value> {
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_that_is_no_case_does_not_end_the_others() {
    let ran = batch(b"{\"id\":1,\"template\":\"a$x\"}\n\n  \n[1]\n{\n\xff\n{\"id\":\"z\",\"template\":\"#set(\"}\n{\"id\":2,\"template\":\"b\"}");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let lines = lines(&ran);
    assert_eq!(lines.len(), 6, "{lines:#?}");
    assert_eq!(lines[0], json!({"id": 1, "output": "a"}));
    for (line, says) in [(1, "object"), (2, "not JSON"), (3, "not UTF-8")] {
        assert!(lines[line]["error"].as_str().unwrap().contains(says), "{}", lines[line]);
    }
    assert!(lines[4]["error"].is_string() && lines[4]["id"] == "z", "{}", lines[4]);
    assert_eq!(lines[5], json!({"id": 2, "output": "b"}), "the last line needs no newline");
}

#[test]
fn a_reader_that_leaves_is_no_reason_to_complain() {
    let folder = Folder::new(&[]);
    let mut command = folder.command(&["--batch"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    // More than fits in any buffer; the program may be gone before all of it is written.
    let line = json!({"template": "x".repeat(10_000)}).to_string() + "\n";
    for _ in 0..1000 {
        if stdin.write_all(line.as_bytes()).is_err() {
            break;
        }
    }
    drop(stdin);
    let ran = ran(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
}

#[test]
fn batch_takes_no_operation() {
    Folder::new(&[]).run(&["verwerkingsactie_read", "--batch"]).fails(2, &["--batch", "cannot be used with"]);
}

#[test]
fn every_shared_case_renders_as_expected() {
    let folder = std::env::var_os("SHARED_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let path = folder.join("vtl/cases.jsonl");
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; SHARED_DIR names the shared folder", path.display()));
    let cases: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() > 500, "{} cases", cases.len());
    let ran = batch(text.as_bytes());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let answers = lines(&ran);
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(&answers) {
        assert_eq!(answer["id"], case["id"]);
        if case["expected"].is_null() {
            assert!(answer["error"].is_string(), "{case}\n{answer}");
        } else {
            assert_eq!(answer["output"], case["expected"], "{case}\n{answer}");
        }
    }
}
