//! The log, put together as the template does.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region};
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_sqs::config::Credentials;
use aws_sdk_sqs::types::Message;
use domain::pseudoniem::Pseudonymizer;
use gateway::ServiceAnswer;
use gateway::integration::{Api, HttpRequest};
use handlers::auth::{Auth, HttpKeys, Refusal, Settings as AuthSettings};
use handlers::aws::{Clients, DynamoTable, S3Backup, SecretsManager, SqsQueue};
use handlers::call::Call;
use handlers::r#gen::{Event, Gen, Settings as GenSettings};
use handlers::proc::{Limits, Proc};
use handlers::proj::Proj;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use indexmap::IndexMap;
use jiff::Timestamp;
use local::{Options, Services};
use serde_json::{Map, Value, json};
use tests::{build, root};

/// As the rendered templates call it.
const TABLE: &str = "Table";
const QUEUE: &str = "wachtrij";
const BUCKET: &str = "reserve";
const CLIENT: &str = "zaaksysteem";
const CLIENT_KEY: &str = "een geheim van ten minste 32 tekens";
const REQUEST_ID: &str = "7d1b9f3e-3a5c-4f0e-9a63-0d1c2b3a4f5e";

pub(crate) const ALL_SCOPES: &str = "create:confidential read:confidential update:confidential delete:confidential";

/// The log.
pub(crate) struct Log {
    pub(crate) services: Services,
    pub(crate) clients: Clients,
    api: Api,
    auth: Auth<SecretsManager, HttpKeys>,
    r#gen: Gen<DynamoTable, SqsQueue, S3Backup>,
    proc: Proc<DynamoTable, SqsQueue, S3Backup>,
    proj: Proj<DynamoTable>,
    http: Client<HttpConnector, Full<Bytes>>,
    /// How far the stream was followed.
    stream: tokio::sync::Mutex<Option<String>>,
}

/// What a client gets.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// What a client asks.
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) scopes: &'a str,
    pub(crate) body: Option<Value>,
}

impl Log {
    pub(crate) async fn start() -> Self {
        let built = build(&root().join("stacks/local.yaml"), &[]);
        let table = &built.template.resources["Table"].properties;
        let template = serde_json::to_value(&built.template).expect("a template is JSON");
        let services = Services::start(Options::in_memory()).await.expect("the services start");
        services.dynamodb().create_table(TABLE, &serde_json::to_value(table).expect("JSON")).expect("a table");
        services.s3().create_bucket(BUCKET).expect("a bucket");
        services.sqs().create_queue(QUEUE, &json!({})).expect("a queue");
        let secret = r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#;
        services.secrets().set("pseudoniemen", secret).expect("a secret");
        let clients_secret = json!({CLIENT: {"sleutel": CLIENT_KEY, "scopes": ALL_SCOPES}});
        services.secrets().set("clients", &clients_secret.to_string()).expect("a secret");

        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(services.endpoint())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"));
        let clients = Clients::from(config.load().await);
        let table = DynamoTable::new(clients.dynamodb(), TABLE.to_owned());
        let queue = SqsQueue::new(clients.sqs(), services.sqs().url(QUEUE));
        let backup = S3Backup::new(clients.s3(), BUCKET.to_owned());
        let settings = AuthSettings {
            issuers: Vec::new(),
            clients_secret: Some("clients".to_owned()),
            pseudonym_secret: "pseudoniemen".to_owned(),
            tijdzone: jiff::tz::TimeZone::get("Europe/Amsterdam").expect("a time zone"),
        };
        let keys = Pseudonymizer::from_secret(secret).expect("a secret");
        let gen_settings = GenSettings { api_version: "0.9.0".to_owned(), ..GenSettings::default() };
        Self {
            api: Api::of(&template).expect("the template has an API"),
            auth: Auth::new(settings, SecretsManager::new(clients.secrets()), HttpKeys::default()),
            r#gen: Gen::new(table.clone(), queue.clone(), backup.clone(), keys, gen_settings),
            proc: Proc::new(table.clone(), queue, backup, Limits::default()),
            proj: Proj::new(table),
            http: Client::builder(TokioExecutor::new()).build_http(),
            stream: tokio::sync::Mutex::default(),
            clients,
            services,
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

    /// As API Gateway: the authorizer first, then the integration that the template names.
    pub(crate) async fn ask(&self, asked: Ask<'_>) -> Reply {
        let resource =
            if asked.path == "/verwerkingsacties" { asked.path.as_str() } else { "/verwerkingsacties/{actieId}" };
        let actie_id = asked.path.strip_prefix("/verwerkingsacties/");
        let mut query = IndexMap::<String, Vec<String>>::new();
        for (name, value) in &asked.query {
            query.entry(name.clone()).or_default().push(value.clone());
        }
        let authorization = format!("Bearer {}", token(asked.scopes));
        let event = json!({
            "type": "REQUEST",
            "methodArn": format!("arn:aws:execute-api:eu-west-1:111122223333:api/v1/{}{}", asked.method, asked.path),
            "resource": resource,
            "path": asked.path,
            "httpMethod": asked.method,
            "headers": {"Authorization": authorization, "Content-Type": "application/json"},
            "multiValueHeaders": {"Authorization": [authorization], "Content-Type": ["application/json"]},
            "queryStringParameters": query.iter().map(|(name, values)| (name, values.last())).collect::<BTreeMap<_, _>>(),
            "multiValueQueryStringParameters": query,
            "pathParameters": actie_id.map(|id| json!({"actieId": id})),
            "stageVariables": {},
            "requestContext": {
                "requestId": REQUEST_ID, "domainName": "log.example", "stage": "v1", "path": format!("/v1{}", asked.path),
            },
            "body": asked.body.as_ref().map(Value::to_string),
            "isBase64Encoded": false,
        });
        let context = match self.auth.authorize(&event).await {
            Ok(answer) if answer.is_allowed() => answer.context,
            Ok(_) => return Reply::of(403),
            Err(Refusal::Unauthorized(_)) => return Reply::of(401),
            Err(fault) => panic!("the authorizer failed: {fault}"),
        };
        match asked.method {
            "GET" | "DELETE" => {
                let operation = match (asked.method, actie_id) {
                    ("GET", None) => "verwerkingsactie_list",
                    ("GET", Some(_)) => "verwerkingsactie_read",
                    _ => "verwerkingsactie_delete",
                };
                let authorizer = context.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
                self.integrated(operation, &asked.path, query, authorizer).await
            }
            _ => {
                let mut event = event;
                event["requestContext"]["authorizer"] = json!(context);
                let event: Event = serde_json::from_value(event).expect("an event of API Gateway");
                let answer = self.r#gen.handle(event, call()).await;
                let body = if answer.body.is_empty() { Value::Null } else { parsed(&answer.body) };
                let headers = answer.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                Reply { status: answer.status_code, headers, body }
            }
        }
    }

    async fn integrated(
        &self,
        operation: &str,
        path: &str,
        query: IndexMap<String, Vec<String>>,
        authorizer: Map<String, Value>,
    ) -> Reply {
        let request = HttpRequest { path: Some(path.to_owned()), query, authorizer, ..HttpRequest::default() };
        let integration = self.api.operation(operation).expect("the template has the operation");
        let call = integration.call(&request).expect("the request template renders");
        let (status, body) =
            self.dynamodb(&format!("DynamoDB_20120810.{}", integration.action), call.body.clone()).await;
        let answer = ServiceAnswer { status, headers: IndexMap::new(), body: body.into() };
        let answer = integration.answer(&call, &answer).expect("the response template renders");
        let body = if answer.body.trim().is_empty() { Value::Null } else { parsed(&answer.body) };
        Reply { status: answer.status, headers: answer.headers.into_iter().collect(), body }
    }

    async fn dynamodb(&self, target: &str, body: String) -> (u16, String) {
        let request = Request::post(self.services.endpoint())
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Date", "20260101T000000Z")
            .header("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        let answer = self.http.request(request).await.expect("DynamoDB answers");
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("a whole body").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("JSON is text"))
    }

    /// Until nothing is left to be done: the queue's messages are applied, and the stream is followed.
    pub(crate) async fn settle(&self) {
        while self.apply().await | self.follow().await {}
    }

    /// Has `proc` apply messages, if there are any.
    async fn apply(&self) -> bool {
        let (sqs, url) = (self.clients.sqs(), self.services.sqs().url(QUEUE));
        let receive = sqs.receive_message().queue_url(&url).max_number_of_messages(10);
        let messages = receive.send().await.expect("the queue answers").messages.unwrap_or_default();
        if messages.is_empty() {
            return false;
        }
        let event: SqsEvent =
            serde_json::from_value(json!({"Records": messages.iter().map(record).collect::<Vec<_>>()}))
                .expect("an event of SQS");
        let response = self.proc.handle(event, &call()).await;
        assert!(response.batch_item_failures.is_empty(), "{response:?}");
        for message in messages {
            let delete = sqs.delete_message().queue_url(&url).set_receipt_handle(message.receipt_handle);
            delete.send().await.expect("the queue answers");
        }
        true
    }

    /// Has `proj` follow the table's stream, if there is anything new in it.
    async fn follow(&self) -> bool {
        let mut iterator = self.stream.lock().await;
        let at = match iterator.take() {
            Some(at) => at,
            None => self.beginning().await,
        };
        let answer = self.stream_call("GetRecords", json!({"ShardIterator": at})).await;
        *iterator = answer["NextShardIterator"].as_str().map(str::to_owned);
        // The event source's filter.
        let current = |record: &&Value| record["dynamodb"]["Keys"]["soort"]["S"] == "actueel";
        let records = answer["Records"].as_array().into_iter().flatten();
        let any = answer["Records"].as_array().is_some_and(|records| !records.is_empty());
        let records: Vec<&Value> = records.filter(current).collect();
        if !records.is_empty() {
            let response = self.proj.handle(json!({ "Records": records }), &call()).await;
            assert!(response.batch_item_failures.is_empty(), "{response:?}");
        }
        any
    }

    async fn beginning(&self) -> String {
        let streams = self.stream_call("ListStreams", json!({"TableName": TABLE})).await;
        let arn = &streams["Streams"][0]["StreamArn"];
        let stream = self.stream_call("DescribeStream", json!({"StreamArn": arn})).await;
        let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
        let asked = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
        let begin = self.stream_call("GetShardIterator", asked).await;
        begin["ShardIterator"].as_str().expect("an iterator").to_owned()
    }

    async fn stream_call(&self, operation: &str, asked: Value) -> Value {
        let (status, body) = self.dynamodb(&format!("DynamoDBStreams_20120810.{operation}"), asked.to_string()).await;
        assert_eq!(status, 200, "{operation}: {body}");
        parsed(&body)
    }

    /// All that lies in the table, the bucket and the queue, as text.
    pub(crate) async fn at_rest(&self) -> String {
        let (_, mut all) = self.dynamodb("DynamoDB_20120810.Scan", json!({"TableName": TABLE}).to_string()).await;
        let s3 = self.clients.s3();
        let objects = s3.list_objects_v2().bucket(BUCKET).send().await.expect("the bucket answers");
        for object in objects.contents() {
            let key = object.key().expect("an object has a key");
            let content = s3.get_object().bucket(BUCKET).key(key).send().await.expect("it is there");
            all.push_str(key);
            let content = content.body.collect().await.expect("whole").to_vec();
            all.push_str(&String::from_utf8(content).expect("text"));
        }
        let receive = self.clients.sqs().receive_message().queue_url(self.services.sqs().url(QUEUE));
        let received =
            receive.max_number_of_messages(10).visibility_timeout(0).send().await.expect("the queue answers");
        for message in received.messages.unwrap_or_default() {
            all.push_str(message.body().unwrap_or_default());
        }
        all
    }
}

impl Reply {
    fn of(status: u16) -> Self {
        Self { status, headers: BTreeMap::new(), body: Value::Null }
    }

    pub(crate) fn actie_id(&self) -> String {
        self.body["actieId"].as_str().unwrap_or_else(|| panic!("no actie: {self:?}")).to_owned()
    }
}

/// A request with all scopes.
pub(crate) fn ask<'a>(method: &'a str, path: &str) -> Ask<'a> {
    Ask { method, path: path.to_owned(), query: Vec::new(), scopes: ALL_SCOPES, body: None }
}

impl<'a> Ask<'a> {
    pub(crate) fn query(self, query: &[(&str, &str)]) -> Self {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { query, ..self }
    }

    pub(crate) fn body(self, body: &Value) -> Self {
        Self { body: Some(body.clone()), ..self }
    }

    pub(crate) fn scopes(self, scopes: &'a str) -> Self {
        Self { scopes, ..self }
    }
}

fn call() -> Call {
    Call { request_id: REQUEST_ID.to_owned(), deadline: Instant::now() + Duration::from_secs(25), trace: None }
}

/// A message as Lambda hands it on.
fn record(message: &Message) -> Value {
    json!({
        "messageId": message.message_id, "receiptHandle": message.receipt_handle, "body": message.body,
        "attributes": {}, "messageAttributes": {}, "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:wachtrij",
        "awsRegion": "eu-west-1",
    })
}

/// A token in the ZGW way: HS256, signed by the client.
fn token(scopes: &str) -> String {
    use jsonwebtoken::{EncodingKey, Header};
    let now = Timestamp::now().as_second();
    let claims = json!({"iss": CLIENT, "client_id": CLIENT, "iat": now, "exp": now + 600, "scope": scopes});
    let key = EncodingKey::from_secret(CLIENT_KEY.as_bytes());
    jsonwebtoken::encode(&Header::default(), &claims, &key).expect("a token")
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|fout| panic!("{fout}: {json}"))
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
