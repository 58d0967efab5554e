//! What API Gateway says of a request.
//!
//! Read from JSON and not into the crate `aws_lambda_events`' type: that refuses a whole event for one header that is no
//! text of HTTP, and the client would get 500 for what is a 401 at most.

use serde_json::{Map, Value as Json};

use super::refusal::Reason;

/// The list of the Bewerking API, about which R43 speaks. The Inzage API's list has no `vertrouwelijkheid` to ask for.
const LIST: &str = "/verwerkingsacties";

/// A request that wants to be let through.
#[derive(Debug)]
pub(super) struct Request {
    /// API Gateway's id of the request.
    pub(super) request_id: String,
    /// ARN of the method and path asked for.
    pub(super) method_arn: String,
    method: String,
    /// The route, with the names of path parameters and not their values.
    resource: String,
    authorization: Vec<String>,
    query: Vec<(String, Vec<String>)>,
}

impl Request {
    /// Reads an event; `None` where it is not that of a REQUEST authorizer.
    pub(super) fn read(event: &Json) -> Option<Self> {
        let text = |key: &str| event[key].as_str().map(str::to_owned);
        let method_arn = text("methodArn").filter(|arn| is_method_arn(arn))?;
        Some(Self {
            request_id: event["requestContext"]["requestId"].as_str().unwrap_or_default().to_owned(),
            method_arn,
            method: text("httpMethod")?,
            resource: text("resource")?,
            authorization: values(event, "multiValueHeaders", "headers")
                .into_iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
                .flat_map(|(_, values)| values)
                .collect(),
            query: values(event, "multiValueQueryStringParameters", "queryStringParameters"),
        })
    }

    /// The token: of exactly one `Authorization`, with the scheme `Bearer` in any case (RFC 9110, 11.1; RFC 6750, 2.1).
    pub(super) fn bearer(&self) -> Result<&str, Reason> {
        let [value] = self.authorization.as_slice() else { return Err(Reason::Missing) };
        let (scheme, token) = value.split_once(' ').ok_or(Reason::Missing)?;
        let token = token.trim_matches(' ');
        if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() { Ok(token) } else { Err(Reason::Missing) }
    }

    /// All values of a query parameter, in their order.
    pub(super) fn query<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).flat_map(|(_, values)| values).map(String::as_str)
    }

    /// The value of a query parameter that is there exactly once.
    pub(super) fn once(&self, name: &str) -> Option<&str> {
        let mut values = self.query.iter().filter(|(key, _)| key == name).flat_map(|(_, values)| values);
        values.next().filter(|_| values.next().is_none()).map(String::as_str)
    }

    /// Whether it asks for a list of something.
    pub(super) fn is_collection(&self) -> bool {
        self.method == "GET" && !self.resource.contains('{')
    }

    /// Whether it asks for the list of acties.
    pub(super) fn is_list(&self) -> bool {
        self.method == "GET" && self.resource == LIST
    }

    /// Method and route, for the log.
    pub(super) fn operation(&self) -> String {
        format!("{} {}", self.method, self.resource)
    }
}

/// `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>`.
fn is_method_arn(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    parts.next() == Some("arn") && parts.nth(1) == Some("execute-api") && arn.split('/').count() >= 4
}

/// Names with all their values: from the map of lists, and only where there is none from the map of single values.
fn values(event: &Json, multiple: &str, single: &str) -> Vec<(String, Vec<String>)> {
    let all = |map: &Map<String, Json>, read: fn(&Json) -> Vec<String>| {
        map.iter().map(|(name, value)| (name.clone(), read(value))).collect()
    };
    match (event[multiple].as_object(), event[single].as_object()) {
        (Some(map), _) => all(map, |value| value.as_array().into_iter().flatten().map(text_or_empty).collect()),
        (None, Some(map)) => all(map, |value| vec![text_or_empty(value)]),
        (None, None) => Vec::new(),
    }
}

/// What is no text counts as an empty one: it is there, and it is nothing that could be right.
fn text_or_empty(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
