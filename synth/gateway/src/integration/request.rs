//! From the client's request to the backend's.

use apigateway_vtl::{Inputs, Template};
use indexmap::IndexMap;
use serde_json::Value as Json;

use super::{AllValues, Integration, IntegrationError, entries};

/// What API Gateway takes a request for that does not say what it is: "API Gateway defaults to `application/json`",
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html>.
const JSON: &str = "application/json";

/// What becomes of a request for whose content type there is no template; the same page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passthrough {
    /// Its body is passed through.
    WhenNoMatch,
    /// Its body is passed through if there is no template at all.
    WhenNoTemplates,
    /// 415.
    Never,
}

impl Passthrough {
    pub(super) fn parse(definition: &Json) -> Result<Self, String> {
        let given = definition.get("passthroughBehavior").and_then(Json::as_str).unwrap_or("when_no_match");
        match given.to_ascii_lowercase().as_str() {
            "when_no_match" => Ok(Self::WhenNoMatch),
            "when_no_templates" => Ok(Self::WhenNoTemplates),
            "never" => Ok(Self::Never),
            _ => Err(format!("there is no passthroughBehavior `{given}`")),
        }
    }
}

/// A request on its way: what the backend gets, and what the response template will still see.
#[derive(Debug, Clone)]
pub struct Call {
    /// The body of the call.
    pub body: String,
    /// Headers of the call, from mappings and overrides.
    pub headers: IndexMap<String, String>,
    /// What the response template reads of the request.
    pub(super) inputs: Inputs,
    /// What mappings read of it beside that.
    pub(super) all: AllValues,
}

impl Integration {
    /// Renders the request template for a content type. `inputs` has the request's body, `all` is for mappings.
    ///
    /// # Errors
    /// A content type without a template, a template that fails on this request.
    pub fn call(&self, inputs: Inputs, all: AllValues, content_type: Option<&str>) -> Result<Call, IntegrationError> {
        let mut headers = IndexMap::new();
        for (header, mapping) in &self.request_headers {
            let value = mapping.value(&inputs, &all, None, &inputs.body);
            headers.extend(value.map(|value| (header.clone(), value)));
        }
        let Some(template) = self.request_template(content_type)? else {
            let body = inputs.body.clone();
            return Ok(Call { body, headers, inputs: Inputs { body: String::new(), ..inputs }, all });
        };
        let rendered = template.render(&inputs).map_err(|error| IntegrationError::Render {
            part: format!("{} request", self.operation),
            error,
            template: template.source().to_owned(),
        })?;
        let overridden = rendered.request_override.as_ref().map(|overridden| entries(overridden, "header"));
        headers.extend(overridden.into_iter().flatten().map(|(name, value)| (name.clone(), as_text(value))));
        let inputs = Inputs { body: String::new(), ..inputs }.with_response_override(rendered.response_override);
        Ok(Call { body: rendered.text, headers, inputs, all })
    }

    /// The template for a content type, `None` where the body is passed through.
    fn request_template(&self, content_type: Option<&str>) -> Result<Option<&Template>, IntegrationError> {
        let given = content_type.unwrap_or(JSON).split(';').next().unwrap_or_default().trim();
        let same = |(media_type, _): &(&String, &Template)| media_type.eq_ignore_ascii_case(given);
        let found = self.request_templates.iter().find(same).map(|(_, template)| template);
        if let Some(template) = found.or_else(|| self.request_templates.get("$default")) {
            return Ok(Some(template));
        }
        match self.passthrough {
            Passthrough::WhenNoMatch => Ok(None),
            Passthrough::WhenNoTemplates if self.request_templates.is_empty() => Ok(None),
            Passthrough::WhenNoTemplates | Passthrough::Never => Err(IntegrationError::MediaType {
                given: given.to_owned(),
                taken: self.request_templates.keys().cloned().collect(),
            }),
        }
    }
}

pub(super) fn as_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
