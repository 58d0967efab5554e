//! The functions as Lambda runs them, beside Python functions that make the same calls of AWS, in one run.
//!
//! `handlers/benches/run` packs the functions, installs the peer's SDK and starts this. Services are in memory in this
//! process; each function is a process of its own, whose processor time the kernel counts.

mod support;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use contract::functions as names;
use local::Services;
use local::lambda::{Function, INIT_TIME, Program};
use serde_json::{Value, json};

use crate::support::{QUEUE, batch, clients, environment, packed, processor_time, root, services};

const TIME: Duration = Duration::from_secs(30);
const STARTS: usize = 15;
const EVENTS: usize = 2_000;
const BATCHES: usize = 200;
const BATCH: usize = 10;

/// One of the two that are compared.
struct Peer {
    name: &'static str,
    programs: fn(&str) -> PathBuf,
    /// The file whose size is told; none where a function is not one file.
    binary: bool,
}

const PEERS: [Peer; 2] = [
    Peer { name: "handlers", programs: packed, binary: true },
    Peer { name: "Python 3 + boto3", programs: |name| root().join("handlers/benches/peers").join(name), binary: false },
];

#[tokio::main]
async fn main() {
    // `cargo test --all-targets` also starts benchmarks; only the packed functions are worth measuring.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut rows = Vec::new();
    for peer in &PEERS {
        for function in [names::GEN, names::PROC] {
            let program = (peer.programs)(function);
            assert!(program.exists(), "no {}: handlers/benches/run packs the functions first", program.display());
        }
        rows.push(measure(peer).await);
    }
    println!("| | {} | {} | ratio |\n| --- | --- | --- | --- |", PEERS[0].name, PEERS[1].name);
    let [ours, theirs] = rows.try_into().expect("there are two peers");
    for ((what, ours, unit), (_, theirs, _)) in ours.into_iter().zip(theirs) {
        match theirs {
            0.0 => println!("| {what} | {ours:.2} {unit} | - | - |"),
            _ => println!(
                "| {what} | {ours:.2} {unit} | {theirs:.2} {unit} | {:.1} |",
                (theirs / ours).max(ours / theirs)
            ),
        }
    }
}

type Figure = (&'static str, f64, &'static str);

async fn measure(peer: &Peer) -> Vec<Figure> {
    let services = services().await;
    let environment = environment(&services);
    let mut polls = Vec::new();
    let mut answers = Vec::new();
    for n in 0..STARTS {
        let begin = Instant::now();
        let function = start(peer, names::GEN, &environment).await;
        function.ready(INIT_TIME).await.expect("it starts");
        polls.push(begin.elapsed());
        drop(function);
        let begin = Instant::now();
        let function = start(peer, names::GEN, &environment).await;
        accepted(&function.invoke(post(n), TIME, None).await.expect("it answers"));
        answers.push(begin.elapsed());
    }

    let function = start(peer, names::GEN, &environment).await;
    for n in 0..50 {
        accepted(&function.invoke(post(n), TIME, None).await.expect("it answers"));
    }
    let (cpu, begin) = (processor_time(function.pid()), Instant::now());
    for n in 0..EVENTS {
        accepted(&function.invoke(post(n), TIME, None).await.expect("it answers"));
    }
    let (cpu, wall) = (processor_time(function.pid()) - cpu, begin.elapsed());
    drop(function);

    let messages = drain(&services).await;
    let function = start(peer, names::PROC, &environment).await;
    let batches: Vec<String> = messages.chunks(BATCH).take(BATCHES).map(batch).collect();
    assert_eq!(batches.len(), BATCHES);
    let before = processor_time(function.pid());
    for batch in &batches {
        let answer = function.invoke(batch.clone(), TIME, None).await.expect("it answers");
        let answer: Value = serde_json::from_slice(&answer).expect("it is JSON");
        assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
    }
    let proc_cpu = processor_time(function.pid()) - before;
    let size = |name| std::fs::metadata((peer.programs)(name)).map_or(0.0, |file| file.len() as f64 / 1e6);
    vec![
        ("`gen`: from exec to the first poll", milliseconds(median(polls)), "ms"),
        ("`gen`: from exec to the first answered POST", milliseconds(median(answers)), "ms"),
        ("`gen`: processor time of a POST", milliseconds(cpu) / EVENTS as f64, "ms"),
        ("`gen`: a POST as its client sees it", milliseconds(wall) / EVENTS as f64, "ms"),
        ("`gen`: binary", if peer.binary { size(names::GEN) } else { 0.0 }, "MB"),
        ("`proc`: messages a second and core", (batches.len() * BATCH) as f64 / proc_cpu.as_secs_f64(), "/s"),
        ("`proc`: binary", if peer.binary { size(names::PROC) } else { 0.0 }, "MB"),
    ]
}

async fn start(peer: &Peer, name: &'static str, environment: &[(String, String)]) -> Function {
    let program = Program::new(name, (peer.programs)(name), environment.iter().cloned());
    Function::start(&program).await.expect("it can be started")
}

/// A POST as API Gateway hands it on, with one person in it.
fn post(n: usize) -> String {
    let body = json!({
        "actieNaam": "Adres controleren", "handelingNaam": "Intake", "verwerkingNaam": "Verhuizing",
        "vertrouwelijkheid": "normaal", "bewaartermijn": "P10Y", "systeem": "Zaaksysteem", "gebruiker": "medewerker",
        "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": [{
            "objecttype": "persoon", "soortObjectId": "BSN", "objectId": format!("{:09}", 900_000_000 + n),
            "verwerkteSoortenGegevens": [{"soortGegeven": "BSN"}, {"soortGegeven": "adres"}],
        }],
    });
    json!({
        "resource": "/verwerkingsacties", "path": "/verwerkingsacties", "httpMethod": "POST",
        "headers": {"content-type": "application/json"}, "multiValueHeaders": {"content-type": ["application/json"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null, "pathParameters": null,
        "requestContext": {
            "requestId": "7d1b9f3e-3a5c-4f0e-9a63-0d1c2b3a4f5e", "domainName": "log.example", "stage": "v1",
            "path": "/v1/verwerkingsacties",
            "authorizer": {"clientId": "zaaksysteem", "scopes": "create:normal", "principalId": "zaaksysteem"},
        },
        "body": body.to_string(), "isBase64Encoded": false,
    })
    .to_string()
}

fn accepted(answer: &[u8]) {
    let answer: Value = serde_json::from_slice(answer).expect("an answer is JSON");
    assert_eq!(answer["statusCode"], 201, "{answer}");
}

/// Everything in the queue.
async fn drain(services: &Services) -> Vec<String> {
    let client = clients(services).await.sqs();
    let mut messages = Vec::new();
    loop {
        let receive = client.receive_message().queue_url(services.sqs().url(QUEUE)).max_number_of_messages(10);
        let received = receive.visibility_timeout(3600).send().await.expect("the queue can be read").messages;
        match received {
            Some(received) if !received.is_empty() => messages.extend(received.into_iter().filter_map(|one| one.body)),
            _ => return messages,
        }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
