//! Lambda proxy integrations: the request as an event, and the function's result as a response.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>

use data_encoding::BASE64;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::is_status;
use crate::headers;
use crate::request::{Facts, last_values};

/// The event of a request. `path_parameters` are as they were sent: API Gateway does not decode them for a function, as
/// recordings of AWS show. `binary` says that the body goes in base64.
pub(crate) fn event(
    facts: &Facts,
    resource: &str,
    path_parameters: &[(&str, &str)],
    stage_variables: &Map<String, Json>,
    context: Map<String, Json>,
    binary: bool,
) -> Map<String, Json> {
    let mut event = request_parts(facts, resource, path_parameters, stage_variables, context);
    let kept = |name: &str| facts.header(name).is_some_and(|value| headers::for_the_gateway(name, value));
    for part in ["headers", "multiValueHeaders"] {
        if let Some(headers) = event.get_mut(part).and_then(Json::as_object_mut) {
            headers.retain(|name, _| !kept(name));
        }
    }
    let body = match (facts.body.is_empty(), binary) {
        (true, _) => Json::Null,
        (false, true) => BASE64.encode(&facts.body).into(),
        (false, false) => facts.text().into(),
    };
    event.insert("body".to_owned(), body);
    event.insert("isBase64Encoded".to_owned(), (binary && !facts.body.is_empty()).into());
    event
}

/// What the events of a proxy integration and of an authorizer have in common. What there is none of is null; only an
/// authorizer gets an empty object for it, which is made of this.
pub(crate) fn request_parts(
    facts: &Facts,
    resource: &str,
    path_parameters: &[(&str, &str)],
    stage_variables: &Map<String, Json>,
    context: Map<String, Json>,
) -> Map<String, Json> {
    let or_null = |map: Map<String, Json>| if map.is_empty() { Json::Null } else { Json::Object(map) };
    let path_parameters = path_parameters.iter().map(|(name, value)| ((*name).to_owned(), Json::from(*value)));
    let parts = [
        ("resource", resource.into()),
        ("path", facts.path.as_str().into()),
        ("httpMethod", facts.method.as_str().into()),
        ("headers", or_null(last_values(&facts.headers))),
        ("multiValueHeaders", or_null(all_values(&facts.headers))),
        ("queryStringParameters", or_null(last_values(&facts.query))),
        ("multiValueQueryStringParameters", or_null(all_values(&facts.query))),
        ("pathParameters", or_null(path_parameters.collect())),
        ("stageVariables", or_null(stage_variables.clone())),
        ("requestContext", Json::Object(context)),
    ];
    parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn all_values(all: &IndexMap<String, Vec<String>>) -> Map<String, Json> {
    all.iter().map(|(name, values)| (name.clone(), values.as_slice().into())).collect()
}

/// A function's result, read as a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxyAnswer {
    pub(crate) status: u16,
    /// A name can come several times.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) is_base64: bool,
}

impl ProxyAnswer {
    /// Reads a result; `Err` says what is wrong with it. Nothing in it is obligatory, and nothing else may be in it,
    /// as AWS was seen to do.
    pub(crate) fn parse(result: &[u8]) -> Result<Self, String> {
        let result: Json = serde_json::from_slice(result).map_err(|error| format!("it is no JSON: {error}"))?;
        let Json::Object(result) = result else { return Err("it is no object".to_owned()) };
        let mut answer = Self { status: 200, headers: Vec::new(), body: String::new(), is_base64: false };
        let mut single = Vec::new();
        for (key, value) in result {
            match (key.as_str(), value) {
                ("statusCode" | "headers" | "multiValueHeaders" | "body" | "isBase64Encoded", Json::Null) => {}
                ("statusCode", value) => answer.status = status(&value)?,
                ("headers", Json::Object(headers)) => {
                    for (name, value) in headers {
                        single.push((header_value(&name, value)?, name));
                    }
                }
                ("multiValueHeaders", Json::Object(headers)) => {
                    for (name, values) in headers {
                        let Json::Array(values) = values else {
                            return Err(format!("`multiValueHeaders` has no list for `{name}`"));
                        };
                        for value in values {
                            answer.headers.push((name.clone(), header_value(&name, value)?));
                        }
                    }
                }
                ("body", Json::String(body)) => answer.body = body,
                ("isBase64Encoded", Json::Bool(is_base64)) => answer.is_base64 = is_base64,
                (key @ ("headers" | "multiValueHeaders" | "body" | "isBase64Encoded"), value) => {
                    return Err(format!("`{key}` cannot be `{value}`"));
                }
                (key, _) => return Err(format!("`{key}` is no part of a response")),
            }
        }
        // AWS merges both into one list, in which a pair that is in both stands once.
        for (value, name) in single {
            let same = |(known, set): &(String, String)| known.eq_ignore_ascii_case(&name) && *set == value;
            if !answer.headers.iter().any(same) {
                answer.headers.push((name, value));
            }
        }
        Ok(answer)
    }
}

/// A status is a number, or text that is one.
fn status(value: &Json) -> Result<u16, String> {
    let number = match value {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    };
    let status = number.and_then(|number| u16::try_from(number).ok()).filter(|status| is_status(*status));
    status.ok_or_else(|| format!("`statusCode` cannot be `{value}`"))
}

/// AWS was seen to take truth values beside text; numbers are said to pass too.
fn header_value(name: &str, value: Json) -> Result<String, String> {
    match value {
        Json::String(text) => Ok(text),
        Json::Bool(_) | Json::Number(_) => Ok(value.to_string()),
        other => Err(format!("the header `{name}` cannot be `{other}`")),
    }
}
