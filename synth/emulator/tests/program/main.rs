//! The program `synth-local`, as it is started.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod background;
mod behind;
#[path = "../emitted/mod.rs"]
mod emitted;
mod functions;
mod inventory;
mod keys;
mod mapped;
mod queues;
mod serving;
mod streams;
mod tokens;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use emitted::NAME;
use hyper::StatusCode;
use serde_json::{Value, json};
use serving::{RUN, Serving, actie, folder, program};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Exit code and what was said on stderr.
fn refused(output: &Output) -> (i32, String) {
    assert_eq!(output.stdout, b"", "{output:?}");
    (output.status.code().unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[tokio::test]
async fn what_was_posted_is_there_after_the_next_start_and_so_is_the_key_of_the_pseudonyms() {
    let folder = folder();
    let first = Serving::start(folder.path(), &["--data=data"]);
    let id = first.post().await;
    assert_eq!(first.interrupt(), Some(0), "Ctrl-C ends it cleanly");
    let second = Serving::start(folder.path(), &["--data=data"]);
    let list = "/verwerkingsacties?objecttype=persoon&soortObjectId=BSN&objectId=999990019";
    let (status, found) = second.ask("GET", list, second.token(), "").await;
    assert_eq!((status.as_u16(), &found["results"][0]["actieId"]), (200, &json!(id)));
    second.post().await;
    assert_eq!(second.ask("GET", list, second.token(), "").await.1["count"], 2);
}

/// Pastes the line that was printed into a shell; gives the status and the body.
async fn pasted(folder: &Path) -> (String, Vec<u8>) {
    let printed = fs::read_to_string(folder.join("printed")).unwrap();
    let line = printed.lines().find_map(|line| line.strip_prefix("try    ")).unwrap();
    let mut shell = Command::new("sh");
    // What is added only says the status.
    shell.arg("-c").arg(format!("{line} -w '%{{stderr}}%{{http_code}}'")).current_dir(folder);
    let output = tokio::task::spawn_blocking(move || shell.output()).await.unwrap().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "sh and curl are needed: {said}");
    (said, output.stdout)
}

/// Some stacks want a key, and one API has no POST; it is not built in yet, which is said by the function that it gets to.
#[tokio::test]
async fn the_line_that_is_printed_works_for_every_stack_that_is_shipped() {
    let stacks = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../stacks")).unwrap();
    let stacks = stacks.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let stacks: Vec<_> = stacks.filter(|name| name.ends_with(".yaml")).collect();
    assert!(stacks.len() >= 3, "{stacks:?}");
    for stack in &stacks {
        for (specification, status) in [("bewerking.yaml", "201"), ("inzage.yaml", "501")] {
            let folder = TempDir::new().unwrap();
            let template = emitted::of(stack, specification);
            fs::write(folder.path().join("template.json"), &template).unwrap();
            let serving = Serving::start(folder.path(), &["--in-memory"]);
            let (said, body) = pasted(folder.path()).await;
            let body = String::from_utf8(body).unwrap();
            assert_eq!(said, status, "{stack} {specification}: {body}");
            assert_eq!(serving.ready.get("key").is_some(), template.contains("AWS::ApiGateway::ApiKey"), "{stack}");
            if let Some(key) = serving.ready.get("key") {
                let printed = fs::read_to_string(folder.path().join("printed")).unwrap();
                let line = format!("key    {}", key.as_str().unwrap());
                assert!(printed.lines().any(|printed| printed == line), "{printed}");
            }
        }
    }
}

#[tokio::test]
async fn the_line_that_is_printed_works_when_it_is_pasted_into_a_shell() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &["--in-memory"]);
    let printed = fs::read_to_string(folder.path().join("printed")).unwrap();
    let line = printed.lines().find_map(|line| line.strip_prefix("try    ")).unwrap();
    assert!(line.starts_with("curl ") && printed.ends_with(&format!("{line}\n")), "{printed}");
    let text = |name: &str| serving.ready[name].as_str().unwrap();
    let environment = emulator::environment(text("aws"), "eu-west-1").map(|(name, value)| format!("{name}={value}"));
    for (name, what) in
        [("api", text("api")), ("page", text("page")), ("aws", &environment.join(" ")), ("token", text("token"))]
    {
        assert!(printed.lines().any(|line| line == format!("{name:<7}{what}")), "{name} in {printed}");
    }
    let (said, stdout) = pasted(folder.path()).await;
    assert_eq!(said, "201");
    let posted: Value = serde_json::from_slice(&stdout).unwrap();
    let path = format!("/verwerkingsacties/{}", posted["actieId"].as_str().unwrap());
    let read = loop {
        match serving.ask("GET", &path, serving.token(), "").await {
            (StatusCode::NOT_FOUND, _) => tokio::time::sleep(Duration::from_millis(5)).await,
            answer => break answer,
        }
    };
    assert_eq!((read.0.as_u16(), &read.1["actieId"]), (200, &posted["actieId"]));
    assert_eq!(read.1["url"], posted["url"]);
}

#[tokio::test]
async fn what_is_in_flight_at_ctrl_c_is_answered_and_kept() {
    for signal in ["-INT", "-TERM"] {
        let folder = folder();
        // A message takes its time, the backup does not: once that is there, the POST is in flight.
        let serving = Serving::start(folder.path(), &["--data=data", "--chaos=sqs:latency=1s"]);
        let clients = handlers::aws::Clients::at(serving.ready["aws"].as_str().unwrap(), "eu-west-1").await;
        let body = actie();
        let post = serving.ask("POST", "/verwerkingsacties", serving.token(), &body);
        let begun = async {
            let bucket = format!("{NAME}-backupbucket");
            while clients.s3().list_objects_v2().bucket(&bucket).send().await.unwrap().contents().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            serving.signal(signal);
        };
        let ((status, posted), ()) = tokio::join!(post, begun);
        assert_eq!(status, 201, "{posted}");
        assert_eq!(serving.ended(), Some(0), "{signal} ends it cleanly");
        let next = Serving::start(folder.path(), &["--data=data"]);
        let path = format!("/verwerkingsacties/{}", posted["actieId"].as_str().unwrap());
        while next.ask("GET", &path, next.token(), "").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A client that hangs up is no reason to forget what it asked for, nor is Ctrl-C on top of it.
#[tokio::test]
async fn what_a_client_hung_up_on_is_done_before_ctrl_c_ends_it() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &["--data=data", "--chaos=sqs:latency=2s"]);
    let clients = handlers::aws::Clients::at(serving.ready["aws"].as_str().unwrap(), "eu-west-1").await;
    let (host, path) = serving.ready["api"].as_str().unwrap()[7..].split_once('/').unwrap();
    let (token, body) = (serving.token(), actie());
    let head = format!(
        "POST /{path}/verwerkingsacties HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut client = TcpStream::connect(host).await.unwrap();
    client.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let bucket = format!("{NAME}-backupbucket");
    let key = loop {
        let found = clients.s3().list_objects_v2().bucket(&bucket).send().await.unwrap();
        if let Some(object) = found.contents().first() {
            break object.key().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    client.shutdown().await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"", "it hung up too, and had no answer yet");
    assert_eq!(serving.interrupt(), Some(0));
    let said = fs::read_to_string(folder.path().join("said")).unwrap();
    assert!(said.lines().any(|line| line.starts_with("POST /v1/verwerkingsacties 201 ")), "{said}");
    let next = Serving::start(folder.path(), &["--data=data"]);
    let list = "/verwerkingsacties?objecttype=persoon&soortObjectId=BSN&objectId=999990019";
    let found = loop {
        let found = next.ask("GET", list, next.token(), "").await.1;
        if found["count"] == 1 {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(key.contains(found["results"][0]["actieId"].as_str().unwrap()), "{key}");
}

#[tokio::test]
async fn state_is_kept_in_a_folder_of_the_user_s_where_nobody_says_otherwise() {
    let folder = folder();
    let id = {
        let first = Serving::start(folder.path(), &[]);
        first.post().await
    };
    assert!(folder.path().join("state/synth").join(NAME).join("dynamodb.sqlite").exists());
    let again = Serving::start(folder.path(), &[]);
    assert_eq!(again.ask("GET", &format!("/verwerkingsacties/{id}"), again.token(), "").await.0, 200);
    let empty = Serving::start(folder.path(), &["--in-memory"]);
    assert_eq!(empty.ask("GET", &format!("/verwerkingsacties/{id}"), empty.token(), "").await.0, 404);
}

#[tokio::test]
async fn the_services_answer_any_sdk() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &["--in-memory"]);
    let id = serving.post().await;
    let clients = handlers::aws::Clients::at(serving.ready["aws"].as_str().unwrap(), "eu-west-1").await;
    let tables = clients.dynamodb().list_tables().send().await.unwrap();
    assert_eq!(tables.table_names(), [format!("{NAME}-Table")]);
    let objects = clients.s3().list_objects_v2().bucket(format!("{NAME}-backupbucket")).send().await.unwrap();
    assert!(objects.contents().iter().any(|object| object.key().unwrap().contains(&id)), "{objects:?}");
}

/// The sockets on which a process listens, as Linux tells them.
#[cfg(target_os = "linux")]
fn listening(process: u32) -> Vec<String> {
    let table = fs::read_to_string(format!("/proc/{process}/net/tcp")).unwrap()
        + &fs::read_to_string(format!("/proc/{process}/net/tcp6")).unwrap_or_default();
    let descriptors = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let descriptors = descriptors.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    let own: Vec<String> = descriptors.map(|to| to.display().to_string()).collect();
    let columns = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    // 0A is LISTEN; the tenth column is the inode.
    let listening = columns.filter(|line| line.get(3) == Some(&"0A") && own.contains(&format!("socket:[{}]", line[9])));
    listening.map(|line| u16::from_str_radix(line[1].rsplit(':').next().unwrap(), 16).unwrap().to_string()).collect()
}

/// DynamoDB's own server lets any website read what it answers.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_listens_but_the_two_ports_that_are_told() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &["--in-memory"]);
    serving.post().await;
    let port = |name: &str| serving.ready[name].as_str().unwrap().split([':', '/']).nth(4).unwrap().to_owned();
    let mut ports = listening(serving.id());
    ports.sort();
    let mut told = vec![port("api"), port("aws")];
    told.sort();
    assert_eq!(ports, told);
}

#[tokio::test]
async fn trouble_of_every_kind_loses_nothing_and_doubles_nothing() {
    let folder = folder();
    // What was received and not deleted comes again after two seconds instead of six minutes, as often as it takes.
    let template = emitted::template();
    let quicker = template.replace("\"VisibilityTimeout\": 360", "\"VisibilityTimeout\": 2");
    let quicker = quicker.replace("\"maxReceiveCount\": 5", "\"maxReceiveCount\": 1000");
    // 360 became 2, and 5 became 1000.
    assert_eq!(quicker.len() + 2, template.len() + 3, "both are in it");
    fs::write(folder.path().join("template.json"), quicker).unwrap();
    let trouble = "--chaos=sqs:error=0.1,lost=0.1,duplicate=0.2,reorder=0.3,latency=2ms";
    let more = "--chaos=dynamodb:error=0.05,throttle=0.05,lost=0.05";
    let backup = "--chaos=s3:error=0.1,lost=0.1";
    let serving = Serving::start(folder.path(), &["--in-memory", "--quiet", trouble, more, backup]);
    let mut posted = Vec::new();
    for _ in 0..30 {
        // Whoever gets a 503 asks again with the same key; here only who got a 201 counts.
        let (status, actie) = serving.ask("POST", "/verwerkingsacties", serving.token(), &actie()).await;
        if status == 201 {
            posted.push(actie["actieId"].as_str().unwrap().to_owned());
        }
    }
    assert!(posted.len() > 10, "{posted:?}");
    for id in &posted {
        while serving.ask("GET", &format!("/verwerkingsacties/{id}"), serving.token(), "").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let list = "/verwerkingsacties?objecttype=persoon&soortObjectId=BSN&objectId=999990019";
    let found = loop {
        let (status, found) = serving.ask("GET", list, serving.token(), "").await;
        if status == 200 {
            break found;
        }
    };
    let ids = found["results"].as_array().unwrap().iter().map(|actie| actie["actieId"].as_str().unwrap());
    let mut ids: Vec<_> = ids.collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "some are there twice");
    assert!(posted.iter().all(|id| ids.contains(&id.as_str())));
}

#[tokio::test]
async fn a_list_knows_of_an_actie_when_its_index_does() {
    let folder = folder();
    let list = "/verwerkingsacties?objecttype=persoon&soortObjectId=BSN&objectId=999990019";
    let listed = async |serving: &Serving| serving.ask("GET", list, serving.token(), "").await.1["count"].clone();
    {
        let behind = Serving::start(folder.path(), &["--data=data", "--chaos=dynamodb:index-lag=1h"]);
        behind.post().await;
        assert_eq!(listed(&behind).await, 0, "though it can be read by its id");
    }
    let a_little = Serving::start(folder.path(), &["--data=data", "--chaos=dynamodb:index-lag=50ms"]);
    assert_eq!(listed(&a_little).await, 1, "at the start the index has everything");
    a_little.post().await;
    while listed(&a_little).await != 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn what_cannot_be_run_is_said_with_its_place() {
    let folder = folder();
    let path = folder.path();
    let with = |template: &str, more: &[&str]| {
        fs::write(path.join("wrong.json"), template).unwrap();
        let arguments = ["run", "--name=log", "--template=wrong.json", "--port=0", "--in-memory"];
        refused(&program(&arguments, path).args(more).output().unwrap())
    };
    let mut timeless: Value = serde_json::from_str(&emitted::template()).unwrap();
    timeless["Resources"]["GenFunction"]["Properties"]["Timeout"] = "abc".into();
    for (template, said) in [
        ("{", "error: wrong.json:1:1: EOF while parsing an object; it has to be a CloudFormation template in JSON"),
        ("[]", "error: wrong.json:1:1: this is no JSON object"),
        ("{}", "error: Resources: there are none"),
        (r#"{"Resources":{"A":{}}}"#, "error: Resources.A.Type: there is none"),
        (r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue"}}}"#, "error: Resources: there is no AWS::ApiGateway::RestApi"),
        (
            r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue","Properties":{"DelaySeconds":{"Ref":"B"}}}}}"#,
            "error: Resources.A.Properties.DelaySeconds.Ref: there is no parameter and no resource B",
        ),
        (r#"{"Parameters":{"P":{"Type":"String"}},"Resources":{}}"#, "error: Parameters.P: it has no default"),
        (
            r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::Sub":"${B}-q"}}},
                "B":{"Type":"AWS::ApiGateway::RestApi"}}}"#,
            "error: Resources: there is no AWS::ApiGateway::Stage",
        ),
        (
            r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::GetAtt":["B","QueueName"]}}},
                "B":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Fn::GetAtt":["A","QueueName"]}}}}}"#,
            "error: Resources.A.Properties.Fn::GetAtt: the name of B is made of this one's, in a circle",
        ),
        (
            r#"{"Conditions":{"Nooit":{"Fn::Equals":[1,2]}},"Resources":{
                "A":{"Type":"AWS::SQS::Queue","Properties":{"DelaySeconds":{"Ref":"B"}}},
                "B":{"Type":"AWS::SQS::Queue","Condition":"Nooit"}}}"#,
            "error: Resources.A.Properties.DelaySeconds.Ref: the condition of B leaves it out of this stack",
        ),
        (
            r#"{"Parameters":{"P":{"Type":"Number","Default":"veel"}},"Resources":{}}"#,
            "error: Parameters.P: the value \"veel\" is not allowed: it has to be a number",
        ),
        (
            r#"{"Resources":{"A":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"q"}},
                "B":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"q"}}}}"#,
            "error: Resources.B.Properties.QueueName: Resources.A has the name q already",
        ),
        (
            r#"{"Resources":{"A":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"Emmer_1"}}}}"#,
            "error: Resources.A.Properties.BucketName: Emmer_1 is no name of a bucket: 3 to 63 lower-case letters",
        ),
        (&timeless.to_string(), "error: Resources.GenFunction.Properties.Timeout: \"abc\" is no whole number"),
    ] {
        let (code, stderr) = with(template, &[]);
        assert!(stderr.starts_with(said), "{stderr}");
        assert_eq!(code, 2, "{stderr}");
    }
    let elsewhere = json!({"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:000000000000:niets", "maxReceiveCount": 1});
    for (id, property, value, said) in [
        ("Table", "KeySchema", Value::Null, "error: Resources.Table: "),
        ("Queue", "VisibilityTimeout", json!(99_999_999), "error: Resources.Queue: "),
        ("Queue", "RedrivePolicy", elsewhere, "error: Resources.Queue: "),
        ("GenFunction", "Code", json!({"S3Bucket": "b", "S3Key": "niets.zip"}), "error: function "),
    ] {
        let mut template: Value = serde_json::from_str(&emitted::template()).unwrap();
        let properties = template["Resources"][id]["Properties"].as_object_mut().unwrap();
        properties.insert(property.to_owned(), value);
        properties.retain(|_, value| !value.is_null());
        let (code, stderr) = with(&template.to_string(), &[]);
        assert_eq!((code, stderr.starts_with(said)), (2, true), "{stderr}");
    }
    let (code, stderr) = with(&emitted::template(), &["--chaos=sqs:fout=1"]);
    assert_eq!((code, stderr.contains("--chaos: there is no `fout`")), (2, true), "{stderr}");
    let (code, stderr) = with(&emitted::template(), &["--chaos=dynamodb:index-lag=0.5"]);
    let said = "--chaos: `0.5` is no duration such as 500ms, 30s, 15m, 1h or 7d; it is SERVICE:WHAT=HOW";
    assert_eq!((code, stderr.contains(said)), (2, true), "{stderr}");
    let (code, stderr) = with(&emitted::template(), &["--parameter=Niets=1"]);
    assert_eq!((code, stderr.contains("there is no parameter Niets")), (2, true), "{stderr}");
    let missing = program(&["run", "--name=log", "--template=none.json"], path).output().unwrap();
    assert_eq!(refused(&missing).1, "error: cannot read none.json: No such file or directory (os error 2)\n");
}

/// What a template says of a bucket's log, and of how a secret is copied, makes no difference here.
#[test]
fn what_makes_no_difference_here_need_not_be_understood() {
    let folder = folder();
    let mut template: Value = serde_json::from_str(&emitted::template()).unwrap();
    let elsewhere = json!({"Fn::ImportValue": "elsewhere"});
    template["Resources"]["BackupBucket"]["Properties"]["LoggingConfiguration"] = elsewhere.clone();
    template["Resources"]["PseudonymSecret"]["Properties"]["ReplicaRegions"] = elsewhere;
    fs::write(folder.path().join("template.json"), template.to_string()).unwrap();
    Serving::start(folder.path(), &["--in-memory"]);
}

/// Whoever waits for the file must neither wait for nothing nor read where an earlier run was.
#[test]
fn a_ready_file_is_this_runs_or_refused_before_anything_starts() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir(path.join("map")).unwrap();
    for unusable in ["none/ready.json", "map", "template.json/ready.json"] {
        let more = ["--data=data", "--ready-file", unusable];
        let (code, stderr) = refused(&program(&RUN, path).args(more).output().unwrap());
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.starts_with(&format!("error: --ready-file: cannot use {unusable}: ")), "{stderr}");
        assert!(!path.join("data").exists(), "{unusable}");
    }
    fs::write(path.join("ready.json"), "{}").unwrap();
    let more = ["--in-memory", "--parameter=Niets=1", "--ready-file=ready.json"];
    refused(&program(&RUN, path).args(more).output().unwrap());
    assert!(!path.join("ready.json").exists());
    assert_eq!(fs::read_dir(path.join("map")).unwrap().count(), 0);
    let names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{names:?}");
}

#[test]
fn a_port_and_a_folder_are_used_by_one_at_a_time() {
    let folder = folder();
    let first = Serving::start(folder.path(), &["--data=data"]);
    let again = program(&RUN, folder.path()).arg("--data=data").output().unwrap();
    let (code, stderr) = refused(&again);
    assert_eq!((code, stderr.contains("data is in use by another `synth local`")), (1, true), "{stderr}");
    // Whoever reads where the first one is still finds it.
    let ready = folder.path().join("ready.json");
    let again = program(&RUN, folder.path()).args(["--data=data", "--ready-file=ready.json"]).output().unwrap();
    assert!(refused(&again).1.contains("data is in use"));
    assert_eq!(serde_json::from_slice::<Value>(&fs::read(&ready).unwrap()).unwrap(), first.ready);
    let port = first.ready["api"].as_str().unwrap().split([':', '/']).nth(4).unwrap().to_owned();
    let arguments = ["run", "--name=log", "--template=template.json", "--in-memory", &format!("--port={port}")];
    let (code, stderr) = refused(&program(&arguments, folder.path()).output().unwrap());
    assert_eq!((code, stderr.contains("choose another with --port")), (1, true), "{stderr}");
    let again = program(&arguments, folder.path()).arg("--ready-file=ready.json").output().unwrap();
    assert!(refused(&again).1.contains("choose another with --port"));
    assert_eq!(serde_json::from_slice::<Value>(&fs::read(&ready).unwrap()).unwrap(), first.ready);

    // The second port is told of as the first one is.
    let aws: u16 = first.ready["aws"].as_str().unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
    let free = aws - 1;
    if std::net::TcpListener::bind(("127.0.0.1", free)).is_ok() {
        let arguments = ["run", "--name=log", "--template=template.json", "--in-memory", &format!("--port={free}")];
        let (code, stderr) = refused(&program(&arguments, folder.path()).output().unwrap());
        let said = format!("error: cannot listen on port {aws} of 127.0.0.1: ");
        assert!(stderr.starts_with(&said) && stderr.contains("choose another with --port"), "{stderr}");
        assert_eq!(code, 1);
    }
    let last = ["run", "--name=log", "--template=template.json", "--in-memory", "--port=65535"];
    let (code, stderr) = refused(&program(&last, folder.path()).output().unwrap());
    assert_eq!((code, stderr.contains("'--port <PORT>'")), (2, true), "{stderr}");
}

/// A program may hang before anything serves.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_while_it_starts() {
    use std::os::unix::fs::PermissionsExt;

    for signal in ["-INT", "-TERM"] {
        let folder = folder();
        let began = folder.path().join("began");
        for function in ["gen", "proc", "proj", "auth"] {
            let program = folder.path().join("functions").join(function).join("bootstrap");
            fs::create_dir_all(program.parent().unwrap()).unwrap();
            fs::write(&program, format!("#!/bin/sh\n> '{}'\nexec tail -f /dev/null\n", began.display())).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let more = ["--data=data", "--functions=process", "--functions-dir=functions"];
        let mut child = program(&RUN, folder.path()).args(more).stderr(Stdio::piped()).spawn().unwrap();
        while !began.exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended");
            std::thread::yield_now();
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{signal}: {output:?}");
        // What it had is free for the next one.
        Serving::start(folder.path(), &["--data=data"]);
    }
}

/// The folder may be one that others can look into.
#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    // One that an earlier version made.
    fs::write(data.join("s3.sqlite"), "").unwrap();
    fs::set_permissions(data.join("s3.sqlite"), fs::Permissions::from_mode(0o644)).unwrap();
    let serving = Serving::start(folder.path(), &["--data=data"]);
    serving.post().await;
    let mut names = Vec::new();
    for entry in fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert!(name == "lock" || mode == 0o600, "{name} {mode:o}");
        names.push(name);
    }
    for name in ["dynamodb.sqlite", "s3.sqlite", "s3.sqlite-wal", "secrets.sqlite", "sqs.sqlite", "sqs.sqlite-wal"] {
        assert!(names.iter().any(|there| there == name), "{name} in {names:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_damaged_or_gone_is_named() {
    let folder = folder();
    let serving = Serving::start(folder.path(), &["--data=data"]);
    serving.post().await;
    assert_eq!(serving.interrupt(), Some(0));
    let data = folder.path().join("data");
    let start = || refused(&program(&RUN, folder.path()).arg("--data=data").output().unwrap());
    for name in ["dynamodb.sqlite", "sqs.sqlite", "s3.sqlite", "secrets.sqlite"] {
        let file = data.join(name);
        let before = fs::read(&file).unwrap();
        fs::write(&file, "this is no database. ".repeat(1000)).unwrap();
        let (code, stderr) = start();
        let said = format!("error: data/{name} is damaged: ");
        assert!(stderr.starts_with(&said) && stderr.contains("restore it, or move"), "{stderr}");
        assert_eq!(code, 1);
        fs::write(&file, before).unwrap();
    }
    // A new key would make other pseudonyms of the same people: also the next time.
    let secrets = data.join("secrets.sqlite");
    let before = fs::read(&secrets).unwrap();
    for gone in [true, false, false] {
        if gone {
            fs::remove_file(&secrets).unwrap();
        }
        let (code, stderr) = start();
        assert_eq!(
            (code, stderr.starts_with("error: data/secrets.sqlite is empty, but the tables")),
            (1, true),
            "{stderr}"
        );
    }
    fs::write(&secrets, before).unwrap();
    Serving::start(folder.path(), &["--data=data"]).post().await;
}

#[test]
fn programs_that_are_not_there_are_named() {
    let folder = folder();
    let more = ["--in-memory", "--functions=process", "--functions-dir=nowhere"];
    let (code, stderr) = refused(&program(&RUN, folder.path()).args(more).output().unwrap());
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("nowhere/gen/bootstrap") && stderr.contains("handlers/package"), "{stderr}");
}

#[test]
fn a_template_can_come_through_a_pipe() {
    let folder = TempDir::new().unwrap();
    let mut command = program(&["run", "--name=log", "--port=0", "--in-memory"], folder.path());
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(refused(&output).1, "error: Resources: there are none; a template has an object of them here\n");
}
