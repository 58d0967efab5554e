//! From the client's request to DynamoDB's.

use apigateway_vtl::{Inputs, Rendered, Template};
use serde_json::{Map, Value as Json};

use super::context::context;
use super::{HttpRequest, Integration, IntegrationError};

/// What API Gateway takes a request for that does not say what it is: "API Gateway defaults to `application/json`",
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html>.
const JSON: &str = "application/json";

/// A request on its way: what DynamoDB gets, and what the response template will still see.
#[derive(Debug, Clone)]
pub struct Call {
    /// DynamoDB's name of the call.
    pub action: String,
    /// The body of the call.
    pub body: String,
    /// What the response template reads of the request.
    pub(super) inputs: Inputs,
}

impl Integration<'_> {
    /// Renders the request template.
    ///
    /// # Errors
    /// A path that is not the operation's, a content type without a template, a template that does not parse or that
    /// fails on this request.
    pub fn call(&self, request: &HttpRequest) -> Result<Call, IntegrationError> {
        let path = self.asked_path(request)?;
        let inputs = Inputs {
            body: request.body.clone(),
            path: self.path_parameters(request, &path),
            querystring: last_values(&request.query),
            header: last_values(&request.headers),
            context: context(self, request, &path),
            stage_variables: self.api.stage_variables.clone(),
        };
        let template = self.request_template(request)?;
        let rendered = render(&format!("{} request", self.operation), template, &inputs)?;
        let inputs = Inputs { body: String::new(), ..inputs }.with_response_override(rendered.response_override);
        Ok(Call { action: self.action(), body: rendered.text, inputs })
    }

    /// The last part of the integration's URI, `...:dynamodb:action/Query`.
    fn action(&self) -> String {
        let uri = self.definition.get("uri").map(Json::to_string).unwrap_or_default();
        let action = uri.rsplit_once("action/").map_or("", |(_, action)| action);
        action.chars().take_while(char::is_ascii_alphanumeric).collect()
    }

    /// The path that the client asked for: as the request has it, else the route with its parameters filled in.
    fn asked_path(&self, request: &HttpRequest) -> Result<String, IntegrationError> {
        let Some(path) = &request.path else {
            let fill = |segment: &str| match name(segment).and_then(|name| request.path_parameters.get(name)) {
                Some(value) => value.clone(),
                None => segment.to_owned(),
            };
            return Ok(self.path.split('/').map(fill).collect::<Vec<_>>().join("/"));
        };
        let fits = |(route, given): (&str, &str)| route == given || (name(route).is_some() && !given.is_empty());
        let as_long = path.split('/').count() == self.path.split('/').count();
        if as_long && self.path.split('/').zip(path.split('/')).all(fits) {
            return Ok(path.clone());
        }
        Err(IntegrationError::Path { given: path.clone(), route: self.path.to_owned() })
    }

    /// What a template sees of the path is decoded, and a `+` in it is a plus sign.
    fn path_parameters(&self, request: &HttpRequest, path: &str) -> Map<String, Json> {
        let given = self.path.split('/').zip(path.split('/')).filter(|(segment, value)| segment != value);
        let from_path = given.filter_map(|(segment, value)| Some((name(segment)?, percent_decoded(value))));
        let mut parameters: Map<_, _> = from_path.map(|(name, value)| (name.to_owned(), Json::String(value))).collect();
        let named = request.path_parameters.iter();
        parameters.extend(named.map(|(name, value)| (name.clone(), Json::String(value.clone()))));
        parameters
    }

    fn request_template(&self, request: &HttpRequest) -> Result<&str, IntegrationError> {
        let header = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let given = header.and_then(|(_, values)| values.last()).map_or(JSON, |value| value.as_str());
        let media_type = given.split(';').next().unwrap_or_default().trim();
        let templates = self.definition.get("requestTemplates").and_then(Json::as_object);
        let found = templates.and_then(|templates| templates.get(media_type)).and_then(Json::as_str);
        found.ok_or_else(|| IntegrationError::MediaType {
            given: media_type.to_owned(),
            taken: templates.into_iter().flatten().map(|(media_type, _)| media_type.clone()).collect(),
        })
    }
}

/// The name in a segment `{name}`.
fn name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// `$input.params()` has one value a name. AWS does not say which of several; a function gets the last of them in
/// `queryStringParameters`, and so does a template here. Names keep their case: HTTP/1.1 clients send headers in any,
/// HTTP/2 clients in lower case, so a template that asks for a header by one spelling misses the others.
fn last_values(all: &indexmap::IndexMap<String, Vec<String>>) -> Map<String, Json> {
    let last = |(name, values): (&String, &Vec<String>)| Some((name.clone(), Json::String(values.last()?.clone())));
    all.iter().filter_map(last).collect()
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = |hex: &&str| hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        // `from_str_radix` alone would take a sign as well.
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').filter(digits);
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Renders a template that was emitted.
pub(super) fn render(part: &str, template: &str, inputs: &Inputs) -> Result<Rendered, IntegrationError> {
    let (part, owned) = (part.to_owned(), template.to_owned());
    match Template::parse(template) {
        Err(error) => Err(IntegrationError::Parse { part, error, template: owned }),
        Ok(parsed) => parsed.render(inputs).map_err(|error| IntegrationError::Render { part, error, template: owned }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_hexadecimal_digits_are_an_escape() {
        for (text, decoded) in
            [("a%20b", "a b"), ("%C3%A9", "é"), ("%+1", "%+1"), ("%4", "%4"), ("%é", "%é"), ("%", "%")]
        {
            assert_eq!(percent_decoded(text), decoded, "{text}");
        }
    }
}
