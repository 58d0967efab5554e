//! A running stack, and a client of its page.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use emulator::state::Folders;
use emulator::template::Template;
use emulator::{Options, Running};
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::emitted::{self, NAME, template};

/// Longer than anything here takes; a test that waits for what never comes fails then.
const LONGEST: Duration = Duration::from_secs(60);

/// The stack of `stacks/local.yaml`, in memory.
pub(crate) struct World {
    pub(crate) running: Running,
    /// `http://127.0.0.1:PORT`
    pub(crate) origin: String,
    client: Client<HttpConnector, Full<Bytes>>,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// What comes after `before`, up to a quote.
    pub(crate) fn between(&self, before: &str) -> String {
        let (_, rest) = self.text.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.text));
        rest.split('"').next().unwrap_or_default().replace("&#x2f;", "/").replace("&amp;", "&")
    }
}

/// The template, to be changed.
pub(crate) fn emitted() -> Value {
    serde_json::from_str(&template()).expect("what is emitted is JSON")
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::of(&emitted()).await
    }

    /// With a queue whose messages fail at once: once they were received twice within two seconds.
    pub(crate) async fn impatient() -> Self {
        let mut template = emitted();
        let queue = &mut template["Resources"]["Queue"]["Properties"];
        queue["VisibilityTimeout"] = 1.into();
        queue["RedrivePolicy"]["maxReceiveCount"] = 1.into();
        Self::of(&template).await
    }

    /// With clients that have keys; gives the first one's.
    pub(crate) async fn with_keys() -> (Self, String) {
        let template: Value = serde_json::from_str(&emitted::of("acceptatie.yaml", "bewerking.yaml")).expect("JSON");
        let resources = template["Resources"].as_object().expect("resources");
        let (id, _) = resources.iter().find(|(_, it)| it["Type"] == "AWS::ApiGateway::ApiKey").expect("a key");
        (Self::of(&template).await, format!("{NAME}-{id}"))
    }

    pub(crate) async fn of(template: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let folders = Folders::new(Some(folder.path()), NAME).expect("folders");
        let options = Options { in_memory: true, ..Options::new(NAME, folders) };
        let template = Template::read_from("template", template.to_string().as_bytes()).expect("a template");
        let running = emulator::run(&template, &options).await.expect("the stack runs");
        let origin = running.page.strip_suffix("/_local/").expect("the page's address").to_owned();
        Self { running, origin, client: Client::builder(TokioExecutor::new()).build_http(), _folder: folder }
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn host(&self) -> &str {
        self.origin.strip_prefix("http://").expect("it is served over http")
    }

    pub(crate) async fn ask(&self, method: Method, url: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("a request");
        let answer = self.client.request(request).await.expect("an answer");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("a whole answer").to_bytes();
        Reply { status: head.status, headers: head.headers, text: String::from_utf8(body.to_vec()).expect("text") }
    }

    /// A page, or anything else at an address that a page has.
    pub(crate) async fn get(&self, address: &str) -> Reply {
        let path = if address.starts_with('/') { address.to_owned() } else { format!("/_local/{address}") };
        self.ask(Method::GET, &format!("{}{path}", self.origin), &[], "").await
    }

    /// A page that is there.
    pub(crate) async fn page(&self, address: &str) -> Reply {
        let reply = self.get(address).await;
        assert_eq!(reply.status, StatusCode::OK, "{address}: {}", reply.text);
        assert!(!reply.text.contains("cannot be shown"), "{address}");
        reply
    }

    /// Sends a form as a browser does, and follows where it leads.
    pub(crate) async fn submit(&self, action: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.page("backup").await.between("name=\"csrf\" value=\"");
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &token).extend_pairs(fields);
        let reply = self.post(action, &[("origin", &self.origin)], &form.finish()).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
        self.page(reply.headers["location"].to_str().expect("an address is ASCII")).await
    }

    pub(crate) async fn post(&self, action: &str, headers: &[(&str, &str)], form: &str) -> Reply {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        self.ask(Method::POST, &format!("{}/_local/{action}", self.origin), &all, form).await
    }

    /// Asks the API.
    pub(crate) async fn api(&self, method: Method, path: &str, body: &str) -> Reply {
        let token = format!("Bearer {}", self.running.token);
        let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
        self.ask(method, &format!("{}{path}", self.running.api), &headers, body).await
    }

    /// Records an actie of this name; gives its id.
    pub(crate) async fn record(&self, name: &str) -> String {
        let reply = self.api(Method::POST, "/verwerkingsacties", &actie(name).to_string()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        reply.json()["actieId"].as_str().expect("an id").to_owned()
    }

    /// Waits until the table has the actie, without a request that would be shown.
    pub(crate) async fn stored(&self, actie_id: &str) {
        let key = json!({"actieId": {"S": actie_id}, "soort": {"S": "actueel"}});
        let asked = json!({"TableName": "verwerkingenlog-local-Table", "Key": key, "ConsistentRead": true});
        until("the actie is there", || async {
            self.call("DynamoDB_20120810.GetItem", &asked).await["Item"].is_object()
        })
        .await;
    }

    /// Waits until a page says all of this.
    pub(crate) async fn says(&self, address: &str, texts: &[&str]) -> Reply {
        until(&format!("{address} says {texts:?}"), || async {
            let reply = self.page(address).await;
            texts.iter().all(|text| reply.text.contains(text))
        })
        .await;
        self.page(address).await
    }

    /// Calls a service past everything.
    pub(crate) async fn call(&self, target: &str, asked: &Value) -> Value {
        let (status, body) = self.running.services().look(target, asked.to_string()).await;
        assert!(status.is_success(), "{target}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("an answer in JSON")
    }

    /// Every row of the table.
    pub(crate) async fn rows(&self) -> Vec<Value> {
        let answer = self
            .call(
                "DynamoDB_20120810.Scan",
                &json!({"TableName": "verwerkingenlog-local-Table", "ConsistentRead": true}),
            )
            .await;
        let mut rows = answer["Items"].as_array().expect("items").clone();
        rows.sort_by_key(|row| (row["actieId"].to_string(), row["soort"].to_string()));
        rows
    }
}

/// An actie of this name.
pub(crate) fn actie(name: &str) -> Value {
    json!({
        "actieNaam": name, "handelingNaam": "Raadplegen", "vertrouwelijkheid": "normaal",
        "tijdstip": "2026-01-15T09:30:00+01:00",
        "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019"}],
    })
}

/// Asks again and again until it is so.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, so: impl Fn() -> F) {
    let asked = async { while !so().await {} };
    tokio::time::timeout(LONGEST, asked).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}
