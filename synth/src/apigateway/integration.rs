//! Where a request goes: to the function, straight to the table, or nowhere.
//!
//! "x-amazon-apigateway-integration object",
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html>.

use contract::fout;
use serde_json::{Map, Value as Json, json};

use super::fault::Fault;
use super::operation::{declare, declared_name};
use super::problems::{Problems, at};
use super::{Options, TableOperation, Targets};
use crate::specification::{Operation, Specification};

/// "The maximum size of a mapping template is 300 KB": Amazon API Gateway important notes.
const TEMPLATE_LIMIT: usize = 300 * 1024;

/// The header that carries the version of the API.
pub(super) const API_VERSION: &str = "API-version";

/// Media types whose bodies a mock answers alike. It needs a template for each: without one it would answer 415,
/// where 405 or 404 is what the client should hear.
const MOCK_MEDIA_TYPES: [&str; 8] = [
    "application/json",
    "application/merge-patch+json",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "application/xml",
    "multipart/form-data",
    "text/plain",
    "text/xml",
];

/// The function gets the request as it is and makes the response. A passthrough behaviour does not exist here.
pub(super) fn to_function(targets: &Targets<'_>, options: &Options) -> Json {
    json!({
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": targets.gen_uri,
        "credentials": targets.invoke_credentials,
        "timeoutInMillis": options.integration_timeout_ms,
    })
}

/// A DynamoDB action, with templates on the way there and back. Adds to `responses` what it needs.
pub(super) fn to_table(
    specification: &Specification,
    operation: &Operation,
    table: &TableOperation,
    (targets, options): (&Targets<'_>, &Options),
    responses: &mut Map<String, Json>,
    problems: &mut Problems,
) -> Json {
    let place = || vec![at(specification, &operation.span, "")];
    let mut too_large = |what: &str, template: &Json| {
        let size = text_size(template);
        if size > TEMPLATE_LIMIT {
            problems.error(
                place(),
                format!("the {what} template of operation `{}` takes {size} bytes", operation.id),
                format!("API Gateway accepts {TEMPLATE_LIMIT}"),
            );
        }
    };
    too_large("request", &table.request);
    for response in &table.responses {
        too_large(&format!("response `{}`", response.selection_pattern), &response.template);
    }

    let mut request_templates = Map::new();
    request_templates.insert("application/json".to_owned(), table.request.clone());
    if let Some(body) = &operation.request_body {
        for media_type in body.content.keys() {
            request_templates.insert(media_type.clone(), table.request.clone());
        }
    }

    let mut integration_responses = Map::new();
    for response in &table.responses {
        let status = response.status.to_string();
        // What a template can set through `$context.responseOverride.header`.
        let headers = [API_VERSION, "Content-Type", "Retry-After"];
        if !declare(responses, &status, &headers) {
            if status.starts_with('2') {
                problems.error(
                    place(),
                    format!("operation `{}` has no response {status}, which its templates give", operation.id),
                    "let the specification and the templates agree on the status of success",
                );
            } else {
                problems.note(
                    place(),
                    format!("operation `{}` gets a response {status}", operation.id),
                    "API Gateway needs one for every status that an integration response starts from",
                );
            }
        }
        let header = declared_name(responses, &status, API_VERSION);
        integration_responses.insert(
            response.selection_pattern.clone(),
            json!({
                "statusCode": status,
                "responseParameters": {
                    format!("method.response.header.{header}"): format!("'{}'", specification.version),
                },
                "responseTemplates": { "application/json": response.template },
            }),
        );
    }

    json!({
        "type": "aws",
        "httpMethod": "POST",
        "uri": (targets.dynamodb_uri)(&table.action),
        "credentials": targets.table_credentials,
        "timeoutInMillis": options.integration_timeout_ms,
        // Otherwise a body of another media type would reach DynamoDB untouched: any request to any table.
        "passthroughBehavior": "never",
        "requestTemplates": request_templates,
        "responses": integration_responses,
    })
}

/// A template may be put together by CloudFormation; then its pieces count.
fn text_size(template: &Json) -> usize {
    match template {
        Json::String(text) => text.len(),
        Json::Array(items) => items.iter().map(text_size).sum(),
        Json::Object(entries) => entries.values().map(text_size).sum(),
        _ => 0,
    }
}

/// A method that answers every request with one error, for anybody: it tells nothing that the specification
/// does not.
pub(super) fn refusal(fault: &Fault, parameters: Vec<Json>, version: &str, extra_headers: &[(&str, String)]) -> Json {
    let status = fault.soort.status.to_string();
    let mut headers = vec![(API_VERSION, version.to_owned()), ("Content-Type", fout::MEDIA_TYPE.to_owned())];
    headers.extend_from_slice(extra_headers);

    let mut responses = Map::new();
    responses.insert(status.clone(), json!({ "description": fault.soort.title }));
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    declare(&mut responses, &status, &names);

    let request = json!({ "statusCode": fault.soort.status }).to_string();
    let templates: Map<String, Json> =
        MOCK_MEDIA_TYPES.iter().map(|media_type| ((*media_type).to_owned(), json!(request))).collect();
    let parameter_mapping: Map<String, Json> = headers
        .into_iter()
        .map(|(name, value)| (format!("method.response.header.{name}"), json!(format!("'{value}'"))))
        .collect();
    json!({
        "parameters": parameters,
        "responses": responses,
        "x-amazon-apigateway-integration": {
            "type": "mock",
            // A mock that was handed the client's own body would take its answer from there.
            "passthroughBehavior": "never",
            "requestTemplates": templates,
            "responses": {
                "default": {
                    "statusCode": status,
                    "responseParameters": parameter_mapping,
                    "responseTemplates": { "application/json": fault.template() },
                },
            },
        },
    })
}
