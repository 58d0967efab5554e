//! Request validation: parameters that must be there, bodies that must fit a model.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html>

use jsonschema::{Draft, Validator as Model};
use serde_json::{Map, Value as Json, json};

use crate::gateway_responses::{Refusal, ResponseType as T};
use crate::request::Facts;
use crate::settings;

const VALIDATOR: &str = "x-amazon-apigateway-request-validator";
const VALIDATORS: &str = "x-amazon-apigateway-request-validators";

/// What a method's requests must have.
#[derive(Debug)]
pub(crate) struct Validator {
    /// In the order in which API Gateway names them: by place, then by name.
    required: Vec<(Place, String)>,
    /// By media type.
    models: Vec<(String, Model)>,
}

/// Where a parameter is; in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Header,
    Path,
    Query,
}

impl Validator {
    /// The validator of an operation, `None` where there is none or it looks at nothing; `Err` says what is wrong with
    /// it.
    pub(crate) fn parse(body: &Json, item: &Json, operation: &Json) -> Result<Option<Self>, String> {
        let Some(name) = operation.get(VALIDATOR).or_else(|| body.get(VALIDATOR)).and_then(Json::as_str) else {
            return Ok(None);
        };
        let validator = body.get(VALIDATORS).and_then(|all| all.get(name));
        let validator = validator.ok_or_else(|| format!("there is no request validator `{name}`"))?;
        let looks = |key: &str| settings::truth(validator, key).map(Option::unwrap_or_default);
        let required = if looks("validateRequestParameters")? { required(body, item, operation)? } else { Vec::new() };
        let models = if looks("validateRequestBody")? { models(body, operation)? } else { Vec::new() };
        let nothing = required.is_empty() && models.is_empty();
        Ok((!nothing).then_some(Self { required, models }))
    }

    /// Whether a request has what it must. Parameters go first.
    pub(crate) fn check(&self, facts: &Facts, path_parameters: &[(&str, String)]) -> Result<(), Refusal> {
        let filled = |value: Option<&str>| value.is_some_and(|value| !value.trim().is_empty());
        let missing = self.required.iter().filter(|(place, name)| match place {
            Place::Header => !filled(facts.header(name)),
            Place::Query => !filled(facts.query.get(name).and_then(|values| values.last()).map(String::as_str)),
            Place::Path => !path_parameters.iter().any(|(known, value)| known == name && filled(Some(value))),
        });
        let missing: Vec<&str> = missing.map(|(_, name)| name.as_str()).collect();
        if !missing.is_empty() {
            let message = format!("Missing required request parameters: [{}]", missing.join(", "));
            return Err(Refusal::new(T::BadRequestParameters, &message, message.clone()));
        }
        let content_type = facts.header("content-type").unwrap_or("application/json");
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        // "If no matching content type is found, request validation is not performed."
        let Some((_, model)) = self.models.iter().find(|(known, _)| known.eq_ignore_ascii_case(media_type)) else {
            return Ok(());
        };
        let invalid = |errors: String| Refusal {
            validation: Some(errors.clone()),
            ..Refusal::new(T::BadRequestBody, "Invalid request body", errors)
        };
        // No body at all is checked as an empty object.
        let text = if facts.body.is_empty() { b"{}".as_slice() } else { &facts.body };
        let body: Json = serde_json::from_slice(text).map_err(|error| invalid(format!("[{error}]")))?;
        let errors: Vec<String> = model.iter_errors(&body).map(|error| error.to_string()).collect();
        if errors.is_empty() { Ok(()) } else { Err(invalid(format!("[{}]", errors.join(", ")))) }
    }
}

fn required(body: &Json, item: &Json, operation: &Json) -> Result<Vec<(Place, String)>, String> {
    let all = [item, operation].into_iter().filter_map(|part| part.get("parameters")?.as_array()).flatten();
    let named = |parameter: &Json| {
        let place = match parameter.get("in")?.as_str()? {
            "header" => Place::Header,
            "path" => Place::Path,
            "query" => Place::Query,
            _ => return None,
        };
        Some((place, parameter.get("name")?.as_str()?.to_owned()))
    };
    let mut required = Vec::new();
    for parameter in all.map(|parameter| resolved(body, parameter)) {
        if settings::truth(parameter, "required")?.unwrap_or_default() {
            required.extend(named(parameter));
        }
    }
    required.sort();
    required.dedup();
    Ok(required)
}

/// Models are of JSON Schema draft 4, <https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html>.
fn models(body: &Json, operation: &Json) -> Result<Vec<(String, Model)>, String> {
    let Some(request) = operation.get("requestBody").map(|request| resolved(body, request)) else {
        return Ok(Vec::new());
    };
    let content = request.get("content").and_then(Json::as_object).map(Map::iter).into_iter().flatten();
    let with_schema = content.filter_map(|(media_type, content)| Some((media_type, content.get("schema")?)));
    let model = |(media_type, schema): (&String, &Json)| {
        // References lead into the body's components, so these come along.
        let whole = json!({"allOf": [schema], "components": body.get("components")});
        let model = jsonschema::options().with_draft(Draft::Draft4).build(&whole);
        let wrong = |error| format!("the model for {media_type} is no JSON Schema of draft 4: {error}");
        model.map(|model| (media_type.clone(), model)).map_err(wrong)
    };
    with_schema.map(model).collect()
}

/// What a reference within the body leads to.
fn resolved<'b>(body: &'b Json, value: &'b Json) -> &'b Json {
    let target = value.get("$ref").and_then(Json::as_str).and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| body.pointer(pointer)).unwrap_or(value)
}
