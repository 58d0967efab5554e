//! How the parts of a document look in API Gateway's terms, and which notes go with it.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use synth::apigateway::{Body, Options, Route};
use synth::report::Severity;

use super::support::{
    document, get, line, names, noted, read, routes, table_operation, translate_with, translated, validator,
};

/// A document that posts and returns one schema, `Actie`, with these schemas.
fn with_schemas(schemas: &str) -> String {
    document(
        "/acties:\n  post:\n    operationId: actie_maak\n    requestBody:\n      required: true\n      content:\n        \
         application/json: {schema: {$ref: '#/components/schemas/Actie'}}\n    responses:\n      '201':\n        \
         description: Gemaakt\n        content:\n          application/json: {schema: {$ref: '#/components/schemas/Actie'}}",
        schemas,
    )
}

fn models(body: &Body) -> &Json {
    &body.document["components"]["schemas"]
}

#[test]
fn integration_of_gen() {
    let body = translated(&with_schemas("Actie: {type: object}"));
    assert_eq!(
        body.document["paths"]["/acties"]["post"]["x-amazon-apigateway-integration"],
        json!({
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": { "Fn::Sub": "gen-uri" },
            "credentials": { "Fn::GetAtt": ["InvokeRole", "Arn"] },
            "timeoutInMillis": 29000,
        })
    );
}

#[test]
fn the_authorizer_is_asked_every_time() {
    let body = translated(&with_schemas("Actie: {type: object}"));
    assert_eq!(
        body.document["components"]["securitySchemes"],
        json!({
            "JWT": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {
                    "type": "request",
                    "identitySource": "method.request.header.Authorization",
                    "authorizerUri": { "Fn::Sub": "auth-uri" },
                    "authorizerCredentials": { "Fn::GetAtt": ["InvokeRole", "Arn"] },
                    "authorizerResultTtlInSeconds": 0,
                },
            },
        })
    );
}

#[test]
fn options() {
    let specifications = [read("proef.yaml", &with_schemas("Actie: {type: object}"))];
    let options = Options {
        title: Some("Log van Proefstad".to_owned()),
        request_validation: true,
        api_key_required: true,
        integration_timeout_ms: 5000,
        ..Options::default()
    };
    let body = translate_with(&specifications, &routes(&specifications, &[]), &options).unwrap();
    assert_eq!(body.document["info"]["title"], "Log van Proefstad");
    let post = &body.document["paths"]["/acties"]["post"];
    assert_eq!(post["x-amazon-apigateway-request-validator"], "full");
    assert_eq!(post["x-amazon-apigateway-integration"]["timeoutInMillis"], 5000);
    assert_eq!(post["security"], json!([{ "JWT": [] }, { "api_key": [] }]));
    assert_eq!(body.document["x-amazon-apigateway-api-key-source"], "HEADER");
    assert_eq!(
        body.document["components"]["securitySchemes"]["api_key"],
        json!({ "type": "apiKey", "name": "x-api-key", "in": "header" })
    );

    // A template validates what it uses.
    let table = translate_with(&specifications, &routes(&specifications, &["actie_maak"]), &options);
    let post = &table.unwrap().document["paths"]["/acties"]["post"];
    assert_eq!(post["x-amazon-apigateway-request-validator"], "none");
}

#[test]
fn bearer_tokens_by_other_names() {
    for scheme in ["{type: oauth2, flows: {}}", "{type: openIdConnect, openIdConnectUrl: 'https://voorbeeld.nl'}"] {
        let text = with_schemas("Actie: {type: object}")
            .replace("      type: http\n      scheme: bearer\n", "")
            .replace("    JWT:\n", &format!("    JWT: {scheme}\n"));
        let body = translated(&text);
        let scheme = &body.document["components"]["securitySchemes"]["JWT"];
        assert_eq!(scheme["x-amazon-apigateway-authorizer"]["type"], "request");
        assert!(noted(&body, "`JWT` is checked as a bearer token"));
    }
}

#[test]
fn alternatives_that_are_checked_alike() {
    let text = with_schemas("Actie: {type: object}")
        .replace("    JWT:\n", "    Ander: {type: http, scheme: bearer}\n    JWT:\n")
        .replace("  - JWT: []\n", "  - JWT: [lees]\n  - Ander: [lees, schrijf]\n");
    let body = translated(&text);
    let post = &body.document["paths"]["/acties"]["post"];
    assert_eq!(post["security"], json!([{ "JWT": [] }]));
    assert_eq!(body.routes[0].scopes, ["lees", "schrijf"]);
    assert!(noted(&body, "list of scopes is left out in 1 place"));
}

#[test]
fn a_key_beside_a_token() {
    let text = with_schemas("Actie: {type: object}")
        .replace("    JWT:\n", "    Sleutel: {type: apiKey, name: X-API-Key, in: header}\n    JWT:\n")
        .replace("  - JWT: []\n", "  - JWT: []\n    Sleutel: []\n");
    let body = translated(&text);
    let post = &body.document["paths"]["/acties"]["post"];
    assert_eq!(post["security"], json!([{ "JWT": [] }, { "api_key": [] }]));
}

#[test]
fn read_only_leaves_requests_and_write_only_leaves_responses() {
    let body = translated(&with_schemas(
        "Actie:\n  type: object\n  required: [id, naam, geheim, deel]\n  properties:\n    id: {type: string, readOnly: true}\n    \
         naam: {type: string, example: x}\n    geheim: {type: string, writeOnly: true}\n    deel: {$ref: '#/components/schemas/Deel'}\n    \
         soort: {$ref: '#/components/schemas/Soort'}\n\
         Deel:\n  type: object\n  properties:\n    url: {$ref: '#/components/schemas/Url'}\n\
         Url: {type: string, readOnly: true}\n\
         Soort: {type: string}",
    ));
    assert_eq!(
        models(&body)["ActieRequest"],
        json!({
            "type": "object",
            "required": ["naam", "geheim", "deel"],
            "properties": {
                "naam": { "type": "string" },
                "geheim": { "type": "string" },
                "deel": { "$ref": "#/components/schemas/DeelRequest" },
                "soort": { "$ref": "#/components/schemas/Soort" },
            },
        })
    );
    assert_eq!(models(&body)["DeelRequest"], json!({ "type": "object" }));
    assert_eq!(
        models(&body)["ActieResponse"],
        json!({
            "type": "object",
            "required": ["id", "naam", "deel"],
            "properties": {
                "id": { "type": "string" },
                "naam": { "type": "string" },
                "deel": { "$ref": "#/components/schemas/Deel" },
                "soort": { "$ref": "#/components/schemas/Soort" },
            },
        })
    );
    assert_eq!(names(models(&body)), ["ActieRequest", "DeelRequest", "Soort", "ActieResponse", "Deel", "Url"]);
    assert!(noted(&body, "`readOnly` is left out in 2 places"));
    assert!(noted(&body, "`example` is left out in 1 place"), "once, though there are two models");
}

#[test]
fn r01_a_closed_object_ignores_what_is_read_only() {
    let body = translated(&with_schemas(
        "Actie:\n  type: object\n  additionalProperties: false\n  properties:\n    id: {type: string, readOnly: true}",
    ));
    let request = validator(&body.document, "ActieRequest");
    assert!(request.is_valid(&json!({ "id": 7 })));
    assert!(!request.is_valid(&json!({ "anders": 7 })));
    assert!(!validator(&body.document, "Actie").is_valid(&json!({ "id": 7 })));
}

#[test]
fn keywords_in_draft_4() {
    for (openapi, draft_4) in [
        ("{type: string, nullable: true}", json!({ "type": ["string", "null"] })),
        (
            "{type: string, nullable: true, enum: [a, b, a]}",
            json!({ "type": ["string", "null"], "enum": ["a", "b", null] }),
        ),
        ("{type: integer, minimum: 3}", json!({ "type": "integer", "minimum": 3 })),
        (
            "{type: integer, minimum: 3, exclusiveMinimum: true}",
            json!({ "type": "integer", "minimum": 3, "exclusiveMinimum": true }),
        ),
        ("{type: number, exclusiveMinimum: true}", json!({ "type": "number" })),
        (
            "{type: number, maximum: 3, exclusiveMaximum: true, multipleOf: 0.5}",
            json!({ "type": "number", "maximum": 3, "exclusiveMaximum": true, "multipleOf": 0.5 }),
        ),
        ("{type: number, exclusiveMaximum: true}", json!({ "type": "number" })),
        ("{type: integer, format: int64}", json!({ "type": "integer" })),
        ("{type: number, format: double}", json!({ "type": "number", "format": "double" })),
        ("{type: string, format: naam}", json!({ "type": "string", "format": "naam" })),
        (
            "{type: string, pattern: '^[0-9]{20}$', minLength: 1, maxLength: 20}",
            json!({ "type": "string", "pattern": "^[0-9]{20}$", "minLength": 1, "maxLength": 20 }),
        ),
        (
            "{type: array, items: {type: string}, minItems: 1, maxItems: 2, uniqueItems: true}",
            json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 2, "uniqueItems": true }),
        ),
        ("{type: object, required: [], additionalProperties: true}", json!({ "type": "object" })),
        (
            "{type: object, minProperties: 1, maxProperties: 2, additionalProperties: {type: string}}",
            json!({ "type": "object", "minProperties": 1, "maxProperties": 2, "additionalProperties": { "type": "string" } }),
        ),
        (
            "{anyOf: [{type: string}, {type: integer}], not: {enum: [x]}}",
            json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }], "not": { "enum": ["x"] } }),
        ),
        (
            "{oneOf: [{type: string}, {type: integer}], discriminator: {propertyName: soort}}",
            json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }),
        ),
        (
            "{type: string, title: T, description: D, default: a, example: b, deprecated: true}",
            json!({ "type": "string" }),
        ),
        (
            "{allOf: [{type: object, required: [a], properties: {a: {type: string}}}, {properties: {b: {type: string}}}]}",
            json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "string" }, "b": { "type": "string" } } }),
        ),
    ] {
        let body = translated(&with_schemas(&format!("Actie: {openapi}")));
        assert_eq!(models(&body)["Actie"], draft_4, "{openapi}");
        assert!(jsonschema::draft4::meta::is_valid(&draft_4), "{draft_4}");
    }
}

#[test]
fn what_a_model_loses_is_noted_once_per_keyword() {
    let body = translated(&with_schemas(
        "Actie:\n  type: object\n  properties:\n    a: {type: string, example: x, default: y}\n    b: {type: string, example: x}\n    \
         d: {type: integer, format: int32}",
    ));
    for says in
        ["`example` is left out in 2 places", "`default` is left out in 1 place", "`format` is left out in 1 place"]
    {
        assert!(noted(&body, says), "{says}: {:#?}", body.notes);
    }
    let note = body.notes.iter().find(|note| note.message.contains("`default`")).unwrap();
    assert_eq!(note.severity, Severity::Note);
    assert!(line(note, 0).starts_with("a:"), "{}", line(note, 0));
}

#[test]
fn names_of_models() {
    let body = translated(&document(
        "/acties:\n  get:\n    operationId: acties_lijst\n    responses:\n      '200':\n        description: OK\n        content:\n          \
         application/json: {schema: {type: object, properties: {a: {$ref: '#/components/schemas/mijn-actie'}, b: {$ref: '#/components/schemas/mijnactie'}}}}\n          \
         application/hal+json: {schema: {type: object, required: [x]}}",
        "mijn-actie: {type: string}\nmijnactie: {type: integer}\nOngebruikt: {type: string}",
    ));
    assert_eq!(names(models(&body)), ["mijnactie", "mijnactie2", "ActiesLijst200", "ActiesLijst2002"]);
    assert_eq!(models(&body)["mijnactie2"], json!({ "type": "integer" }));
    assert_eq!(models(&body)["ActiesLijst200"]["properties"]["b"]["$ref"], "#/components/schemas/mijnactie2");
    assert!(noted(&body, "schema `mijn-actie` becomes model `mijnactie`"));
    assert!(noted(&body, "schema `mijnactie` becomes model `mijnactie2`"));
    assert!(noted(&body, "schema `Ongebruikt` is left out"));
}

#[test]
fn one_name_in_two_documents() {
    let text =
        |path: &str, id: &str, schemas: &str| with_schemas(schemas).replace("/acties", path).replace("actie_maak", id);
    let een = "Actie: {type: object, properties: {deel: {$ref: '#/components/schemas/Deel'}}}\nDeel: {type: string}";
    let twee = een.replace("Deel: {type: string}", "Deel: {type: integer}");
    let both = |second: &str| {
        let specifications = [
            read("een.yaml", &text("/een", "een", een)),
            read("twee.yaml", &text("/twee", "twee", second).replace("1.2.3", "4.5.6")),
        ];
        translate_with(&specifications, &routes(&specifications, &["een", "twee"]), &Options::default()).unwrap()
    };
    assert_eq!(names(models(&both(een))), ["Actie", "Deel"], "shared");

    let body = both(&twee);
    assert_eq!(names(models(&body)), ["Actie", "Deel", "Actie2", "Deel2"], "what they refer to differs");
    assert_eq!(models(&body)["Actie2"]["properties"]["deel"]["$ref"], "#/components/schemas/Deel2");
    assert!(noted(&body, "schema `Actie` becomes model `Actie2`"));

    // Every operation answers with the version of its own document.
    for (path, version) in [("/een", "'1.2.3'"), ("/twee", "'4.5.6'")] {
        let item = &body.document["paths"][path];
        for method in ["post", "x-amazon-apigateway-any-method"] {
            let responses = &item[method]["x-amazon-apigateway-integration"]["responses"];
            assert_eq!(
                responses["default"]["responseParameters"]["method.response.header.API-version"], version,
                "{path} {method}"
            );
        }
    }
    assert_eq!(body.document["info"]["version"], "1.2.3");
    assert_eq!(
        body.document["x-amazon-apigateway-gateway-responses"]["THROTTLED"]["responseParameters"]["gatewayresponse.header.API-version"],
        "'1.2.3'"
    );
}

#[test]
fn parameters_keep_name_place_and_required() {
    let body = translated(&document(
        "/acties/{actieId}:\n  get:\n    operationId: lees\n    parameters:\n      - {name: actieId, in: path, required: true, schema: {type: string, format: uuid}}\n      \
         - {name: soort, in: query, schema: {type: array, items: {type: string}}}\n      \
         - {name: X-Verwerking, in: header, required: true, schema: {type: string}}\n      \
         - {name: accept, in: header, schema: {type: string}}\n    responses:\n      '200': {description: OK}",
        "",
    ));
    let text = json!({ "type": "string" });
    assert_eq!(
        body.document["paths"]["/acties/{actieId}"]["get"]["parameters"],
        json!([
            { "name": "actieId", "in": "path", "required": true, "schema": text },
            { "name": "soort", "in": "query", "required": false, "schema": text },
            { "name": "X-Verwerking", "in": "header", "required": true, "schema": text },
        ])
    );
    let other = &body.document["paths"]["/acties/{actieId}"]["x-amazon-apigateway-any-method"];
    assert_eq!(other["parameters"][0]["name"], "actieId");
}

#[test]
fn responses_and_bodies_without_a_counterpart_are_left_out() {
    let body = translated(&document(
        "/acties:\n  get:\n    operationId: lees\n    requestBody: {content: {application/json: {schema: {type: object}}}}\n    responses:\n      \
         '200': {description: OK}\n      4XX: {description: Fout}\n      default: {description: Fout}",
        "",
    ));
    let get = &body.document["paths"]["/acties"]["get"];
    assert_eq!(names(&get["responses"]), ["200"]);
    assert!(get.get("requestBody").is_none());
    for says in ["response `4XX`", "response `default`", "request body of operation `lees`"] {
        assert!(noted(&body, says), "{says}");
    }
}

#[test]
fn a_table_operation_declares_what_it_sets() {
    let specifications = [read(
        "proef.yaml",
        &document(
            "/acties:\n  get:\n    operationId: lees\n    responses:\n      '200': {description: OK}\n      '206':\n        description: Deel\n        headers: {api-version: {schema: {type: string}}}",
            "",
        ),
    )];
    let routes = IndexMap::from([("lees".to_owned(), Route::Table(table_operation(206)))]);
    let body = translate_with(&specifications, &routes, &Options::default()).unwrap();
    let get = &body.document["paths"]["/acties"]["get"];
    assert_eq!(names(&get["responses"]), ["200", "206", "500", "503"]);
    assert_eq!(names(&get["responses"]["206"]["headers"]), ["api-version", "Content-Type", "Retry-After"]);
    let answers = &get["x-amazon-apigateway-integration"]["responses"];
    assert_eq!(answers["200"]["statusCode"], "206");
    assert_eq!(
        answers["200"]["responseParameters"],
        json!({ "method.response.header.api-version": "'1.2.3'" }),
        "under the name that the document declares"
    );
    assert_eq!(answers["200"]["responseTemplates"], json!({ "application/json": "ok" }));
    assert!(noted(&body, "`lees` gets a response 500") && noted(&body, "`lees` gets a response 503"));
}

#[test]
fn a_parameter_at_the_root_leaves_no_place_for_unknown_routes() {
    let body = translated(&document(&get("/{soort}", "lees"), ""));
    assert_eq!(names(&body.document["paths"]), ["/{soort}", "/"]);
    assert!(noted(&body, "no route of our own for unknown paths"));
}

#[test]
fn the_root_may_be_an_operation() {
    let body = translated(&document(&get("/", "lees"), ""));
    let root = &body.document["paths"]["/"];
    assert_eq!(names(root), ["get", "x-amazon-apigateway-any-method"]);
    assert!(root["x-amazon-apigateway-any-method"]["responses"].get("405").is_some());
}
