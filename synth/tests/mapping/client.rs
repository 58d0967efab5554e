//! A client behind API Gateway: what the authorizer found, the request template, DynamoDB, the response template.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value, json};
use synth::mapping::{MappedResponse, OperationTemplates, Settings, Templates};

use crate::dynamodb::{Table, check};
use crate::oracle::{self, Case, Rendered};

pub(crate) const NU: &str = "2024-06-01T12:00:00.000000Z";
/// The same moment, in seconds since 1970.
pub(crate) const EPOCH: i64 = 1_717_243_200;
pub(crate) const SLEUTEL: &str = "k1.AbC-_0";
/// Sixteen digits that stand before a page, and those that hide where it begins.
pub(crate) const MASKER: &str = "00112233445566ff0123456789abcdef0123456789abcdef0123456789abcdef0123456";
pub(crate) const REQUEST_ID: &str = "7d1b9f3e-3a5c-4f0e-9a63-0d1c2b3a4f5e";

/// A request that passed the authorizer.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) case: Case,
    pub(crate) settings: Settings,
}

/// What the client gets.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Map<String, Value>,
    pub(crate) body: String,
}

pub(crate) fn templates() -> &'static Templates {
    static TEMPLATES: OnceLock<Templates> = OnceLock::new();
    TEMPLATES.get_or_init(|| Templates::embedded().expect("the project's own templates are in order"))
}

impl Call {
    /// A list of all that one person has, by a client that may see what is `normaal`.
    pub(crate) fn list() -> Self {
        Self::new("verwerkingsactie_list", "/verwerkingsacties")
            .query("objecttype", "persoon")
            .query("soortObjectId", "BSN")
            .query("objectId", "479580261")
            .query("vertrouwelijkheid", "normaal")
            .authorizer("objectSleutel", SLEUTEL)
            .authorizer("masker", MASKER)
            .authorizer("vertrouwelijkheden", "normaal")
    }

    pub(crate) fn read(actie_id: &str) -> Self {
        Self::new("verwerkingsactie_read", "/verwerkingsacties/{actieId}").path("actieId", actie_id)
    }

    pub(crate) fn delete(actie_id: &str) -> Self {
        Self::new("verwerkingsactie_delete", "/verwerkingsacties/{actieId}").path("actieId", actie_id)
    }

    fn new(operation: &'static str, route: &str) -> Self {
        let context = json!({
            "authorizer": {"clientId": "zaaksysteem", "scopes": "read:normal delete:normal", "nu": NU},
            "requestTimeEpoch": EPOCH * 1000 + 123,
            "requestId": REQUEST_ID,
            "domainName": "abc123.execute-api.eu-central-1.amazonaws.com",
            "path": format!("/v1{route}"),
            "resourcePath": route,
        });
        let stage = Map::from_iter([("tabel".to_owned(), json!("Verwerkingen"))]);
        Self { operation, case: Case { context, stage, ..Case::default() }, settings: Settings::default() }
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.case.query.insert(name.to_owned(), json!(value));
        self
    }

    pub(crate) fn without_query(mut self, name: &str) -> Self {
        self.case.query.remove(name);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.case.header.insert(name.to_owned(), json!(value));
        self
    }

    pub(crate) fn path(mut self, name: &str, value: &str) -> Self {
        self.case.path.insert(name.to_owned(), json!(value));
        self
    }

    pub(crate) fn stage(mut self, name: &str, value: &str) -> Self {
        self.case.stage.insert(name.to_owned(), json!(value));
        self
    }

    pub(crate) fn authorizer(mut self, name: &str, value: &str) -> Self {
        self.case.context["authorizer"][name] = json!(value);
        self
    }

    pub(crate) fn without_authorizer(mut self, name: &str) -> Self {
        self.case.context["authorizer"].as_object_mut().expect("an object").remove(name);
        self
    }

    pub(crate) fn scopes(self, scopes: &str) -> Self {
        self.authorizer("scopes", scopes)
    }

    /// With the right to see and to delete everything.
    pub(crate) fn confidential(self) -> Self {
        self.scopes("read:normal read:confidential delete:normal delete:confidential")
    }

    /// For a list: what the authorizer makes of these values and scopes.
    pub(crate) fn vertrouwelijkheden(self, values: &str) -> Self {
        self.confidential().query("vertrouwelijkheid", values).authorizer("vertrouwelijkheden", values)
    }

    pub(crate) fn page_size(mut self, rows: u32) -> Self {
        self.settings.page_size = rows;
        self
    }

    pub(crate) fn templates(&self) -> Arc<OperationTemplates> {
        // The property tests ask for the same few thousands of times.
        static RENDERED: Mutex<BTreeMap<(&str, u32), Arc<OperationTemplates>>> = Mutex::new(BTreeMap::new());
        let mut rendered = RENDERED.lock().unwrap_or_else(PoisonError::into_inner);
        let render = || templates().render(self.operation, &self.settings).expect("our own templates render").0;
        Arc::clone(rendered.entry((self.operation, self.settings.page_size)).or_insert_with(|| Arc::new(render())))
    }

    /// What goes to DynamoDB, which would accept it.
    pub(crate) fn request(&self) -> Value {
        let templates = self.templates();
        let rendered = oracle::render(&templates.request, &self.case);
        assert!(rendered.overrides.is_null(), "a request overrides nothing: {}", rendered.overrides);
        let request = parse(&rendered.output);
        check(&templates.action, &request);
        request
    }

    /// What the client gets for this answer of DynamoDB.
    pub(crate) fn response(&self, status: u16, body: &Value) -> Answer {
        let templates = self.templates();
        let mapped = select(&templates.responses, status);
        let case = Case { body: Some(body.to_string()), ..self.case.clone() };
        answer(mapped, oracle::render(&mapped.template, &case))
    }

    /// The whole way.
    pub(crate) fn run(&self, table: &mut Table) -> Answer {
        let (status, body) = table.answer(&self.templates().action, &self.request());
        self.response(status, &body)
    }
}

/// As API Gateway selects: a pattern matches the whole status, and `default` what is left.
pub(crate) fn select(responses: &[MappedResponse], status: u16) -> &MappedResponse {
    let by = |pattern: &str| responses.iter().find(|response| response.selection_pattern == pattern);
    by(&status.to_string())
        .or_else(|| by(r"5\d{2}").filter(|_| (500..600).contains(&status)))
        .or_else(|| by("default"))
        .expect("there is a default")
}

pub(crate) fn answer(mapped: &MappedResponse, rendered: Rendered) -> Answer {
    let overridden = rendered.overrides["status"].as_u64().map(|status| u16::try_from(status).expect("a status"));
    let headers = rendered.overrides["header"].as_object().cloned().unwrap_or_default();
    Answer { status: overridden.unwrap_or(mapped.status), headers, body: rendered.output }
}

pub(crate) fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON: {error}\n{text}"))
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        parse(&self.body)
    }

    /// The body of an error, which R70 describes.
    pub(crate) fn fout(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.headers["Content-Type"], "application/problem+json");
        assert_eq!(self.headers.get("API-version"), None, "the integration response maps it");
        let fout = self.json();
        assert_eq!(fout["status"], status);
        assert_eq!(fout["instance"], format!("urn:uuid:{REQUEST_ID}"));
        for field in ["type", "code", "title", "detail"] {
            assert!(fout[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {fout}");
        }
        assert_eq!(fout.get("invalidParams").is_some(), status == 400, "{fout}");
        assert_eq!(self.headers.contains_key("Retry-After"), matches!(status, 429 | 503), "{:?}", self.headers);
        fout
    }

    /// The fields that a ValidatieFout names, with their codes.
    pub(crate) fn invalid(&self) -> Vec<(String, String)> {
        let fout = self.fout(400);
        let text = |param: &Value, field: &str| {
            let text = param[field].as_str().unwrap_or_else(|| panic!("{field} of {param}"));
            assert!(!text.is_empty(), "{field} of {param}");
            text.to_owned()
        };
        let params = fout["invalidParams"].as_array().expect("a list");
        params
            .iter()
            .map(|param| {
                text(param, "reason");
                (text(param, "name"), text(param, "code"))
            })
            .collect()
    }

    /// A page of a list: its documents, and the address of the next page.
    pub(crate) fn page(&self) -> (Vec<Value>, Option<String>) {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.headers.get("Content-Type"), None, "API Gateway's own is application/json");
        assert_eq!(self.headers.get("API-version"), None, "the integration response maps it");
        let page = self.json();
        let results = page["results"].as_array().expect("a list").clone();
        assert_eq!(page["count"], results.len());
        assert!(page["previous"].is_null());
        assert_eq!(page.as_object().expect("an object").len(), 4, "{page}");
        (results, page["next"].as_str().map(str::to_owned))
    }
}
