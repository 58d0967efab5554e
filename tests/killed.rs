//! The program that runs a stack on one machine is killed again and again under load, at random moments: what it accepted
//! is there afterwards, once, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use emulator::Options;
use emulator::state::Folders;
use emulator::template::Template;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tests::{build, root};
use tokio::sync::watch;

const NAME: &str = "log";
const KILLS: usize = 50;
/// Each posts about a person of its own.
const CLIENTS: usize = 4;

/// The program while it runs.
struct Program {
    child: Child,
    /// What it says. It ends by itself where nobody listens, so this stays open as long as it runs.
    said: Option<Lines<BufReader<ChildStdout>>>,
}

impl Program {
    fn start(program: &Path, template: &Path, data: &Path) -> (Self, Serving) {
        let mut command = Command::new(program);
        command
            .args(["run", "--quiet", "--port", "0", "--name", NAME, "--template"])
            .arg(template)
            .arg("--data")
            .arg(data);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.unwrap_or_else(|why| panic!("{}: {why}", program.display()));
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut this = Self { child, said: None };
        let mut said = BTreeMap::new();
        // It says where it serves once it does.
        while let Some(Ok(line)) = lines.next() {
            if let Some((what, value)) = line.split_once(' ') {
                said.insert(what.to_owned(), value.trim().to_owned());
            }
            if let (Some(api), Some(token)) = (said.get("api"), said.get("token")) {
                this.said = Some(lines);
                return (this, Serving { api: api.clone(), token: token.clone(), last: false });
            }
        }
        panic!("it ended before it served: {:?}", this.child.wait());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL. Where it has ended already, there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the API is now.
#[derive(Clone)]
struct Serving {
    api: String,
    token: String,
    /// It is killed no more: who has had an answer for everything may go.
    last: bool,
}

/// How many acties were accepted.
type Count = Arc<watch::Sender<u64>>;
type Http = Client<HttpConnector, Full<Bytes>>;

/// An answer, where there was one.
async fn ask(
    http: &Http,
    at: &Serving,
    method: &str,
    address: &str,
    post: Option<(&str, Bytes)>,
) -> Option<(u16, Value)> {
    let request =
        Request::builder().method(method).uri(address).header("Authorization", format!("Bearer {}", at.token));
    let request = match post {
        Some((key, body)) => {
            request.header("Content-Type", "application/json").header("Idempotency-Key", key).body(Full::new(body))
        }
        None => request.body(Full::default()),
    };
    let answer = http.request(request.expect("a request")).await.ok()?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.ok()?.to_bytes();
    Some((status, serde_json::from_slice(&body).unwrap_or_default()))
}

/// Posts one actie after the other, each until it is accepted, as long as the program is killed. Gives the acties by their keys.
async fn post(client: usize, mut serving: watch::Receiver<Serving>, count: Count) -> BTreeMap<String, String> {
    let mut accepted = BTreeMap::new();
    let mut http: Http = Client::builder(TokioExecutor::new()).build_http();
    loop {
        let key = format!("{client}-{}", accepted.len());
        let actie = json!({
            "actieNaam": key, "vertrouwelijkheid": "normaal", "tijdstip": "2026-01-15T09:30:00+01:00",
            "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": person(client)}],
        });
        let body = Bytes::from(actie.to_string());
        loop {
            let at = serving.borrow_and_update().clone();
            let address = format!("{}/verwerkingsacties", at.api);
            match ask(&http, &at, "POST", &address, Some((&key, body.clone()))).await {
                Some((201, actie)) => {
                    let id = actie["actieId"].as_str().expect("an accepted actie has an id").to_owned();
                    accepted.insert(key, id);
                    count.send_modify(|count| *count += 1);
                    break;
                }
                Some((503, _)) => {}
                Some(other) => panic!("{key}: {other:?}"),
                None => {
                    assert!(!at.last, "{key}: no answer of a program that nobody killed");
                    // It was killed; the next one is soon there, at another address.
                    serving.changed().await.expect("there is another one");
                    http = Client::builder(TokioExecutor::new()).build_http();
                }
            }
        }
        if serving.borrow().last {
            return accepted;
        }
    }
}

fn person(client: usize) -> String {
    format!("{}", 999_990_010 + client)
}

/// Random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// The program, built from what is here now.
fn program() -> PathBuf {
    let test = env::current_exe().expect("a test has a file");
    let folder = test.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps");
    let target = folder.parent().expect("a test lies in target/<profile>/deps");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "emulator", "--bin", "synth-local", "--target-dir"]).arg(target);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    let built = build.current_dir(root()).status().expect("cargo can be started");
    let program = folder.join("synth-local");
    assert!(built.success() && program.exists(), "{} cannot be built: cargo build -p emulator", program.display());
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_there_once_however_often_the_program_is_killed() {
    let seed = env::var("KILLED_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed =
        seed.unwrap_or_else(|| u64::from(std::process::id()) ^ jiff::Timestamp::now().as_microsecond().unsigned_abs());
    println!("KILLED_SEED={seed}");
    let mut random = Random(seed.max(1));
    let folder = tempfile::tempdir().expect("a folder");
    let (program, data) = (program(), folder.path().join("data"));
    let file = folder.path().join("template.json");
    let template = serde_json::to_value(build(&root().join("stacks/local.yaml"), &[]).template).expect("JSON");
    std::fs::write(&file, template.to_string()).expect("a file can be written");

    let (mut running, first) = Program::start(&program, &file, &data);
    let (serving, _) = watch::channel(first);
    let count = Count::default();
    let clients = (0..CLIENTS).map(|client| tokio::spawn(post(client, serving.subscribe(), count.clone())));
    let clients: Vec<_> = clients.collect();
    for kill in 1..=KILLS {
        // After some were accepted, and somewhere in the middle of the next ones.
        let enough = *count.borrow() + random.below(5);
        count.subscribe().wait_for(|count| *count >= enough).await.expect("they are counted");
        tokio::time::sleep(Duration::from_millis(random.below(100))).await;
        drop(running);
        let (program, file, data) = (program.clone(), file.clone(), data.clone());
        let started = tokio::task::spawn_blocking(move || Program::start(&program, &file, &data)).await;
        let (next, at) = started.expect("it starts again");
        running = next;
        serving.send_replace(Serving { last: kill == KILLS, ..at });
    }
    let mut accepted = Vec::new();
    for client in clients {
        accepted.push(client.await.expect("every client had its answers"));
    }
    drop(running);

    // What the last kill left is looked at from within, where it can be seen that nothing is under way any more.
    let template = Template::read(&file).expect("a template");
    let folders = Folders::new(Some(&data), NAME).expect("a folder that is named");
    let options = Options::new(NAME, folders);
    let stack = emulator::run(&template, &options).await.expect("the stack runs");
    stack.settled().await;
    let at = Serving { api: stack.api.clone(), token: stack.token.clone(), last: true };
    let http: Http = Client::builder(TokioExecutor::new()).build_http();
    let mut all = 0;
    for (client, accepted) in accepted.iter().enumerate() {
        for (key, id) in accepted {
            let read = ask(&http, &at, "GET", &format!("{}/verwerkingsacties/{id}", at.api), None).await;
            let (status, actie) = read.expect("an answer");
            assert_eq!((status, &actie["actieNaam"]), (200, &json!(key)), "{id}: {actie}");
        }
        let person = person(client);
        let query = format!("objecttype=persoon&soortObjectId=BSN&objectId={person}");
        let mut page = Some(format!("{}/verwerkingsacties?{query}", at.api));
        let mut listed = Vec::new();
        while let Some(address) = page {
            let (status, found) = ask(&http, &at, "GET", &address, None).await.expect("an answer");
            assert_eq!(status, 200, "{found}");
            let ids = found["results"].as_array().expect("a list").iter().map(|actie| actie["actieId"].to_string());
            listed.extend(ids);
            page = found["next"].as_str().map(str::to_owned);
        }
        let expected: BTreeSet<String> = accepted.values().map(|id| json!(id).to_string()).collect();
        assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), expected, "of client {client}, seed {seed}");
        assert_eq!(listed.len(), accepted.len(), "some of client {client} are there twice, seed {seed}");
        all += listed.len();
    }
    stack.stop().await;
    println!("{all} acties over {KILLS} kills");
    assert_eq!(all as u64, *count.borrow());
}
