//! What API Gateway would refuse, or take in another sense: each an error that points at the place.

use indexmap::IndexMap;
use serde_json::json;
use synth::apigateway::{Options, Route, TableOperation, TableResponse};

use super::support::{
    self, document, line, read, refused, routes, table_operation, the_error, translate, translate_with, translated,
};

/// A document with one GET on this path.
fn get(path: &str) -> String {
    document(&support::get(path, "lees"), "")
}

/// A document with one GET, to which these lines are added.
fn get_with(lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("    {line}\n")).collect();
    document(
        &format!("/acties:\n  get:\n    operationId: lees\n{lines}    responses:\n      '200': {{description: OK}}"),
        "",
    )
}

#[test]
fn paths_that_api_gateway_does_not_have() {
    for (path, says) in [
        ("/acties/", "empty segment"),
        ("/acties//lijst", "empty segment"),
        ("/acties/a b", "`a b`"),
        ("/verwerkte~objecten", "`verwerkte~objecten`"),
        ("/actie-{actieId}", "mixes text and a parameter"),
        ("/{a}{b}", "mixes text and a parameter"),
        ("/{rest+}/lijst", "not the last segment"),
        ("/ping", "reserved"),
        ("/sping", "reserved"),
    ] {
        let (error, line) = refused(&get(path));
        assert!(error.message.contains(says), "{path}: {}", error.message);
        assert_eq!(line, format!("'{path}':"));
    }
}

#[test]
fn paths_that_api_gateway_has() {
    for path in ["/acties", "/a.b,c:d_e-F9", "/acties/{actieId}", "/{rest+}", "/pings", "/a/ping", "/"] {
        translated(&get(path));
    }
}

#[test]
fn two_parameters_at_one_position() {
    let two = support::get("/acties/{actieId}", "lees") + &support::get("/acties/{id}/objecten", "objecten");
    let (error, line_here) = refused(&document(&two, ""));
    assert!(error.message.contains("`id` and `actieId`"), "{}", error.message);
    assert_eq!(line_here, "'/acties/{id}/objecten':");
    assert_eq!(line(&error, 1), "'/acties/{actieId}':");
}

#[test]
fn trace() {
    let (error, line) = refused(&document(
        "/acties:\n  trace:\n    operationId: volg\n    responses:\n      '200': {description: OK}",
        "",
    ));
    assert!(error.message.contains("TRACE"), "{}", error.message);
    assert_eq!(line, "operationId: volg");
}

#[test]
fn the_same_route_or_operation_in_two_documents() {
    let specifications =
        [read("een.yaml", &get("/acties")), read("twee.yaml", &get("/acties").replace("lees", "lees2"))];
    let (error, _) = the_error(translate_with(&specifications, &routes(&specifications, &[]), &Options::default()));
    assert!(error.message.contains("GET /acties occurs twice"), "{}", error.message);
    let files: Vec<&str> = error.places.iter().map(|place| place.source.name.as_str()).collect();
    assert_eq!(files, ["twee.yaml", "een.yaml"]);

    let specifications = [read("een.yaml", &get("/acties")), read("twee.yaml", &get("/objecten"))];
    let (error, line) = the_error(translate_with(&specifications, &routes(&specifications, &[]), &Options::default()));
    assert!(error.message.contains("operationId `lees` occurs twice"), "{}", error.message);
    assert_eq!((error.places.len(), line.as_str()), (2, "operationId: lees"));
}

#[test]
fn operations_without_route_and_routes_without_operation() {
    let specifications = [read("proef.yaml", &get("/acties"))];
    let none: IndexMap<String, Route> = IndexMap::new();
    let (error, line) = the_error(translate_with(&specifications, &none, &Options::default()));
    assert!(error.message.contains("`lees` goes nowhere"), "{}", error.message);
    assert_eq!(line, "operationId: lees");

    let mut too_many = routes(&specifications, &[]);
    too_many.insert("leest".to_owned(), Route::Gen);
    let (error, _) = the_error(translate_with(&specifications, &too_many, &Options::default()));
    assert!(error.message.contains("`leest` belongs to no operation"), "{}", error.message);

    let errors = translate_with(&[], &none, &Options::default()).unwrap_err();
    assert!(errors[0].message.contains("no specification"));
}

#[test]
fn parameters_that_api_gateway_does_not_have() {
    for (location, name, says) in [("cookie", "sessie", "is a cookie"), ("query", "filter[naam]", "`filter[naam]`")] {
        let (error, line) = refused(&get_with(&format!(
            "parameters:\n  - {{name: '{name}', in: {location}, schema: {{type: string}}}}"
        )));
        assert!(error.message.contains(says), "{}", error.message);
        assert!(line.contains(name), "{line}");
    }
}

#[test]
fn a_path_parameter_with_a_name_that_api_gateway_does_not_have() {
    let (error, line) = refused(&get("/acties/{actie id}"));
    assert!(error.message.contains("`actie id`"), "{}", error.message);
    assert!(line.starts_with("- {name: 'actie id'"), "{line}");
}

#[test]
fn headers_that_api_gateway_does_not_have() {
    let (error, line) = refused(&document(
        "/acties:\n  get:\n    operationId: lees\n    responses:\n      '200':\n        description: OK\n        headers: {'API version': {schema: {type: string}}}",
        "",
    ));
    assert!(error.message.contains("`API version`"), "{}", error.message);
    assert_eq!(line, "'200':");
}

#[test]
fn operations_that_are_open() {
    let (error, line) = refused(&get_with("security: []"));
    assert!(error.message.contains("open to anybody"), "{}", error.message);
    assert_eq!(line, "operationId: lees");

    let (error, _) = refused(&get_with("security:\n  - JWT: []\n  - {}"));
    assert!(error.message.contains("its security is optional"), "{}", error.message);

    let specifications = [read("proef.yaml", &get_with("security: []"))];
    let options = Options { allow_open: true, ..Options::default() };
    let body = translate_with(&specifications, &routes(&specifications, &[]), &options).unwrap();
    assert_eq!(body.document["paths"]["/acties"]["get"]["security"], json!([]));
    assert_eq!(body.document["components"]["securitySchemes"], json!({}));
}

#[test]
fn security_schemes_that_nobody_can_check() {
    for (scheme, says) in [
        ("{type: http, scheme: basic}", "HTTP basic"),
        ("{type: apiKey, name: sleutel, in: query}", "a key that API Gateway cannot check"),
        ("{type: apiKey, name: x-api-key, in: query}", "a key that API Gateway cannot check"),
        ("{type: apiKey, name: X-Sleutel, in: header}", "a key that API Gateway cannot check"),
    ] {
        let text = get("/acties")
            .replace("      type: http\n      scheme: bearer\n", "")
            .replace("    JWT:\n", &format!("    JWT: {scheme}\n"));
        let (error, line) = refused(&text);
        assert!(error.message.contains(says), "{}", error.message);
        assert!(line.starts_with("JWT:"), "{line}");
    }
}

#[test]
fn one_error_for_a_scheme_that_many_operations_use() {
    let text = document(
        "/acties:\n  get:\n    operationId: lees\n    responses:\n      '200': {description: OK}\n  \
         delete:\n    operationId: wis\n    responses:\n      '204': {description: OK}",
        "",
    )
    .replace("scheme: bearer", "scheme: basic");
    let (error, _) = refused(&text);
    assert!(error.message.contains("HTTP basic"), "{}", error.message);
}

#[test]
fn one_error_for_each_place() {
    let cookie = "  parameters:\n    - {name: sessie, in: cookie, schema: {type: string}}\n  get:";
    let two = support::get("/acties", "lees").replace("  get:", cookie)
        + &support::get("/objecten", "objecten").replace("  get:", cookie);
    let errors = translate(&document(&two, "")).unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:#?}");
}

#[test]
fn alternatives_that_are_checked_in_different_ways() {
    let text = get_with("security:\n  - JWT: []\n  - sleutel: []")
        .replace("    JWT:\n", "    sleutel: {type: apiKey, name: x-api-key, in: header}\n    JWT:\n");
    let (error, line) = refused(&text);
    assert!(error.message.contains("checked in different ways"), "{}", error.message);
    assert_eq!(line, "operationId: lees");
}

#[test]
fn a_version_that_cannot_be_a_header() {
    let (error, _) = refused(&get("/acties").replace("1.2.3", "1.2 '3'"));
    assert!(error.message.contains("`1.2 '3'`"), "{}", error.message);
}

#[test]
fn a_template_with_another_success_than_the_specification() {
    let specifications = [read("proef.yaml", &get("/acties"))];
    let routes = IndexMap::from([("lees".to_owned(), Route::Table(table_operation(204)))]);
    let (error, line) = the_error(translate_with(&specifications, &routes, &Options::default()));
    assert!(error.message.contains("no response 204"), "{}", error.message);
    assert_eq!(line, "operationId: lees");
}

#[test]
fn a_mapping_template_over_300_kb() {
    let specifications = [read("proef.yaml", &get("/acties"))];
    let with = |request: serde_json::Value, response: serde_json::Value| {
        let table = TableOperation {
            action: "Query".to_owned(),
            request,
            responses: vec![TableResponse { selection_pattern: "200".to_owned(), status: 200, template: response }],
        };
        let routes = IndexMap::from([("lees".to_owned(), Route::Table(table))]);
        translate_with(&specifications, &routes, &Options::default())
    };
    let most = json!("x".repeat(300 * 1024));
    let more = json!("x".repeat(300 * 1024 + 1));
    // In pieces, as CloudFormation would join them.
    let pieces = json!({ "Fn::Join": ["", ["x".repeat(200 * 1024), "x".repeat(200 * 1024)]] });
    assert!(with(most.clone(), most).is_ok());
    for (request, response, says) in [
        (more.clone(), json!(""), "request template"),
        (pieces, json!(""), "request template"),
        (json!(""), more, "response `200` template"),
    ] {
        let (error, line) = the_error(with(request, response));
        assert!(error.message.contains(says), "{}", error.message);
        assert_eq!(line, "operationId: lees");
    }
}

#[test]
fn a_model_over_400_kb_and_a_body_over_6_mb() {
    let values = |count: usize| -> String { (0..count).map(|number| format!("waarde{number:0100},")).collect() };
    let text = |count: usize, models: usize| {
        let schemas: String =
            (0..models).map(|model| format!("M{model}: {{type: string, enum: [{}]}}\n", values(count))).collect();
        let content: String = (0..models)
            .map(|model| {
                format!("          application/{model}: {{schema: {{$ref: '#/components/schemas/M{model}'}}}}\n")
            })
            .collect();
        document(
            &format!(
                "/acties:\n  get:\n    operationId: lees\n    responses:\n      '200':\n        description: OK\n        content:\n{content}"
            ),
            &schemas,
        )
    };
    translated(&text(3000, 1));
    let (error, _) = refused(&text(4000, 1));
    assert!(error.message.contains("model `M0`"), "{}", error.message);
    let (error, _) = refused(&text(3500, 18));
    assert!(error.message.contains("body"), "{}", error.message);
}

#[test]
fn integration_timeouts() {
    let specifications = [read("proef.yaml", &get("/acties"))];
    let with = |milliseconds| {
        let options = Options { integration_timeout_ms: milliseconds, ..Options::default() };
        translate_with(&specifications, &routes(&specifications, &[]), &options)
    };
    assert!(the_error(with(49)).0.message.contains("too short"));
    assert!(with(50).unwrap().notes.iter().all(|note| !note.message.contains("timeout")));
    assert!(with(29_000).unwrap().notes.iter().all(|note| !note.message.contains("timeout")));
    let body = with(29_001).unwrap();
    assert!(body.notes.iter().any(|note| note.message.contains("29001 ms is above")));
}

#[test]
fn everything_at_once() {
    let errors = translate(&document(
        "/ping:\n  get:\n    operationId: een\n    security: []\n    responses:\n      '200': {description: OK}\n\
         /a/:\n  trace:\n    operationId: twee\n    responses:\n      '200': {description: OK}",
        "",
    ))
    .unwrap_err();
    assert_eq!(errors.len(), 4, "{errors:#?}");
}
