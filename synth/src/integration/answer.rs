//! From DynamoDB's answer to the client's.

use apigateway_vtl::Inputs;
use indexmap::IndexMap;
use regex_lite::Regex;
use serde_json::Value as Json;

use super::call::render;
use super::{Call, Integration, IntegrationError};

/// What DynamoDB answered.
#[derive(Debug, Clone)]
pub struct BackendAnswer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: IndexMap<String, String>,
    /// Its body.
    pub body: String,
}

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

impl Integration<'_> {
    /// Selects the integration response, renders its template, and applies what the templates override.
    ///
    /// # Errors
    /// A status that nothing selects, a template that does not parse or that fails on this answer.
    pub fn answer(&self, call: &Call, answer: &BackendAnswer) -> Result<HttpResponse, IntegrationError> {
        let (pattern, selected) = self.select(answer.status)?;
        let mut response = HttpResponse {
            status: selected["statusCode"].as_str().and_then(|status| status.parse().ok()).unwrap_or(500),
            headers: IndexMap::new(),
            body: answer.body.clone(),
        };
        let inputs = Inputs { body: answer.body.clone(), ..call.inputs.clone() };
        let mut overridden = inputs.context.get("responseOverride").cloned();
        // API Gateway picks by the request's Accept; all of ours have one template, which it takes for any.
        let template = selected["responseTemplates"].as_object().and_then(|templates| templates.iter().next());
        if let Some((media_type, template)) = template {
            let part = format!("{} response for `{pattern}`", self.operation);
            let rendered = render(&part, template.as_str().unwrap_or_default(), &inputs)?;
            response.headers.insert("Content-Type".to_owned(), media_type.clone());
            response.body = rendered.text;
            overridden = rendered.response_override.or(overridden);
        }
        for (target, value) in selected["responseParameters"].as_object().into_iter().flatten() {
            if let Some(header) = target.strip_prefix("method.response.header.") {
                let value = mapped(value.as_str().unwrap_or_default(), answer)?;
                response.headers.extend(value.map(|value| (header.to_owned(), value)));
            }
        }
        if let Some(overridden) = overridden {
            apply(&overridden, &mut response);
        }
        Ok(response)
    }

    /// The first response whose pattern matches the whole status, else the default.
    fn select(&self, status: u16) -> Result<(&str, &Json), IntegrationError> {
        let responses = || self.definition.get("responses").and_then(Json::as_object).into_iter().flatten();
        let text = status.to_string();
        let matches = |pattern: &str| Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(&text));
        responses()
            .find(|(pattern, _)| *pattern != "default" && matches(pattern))
            .or_else(|| responses().find(|(pattern, _)| *pattern == "default"))
            .map(|(pattern, response)| (pattern.as_str(), response))
            .ok_or(IntegrationError::NotSelected(status))
    }
}

/// What a parameter mapping says: a constant in single quotes, or a header of the answer.
fn mapped(mapping: &str, answer: &BackendAnswer) -> Result<Option<String>, IntegrationError> {
    if let Some(constant) = mapping.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Ok(Some(constant.to_owned()));
    }
    let Some(header) = mapping.strip_prefix("integration.response.header.") else {
        return Err(IntegrationError::Mapping(mapping.to_owned()));
    };
    Ok(answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header)).map(|(_, value)| value.clone()))
}

/// "Override parameters after standard API Gateway mappings have been applied": so an override wins from a mapping,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html>.
/// The page also says that a parameter that is overridden twice makes a 5XX; a map holds the last value alone, so that
/// cannot be seen here, and a test counts the overrides of our templates instead.
fn apply(overridden: &Json, response: &mut HttpResponse) {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(status) = overridden.get("status").and_then(|status| text(status).parse().ok()) {
        response.status = status;
    }
    for (name, value) in overridden.get("header").and_then(Json::as_object).into_iter().flatten() {
        let same = response.headers.keys().find(|set| set.eq_ignore_ascii_case(name)).cloned();
        response.headers.insert(same.unwrap_or_else(|| name.clone()), text(value));
    }
}
