//! The log as it runs on one machine, and how a test looks into it.

use std::time::Duration;

use emulator::chaos::Trouble;
use emulator::issuer::{Claims, Issuer};
use emulator::state::Folders;
use emulator::template::Template;
use emulator::{Options, Running};
use handlers::aws::Clients;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use local::{Call, Fault, Service, Services};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{build, root};
use tokio::sync::{oneshot, watch};

use crate::asking::{Ask, Reply, Token, ask};

/// The log.
pub(crate) struct Log {
    running: Running,
    issuer: Issuer,
    clients: Clients,
    http: Client<HttpConnector, Full<Bytes>>,
    table: String,
    bucket: String,
    queue: String,
    /// Holds the issuer's key, which is all that is on disk.
    folder: TempDir,
}

impl Log {
    /// The default stack.
    pub(crate) async fn start() -> Self {
        Self::of(&template()).await
    }

    /// The stack of a template.
    pub(crate) async fn of(template: &Value) -> Self {
        Self::with(template, Vec::new()).await
    }

    /// The default stack, with this going wrong.
    pub(crate) async fn troubled(trouble: &str) -> Self {
        Self::with(&template(), vec![trouble.parse().expect("trouble as `--chaos` has it")]).await
    }

    async fn with(template: &Value, troubles: Vec<Trouble>) -> Self {
        let template = Template::of(template.as_object().expect("a template is an object").clone());
        let folder = tempfile::tempdir().expect("a folder");
        let folders = Folders::new(Some(folder.path()), "log").expect("a folder that is named");
        let options = Options { in_memory: true, troubles, ..Options::new("log", folders) };
        let running = emulator::run(&template.expect("a template"), &options).await.expect("the stack runs");
        let clients = Clients::at(&running.aws, "eu-west-1").await;
        let tables =
            clients.dynamodb().list_tables().send().await.expect("DynamoDB answers").table_names.expect("names");
        let buckets = clients.s3().list_buckets().send().await.expect("S3 answers").buckets.expect("buckets");
        let ([table], [bucket]) = (tables.as_slice(), buckets.as_slice()) else {
            panic!("a table and a bucket: {tables:?}, {buckets:?}")
        };
        // From here on, so that what was sent to the queue can be looked at.
        running.services().faults().record();
        Self {
            queue: running.services().sqs().url("log-queue"),
            issuer: Issuer::open(folder.path()).expect("the issuer has a key"),
            http: Client::builder(TokioExecutor::new()).build_http(),
            table: table.clone(),
            bucket: bucket.name().expect("a bucket has a name").to_owned(),
            folder,
            clients,
            running,
        }
    }

    pub(crate) async fn post(&self, body: &Value) -> Reply {
        self.ask(ask("POST", "/verwerkingsacties").body(body)).await
    }

    pub(crate) async fn put(&self, actie_id: &str, body: &Value) -> Reply {
        self.ask(ask("PUT", &format!("/verwerkingsacties/{actie_id}")).body(body)).await
    }

    pub(crate) async fn patch(&self, verwerking_id: &str, body: &Value) -> Reply {
        self.ask(ask("PATCH", "/verwerkingsacties").query(&[("verwerkingId", verwerking_id)]).body(body)).await
    }

    pub(crate) async fn get(&self, actie_id: &str) -> Reply {
        self.ask(ask("GET", &format!("/verwerkingsacties/{actie_id}"))).await
    }

    pub(crate) async fn delete(&self, actie_id: &str) -> Reply {
        self.ask(ask("DELETE", &format!("/verwerkingsacties/{actie_id}"))).await
    }

    /// The list of a person's acties, with more parameters.
    pub(crate) async fn list(&self, bsn: &str, more: &[(&str, &str)]) -> Reply {
        let mut query = vec![("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", bsn)];
        query.extend(more);
        self.ask(ask("GET", "/verwerkingsacties").query(&query)).await
    }

    /// Asks over HTTP.
    pub(crate) async fn ask(&self, asked: Ask<'_>) -> Reply {
        let token = match asked.token {
            Token::With(scopes) => Some(format!("Bearer {}", self.token(scopes))),
            Token::Text(text) => Some(text.to_owned()),
            Token::None => None,
        };
        // An address that a reply had is whole.
        let address = match asked.path.starts_with("http") {
            true => asked.path,
            false => format!("{}{}", self.api(), asked.path),
        };
        let mut request = Request::builder().method(asked.method).uri(address);
        request = token.into_iter().fold(request, |request, token| request.header("Authorization", token));
        request = asked.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = request.body(Full::new(asked.body)).expect("a request");
        let (answer, body) = self.http.request(request).await.expect("the API answers").into_parts();
        let body = body.collect().await.expect("a whole answer").to_bytes();
        Reply::read(answer.status.as_u16(), &answer.headers, &body)
    }

    /// A token of the local issuer.
    pub(crate) fn token(&self, scopes: &str) -> String {
        let claims = Claims { scopes, client: "zaaksysteem", expires: Duration::from_secs(600) };
        self.issuer.token(&claims).expect("a token")
    }

    /// A token that the local issuer signed, whatever it says.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let key = std::fs::read(self.folder.path().join("issuer.pk8")).expect("the issuer's key");
        let published = self.issuer.published();
        let id = published["keys"][0]["kid"].as_str().map(str::to_owned);
        let header = Header { kid: id, ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(&key)).expect("a token")
    }

    /// Address of the API, stage included.
    pub(crate) fn api(&self) -> &str {
        &self.running.api
    }

    pub(crate) fn services(&self) -> &Services {
        self.running.services()
    }

    /// Waits until what was accepted has been applied.
    pub(crate) async fn settle(&self) {
        self.running.settled().await;
    }

    /// Has what is accepted stay under way, until the hold is dropped: `proc` cannot write.
    pub(crate) fn hold(&self) -> Hold {
        let (held, free) = watch::channel(());
        self.services().faults().set(move |call: &Call| match (call.service, call.operation.as_str()) {
            (Service::DynamoDb, "TransactWriteItems") => {
                let mut free = free.clone();
                // It ends when the sender is dropped.
                Fault::None.after(async move { while free.changed().await.is_ok() {} })
            }
            _ => Fault::None,
        });
        Hold(held)
    }

    /// Has `proc` fail at the next message; is ready when it has.
    pub(crate) fn fail_once(&self) -> oneshot::Receiver<()> {
        let (failed, hears) = oneshot::channel();
        let mut failed = Some(failed);
        self.services().faults().set(move |call: &Call| match (call.service, call.operation.as_str()) {
            (Service::DynamoDb, "TransactWriteItems") => match failed.take() {
                Some(failed) => {
                    // Who does not wait for it need not hear of it.
                    let _ = failed.send(());
                    Fault::error(400, "ValidationException")
                }
                None => Fault::None,
            },
            _ => Fault::None,
        });
        hears
    }

    /// Loses what is in the queue.
    pub(crate) async fn lose_queue(&self) {
        self.clients.sqs().purge_queue().queue_url(&self.queue).send().await.expect("the queue answers");
    }

    /// The value of a secret.
    pub(crate) async fn secret(&self, name: &str) -> String {
        let secret = self.clients.secrets().get_secret_value().secret_id(name).send().await.expect("it is there");
        secret.secret_string.expect("it is text")
    }

    /// Puts a message into the queue.
    pub(crate) async fn submit(&self, message: &str) {
        let sent = self.clients.sqs().send_message().queue_url(&self.queue).message_body(message).send().await;
        sent.expect("the queue answers");
    }

    /// Takes away the rows whose time is over, and what follows from that.
    pub(crate) async fn sweep(&self) {
        let is_over = |row: &Value| {
            let until = row["bewaardTot"]["N"].as_str().and_then(|seconds| seconds.parse().ok());
            until.is_some_and(|until: i64| until <= jiff::Timestamp::now().as_second())
        };
        // A row is taken away in the second after its time is over, and no sooner.
        while self.rows().await.iter().any(is_over) {
            self.services().dynamodb().sweep_ttl().expect("the table can be swept");
        }
        self.services().touch();
        self.settle().await;
    }

    /// All rows of the table, as DynamoDB has them.
    pub(crate) async fn rows(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut asked = json!({"TableName": self.table, "ConsistentRead": true});
        loop {
            let answer = self.services().call("DynamoDB_20120810.Scan", asked.to_string()).await;
            let (status, body) = answer.expect("nothing is in the way");
            let answer: Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(status, 200, "{answer}");
            rows.extend(answer["Items"].as_array().expect("rows").iter().cloned());
            match &answer["LastEvaluatedKey"] {
                Value::Null => return rows,
                last => asked["ExclusiveStartKey"] = last.clone(),
            }
        }
    }

    /// The rows of an actie, by their `soort`.
    pub(crate) async fn rows_of(&self, actie_id: &str, soort: &str) -> Vec<Value> {
        let of = |row: &Value| {
            row["actieId"]["S"] == actie_id && row["soort"]["S"].as_str().is_some_and(|it| it.starts_with(soort))
        };
        self.rows().await.into_iter().filter(of).collect()
    }

    /// What lies in the bucket: keys and contents.
    pub(crate) async fn backup(&self) -> Vec<(String, String)> {
        let s3 = self.clients.s3();
        let mut pages = s3.list_objects_v2().bucket(&self.bucket).into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.expect("the bucket answers").contents() {
                let key = object.key().expect("an object has a key");
                let content = s3.get_object().bucket(&self.bucket).key(key).send().await.expect("it is there");
                let content = content.body.collect().await.expect("whole").to_vec();
                all.push((key.to_owned(), String::from_utf8(content).expect("text")));
            }
        }
        all
    }

    /// What was sent to the queue so far.
    pub(crate) fn sent(&self) -> Vec<String> {
        let calls = self.services().faults().recorded().into_iter();
        let sent = calls.filter(|call| call.service == Service::Sqs && call.operation.starts_with("SendMessage"));
        sent.map(|call| String::from_utf8(call.body.to_vec()).expect("text")).collect()
    }

    /// All that lies in the table and the bucket, and lay in the queue, as text.
    pub(crate) async fn at_rest(&self) -> String {
        let mut all: Vec<String> = self.rows().await.iter().map(Value::to_string).collect();
        all.extend(self.backup().await.into_iter().map(|(key, content)| format!("{key} {content}")));
        all.extend(self.sent());
        all.join("\n")
    }
}

/// As long as this lives, what is accepted stays under way.
pub(crate) struct Hold(#[expect(dead_code, reason = "who waits hears when it is dropped")] watch::Sender<()>);

/// What the default stack is emitted as.
pub(crate) fn template() -> Value {
    serde_json::to_value(build(&root().join("stacks/local.yaml"), &[]).template).expect("a template is JSON")
}

/// An actie about these persons.
pub(crate) fn actie(persons: &[&str], more: &Value) -> Value {
    let persons = persons.iter().map(|bsn| json!({"objecttype": "persoon", "soortObjectId": "BSN", "objectId": bsn}));
    let mut actie = json!({
        "actieNaam": "Adres controleren", "vertrouwelijkheid": "normaal", "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": persons.collect::<Vec<_>>(),
    });
    for (name, value) in more.as_object().expect("fields") {
        actie[name] = value.clone();
    }
    actie
}
