//! An integration as it is emitted: what its templates do not say themselves, the header API-version above all.

use gateway::ServiceAnswer;
use gateway::integration::{Api, HttpRequest, HttpResponse};
use indexmap::IndexMap;
use serde_json::{Value, json};
use synth::settings::StackFile;
use synth::{source, specification, stack};

use crate::client::{EPOCH, NU, templates};
use crate::rows::{current, id};

/// The API, and the version of its document.
fn api() -> (Api, String) {
    let text = include_str!("../../../openapi/bewerking.yaml");
    let (file, node) = source::parse("openapi/bewerking.yaml", text).expect("our own document");
    let (specification, _) = specification::lower(&file, &node).expect("our own document");
    let version = specification.version.clone();
    let stack_file = StackFile::parse("stacks/local.yaml", include_str!("../../../stacks/local.yaml"));
    let built = stack::build(&stack_file.expect("our own stack file"), &[specification], templates());
    let template = serde_json::to_value(&built.expect("our own stack").template).expect("a template is JSON");
    (Api::of(&template).expect("it has an API"), version)
}

fn request(scopes: &str) -> HttpRequest {
    let text = |value: &str| Value::String(value.to_owned());
    HttpRequest {
        path_parameters: IndexMap::from_iter([("actieId".to_owned(), id(1))]),
        query: [("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "479580261")]
            .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
            .into_iter()
            .collect(),
        authorizer: [("scopes", scopes), ("nu", NU), ("objectSleutel", "k1.x"), ("vertrouwelijkheden", "normaal")]
            .map(|(name, value)| (name.to_owned(), text(value)))
            .into_iter()
            .collect(),
        context: [("requestTimeEpoch".to_owned(), json!(EPOCH * 1000))].into_iter().collect(),
        ..HttpRequest::default()
    }
}

fn answers() -> Vec<(u16, Value)> {
    let exception = |name: &str| json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}")});
    vec![
        (200, json!({"Item": current(&id(1), "normaal"), "Items": [current(&id(1), "normaal")]})),
        (200, json!({})),
        (400, exception("ConditionalCheckFailedException")),
        (400, exception("ThrottlingException")),
        (400, exception("ResourceNotFoundException")),
        (413, json!({})),
        (500, exception("InternalServerError")),
    ]
}

#[test]
fn r72_every_answer_carries_the_version_of_the_api_once() {
    let (api, version) = api();
    let mut statuses = Vec::new();
    for operation in templates().operation_ids() {
        let integration = api.operation(operation).expect("has templates");
        for scopes in ["read:normal delete:normal", ""] {
            let call = integration.call(&request(scopes)).expect("renders");
            for (status, body) in answers() {
                let answer = ServiceAnswer { status, headers: IndexMap::new(), body: body.to_string().into() };
                let HttpResponse { status, headers, .. } = integration.answer(&call, &answer).expect("renders");
                let versions: Vec<_> =
                    headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("API-version")).collect();
                assert_eq!(versions, [(&"API-version".to_owned(), &version)], "{operation} {status}");
                let media_type = if status < 300 { "application/json" } else { "application/problem+json" };
                assert_eq!(headers["Content-Type"], media_type, "{operation} {status}");
                assert_eq!(headers.contains_key("Retry-After"), matches!(status, 429 | 503), "{operation} {status}");
                statuses.push(status);
            }
        }
    }
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [200, 204, 403, 404, 429, 500, 503]);
}
