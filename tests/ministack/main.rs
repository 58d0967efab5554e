//! The emitted template, deployed into MiniStack and run by `synth local`: the same client gets the same answers from both,
//! and leaves the same rows.
//!
//! MiniStack is somebody else's emulator of AWS. It makes the stack by CloudFormation, runs `auth` and `gen` behind its API
//! Gateway, `proc` behind its queue and `proj` behind its table's stream, each as a program. What it cannot do with our template:
//!
//! - **GET and DELETE**: it has no integration of API Gateway with DynamoDB, and its mapping templates are a small part of VTL.
//!   It answers 504. So what the mapping templates ask of DynamoDB here is asked of its DynamoDB directly.
//! - **The gateway's own responses** (no or a wrong token, no such path): it does not read
//!   `x-amazon-apigateway-gateway-responses` from the OpenAPI body, and answers with AWS's own. Only the status of a 401 is compared.
//! - **The API's domain name** is not in the events of its functions, so links are compared from the stage on.
//! - **What only refuses**: it checks no permissions, so nothing here shows that the roles in the template are enough.

mod aws;
mod client;
mod names;
mod peer;

use std::time::Duration;

use emulator::Options;
use emulator::state::Folders;
use emulator::template::Template;
use local::Service;
use serde_json::{Value, json};
use tests::build;

use aws::Aws;
use client::{Client, Seen};
use names::Names;
use peer::MiniStack;

/// How long the rows may take to become what they should be.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client of the log signs its tokens with. Both get it in the secret that the template makes for it.
const KEY: &str = "a-key-of-more-than-thirty-two-bytes";

/// A stack whose clients sign their own tokens, so that one token counts wherever it runs.
fn template() -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("peer.yaml");
    std::fs::write(&file, "name: peer\ntokens: { zgw: true }\n").expect("a file can be written");
    serde_json::to_value(build(&file, &[]).template).expect("a template is JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_gets_the_same_from_the_deployed_template_and_from_synth_local() {
    let template = template();
    let folder = tempfile::tempdir().expect("a folder");
    let folders = Folders::new(Some(folder.path()), "peer").expect("a folder that is named");
    let options = Options { in_memory: true, ..Options::new("peer", folders) };
    let read = Template::of(template.as_object().expect("a template is an object").clone()).expect("a template");
    let running = emulator::run(&read, &options).await.expect("the stack runs");
    let here = Client::new(&running.api, Aws::at(&running.aws), "peer-Table", "peer-ClientsSecret").await;

    let ministack = MiniStack::start().await;
    let deployed = ministack.deploy("peer", &template).await;
    let there = Client::new(&deployed.api, ministack.aws(), &deployed.table, &deployed.clients_secret).await;

    let (ours, theirs) = tokio::join!(here.run(), there.run());
    let (mut our_names, mut their_names) = (Names::default(), Names::default());
    assert_same_answers(&ours, &mut our_names, &theirs, &mut their_names);
    running.settled().await;
    same_rows(&here, &mut our_names, &there, &mut their_names).await;

    // What MiniStack cannot do is still what is said above.
    let actie = format!("/verwerkingsacties/{}", theirs.actie);
    assert_eq!(
        there.ask("GET", &actie, None, &[]).await.status,
        504,
        "it learned to ask DynamoDB: compare the answers"
    );
    for client in [&here, &there] {
        assert_eq!(client.without_token("POST", "/verwerkingsacties").await, 401);
    }

    // What the mapping templates of GET and DELETE ask of DynamoDB, asked of MiniStack's.
    let list = "/verwerkingsacties?objecttype=persoon&soortObjectId=BSN&objectId=999990019";
    let actie = format!("/verwerkingsacties/{}", ours.actie);
    for (method, path, operation, status) in
        [("GET", &*actie, "GetItem", 200), ("GET", list, "Query", 200), ("DELETE", &*actie, "UpdateItem", 204)]
    {
        running.services().faults().record();
        assert_eq!(here.ask(method, path, None, &[]).await.status, status, "{method} {path}");
        let calls = running.services().faults().recorded();
        let asked = calls.iter().find(|call| call.service == Service::DynamoDb && call.operation == operation);
        let asked: Value = serde_json::from_slice(&asked.expect("the template asked").body).expect("JSON");
        if operation == "UpdateItem" {
            // Done already.
            there.asked_too(operation, &asked, &our_names, &their_names).await;
            continue;
        }
        let ours = here.aws.dynamodb(operation, &asked).await;
        let theirs = there.asked_too(operation, &asked, &our_names, &their_names).await;
        let (ours, theirs) = (our_names.in_values(&ours), their_names.in_values(&theirs));
        for part in ["Item", "Items", "Count", "LastEvaluatedKey"] {
            assert_eq!(ours[part], theirs[part], "{method} {path}: {part}");
        }
        assert!(ours["Item"].is_object() || ours["Count"].as_u64() > Some(0), "{ours}");
    }
    // After a DELETE, `proj` does the rest.
    running.settled().await;
    same_rows(&here, &mut our_names, &there, &mut their_names).await;
    let gone = here.ask("GET", &actie, None, &[]).await;
    assert_eq!(gone.status, 404);
    running.stop().await;
}

fn assert_same_answers(ours: &Seen, our_names: &mut Names, theirs: &Seen, their_names: &mut Names) {
    assert_eq!(ours.answers.len(), theirs.answers.len());
    for ((what, one), (_, other)) in ours.answers.iter().zip(&theirs.answers) {
        let one = our_names.in_values(&json!({"status": one.status, "headers": one.headers, "body": one.body}));
        let other =
            their_names.in_values(&json!({"status": other.status, "headers": other.headers, "body": other.body}));
        assert_eq!(one, other, "{what}");
    }
}

/// Waits until both tables have the same rows, but for ids, moments and pseudonyms.
async fn same_rows(here: &Client, our_names: &mut Names, there: &Client, their_names: &mut Names) {
    let ours = our_names.clone().in_rows(here.rows().await);
    let began = std::time::Instant::now();
    loop {
        let theirs = their_names.clone().in_rows(there.rows().await);
        if ours == theirs {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "here: {ours:#?}\nMiniStack: {theirs:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // What is new in them counts from now on.
    our_names.in_rows(here.rows().await);
    their_names.in_rows(there.rows().await);
    assert!(ours.len() > 5, "{ours:?}");
}
