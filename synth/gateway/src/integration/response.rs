//! From the backend's answer to the client's.

use apigateway_vtl::{Inputs, Template};
use indexmap::IndexMap;
use regex_lite::Regex;
use serde_json::Value as Json;

use super::mapping::Mapping;
use super::request::as_text;
use super::{Call, Integration, IntegrationError, Target, entries, is_status, parse};
use crate::ServiceAnswer;
use crate::request::media_type;

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The headers, in the order in which they were set.
    pub headers: IndexMap<String, String>,
    /// The body.
    pub body: String,
}

/// The integration responses, in the order of the body.
#[derive(Debug)]
pub(super) struct Responses(Vec<Response>);

#[derive(Debug)]
struct Response {
    pattern: String,
    /// `None` for the default.
    selects: Option<Regex>,
    status: u16,
    templates: IndexMap<String, Template>,
    headers: Vec<(String, Mapping)>,
}

impl Responses {
    pub(super) fn parse(operation: &str, definition: &Json) -> Result<Self, IntegrationError> {
        let mut all = Vec::new();
        for (pattern, response) in entries(definition, "responses") {
            let wrong = |reason| IntegrationError::NotEmulated { operation: operation.to_owned(), reason };
            let regex = |pattern: &str| {
                let whole = Regex::new(&format!("^(?:{pattern})$"));
                whole.map_err(|error| wrong(format!("the pattern `{pattern}` of a response is none: {error}")))
            };
            let status = response.get("statusCode").map(as_text).and_then(|status| status.parse().ok());
            let status = status.filter(|status| is_status(*status));
            let mut templates = IndexMap::new();
            for (media_type, source) in entries(response, "responseTemplates") {
                let part = format!("{operation} response for `{pattern}`");
                templates.insert(media_type.clone(), parse(part, source.as_str().unwrap_or_default())?);
            }
            let mut headers = Vec::new();
            for (to, from) in entries(response, "responseParameters") {
                if let Some(header) = to.strip_prefix("method.response.header.") {
                    headers.push((header.to_owned(), Mapping::parse(from.as_str().unwrap_or_default())?));
                }
            }
            all.push(Response {
                selects: if pattern == "default" { None } else { Some(regex(pattern)?) },
                status: status
                    .ok_or_else(|| wrong(format!("the response for `{pattern}` has no `statusCode` of 200 to 599")))?,
                pattern: pattern.clone(),
                templates,
                headers,
            });
        }
        Ok(Self(all))
    }

    /// The first response whose pattern matches the whole text, else the default.
    fn select(&self, text: &str) -> Result<&Response, IntegrationError> {
        let matches = |response: &&Response| response.selects.as_ref().is_some_and(|regex| regex.is_match(text));
        let selected =
            self.0.iter().find(matches).or_else(|| self.0.iter().find(|response| response.selects.is_none()));
        selected.ok_or_else(|| IntegrationError::NotSelected(text.to_owned()))
    }
}

impl Integration {
    /// Selects the integration response, renders its template, and applies what the templates override. `accept` is
    /// the request's header.
    ///
    /// # Errors
    /// A status that nothing selects, a template that fails on this answer.
    pub fn answer(
        &self,
        call: Call,
        answer: &ServiceAnswer,
        accept: Option<&str>,
    ) -> Result<HttpResponse, IntegrationError> {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let selected = match &self.target {
            // A function's pattern is for its error message, and success has none; a service's is for its status,
            // <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html>.
            Target::Function(_) => self.responses.select(&error_message(&body))?,
            _ => self.responses.select(&answer.status.to_string())?,
        };
        let mut headers = IndexMap::new();
        let inputs = Inputs { body, ..call.inputs };
        let mut overridden = None;
        let mut rendered_body = None;
        if let Some((media_type, template)) = selected.template(accept) {
            let rendered = template.render(&inputs).map_err(|error| IntegrationError::Render {
                part: format!("{} response for `{}`", self.operation, selected.pattern),
                error,
                template: template.source().to_owned(),
            })?;
            headers.insert("Content-Type".to_owned(), media_type.to_owned());
            rendered_body = Some(rendered.text);
            overridden = rendered.response_override;
        }
        for (header, mapping) in &selected.headers {
            if let Some(value) = mapping.value(&inputs, &call.all, Some(&answer.headers), &inputs.body) {
                put(&mut headers, header, value);
            }
        }
        let overridden = overridden.or_else(|| inputs.context.get("responseOverride").cloned());
        let mut response =
            HttpResponse { status: selected.status, headers, body: rendered_body.unwrap_or(inputs.body) };
        if let Some(overridden) = overridden {
            apply(&overridden, &mut response);
        }
        Ok(response)
    }
}

impl Response {
    /// By the request's Accept; where nothing fits, the first, and of several `application/json` goes first,
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html>.
    fn template(&self, accept: Option<&str>) -> Option<(&str, &Template)> {
        let wanted = accept.map(media_type).into_iter().chain(["application/json".to_owned()]);
        let mut found = wanted.filter_map(|wanted| self.templates.get_key_value(wanted.as_str()));
        let found = found.next().or_else(|| self.templates.first());
        found.map(|(media_type, template)| (media_type.as_str(), template))
    }
}

/// The text by which an answer of a function is selected; empty where it did not fail.
fn error_message(body: &str) -> String {
    let answer: Option<Json> = serde_json::from_str(body).ok();
    let message = answer.as_ref().and_then(|answer| answer.get("errorMessage")).and_then(Json::as_str);
    message.unwrap_or_default().to_owned()
}

/// "Override parameters after standard API Gateway mappings have been applied": so an override wins from a mapping,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html>.
/// The page also says that a parameter that is overridden twice makes a 5XX; a map holds the last value alone, so that
/// cannot be seen here. A status that is none changes nothing.
fn apply(overridden: &Json, response: &mut HttpResponse) {
    let status = overridden.get("status").and_then(|status| as_text(status).parse().ok());
    if let Some(status) = status.filter(|status| is_status(*status)) {
        response.status = status;
    }
    for (name, value) in entries(overridden, "header") {
        put(&mut response.headers, name, as_text(value));
    }
}

/// Sets a header, in the place and by the name that it already has.
fn put(headers: &mut IndexMap<String, String>, name: &str, value: String) {
    let same = headers.keys().find(|set| set.eq_ignore_ascii_case(name)).cloned();
    headers.insert(same.unwrap_or_else(|| name.to_owned()), value);
}
