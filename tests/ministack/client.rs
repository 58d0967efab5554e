//! The client program: the same, wherever the log runs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::aws::{Aws, Http, http};
use crate::names::Names;
use crate::{KEY, PATIENCE};

const ACTIES: &str = "/verwerkingsacties";
const VERWERKING: &str = "6d4c2b1a-0f9e-4d8c-b7a6-958473625140";
const CLIENT: &str = "zaaksysteem";
/// Headers of answers that the standard names, or that come with its errors.
const HEADERS: [&str; 4] = ["api-version", "content-type", "location", "retry-after"];

/// An answer, as far as the standard says what is in it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    /// `null` where it is empty.
    pub(crate) body: Value,
}

/// What the program saw.
pub(crate) struct Seen {
    /// What was asked, and what came.
    pub(crate) answers: Vec<(String, Answer)>,
    /// Id of an actie that is there at the end.
    pub(crate) actie: String,
}

/// A client of a log.
pub(crate) struct Client {
    api: String,
    http: Http,
    pub(crate) aws: Aws,
    table: String,
}

impl Client {
    /// A client of the log at this address, which looks into its table, and is made known to it.
    pub(crate) async fn new(api: &str, aws: Aws, table: &str, secret: &str) -> Self {
        let scopes = "create:confidential read:confidential update:confidential delete:confidential";
        let clients = json!({CLIENT: {"sleutel": KEY, "scopes": scopes}});
        aws.secrets("PutSecretValue", &json!({"SecretId": secret, "SecretString": clients.to_string()})).await;
        Self { api: api.to_owned(), http: http(), aws, table: table.to_owned() }
    }

    /// A token with these scopes, or with all that the client has.
    fn token(scopes: Option<&str>) -> String {
        let now = jiff::Timestamp::now().as_second();
        let mut claims = json!({"iss": CLIENT, "client_id": CLIENT, "iat": now});
        if let Some(scopes) = scopes {
            claims["scope"] = scopes.into();
        }
        let key = EncodingKey::from_secret(KEY.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a token")
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Bytes>, headers: &[(&str, &str)]) -> Answer {
        let mut all = BTreeMap::from([("content-type", "application/json")]);
        let token = format!("Bearer {}", Self::token(None));
        all.insert("authorization", &token);
        all.extend(headers.iter().copied());
        let request = Request::builder().method(method).uri(format!("{}{path}", self.api));
        let request = all.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = request.body(Full::new(body.unwrap_or_default())).expect("a request");
        let (head, body) = self.http.request(request).await.expect("the API answers").into_parts();
        let body = body.collect().await.expect("a whole answer").to_bytes();
        let header = |name: &&str| Some(((*name).to_owned(), head.headers.get(*name)?.to_str().ok()?.to_owned()));
        Answer {
            status: head.status.as_u16(),
            headers: HEADERS.iter().filter_map(header).collect(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    /// The status of a request without a token.
    pub(crate) async fn without_token(&self, method: &str, path: &str) -> u16 {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.api));
        let answer = self.http.request(request.body(Full::default()).expect("a request")).await;
        answer.expect("the API answers").status().as_u16()
    }

    /// All rows of the table.
    pub(crate) async fn rows(&self) -> Vec<Value> {
        let answer = self.aws.dynamodb("Scan", &json!({"TableName": self.table, "ConsistentRead": true})).await;
        assert!(answer["LastEvaluatedKey"].is_null(), "there are more rows than one page has");
        answer["Items"].as_array().expect("rows").clone()
    }

    /// Asks this log's table what another one's was asked.
    pub(crate) async fn asked_too(&self, operation: &str, asked: &Value, its_names: &Names, names: &Names) -> Value {
        let mut asked: Value = serde_json::from_str(&its_names.translate(&asked.to_string(), names)).expect("JSON");
        asked["TableName"] = self.table.as_str().into();
        self.aws.dynamodb(operation, &asked).await
    }

    /// Waits until the table has so many versions: `proc` and `proj` have done what was accepted.
    async fn has_versions(&self, wanted: usize) {
        let began = Instant::now();
        loop {
            let rows = self.rows().await;
            let versions =
                rows.iter().filter(|row| row["soort"]["S"].as_str().is_some_and(|it| it.starts_with("versie#")));
            if versions.count() >= wanted {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{}: {wanted} versions are not there: {rows:#?}", self.api);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The program.
    pub(crate) async fn run(&self) -> Seen {
        let mut answers = Vec::new();
        let mut ask = async |method: &str, path: &str, body: &Value, headers: &[(&str, &str)]| {
            let answer = self.ask(method, path, Some(body.to_string().into()), headers).await;
            let (status, id) = (answer.status, answer.body["actieId"].as_str().map(str::to_owned));
            answers.push((format!("{method} {path} {} {headers:?}", short(body)), answer));
            (status, id)
        };
        let patch = format!("{ACTIES}?verwerkingId={VERWERKING}");

        let (status, id) = ask("POST", ACTIES, &whole(), &[]).await;
        assert_eq!(status, 201);
        let first = id.expect("an id");
        self.has_versions(1).await;
        let key = [("idempotency-key", "sleutel-1")];
        assert_eq!(ask("POST", ACTIES, &small(), &key).await.0, 201);
        self.has_versions(2).await;
        assert_eq!(ask("POST", ACTIES, &small(), &key).await.0, 201, "again");
        assert_eq!(ask("POST", ACTIES, &whole(), &key).await.0, 422, "the key of another one");
        let path = format!("{ACTIES}/{first}");
        let mut changed = whole();
        changed["actieNaam"] = "Naam controleren".into();
        changed["verwerkteObjecten"].as_array_mut().expect("objects").pop();
        assert_eq!(ask("PUT", &path, &changed, &[]).await.0, 200);
        self.has_versions(3).await;
        let longer = json!({"bewaartermijn": "P90Y", "vertrouwelijkheid": "vertrouwelijk"});
        assert_eq!(ask("PATCH", &patch, &longer, &[]).await.0, 204);
        self.has_versions(5).await;
        // Both acties of the verwerking are vertrouwelijk now, and this one is again its own.
        assert_eq!(ask("PUT", &path, &whole(), &[]).await.0, 200);
        self.has_versions(6).await;

        // What is refused.
        let unknown = "/verwerkingsacties/7d4c2b1a-0f9e-4d8c-b7a6-958473625140";
        let mut large = small();
        large["verwerkteObjecten"] = vec![large["verwerkteObjecten"][0].clone(); 9000].into();
        let normal = format!("Bearer {}", Self::token(Some("create:normal update:normal")));
        let normal = [("authorization", &*normal)];
        let mut opgeheven = small();
        opgeheven["vertrouwelijkheid"] = "opgeheven".into();
        let mut confidential = small();
        confidential["vertrouwelijkheid"] = "vertrouwelijk".into();
        for (method, path, body, headers, status) in [
            ("POST", ACTIES, &json!({}), &[][..], 400),
            ("POST", ACTIES, &json!("{"), &[], 400),
            ("PATCH", ACTIES, &longer, &[], 400),
            ("PATCH", &patch, &json!({}), &[], 400),
            ("PUT", unknown, &small(), &[], 404),
            ("PATCH", "/verwerkingsacties?verwerkingId=7d4c2b1a-0f9e-4d8c-b7a6-958473625140", &longer, &[], 404),
            ("POST", ACTIES, &opgeheven, &[], 403),
            ("POST", ACTIES, &confidential, &normal, 403),
            ("PUT", &path, &confidential, &normal, 403),
            ("POST", ACTIES, &large, &[], 413),
            ("POST", ACTIES, &small(), &[("content-type", "text/plain")], 415),
        ] {
            assert_eq!(ask(method, path, body, headers).await.0, status, "{method} {path} {}", short(body));
        }
        Seen { answers, actie: first }
    }
}

/// The beginning of a body, for a message.
fn short(body: &Value) -> String {
    body.to_string().chars().take(80).collect()
}

/// An actie with what must be in it.
fn small() -> Value {
    json!({
        "actieNaam": "Adres controleren", "vertrouwelijkheid": "normaal", "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkingId": VERWERKING,
        "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019"}],
    })
}

/// An actie with more.
fn whole() -> Value {
    let mut actie = small();
    let more = json!({
        // Later, so that a list has an order that says nothing of ids.
        "tijdstip": "2026-01-15T10:30:00.123456789+01:00",
        "handelingNaam": "Raadplegen", "verwerkingNaam": "Vergunning “bouw” \\ € 😀", "bewaartermijn": "P10Y",
        "verwerkingsactiviteitId": "3b5e7a90-1c2d-4e4f-9a6b-7c8d9e0f1a2b", "systeem": "Zaaksysteem", "gebruiker": "g-1",
    });
    for (name, value) in more.as_object().expect("fields") {
        actie[name] = value.clone();
    }
    let objects = actie["verwerkteObjecten"].as_array_mut().expect("objects");
    objects[0]["verwerkteSoortenGegevens"] = json!([{"soortGegeven": "adres"}, {"soortGegeven": "naam"}]);
    objects.push(json!({"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990020"}));
    actie
}
