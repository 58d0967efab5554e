//! One PATCH of a verwerking with many acties: `proc` as Lambda runs it, with calls that are too short to do them all.
//!
//! ```sh
//! ACTIES=1000,100000 cargo bench --profile dev --package handlers --bench patch
//! ```
//!
//! `handlers/package` packs the function first; `handlers/benches/run` does both. Services are in memory in this process;
//! `proc` is a process of its own, made anew for each number of acties, so that the kernel's count of its memory is of that
//! number alone. With up to 10,000 acties a second round has a table with a limit: as many writes a second as half of what
//! went before.

mod support;

use std::time::{Duration, Instant};

use contract::{functions as names, table};
use domain::bericht::{Bericht, Change};
use domain::bewaartermijn::Bewaartermijn;
use domain::pseudoniem::Pseudonymizer;
use domain::rows::{Attribute, Key, Row, Rows};
use domain::tijd::TijdstipRegistratie;
use domain::versies::versies;
use domain::verwerkingsactie::{Addresses, Patch, Request, Verwerkingsactie};
use handlers::aws::{Condition, DynamoTable, MOST_TOGETHER, Table, Write};
use local::lambda::{Function, INIT_TIME, Program};
use local::{Fault, Service, Services};
use serde_json::{Value, json};

use crate::support::{QUEUE, TABLE, batch, clients, environment, packed, processor_time, services};

/// What a call may take. Of that, `proc` keeps five seconds free at the end.
const CALL: Duration = Duration::from_secs(15);
/// The most acties for which a table with a limit is waited for.
const MOST_LIMITED: usize = 10_000;
const VERWERKING: &str = "abcdef00-0000-4000-8000-000000000000";
/// What is asked of AWS, as the table of figures has it.
const OPERATIONS: [(Service, &str); 4] = [
    (Service::DynamoDb, "Query"),
    (Service::DynamoDb, "BatchGetItem"),
    (Service::DynamoDb, "PutItem"),
    (Service::Sqs, "SendMessage"),
];

#[tokio::main]
async fn main() {
    // `cargo test --all-targets` also starts benchmarks; only the packed function is worth measuring.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let program = packed(names::PROC);
    assert!(program.exists(), "no {}: handlers/package makes it", program.display());
    let numbers = std::env::var("ACTIES").unwrap_or_else(|_| "1000,10000,100000".to_owned());
    let numbers: Vec<usize> = numbers
        .split(',')
        .map(|number| number.trim().parse().expect("ACTIES is a list of numbers, such as 1000,100000"))
        .collect();
    print!("| acties | writes a second | time | calls of `proc` | its processor time | its peak memory |");
    println!("{}", OPERATIONS.map(|(_, operation)| format!(" `{operation}` |")).concat());
    println!("|{}", " --- |".repeat(6 + OPERATIONS.len()));
    for acties in numbers {
        let services = services().await;
        let world = World::with(&services, acties).await;
        let free = world.patch(1, None).await;
        if acties <= MOST_LIMITED {
            world.patch(2, Some((free / 2).max(1))).await;
        }
        services.stop().await;
    }
}

/// A verwerking in the table.
struct World<'a> {
    services: &'a Services,
    table: DynamoTable,
    sqs: aws_sdk_sqs::Client,
    acties: usize,
}

impl<'a> World<'a> {
    async fn with(services: &'a Services, acties: usize) -> Self {
        let clients = clients(services).await;
        let table = DynamoTable::new(clients.dynamodb(), TABLE.to_owned());
        let first = actueel();
        // All acties are alike but for their ids.
        let rows = (0..acties).flat_map(|n| {
            let fields = first.fields().iter().map(|(name, value)| {
                let value = match value {
                    Attribute::S(text) => Attribute::S(text.replace(&actie_id(0), &actie_id(n))),
                    other => other.clone(),
                };
                (name.to_string(), value)
            });
            [Row::from_fields(fields), Row::lid(VERWERKING, &actie_id(n))]
        });
        let mut writes =
            rows.map(|row| Write { key: row.key(), row: Some(row), condition: Condition::Always }).peekable();
        while writes.peek().is_some() {
            let some = writes.by_ref().take(MOST_TOGETHER).collect();
            table.write(some).await.expect("the table takes rows");
        }
        Self { services, table, sqs: clients.sqs(), acties }
    }

    /// Has a PATCH applied, call after call, and prints what it took. Gives the acties a second.
    async fn patch(&self, nth: u64, writes_a_second: Option<u64>) -> u64 {
        let patch = patch(nth);
        let counted = OPERATIONS.map(|(service, operation)| self.services.faults().count(service, operation));
        if let Some(limit) = writes_a_second {
            self.limit(limit);
        }
        let program = Program::new(names::PROC, packed(names::PROC), environment(self.services));
        let function = Function::start(&program).await;
        let function = function.expect("it can be started");
        function.ready(INIT_TIME).await.expect("it starts");

        let (begin, mut calls, mut message) = (Instant::now(), 0, Some(patch.json().expect("a message")));
        while let Some(body) = message {
            let answer = function.invoke(batch(&[body]), CALL, None).await.expect("it answers in time");
            let answer: Value = serde_json::from_slice(&answer).expect("it is JSON");
            assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
            calls += 1;
            message = self.sent().await;
        }
        let time = begin.elapsed();
        let (processor, memory) = (processor_time(function.pid()), peak_memory(function.pid()));
        self.services.faults().clear();

        print!("| {} | {} |", self.acties, writes_a_second.map_or("no limit".to_owned(), |limit| limit.to_string()));
        print!(" {:.1} s | {calls} | {:.1} s | {memory:.1} MB |", time.as_secs_f64(), processor.as_secs_f64());
        for ((service, operation), before) in OPERATIONS.into_iter().zip(counted) {
            print!(" {} |", self.services.faults().count(service, operation) - before);
        }
        println!();
        self.is_applied(&patch).await;
        (self.acties as f64 / time.as_secs_f64()) as u64
    }

    /// A table that takes so many writes a second, and refuses what is more, as DynamoDB does: what was not used of one
    /// second is there in the next.
    fn limit(&self, writes_a_second: u64) {
        let (most, mut last) = (writes_a_second as f64, Instant::now());
        let mut left = most;
        self.services.faults().set(move |call| {
            if call.operation != "PutItem" {
                return Fault::None;
            }
            let now = Instant::now();
            left = (left + (now - last).as_secs_f64() * most).min(most);
            last = now;
            if left < 1.0 {
                return Fault::throttled(call.service);
            }
            left -= 1.0;
            Fault::None
        });
    }

    /// What `proc` left to a message of its own.
    async fn sent(&self) -> Option<String> {
        let url = self.services.sqs().url(QUEUE);
        let received = self.sqs.receive_message().queue_url(&url).send().await.expect("the queue can be read");
        let mut received = received.messages.unwrap_or_default();
        let message = received.pop()?;
        let delete = self.sqs.delete_message().queue_url(&url).set_receipt_handle(message.receipt_handle);
        delete.send().await.expect("a message can be deleted");
        Some(message.body.expect("a message has a body"))
    }

    /// What is measured has to have happened: every actie is as the PATCH says.
    async fn is_applied(&self, patch: &Bericht) {
        let keys: Vec<Key> = (0..self.acties).map(|n| Key::actueel(&actie_id(n))).collect();
        for keys in keys.chunks(MOST_TOGETHER) {
            let rows = self.table.get_many(keys).await.expect("rows can be read");
            let applied = rows.iter().filter(|row| row.text(table::BERICHT) == Some(patch.id())).count();
            assert_eq!(applied, keys.len(), "the PATCH is applied to every actie");
        }
    }
}

fn actie_id(n: usize) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

fn registered(second: u64) -> TijdstipRegistratie {
    TijdstipRegistratie::parse(&format!("2026-01-15T08:30:{second:02}.000000Z")).expect("it is a moment")
}

fn patch(nth: u64) -> Bericht {
    let bewaartermijn = Bewaartermijn::parse(&format!("P{nth}Y")).expect("it is a bewaartermijn");
    let aanpassing = Patch { bewaartermijn: Some(bewaartermijn), vertrouwelijkheid: None };
    let change = Change::Patch { verwerking_id: VERWERKING.to_owned(), aanpassing };
    Bericht::new(format!("00000000-0000-4000-9000-{nth:012}"), "zaaksysteem".to_owned(), registered(nth), change)
}

/// The current row of the first actie, as `proc` makes it of a POST.
fn actueel() -> Row {
    let request = json!({
        "actieNaam": "Adres controleren", "handelingNaam": "Intake", "verwerkingNaam": "Verhuizing",
        "verwerkingId": VERWERKING, "vertrouwelijkheid": "normaal", "bewaartermijn": "P10Y",
        "systeem": "Zaaksysteem", "gebruiker": "medewerker", "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": [{
            "objecttype": "persoon", "soortObjectId": "BSN", "objectId": "900000000",
            "verwerkteSoortenGegevens": [{"soortGegeven": "BSN"}, {"soortGegeven": "adres"}],
        }],
    });
    let request: Request = serde_json::from_value(request).expect("it is a request");
    let addresses = Addresses::joint("https://log.example/v1");
    let object = || "00000000-0000-4000-a000-000000000000".to_owned();
    let actie = Verwerkingsactie::new(request, actie_id(0), registered(0), &addresses, object);
    let secret = r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#;
    let inhoud = Pseudonymizer::from_secret(secret).expect("it is a secret").pseudonymize(actie, None);
    let id = "00000000-0000-4000-9000-000000000000".to_owned();
    let post = Bericht::new(id, "zaaksysteem".to_owned(), registered(0), Change::Post { inhoud });
    let versies = versies([&post]);
    Rows::of(versies.last().expect("a POST makes a version"), 1).expect("it can be written").actueel
}

/// The most memory that a process had so far, in MB: `VmHWM` of `proc_pid_status(5)`.
fn peak_memory(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux counts it");
    let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse().expect("it is in kB");
    kilobytes * 1024.0 / 1e6
}
