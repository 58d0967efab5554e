//! Services of their own for each test, and `gen` on them.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::config::Credentials;
use aws_sdk_sqs::types::MessageSystemAttributeName;
use contract::table;
use domain::bericht::{Bericht, Change};
use domain::pseudoniem::Pseudonymizer;
use domain::rows::{Attribute, Key, Row, Rows};
use domain::tijd::TijdstipRegistratie;
use domain::versies::{self, Versie};
use handlers::aws::{
    Backup, Clients, Condition, DynamoTable, S3Backup, Secrets, SecretsManager, SqsQueue, Table, Write,
};
use handlers::call::Call;
use handlers::r#gen::{Answer, Event, Gen, Settings};
use jiff::Timestamp;
use local::{Options, Services};
use serde_json::{Value, json};

const TABLE: &str = "tabel";
const QUEUE: &str = "wachtrij";
const BUCKET: &str = "reserve";

pub(crate) const VERSION: &str = "0.9.0";
pub(crate) const REQUEST_ID: &str = "7d1b9f3e-3a5c-4f0e-9a63-0d1c2b3a4f5e";
pub(crate) const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
pub(crate) const ALL_SCOPES: &str = "create:normal create:confidential update:normal update:confidential";
pub(crate) const VERWERKING: &str = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140";

pub(crate) type OnAws = Gen<DynamoTable, SqsQueue, S3Backup>;

/// Running services, and the function.
pub(crate) struct Stack {
    pub(crate) services: Services,
    pub(crate) r#gen: OnAws,
    pub(crate) table: DynamoTable,
    pub(crate) backup: S3Backup,
    pub(crate) clients: Clients,
    sqs: aws_sdk_sqs::Client,
    pub(crate) left: Duration,
}

impl Stack {
    pub(crate) async fn start() -> Self {
        Self::with(Settings { api_version: VERSION.to_owned(), ..Settings::default() }).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let services = Services::start(Options::in_memory()).await.expect("the services start");
        services.dynamodb().create_table(TABLE, &table_properties()).expect("the table is made");
        services.s3().create_bucket(BUCKET).expect("the bucket is made");
        services.sqs().create_queue(QUEUE, &json!({})).expect("the queue is made");
        services
            .secrets()
            .set("geheim", r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#)
            .expect("a secret");

        let clients = clients(&services).await;
        let secret = SecretsManager::new(clients.secrets()).get("geheim").await.expect("the secret is there");
        let keys = Pseudonymizer::from_secret(&secret).expect("it holds a key");
        let table = DynamoTable::new(clients.dynamodb(), TABLE.to_owned());
        let queue = SqsQueue::new(clients.sqs(), services.sqs().url(QUEUE));
        let backup = S3Backup::new(clients.s3(), BUCKET.to_owned());
        let r#gen = Gen::new(table.clone(), queue, backup.clone(), keys, settings);
        let sqs = clients.sqs();
        services.faults().record();
        Self { services, r#gen, table, backup, clients, sqs, left: Duration::from_secs(10) }
    }

    /// With this much time for each call.
    pub(crate) fn within(self, left: Duration) -> Self {
        Self { left, ..self }
    }

    pub(crate) async fn send(&self, event: Value) -> Reply {
        let event: Event = serde_json::from_value(event).expect("this is an event");
        Reply::from(self.r#gen.handle(event, self.call()).await)
    }

    pub(crate) fn call(&self) -> Call {
        let deadline = Instant::now() + self.left;
        Call { request_id: "lambda".to_owned(), deadline, trace: Some(TRACE.to_owned()) }
    }

    pub(crate) async fn post(&self, body: &Value) -> Reply {
        self.send(post(body)).await
    }

    pub(crate) async fn put(&self, actie_id: &str, body: &Value) -> Reply {
        self.send(put(actie_id, body)).await
    }

    pub(crate) async fn patch(&self, verwerking_id: &str, body: &Value) -> Reply {
        self.send(patch(verwerking_id, body)).await
    }

    /// An actie that was accepted: its answer.
    pub(crate) async fn accepted(&self, body: &Value) -> Value {
        let reply = self.post(body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.body
    }

    /// The keys of all objects in the bucket.
    pub(crate) async fn keys(&self) -> Vec<String> {
        self.backup.list("", None).await.expect("the bucket can be listed").keys
    }

    /// Everything in the bucket by its key.
    pub(crate) async fn objects(&self) -> BTreeMap<String, String> {
        let mut objects = BTreeMap::new();
        for key in self.keys().await {
            let content = self.backup.get(&key).await.expect("it can be read").expect("it is there");
            objects.insert(key, content);
        }
        objects
    }

    /// The messages in the backup, by their keys.
    pub(crate) async fn kept(&self) -> BTreeMap<String, Bericht> {
        let objects = self.objects().await.into_iter();
        let messages =
            objects.filter(|(key, _)| key.starts_with(|first: char| first.is_ascii_digit()) && key.ends_with(".json"));
        messages.map(|(key, json)| (key, Bericht::parse(&json).expect("it is a message"))).collect()
    }

    /// Takes all messages from the queue, each with its trace.
    pub(crate) async fn queued(&self) -> Vec<(String, Option<String>)> {
        let mut messages = Vec::new();
        loop {
            let receive = self.sqs.receive_message().queue_url(self.services.sqs().url(QUEUE));
            let receive = receive.max_number_of_messages(10).visibility_timeout(3600);
            let receive = receive.message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader);
            let received = receive.send().await.expect("the queue can be read").messages.unwrap_or_default();
            if received.is_empty() {
                return messages;
            }
            messages.extend(received.into_iter().map(|message| {
                let attributes = message.attributes.unwrap_or_default();
                let trace = attributes.get(&MessageSystemAttributeName::AwsTraceHeader).cloned();
                (message.body.expect("a message has a body"), trace)
            }));
        }
    }

    /// All rows of the table.
    pub(crate) async fn rows(&self) -> Vec<String> {
        let items = self.clients.dynamodb().scan().table_name(TABLE).send().await.expect("it can be read");
        items.items.unwrap_or_default().iter().map(|item| format!("{item:?}")).collect()
    }

    pub(crate) async fn current_row(&self, actie_id: &str) -> Option<Row> {
        self.table.get(&Key::new(actie_id, table::SOORT_ACTUEEL)).await.expect("it can be read")
    }

    /// The table becomes what it is once everything in the backup was applied: what `proc` does, by the model of the domain.
    pub(crate) async fn settle(&self) {
        self.settle_some(|_| true).await;
    }

    /// The same, where only some of it was applied so far.
    pub(crate) async fn settle_some(&self, applied: impl Fn(&Bericht) -> bool) {
        let kept: Vec<Bericht> = self.kept().await.into_values().filter(applied).collect();
        for (actie_id, state) in versies::states(&kept) {
            let actie = state.stored.actie();
            let mut last = kept.iter().filter(|bericht| *bericht.tijdstip_registratie() == actie.tijdstip_registratie);
            let bericht = last.next_back().expect("some message made it so");
            let versie = Versie { bericht, state: state.clone() };
            self.write(Rows::of(&versie, 1).expect("it can be written").actueel).await;
            for bericht in &kept {
                if let Change::Post { inhoud } | Change::Put { inhoud } = bericht.change()
                    && inhoud.actie().actie_id == actie_id
                    && let Some(verwerking_id) = &inhoud.actie().content.verwerking_id
                {
                    let verwerking = format!("{}{}", table::VERWERKING, verwerking_id.to_lowercase());
                    let member = format!("{}{actie_id}", table::SOORT_LID);
                    let key = [(table::ACTIE_ID, Attribute::S(verwerking)), (table::SOORT, Attribute::S(member))];
                    self.write(with(&Row::from_fields([]), key)).await;
                }
            }
        }
        self.services.faults().record();
    }

    pub(crate) async fn write(&self, row: Row) {
        let write = Write { key: row.key(), row: Some(row), condition: Condition::Always };
        self.table.write(vec![write]).await.expect("it can be written");
    }

    /// What the mapping template of DELETE does.
    pub(crate) async fn delete(&self, actie_id: &str) {
        let row = self.current_row(actie_id).await.expect("it is there");
        self.write(with(&row, [(table::VERVALLEN, Attribute::Bool)])).await;
    }

    /// How often each operation was called since the last [`Stack::settle`].
    pub(crate) fn calls(&self) -> BTreeMap<String, usize> {
        let mut calls = BTreeMap::new();
        for call in self.services.faults().recorded() {
            *calls.entry(call.operation).or_default() += 1;
        }
        calls
    }
}

/// A row with more attributes.
pub(crate) fn with<const N: usize>(row: &Row, more: [(&str, Attribute); N]) -> Row {
    let fields = row.fields().iter().map(|(name, value)| (name.to_string(), value.clone()));
    Row::from_fields(fields.chain(more.map(|(name, value)| (name.to_owned(), value))))
}

/// Clients as a function has them.
async fn clients(services: &Services) -> Clients {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(services.endpoint())
        .credentials_provider(Credentials::new("gen", "geheim", None, None, "test"))
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(10)))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(5)).build());
    Clients::from(config.load().await)
}

/// The table as the template declares it.
fn table_properties() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../synth/tests/golden/local.template.yaml");
    let text = std::fs::read_to_string(path).expect("the golden template is there");
    let template: Value = serde_yaml::from_str(&text).expect("the golden template is YAML");
    template["Resources"]["Table"]["Properties"].clone()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<&'static str, String>,
    pub(crate) body: Value,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        assert!(!answer.is_base64_encoded);
        assert_eq!(answer.headers["API-version"], VERSION, "R70: every answer carries API-version");
        let body = match answer.body.as_str() {
            "" => Value::Null,
            json => serde_json::from_str(json).expect("a body is JSON"),
        };
        Self { status: answer.status_code, headers: answer.headers, body }
    }
}

impl Reply {
    /// R70: the answer is an error of this kind, in every detail that does not depend on what went wrong.
    pub(crate) fn is_fout(&self, soort: contract::fout::Soort) {
        assert_eq!(self.status, soort.status, "{}", self.body);
        assert_eq!(self.headers["Content-Type"], "application/problem+json");
        assert_eq!(self.body["status"], soort.status);
        assert_eq!(self.body["code"], soort.code);
        assert_eq!(self.body["title"], soort.title);
        assert_eq!(self.body["type"], "about:blank");
        assert_eq!(self.body["instance"], format!("urn:uuid:{REQUEST_ID}"));
        assert!(self.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert_eq!(self.headers.contains_key("Retry-After"), soort.status == 503);
    }

    /// Names and codes of the fields that are wrong (R71).
    pub(crate) fn faults(&self) -> Vec<(&str, &str)> {
        self.is_fout(contract::fout::ONGELDIG);
        let params = self.body["invalidParams"].as_array().expect("there is a list");
        params.iter().map(|param| (param["name"].as_str().unwrap(), param["code"].as_str().unwrap())).collect()
    }

    pub(crate) fn actie_id(&self) -> &str {
        self.body["actieId"].as_str().expect("an actie has an actieId")
    }
}

/// An event of API Gateway, with all scopes.
pub(crate) fn event(method: &str, resource: &str, path: &str, body: &str) -> Value {
    json!({
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {"content-type": "application/json", "Host": "log.example"},
        "multiValueHeaders": {"content-type": ["application/json"], "Host": ["log.example"]},
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": null,
        "stageVariables": {"tabel": TABLE},
        "requestContext": {
            "requestId": REQUEST_ID,
            "domainName": "log.example",
            "path": format!("/v1{path}"),
            "stage": "v1",
            "authorizer": {"clientId": "zaaksysteem", "scopes": ALL_SCOPES, "principalId": "zaaksysteem"},
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

pub(crate) fn post(body: &Value) -> Value {
    event("POST", "/verwerkingsacties", "/verwerkingsacties", &body.to_string())
}

pub(crate) fn put(actie_id: &str, body: &Value) -> Value {
    let path = format!("/verwerkingsacties/{actie_id}");
    let mut event = event("PUT", "/verwerkingsacties/{actieId}", &path, &body.to_string());
    event["pathParameters"] = json!({"actieId": actie_id});
    event
}

pub(crate) fn patch(verwerking_id: &str, body: &Value) -> Value {
    let mut event = event("PATCH", "/verwerkingsacties", "/verwerkingsacties", &body.to_string());
    event["queryStringParameters"] = json!({"verwerkingId": verwerking_id});
    event["multiValueQueryStringParameters"] = json!({"verwerkingId": [verwerking_id]});
    event
}

pub(crate) fn with_scopes(mut event: Value, scopes: &str) -> Value {
    event["requestContext"]["authorizer"]["scopes"] = scopes.into();
    event
}

pub(crate) fn with_header(mut event: Value, name: &str, value: &str) -> Value {
    event["headers"][name] = value.into();
    event["multiValueHeaders"][name] = json!([value]);
    event
}

/// The body of a POST, with these fields more or instead; null leaves a field out.
pub(crate) fn body(more: Value) -> Value {
    let mut body = json!({
        "actieNaam": "Adres controleren",
        "vertrouwelijkheid": "normaal",
        "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": [object("999990019")],
    });
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body.as_object_mut().expect("fields").retain(|_, value| !value.is_null());
    body
}

pub(crate) fn object(number: &str) -> Value {
    json!({"objecttype": "persoon", "soortObjectId": "BSN", "objectId": number})
}

/// A moment of registration some days ago.
pub(crate) fn days_ago(days: i64) -> TijdstipRegistratie {
    let then = Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    domain::tijd::Clock::new(7).next(then)
}

/// What a thread writes to its log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Begins to listen on this thread, until the guard is dropped.
    pub(crate) fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let level = tracing::level_filters::LevelFilter::TRACE;
        let subscriber = handlers::observe::subscriber(level, move || writer.clone());
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("it is text")
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
