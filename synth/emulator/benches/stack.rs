//! `synth local` beside what it stands on, in one run: the embedded DynamoDB alone, and the two calls of AWS that a POST is.
//!
//! ```sh
//! cargo bench -p emulator                        # start, memory, GET and POST
//! ACTIES=1000,1000000 cargo bench -p emulator    # the same reads with so many acties on disk
//! synth/emulator/benches/peers/run               # GET and POST, and those of LocalStack and MiniStack
//! ```
//!
//! Each thing measured is a process of its own; the load comes from this one, which shares the machine with it.

use std::fmt::Display;
use std::fs;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dynoxide::{Database, ImportOptions, Item};
use handlers::aws::{Backup, Clients, Queue, S3Backup, SqsQueue};
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use local::Services;
use serde_json::{Value, json};

#[path = "../tests/emitted/mod.rs"]
mod emitted;

use emitted::NAME;

/// As `synth-local`: who is compared with it has the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Requests at the same time.
const CLIENTS: usize = 16;
const TIME: Duration = Duration::from_secs(5);
const STARTS: usize = 20;
/// How many times what the peers reach.
const TIMES: f64 = 20.0;
const BSN: &str = "999990019";
/// The argument with which this program is the embedded DynamoDB.
const DYNAMODB: &str = "--dynamodb";

type Http = Client<HttpConnector, Full<Bytes>>;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if let Some(at) = arguments.iter().position(|argument| argument == DYNAMODB) {
        return runtime.block_on(dynamodb(Path::new(&arguments[at + 1])));
    }
    // `cargo test --all-targets` also starts benchmarks; only an optimised build is worth measuring.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let template = folder.path().join(format!("{NAME}.template.json"));
    // The stack's own rate would be what is measured.
    let unthrottled =
        emitted::template().replace("\"ThrottlingRateLimit\": 1000.0", "\"ThrottlingRateLimit\": 1000000.0");
    let unthrottled = unthrottled.replace("\"ThrottlingBurstLimit\": 500", "\"ThrottlingBurstLimit\": 5000");
    fs::write(&template, unthrottled).expect("the template is written");
    match std::env::var("ACTIES") {
        Ok(sizes) => runtime.block_on(by_size(folder.path(), &template, &sizes)),
        Err(_) => runtime.block_on(rates(folder.path(), &template)),
    }
}

/// The embedded DynamoDB over HTTP and nothing else, with what lies in this folder.
async fn dynamodb(folder: &Path) {
    let services = Services::start(local::Options::on_disk(folder)).await.expect("it starts");
    let listener = local::http::Server::bind(0).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    fs::write(folder.join("ready"), format!("http://{address}")).expect("the address is written");
    dynoxide::server::serve_on(listener, services.dynamodb().database().clone()).await;
}

/// A process that is killed at the end.
struct Process(Child);

impl Process {
    /// Waits this long, in which it must not end.
    async fn runs_for(&mut self, time: Duration) {
        let ended = self.0.try_wait().expect("it is ours");
        assert!(ended.is_none(), "it ended: {ended:?}");
        tokio::time::sleep(time).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What another emulator of AWS, which a script of `benches/peers` starts, answers a second. `PEERS` is the folder that `run` has
/// installed them in; the script says where its API is, with a token where it wants one, and ends when this end of its stdin is
/// closed.
async fn peer(peers: &Path, script: &str, more: &[&str], method: Method, status: u16) -> f64 {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    let mut command = Command::new(peers.join("localstack/bin/python"));
    command.arg(scripts.join(script)).args(more).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the peer starts");
    let said = child.stdout.take().expect("it is piped");
    let said = std::io::BufReader::new(said).lines().next().expect("it says where it is").expect("in UTF-8");
    let (url, token) = said.split_once(' ').unwrap_or((&said, ""));
    let (url, authorization, client) = (url.to_owned(), format!("Bearer {token}"), http());
    let measured = rate(move || {
        let request = Request::builder().method(method.clone()).uri(&url).header("Content-Type", "application/json");
        let request = request.header("Authorization", &authorization);
        let body = if method == Method::POST { actie() } else { String::new() };
        let (client, request) = (client.clone(), request.body(Full::from(body)).expect("a request"));
        async move { assert_eq!(ask(&client, request).await.0, status) }
    })
    .await;
    drop(child.stdin.take());
    child.wait().expect("it ends");
    measured
}

/// A running `synth local`.
struct Running {
    process: Process,
    ready: Value,
    took: Duration,
}

async fn start(template: &Path, data: &Path, more: &[&str]) -> Running {
    let ready_file = data.with_extension("ready.json");
    let _ = fs::remove_file(&ready_file);
    let began = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_synth-local"))
        .args(["run", "--port=0", "--quiet", "--name", NAME, "--template"])
        .arg(template)
        .arg("--data")
        .arg(data)
        .arg("--ready-file")
        .arg(&ready_file)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("synth-local starts");
    let mut process = Process(child);
    let ready = loop {
        if let Ok(text) = fs::read(&ready_file) {
            break serde_json::from_slice(&text).expect("the file is there whole");
        }
        process.runs_for(Duration::from_millis(1)).await;
    };
    Running { process, ready, took: began.elapsed() }
}

impl Running {
    fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().expect("an address")
    }

    /// Ends it as Ctrl-C does.
    fn stop(mut self) {
        let pid = self.process.0.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().expect("kill is there");
        self.process.0.wait().expect("it ends");
    }

    /// Resident memory, in MB.
    fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("the kernel tells");
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).expect("a number") / 1024.0
    }

    fn get(&self, path: &str) -> Request<Full<Bytes>> {
        self.request(Method::GET, path, "")
    }

    fn post(&self) -> Request<Full<Bytes>> {
        self.request(Method::POST, "/verwerkingsacties", &actie())
    }

    fn request(&self, method: Method, path: &str, body: &str) -> Request<Full<Bytes>> {
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.text("api")))
            .header("Authorization", format!("Bearer {}", self.text("token")))
            .header("Content-Type", "application/json")
            .body(Full::from(body.to_owned()))
            .expect("a request")
    }
}

fn actie() -> String {
    json!({
        "actieNaam": "Adres controleren", "handelingNaam": "Raadplegen", "vertrouwelijkheid": "normaal",
        "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": BSN}],
    })
    .to_string()
}

fn list() -> String {
    format!("/verwerkingsacties?objecttype=persoon&soortObjectId=BSN&objectId={BSN}")
}

async fn ask(http: &Http, request: Request<Full<Bytes>>) -> (StatusCode, Bytes) {
    let answer = http.request(request).await.expect("an answer");
    let status = answer.status();
    (status, answer.into_body().collect().await.expect("whole").to_bytes())
}

fn http() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

/// How often a second this can be done by [`CLIENTS`] at the same time.
async fn rate<F: Future<Output = ()> + Send + 'static>(what: impl Fn() -> F + Send + Sync + 'static) -> f64 {
    let what = Arc::new(what);
    let done = Arc::new(AtomicU64::new(0));
    // Warmed up first: connections, caches, keys.
    for _ in 0..200 {
        what().await;
    }
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (what, done) = (what.clone(), done.clone());
            tokio::spawn(async move {
                while began.elapsed() < TIME {
                    what().await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("no request failed");
    }
    done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

/// Waits until what was posted can be read.
async fn readable(http: &Http, running: &Running, actie_id: &str) {
    loop {
        let (status, _) = ask(http, running.get(&format!("/verwerkingsacties/{actie_id}"))).await;
        if status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn posted(http: &Http, running: &Running) -> String {
    let (status, body) = ask(http, running.post()).await;
    assert_eq!(status, 201, "{body:?}");
    let actie: Value = serde_json::from_slice(&body).expect("JSON");
    let id = actie["actieId"].as_str().expect("an id").to_owned();
    readable(http, running, &id).await;
    id
}

/// A request of DynamoDB as the mapping template of GET one makes it.
fn get_item(endpoint: &str, actie_id: &str) -> Request<Full<Bytes>> {
    let body = json!({
        "TableName": format!("{NAME}-Table"), "ConsistentRead": true,
        "Key": {"actieId": {"S": actie_id}, "soort": {"S": "actueel"}},
    });
    Request::post(endpoint)
        .header("X-Amz-Target", "DynamoDB_20120810.GetItem")
        .header("Content-Type", "application/x-amz-json-1.0")
        .header("X-Amz-Date", "20260101T000000Z")
        .header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(Full::from(body.to_string()))
        .expect("a request")
}

fn line(what: &str, figure: impl Display, limit: impl Display, held: bool) {
    println!("| {what} | {figure} | {limit} | {} |", if held { "held" } else { "missed" });
}

fn beside_peer(what: &str, ours: f64, theirs: f64) {
    let times = ours / theirs;
    line(what, format!("{ours:.0} / {theirs:.0} per second = {times:.0}"), TIMES, times >= TIMES);
}

async fn rates(folder: &Path, template: &Path) {
    println!("| | measured | limit | |\n| --- | --- | --- | --- |");
    let mut starts = Vec::new();
    for place in 0..STARTS {
        let running = start(template, &folder.join(format!("start{place}")), &[]).await;
        starts.push(running.took);
        running.stop();
    }
    starts.sort();
    let middle = starts[STARTS / 2];
    line("start to ready, empty folder", format!("{} ms", middle.as_millis()), "300 ms", middle.as_millis() < 300);

    let data = folder.join("rates");
    let running = start(template, &data, &[]).await;
    let http = http();
    let id = posted(&http, &running).await;
    running.stop();

    // The same folder, served by DynamoDB alone.
    let alone = folder.join("alone");
    fs::create_dir(&alone).expect("a folder");
    // Without its secrets, a folder with rows is refused.
    for file in ["dynamodb.sqlite", "secrets.sqlite"] {
        fs::copy(data.join(file), alone.join(file)).expect("its data");
    }
    let this = std::env::current_exe().expect("this program has a place");
    let child = Command::new(this).arg(DYNAMODB).arg(&alone).spawn().expect("it starts");
    let mut process = Process(child);
    let endpoint = loop {
        match fs::read_to_string(alone.join("ready")) {
            Ok(endpoint) if !endpoint.is_empty() => break endpoint,
            _ => process.runs_for(Duration::from_millis(1)).await,
        }
    };
    let (client, actie_id) = (http.clone(), id.clone());
    let dynamodb = rate(move || {
        let (client, request) = (client.clone(), get_item(&endpoint, &actie_id));
        async move { assert_eq!(ask(&client, request).await.0, 200) }
    })
    .await;
    drop(process);

    let running = Arc::new(start(template, &data, &[]).await);
    let (client, stack, path) = (http.clone(), running.clone(), format!("/verwerkingsacties/{id}"));
    let get = rate(move || {
        let (client, request) = (client.clone(), stack.get(&path));
        async move { assert_eq!(ask(&client, request).await.0, 200) }
    })
    .await;
    let share = get / dynamodb;
    line(
        "GET one beside DynamoDB's own GetItem over HTTP",
        format!("{get:.0} / {dynamodb:.0} per second = {share:.2}"),
        "0.33",
        share >= 1.0 / 3.0,
    );

    let peers = std::env::var_os("PEERS").map(PathBuf::from);
    if let Some(peers) = &peers {
        let table = format!("{NAME}-Table");
        let theirs = peer(peers, "localstack_get.py", &[running.text("aws"), &table, &id], Method::GET, 200).await;
        beside_peer("GET one beside LocalStack's, by a mapping template", get, theirs);
    }

    // The two calls that a POST without a verwerkingId is, by the same SDK.
    let clients = Clients::at(running.text("aws"), "eu-west-1").await;
    let backup = Arc::new(S3Backup::new(clients.s3(), format!("{NAME}-BackupBucket").to_lowercase()));
    let url = format!("{}/000000000000/bench", running.text("aws"));
    clients.sqs().create_queue().queue_name("bench").send().await.expect("a queue");
    let queue = Arc::new(SqsQueue::new(clients.sqs(), url));
    let number = Arc::new(AtomicU64::new(0));
    let message: Arc<str> = actie().repeat(4).into();
    let calls = rate(move || {
        let (backup, queue, message) = (backup.clone(), queue.clone(), message.clone());
        let key = format!("bench/{}", number.fetch_add(1, Ordering::Relaxed));
        async move {
            let stored = backup.put(&key, message.to_string());
            let (stored, sent) = tokio::join!(stored, queue.send(&message, None));
            stored.expect("stored");
            sent.expect("sent");
        }
    })
    .await;
    let (client, stack) = (http.clone(), running.clone());
    let post = rate(move || {
        let (client, request) = (client.clone(), stack.post());
        async move { assert_eq!(ask(&client, request).await.0, 201) }
    })
    .await;
    let share = post / calls;
    line(
        "POST beside its two calls of AWS alone",
        format!("{post:.0} / {calls:.0} per second = {share:.2}"),
        "0.25",
        share >= 0.25,
    );

    applied(&http, &running).await;
    if let Some(peers) = &peers {
        // It would cost the peer.
        Arc::into_inner(running).expect("nobody asks it any more").stop();
        let program = peers.join("ministack/bin/ministack");
        let program = program.to_str().expect("UTF-8");
        let assets = peers.join("stack/peer.assets.json");
        let same = [program, assets.to_str().expect("UTF-8")];
        let theirs = peer(peers, "ministack_stack.py", &same, Method::POST, 201).await;
        beside_peer("POST beside that of the same stack in MiniStack", post, theirs);
        let theirs = peer(peers, "ministack_post.py", &[program], Method::POST, 201).await;
        let times = post / theirs;
        println!(
            "| POST beside MiniStack's by a function of one call | {post:.0} / {theirs:.0} per second = {times:.0} | | |"
        );
    }
}

/// Measures how many of the acties that were answered are applied a second, when there is nothing else to do.
async fn applied(http: &Http, running: &Running) {
    let queue = format!("{}/000000000000/{NAME}-queue", running.text("aws"));
    let left = async || {
        let request = Request::post(running.text("aws"))
            .header("X-Amz-Target", "AmazonSQS.GetQueueAttributes")
            .header("Content-Type", "application/x-amz-json-1.0")
            .body(Full::from(json!({"QueueUrl": queue, "AttributeNames": ["All"]}).to_string()));
        let (status, body) = ask(http, request.expect("a request")).await;
        assert_eq!(status, 200, "{body:?}");
        let attributes = serde_json::from_slice::<Value>(&body).expect("JSON")["Attributes"].take();
        let count =
            |name: &str| attributes[name].as_str().and_then(|count| count.parse::<f64>().ok()).expect("a number");
        count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible")
    };
    let (began, first) = (Instant::now(), left().await);
    while left().await > 0.0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let rate = first / began.elapsed().as_secs_f64();
    println!(
        "| what was answered is applied, with nothing else to do | {rate:.0} per second, {first:.0} of them | | |"
    );
}

/// Reads with so many acties on disk, and the memory that it takes.
async fn by_size(folder: &Path, template: &Path, sizes: &str) {
    println!(
        "| acties on disk | GET one per second | page of GET list per second | resident after it | start to ready |"
    );
    println!("| --- | --- | --- | --- | --- |");
    for size in sizes.split(',') {
        let size: usize = size.parse().expect("ACTIES has numbers, separated by commas");
        let data = folder.join(format!("size{size}"));
        let http = http();
        let running = start(template, &data, &[]).await;
        let id = posted(&http, &running).await;
        running.stop();
        fill(&data.join("dynamodb.sqlite"), &id, size);
        let running = Arc::new(start(template, &data, &[]).await);
        let (client, stack, path) = (http.clone(), running.clone(), format!("/verwerkingsacties/{id}"));
        let get = rate(move || {
            let (client, request) = (client.clone(), stack.get(&path));
            async move { assert_eq!(ask(&client, request).await.0, 200) }
        })
        .await;
        let (client, stack) = (http.clone(), running.clone());
        let list = rate(move || {
            let (client, request) = (client.clone(), stack.get(&list()));
            async move { assert_eq!(ask(&client, request).await.0, 200) }
        })
        .await;
        let (memory, took) = (running.memory(), running.took.as_millis());
        println!("| {size} | {get:.0} | {list:.0} | {memory:.0} MB | {took} ms |");
    }
}

/// Of how many acties a page of the list is, whatever the size of the log.
const LISTED: usize = 10;

/// Copies the rows of one actie, under other ids. [`LISTED`] of them all, spread evenly, are about the same person.
fn fill(database: &Path, actie_id: &str, size: usize) {
    let database = Database::new(database.to_str().expect("UTF-8")).expect("it opens");
    let table = format!("{NAME}-Table");
    let query = json!({
        "TableName": table, "KeyConditionExpression": "actieId = :id", "ExpressionAttributeValues": {":id": {"S": actie_id}},
    });
    let rows = database.query(serde_json::from_value(query).expect("a request")).expect("its rows");
    let rows = serde_json::to_value(rows).expect("JSON")["Items"].clone();
    let sleutel = rows.as_array().into_iter().flatten().find_map(|row| row["objectSleutel"]["S"].as_str());
    let sleutel = sleutel.expect("a row per person").to_owned();
    let text = rows.to_string();
    for chunk in (1..size).collect::<Vec<_>>().chunks(2_000) {
        let mut items: Vec<Item> = Vec::new();
        for number in chunk {
            let other = format!("{number:08x}-0000-4000-8000-000000000000");
            let mut text = text.replace(actie_id, &other);
            if number % (size / LISTED).max(1) != 0 {
                text = text.replace(&sleutel, &format!("k1.{}", number / 50));
            }
            items.extend(serde_json::from_str::<Vec<Item>>(&text).expect("items"));
        }
        let options = ImportOptions { record_streams: false, set_cached_at: false };
        database.import_items(&table, items, options).expect("they are imported");
    }
}
