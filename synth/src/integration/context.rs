//! `$context`: what API Gateway knows of a request beside what the client sent.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>

use serde_json::{Map, Value as Json, json};

use super::{HttpRequest, Integration};

/// The context of a request. Ids are fixed, so that the same request gives the same output; a request's own `context`
/// has the last word.
pub(super) fn context(integration: &Integration<'_>, request: &HttpRequest, path: &str) -> Map<String, Json> {
    let now = jiff::Timestamp::now();
    let stage = &integration.api.stage;
    let standard = json!({
        "accountId": "111122223333",
        "apiId": "api",
        "authorizer": request.authorizer,
        "domainName": "api.execute-api.eu-west-1.amazonaws.com",
        "domainPrefix": "api",
        "extendedRequestId": "extended-request-id",
        "httpMethod": integration.method,
        "identity": { "sourceIp": "127.0.0.1", "userAgent": "synth" },
        "path": format!("/{stage}{path}"),
        "protocol": "HTTP/1.1",
        "requestId": "00000000-0000-4000-8000-000000000000",
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "requestTimeEpoch": now.as_millisecond(),
        "resourcePath": integration.path,
        "stage": stage,
    });
    let mut context = match standard {
        Json::Object(context) => context,
        _ => Map::new(),
    };
    context.extend(request.context.clone());
    context
}
