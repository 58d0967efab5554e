//! What API Gateway hands over, as far as it is needed here, and which operation it is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use contract::{authorizer, stage};
use data_encoding::BASE64;
use domain::fout::{InvalidParam, Rejection};
use domain::scopes::Scopes;
use domain::verwerkingsactie::Addresses;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A request as API Gateway's proxy integration hands it over. What may be missing or null is optional, so that no client can
/// make an event that is not understood; there is no `Debug`, since it holds everything that the client sent.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    resource: String,
    http_method: String,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    query_string_parameters: Option<BTreeMap<String, String>>,
    #[serde(default)]
    multi_value_query_string_parameters: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    path_parameters: Option<BTreeMap<String, String>>,
    #[serde(default)]
    stage_variables: Option<BTreeMap<String, String>>,
    #[serde(default)]
    request_context: Context,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    request_id: Option<String>,
    domain_name: Option<String>,
    path: Option<String>,
    authorizer: Option<Map<String, Value>>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Post,
    Put,
    Patch,
    /// One of [`contract::functions::GEN_READS`].
    Read(&'static str),
    /// None that the API has; it never sends such a request here.
    Unknown,
}

impl Operation {
    /// Its operationId in the specification.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Post => "verwerkingsactie_create",
            Self::Put => "verwerkingsactie_update",
            Self::Patch => "verwerkingsactie_list_patch",
            Self::Read(id) => id,
            Self::Unknown => "onbekend",
        }
    }
}

const ACTIES: &str = "/verwerkingsacties";

impl Event {
    pub(super) fn operation(&self) -> Operation {
        let [list, one] = contract::functions::GEN_READS else { return Operation::Unknown };
        match (self.http_method.as_str(), self.resource.as_str()) {
            ("POST", ACTIES) => Operation::Post,
            ("PATCH", ACTIES) => Operation::Patch,
            ("PUT", "/verwerkingsacties/{actieId}") => Operation::Put,
            ("GET", "/verwerkte-objecten") => Operation::Read(list),
            ("GET", "/verwerkte-objecten/{verwerktObjectId}") => Operation::Read(one),
            _ => Operation::Unknown,
        }
    }

    /// The id that API Gateway gave the request, which every other answer carries too.
    pub(super) fn request_id(&self) -> Option<&str> {
        self.request_context.request_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The values of a header, whatever the case of its name; HTTP/2 has them in lower case, a client of HTTP/1.1 as it likes.
    pub(super) fn header(&self, name: &str) -> Vec<&str> {
        let is = |other: &str| other.eq_ignore_ascii_case(name);
        let many = self.multi_value_headers.iter().flatten().filter(|(name, _)| is(name));
        let many: Vec<&str> = many.flat_map(|(_, values)| values).map(String::as_str).collect();
        if !many.is_empty() {
            return many;
        }
        self.headers.iter().flatten().filter(|(name, _)| is(name)).map(|(_, value)| value.as_str()).collect()
    }

    /// The values of a query parameter.
    pub(super) fn query(&self, name: &str) -> Vec<&str> {
        match self.multi_value_query_string_parameters.as_ref().and_then(|parameters| parameters.get(name)) {
            Some(values) => values.iter().map(String::as_str).collect(),
            None => self.query_string_parameters.iter().filter_map(|one| one.get(name)).map(String::as_str).collect(),
        }
    }

    /// A parameter of the path; empty where there is none.
    pub(super) fn path(&self, name: &str) -> &str {
        self.path_parameters.as_ref().and_then(|parameters| parameters.get(name)).map_or("", String::as_str)
    }

    /// The bytes of the body.
    ///
    /// # Errors
    /// 400 where API Gateway says that it is base64 and it is not.
    pub(super) fn body(&self) -> Result<Cow<'_, [u8]>, Rejection> {
        let text = self.body.as_deref().unwrap_or_default().as_bytes();
        if !self.is_base64_encoded {
            return Ok(text.into());
        }
        let not_base64 = |_| Rejection::Invalid(vec![InvalidParam::invalid("body", "Is geen base64.")]);
        BASE64.decode(text).map(Cow::Owned).map_err(not_base64)
    }

    fn authorizer(&self, name: &str) -> &str {
        self.request_context.authorizer.as_ref().and_then(|all| all.get(name)?.as_str()).unwrap_or_default()
    }

    /// Who asks.
    pub(super) fn client_id(&self) -> &str {
        self.authorizer(authorizer::CLIENT_ID)
    }

    /// What the token allows.
    pub(super) fn scopes(&self) -> Scopes {
        Scopes::parse(self.authorizer(authorizer::SCOPES))
    }

    /// Where the API is: where its stage says, or `configured`, or else the name and the path by which it was reached, as the
    /// mapping templates have it. The path has the stage or the base path in front of the route.
    pub(super) fn addresses(&self, configured: Option<&str>) -> Addresses {
        let stage = self.stage_variables.as_ref().and_then(|all| all.get(stage::ADRES));
        let said = stage.map(String::as_str).or(configured).filter(|address| !address.is_empty());
        if let Some(address) = said {
            return Addresses::joint(address);
        }
        let path = self.request_context.path.as_deref().unwrap_or_default();
        let before_route = path.rfind(ACTIES).map_or("", |place| &path[..place]);
        let domain = self.request_context.domain_name.as_deref().unwrap_or_default();
        Addresses::joint(&format!("https://{domain}{before_route}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(fields: Value) -> Event {
        let mut event = json!({"resource": "/verwerkingsacties", "httpMethod": "POST"});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn a_header_is_found_by_its_name_in_any_case() {
        for name in ["content-type", "Content-Type", "CONTENT-TYPE"] {
            assert_eq!(event(json!({"headers": {name: "a"}})).header("Content-Type"), ["a"]);
            let many = json!({"headers": {name: "b"}, "multiValueHeaders": {name: ["a", "b"]}});
            assert_eq!(event(many).header("Content-Type"), ["a", "b"]);
        }
        assert!(event(json!({"headers": null, "multiValueHeaders": null})).header("Content-Type").is_empty());
    }

    #[test]
    fn a_header_that_is_no_ascii_is_read_like_any_other() {
        assert_eq!(event(json!({"headers": {"User-Agent": "zaaksysteem é\u{1}"}})).header("user-agent").len(), 1);
    }

    #[test]
    fn every_value_of_a_query_parameter_is_there() {
        let both = json!({"queryStringParameters": {"a": "2"}, "multiValueQueryStringParameters": {"a": ["1", "2"]}});
        assert_eq!(event(both).query("a"), ["1", "2"]);
        assert_eq!(event(json!({"queryStringParameters": {"a": "2"}})).query("a"), ["2"]);
        assert!(event(json!({"multiValueQueryStringParameters": null})).query("a").is_empty());
    }

    #[test]
    fn a_body_may_come_as_base64() {
        let body = |fields| event(fields).body().map(|body| String::from_utf8(body.into_owned()).unwrap());
        assert_eq!(body(json!({"body": "{}"})).unwrap(), "{}");
        assert_eq!(body(json!({"body": "e30=", "isBase64Encoded": true})).unwrap(), "{}");
        assert_eq!(body(json!({"body": null})).unwrap(), "");
        assert_eq!(body(json!({"body": "e3", "isBase64Encoded": true})).unwrap_err().soort().status, 400);
    }

    #[test]
    fn r10_the_address_is_that_of_the_stage_or_the_configured_one_or_the_one_asked_at() {
        let url = |fields, configured| event(fields).addresses(configured).actie("a");
        let reached = json!({"domainName": "log.example", "path": "/v1/verwerkingsacties/verwerkingsacties"});
        let context = json!({"requestContext": reached});
        assert_eq!(url(context.clone(), None), "https://log.example/v1/verwerkingsacties/verwerkingsacties/a");
        let one = json!({"domainName": "log.example", "path": "/v1/verwerkingsacties/0f1d2c3b"});
        assert_eq!(url(json!({"requestContext": one}), None), "https://log.example/v1/verwerkingsacties/a");
        assert_eq!(url(context.clone(), Some("https://eigen.example/")), "https://eigen.example/verwerkingsacties/a");
        let mut local = context;
        local["stageVariables"] = json!({"adres": "http://127.0.0.1:8080"});
        assert_eq!(url(local, Some("https://eigen.example")), "http://127.0.0.1:8080/verwerkingsacties/a");
    }
}
