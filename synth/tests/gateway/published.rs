//! The published documents of the standard, as they are.

use serde_json::{Value as Json, json};
use synth::apigateway::{Body, Options};
use synth::specification::Method;

use super::support::{names, noted, rendered, routes, shared, translate_with, validator};

/// What goes straight to the table (R53).
const TABLE: [&str; 3] = ["verwerkingsactie_list", "verwerkingsactie_read", "verwerkingsactie_delete"];

fn both() -> Body {
    let specifications = [shared("vng/bewerking-openapi.yaml"), shared("vng/inzage-openapi.yaml")];
    translate_with(&specifications, &routes(&specifications, &TABLE), &Options::default())
        .unwrap_or_else(|errors| panic!("refused: {errors:#?}"))
}

fn methods(body: &Body) -> Vec<(&str, &str, &Json)> {
    let paths = body.document["paths"].as_object().expect("paths is an object");
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .expect("a path is an object")
                .iter()
                .map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

#[test]
fn both_documents_become_one_body() {
    let body = both();
    let ids: Vec<&str> = body.routes.iter().map(|route| route.operation_id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "verwerkingsactie_list",
            "verwerkingsactie_create",
            "verwerkingsactie_list_patch",
            "verwerkingsactie_read",
            "verwerkingsactie_update",
            "verwerkingsactie_delete",
            "verwerkte-objecten_list",
            "verwerktobject_read",
        ]
    );
    assert_eq!(
        names(&body.document["paths"]),
        [
            "/verwerkingsacties",
            "/verwerkingsacties/{actieId}",
            "/verwerkte-objecten",
            "/verwerkte-objecten/{verwerktObjectId}",
            "/",
            "/{proxy+}",
        ]
    );
    let patch = &body.routes[2];
    assert_eq!((patch.method, patch.path.as_str()), (Method::Patch, "/verwerkingsacties"));
    assert_eq!(patch.scopes, ["update:normal", "update:confidential"]);
    assert_eq!(patch.api_version, "0.9.0");
    assert_eq!(body.document["info"]["title"], "Bewerking API voor logging van verwerkingen");
    assert!(body.document.get("servers").is_none());
    assert!(body.document.get("security").is_none());
}

#[test]
fn every_operation_has_an_integration_a_validator_and_the_authorizer() {
    let body = both();
    let mut seen = 0;
    for (path, method, operation) in methods(&body) {
        let integration = &operation["x-amazon-apigateway-integration"];
        if method == "x-amazon-apigateway-any-method" {
            assert_eq!(integration["type"], "mock", "{path}");
            assert!(operation.get("security").is_none(), "{path}");
            continue;
        }
        seen += 1;
        let id = operation["operationId"].as_str().unwrap();
        let expected = if TABLE.contains(&id) { "aws" } else { "aws_proxy" };
        assert_eq!(integration["type"], expected, "{id}");
        assert_eq!(integration["httpMethod"], "POST", "{id}");
        assert_eq!(operation["security"], json!([{ "JWT-Claims": [] }]), "{id}");
        assert_eq!(operation["x-amazon-apigateway-request-validator"], "none", "{id}");
    }
    assert_eq!(seen, 8);
    let scheme = &body.document["components"]["securitySchemes"]["JWT-Claims"];
    assert_eq!(scheme["type"], "apiKey");
    assert!(noted(&body, "list of scopes is left out in 6 places"));
    // What both documents have, and what is merged into something else, is not unused.
    let unused: Vec<&str> = body.notes.iter().filter_map(|note| note.message.strip_suffix(" is left out")).collect();
    assert_eq!(unused, ["schema `VertrouwelijkheidEnum`"]);
}

#[test]
fn every_model_is_draft_4_with_an_alphanumeric_name() {
    let body = both();
    let meta = jsonschema::draft4::meta::validator();
    let schemas = body.document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.len() > 8, "{:?}", schemas.keys());
    for (name, schema) in schemas {
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
        assert!(meta.is_valid(schema), "{name}: {schema}");
        validator(&body.document, name);
        let text = schema.to_string();
        for keyword in ["allOf", "nullable", "readOnly", "writeOnly", "example", "default", "discriminator"] {
            assert!(!text.contains(&format!("\"{keyword}\"")), "{name} has {keyword}");
        }
    }
    // Shared by both documents, since their content is the same.
    assert!(schemas.contains_key("Fout") && !schemas.contains_key("Fout2"));
    assert!(schemas.contains_key("VerwerkingsactieList200"));
    assert!(schemas.contains_key("VerwerkteObjectenList200"));
}

fn posted() -> Json {
    json!({
        "actieNaam": "Zoeken personen",
        "vertrouwelijkheid": "normaal",
        "tijdstip": "2024-04-05T14:35:42+01:00",
        "verwerkteObjecten": [
            { "objecttype": "persoon", "soortObjectId": "BSN", "objectId": "1234567" },
        ],
    })
}

#[test]
fn r01_a_request_needs_nothing_that_the_log_sets() {
    let body = both();
    let post = &body.document["paths"]["/verwerkingsacties"]["post"];
    let model = &post["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(model, "#/components/schemas/VerwerkingsactieUitgebreidBasisRequest");
    let request = validator(&body.document, "VerwerkingsactieUitgebreidBasisRequest");

    assert!(request.is_valid(&posted()));
    let mut with_own_id = posted();
    with_own_id["actieId"] = json!("not even a UUID");
    assert!(request.is_valid(&with_own_id), "a value for it is ignored");
    for field in ["vertrouwelijkheid", "tijdstip", "verwerkteObjecten"] {
        let mut without = posted();
        without.as_object_mut().unwrap().remove(field);
        assert!(!request.is_valid(&without), "without {field}");
    }
    for (field, wrong) in [
        ("vertrouwelijkheid", json!("geheim")),
        ("actieNaam", json!("x".repeat(243))),
        ("verwerkteObjecten", json!([{ "objecttype": "persoon", "soortObjectId": "BSN" }])),
    ] {
        let mut other = posted();
        other[field] = wrong;
        assert!(!request.is_valid(&other), "{field}");
    }
}

#[test]
fn r14_a_response_has_what_the_log_sets() {
    let body = both();
    let response = validator(&body.document, "VerwerkingsactieUitgebreid");
    assert!(!response.is_valid(&posted()), "url, actieId and tijdstipRegistratie are missing");
    let mut actie = posted();
    actie["url"] = json!("https://voorbeeld.nl/verwerkingsacties/1");
    actie["actieId"] = json!("7a22eb38-bca6-463f-9955-54ab040287cb");
    actie["tijdstipRegistratie"] = json!("2024-04-05T14:35:43+01:00");
    actie["verwerkteObjecten"][0]["url"] = json!("https://voorbeeld.nl/verwerkte-objecten/1");
    actie["verwerkteObjecten"][0]["verwerktObjectId"] = json!("5f089abb-7ed1-4714-92d4-1850453eda5d");
    assert!(response.is_valid(&actie));

    let page = validator(&body.document, "VerwerkingsactieList200");
    assert!(page.is_valid(&json!({ "count": 1, "next": null, "previous": null, "results": [actie] })));
    assert!(!page.is_valid(&json!({ "count": 1, "next": 7, "results": [] })));
}

#[test]
fn r53_the_table_is_asked_directly() {
    let body = both();
    let delete = &body.document["paths"]["/verwerkingsacties/{actieId}"]["delete"];
    let integration = &delete["x-amazon-apigateway-integration"];
    assert_eq!(integration["uri"], json!({ "Fn::Sub": "dynamodb:GetItem" }));
    assert_eq!(integration["credentials"], json!({ "Fn::GetAtt": ["TableRole", "Arn"] }));
    assert_eq!(integration["passthroughBehavior"], "never");
    assert_eq!(integration["requestTemplates"], json!({ "application/json": "request" }));
    let statuses: Vec<(&str, &str)> = integration["responses"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(pattern, response)| (pattern.as_str(), response["statusCode"].as_str().unwrap()))
        .collect();
    assert_eq!(statuses, [("200", "204"), ("400", "500"), (r"5\d{2}", "503"), ("default", "500")]);
    for (pattern, response) in integration["responses"].as_object().unwrap() {
        let status = response["statusCode"].as_str().unwrap();
        assert_eq!(
            response["responseParameters"],
            json!({ "method.response.header.API-version": "'0.9.0'" }),
            "{pattern}"
        );
        let headers = names(&delete["responses"][status]["headers"]);
        for header in ["API-version", "Content-Type", "Retry-After"] {
            assert!(headers.contains(&header), "{pattern}: {headers:?}");
        }
    }
}

#[test]
fn r70_r71_every_gateway_response_is_a_complete_error() {
    let body = both();
    let responses = &body.document["x-amazon-apigateway-gateway-responses"];
    // The list of AWS's page of gateway response types.
    let mut kinds = names(responses);
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            "ACCESS_DENIED",
            "API_CONFIGURATION_ERROR",
            "AUTHORIZER_CONFIGURATION_ERROR",
            "AUTHORIZER_FAILURE",
            "BAD_REQUEST_BODY",
            "BAD_REQUEST_PARAMETERS",
            "DEFAULT_4XX",
            "DEFAULT_5XX",
            "EXPIRED_TOKEN",
            "INTEGRATION_FAILURE",
            "INTEGRATION_TIMEOUT",
            "INVALID_API_KEY",
            "INVALID_SIGNATURE",
            "MISSING_AUTHENTICATION_TOKEN",
            "QUOTA_EXCEEDED",
            "REQUEST_TOO_LARGE",
            "RESOURCE_NOT_FOUND",
            "THROTTLED",
            "UNAUTHORIZED",
            "UNSUPPORTED_MEDIA_TYPE",
            "WAF_FILTERED",
        ]
    );
    let fout = validator(&body.document, "Fout");
    let validatie_fout = validator(&body.document, "ValidatieFout");
    for (kind, response) in responses.as_object().unwrap() {
        let error = rendered(&response["responseTemplates"]["application/json"]);
        assert!(fout.is_valid(&error), "{kind}: {error}");
        assert!(error["type"].is_string(), "{kind}");
        assert_eq!(error["instance"], "urn:uuid:c6af9ac6-7b61-11e6-9a41-93e8deadbeef");
        assert_eq!(error["status"].to_string(), response["statusCode"].as_str().unwrap(), "{kind}");
        assert_eq!(error["status"] == 400, validatie_fout.is_valid(&error), "{kind}: {error}");

        let headers = &response["responseParameters"];
        assert_eq!(headers["gatewayresponse.header.API-version"], "'0.9.0'", "{kind}");
        assert_eq!(headers["gatewayresponse.header.Content-Type"], "'application/problem+json'", "{kind}");
        let later = [429, 503, 504].iter().any(|status| error["status"] == *status);
        let retry = headers.get("gatewayresponse.header.Retry-After");
        assert_eq!(later, retry.is_some(), "{kind}");
        let challenge = headers.get("gatewayresponse.header.WWW-Authenticate");
        assert_eq!(error["status"] == 401, challenge.is_some(), "{kind}");
    }
}

#[test]
fn r72_statuses() {
    let body = both();
    let responses = &body.document["x-amazon-apigateway-gateway-responses"];
    for (kind, status) in [
        ("UNAUTHORIZED", "401"),
        ("ACCESS_DENIED", "403"),
        ("MISSING_AUTHENTICATION_TOKEN", "404"),
        ("INVALID_SIGNATURE", "401"),
        ("EXPIRED_TOKEN", "401"),
        ("RESOURCE_NOT_FOUND", "404"),
        ("UNSUPPORTED_MEDIA_TYPE", "415"),
        ("REQUEST_TOO_LARGE", "413"),
        ("THROTTLED", "429"),
        ("QUOTA_EXCEEDED", "429"),
        ("BAD_REQUEST_BODY", "400"),
        ("BAD_REQUEST_PARAMETERS", "400"),
    ] {
        assert_eq!(responses[kind]["statusCode"], status, "{kind}");
    }
}

#[test]
fn r72_another_method_is_405_and_another_path_404() {
    let body = both();
    let fout = validator(&body.document, "Fout");
    for (path, status, allow) in [
        ("/verwerkingsacties", 405, Some("'GET, POST, PATCH'")),
        ("/verwerkingsacties/{actieId}", 405, Some("'GET, PUT, DELETE'")),
        ("/verwerkte-objecten", 405, Some("'GET'")),
        ("/{proxy+}", 404, None),
        ("/", 404, None),
    ] {
        let method = &body.document["paths"][path]["x-amazon-apigateway-any-method"];
        let integration = &method["x-amazon-apigateway-integration"];
        for (media_type, template) in integration["requestTemplates"].as_object().unwrap() {
            assert_eq!(rendered(template), json!({ "statusCode": status }), "{path} {media_type}");
        }
        assert_eq!(integration["passthroughBehavior"], "never");
        let response = &integration["responses"]["default"];
        assert_eq!(response["statusCode"], status.to_string(), "{path}");
        let error = rendered(&response["responseTemplates"]["application/json"]);
        assert!(fout.is_valid(&error), "{path}: {error}");
        assert_eq!(error["status"], status);

        let set = response["responseParameters"].as_object().unwrap();
        let declared = names(&method["responses"][status.to_string()]["headers"]);
        for name in set.keys() {
            let name = name.strip_prefix("method.response.header.").unwrap();
            assert!(declared.contains(&name), "{path}: {name} is not declared");
        }
        assert_eq!(set["method.response.header.API-version"], "'0.9.0'");
        assert_eq!(set["method.response.header.Content-Type"], "'application/problem+json'");
        assert_eq!(set.get("method.response.header.Allow").and_then(Json::as_str), allow, "{path}");
    }
}

#[test]
fn what_is_declared_is_what_the_document_has() {
    let body = both();
    let post = &body.document["paths"]["/verwerkingsacties"]["post"];
    assert_eq!(names(&post["responses"]["201"]["headers"]), ["API-version", "Location"]);
    assert_eq!(
        post["responses"]["400"]["content"]["application/problem+json"]["schema"]["$ref"],
        "#/components/schemas/ValidatieFout"
    );
    let list = &body.document["paths"]["/verwerkingsacties"]["get"];
    let required: Vec<&str> = list["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|parameter| parameter["required"] == true)
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert_eq!(required, ["objecttype", "soortObjectId", "objectId"], "R40");
    assert_eq!(list["parameters"].as_array().unwrap().len(), 7);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(both().document.to_string(), both().document.to_string());
}
