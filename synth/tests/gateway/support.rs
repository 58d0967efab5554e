//! What the tests share: small documents, translating them, and looking at the outcome.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use synth::apigateway::{Body, Options, Route, TableOperation, TableResponse, Targets, body};
use synth::report::Diagnostic;
use synth::specification::{self, Specification};
use synth::{report, source};

/// A file of the shared input folder. A test that cannot find it fails: it would prove nothing.
pub(crate) fn shared(path: &str) -> Specification {
    let folder =
        std::env::var("SHARED_DIR").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared").to_owned());
    let file = format!("{folder}/{path}");
    specification::read(&file)
        .unwrap_or_else(|errors| panic!("{file}: {errors:#?}; is SHARED_DIR the folder with the shared input files?"))
        .0
}

/// A small document: security scheme `JWT` and version 1.2.3, with these paths and schemas (YAML, not indented).
pub(crate) fn document(paths: &str, schemas: &str) -> String {
    format!(
        "openapi: 3.0.0\n\
         info:\n  title: Proef\n  version: 1.2.3\n\
         security:\n  - JWT: []\n\
         paths:\n{}\
         components:\n  securitySchemes:\n    JWT:\n      type: http\n      scheme: bearer\n{}",
        indented(paths, 2),
        if schemas.is_empty() { String::new() } else { format!("  schemas:\n{}", indented(schemas, 4)) },
    )
}

/// A path with one GET, its parameters declared.
pub(crate) fn get(path: &str, operation_id: &str) -> String {
    let mut text = format!("'{path}':\n");
    let names: Vec<&str> = path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    if !names.is_empty() {
        text.push_str("  parameters:\n");
    }
    for name in names {
        text.push_str(&format!("    - {{name: '{name}', in: path, required: true, schema: {{type: string}}}}\n"));
    }
    text.push_str(&format!(
        "  get:\n    operationId: {operation_id}\n    responses:\n      '200': {{description: OK}}\n"
    ));
    text
}

fn indented(text: &str, by: usize) -> String {
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

/// Reads a document.
pub(crate) fn read(name: &str, text: &str) -> Specification {
    let (source, root) = source::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
    specification::lower(&source, &root).unwrap_or_else(|errors| panic!("{}", report::render(&errors, false))).0
}

/// Sends everything to `gen`, except what is named here.
pub(crate) fn routes(specifications: &[Specification], table: &[&str]) -> IndexMap<String, Route> {
    specifications
        .iter()
        .flat_map(|specification| &specification.operations)
        .map(|operation| {
            let route = if table.contains(&operation.id.as_str()) {
                let success = operation.responses.keys().find(|status| status.starts_with('2'));
                Route::Table(table_operation(success.map_or(200, |status| status.parse().expect("a number"))))
            } else {
                Route::Gen
            };
            (operation.id.clone(), route)
        })
        .collect()
}

/// An action with a template for each kind of answer.
pub(crate) fn table_operation(success: u16) -> TableOperation {
    let templates =
        [("200", success, "ok"), ("400", 500, "refused"), (r"5\d{2}", 503, "down"), ("default", 500, "other")];
    TableOperation {
        action: "GetItem".to_owned(),
        request: json!("request"),
        responses: templates
            .iter()
            .map(|(pattern, status, template)| TableResponse {
                selection_pattern: (*pattern).to_owned(),
                status: *status,
                template: json!(template),
            })
            .collect(),
    }
}

/// Translates with values that can be recognised.
pub(crate) fn translate_with(
    specifications: &[Specification],
    routes: &IndexMap<String, Route>,
    options: &Options,
) -> Result<Body, Vec<Diagnostic>> {
    let targets = Targets {
        gen_uri: json!({ "Fn::Sub": "gen-uri" }),
        authorizer_uri: json!({ "Fn::Sub": "auth-uri" }),
        invoke_credentials: json!({ "Fn::GetAtt": ["InvokeRole", "Arn"] }),
        table_credentials: json!({ "Fn::GetAtt": ["TableRole", "Arn"] }),
        dynamodb_uri: &|action| json!({ "Fn::Sub": format!("dynamodb:{action}") }),
    };
    body(specifications, routes, &targets, options)
}

/// Translates one document, everything to `gen`.
pub(crate) fn translate(text: &str) -> Result<Body, Vec<Diagnostic>> {
    let specifications = [read("proef.yaml", text)];
    translate_with(&specifications, &routes(&specifications, &[]), &Options::default())
}

/// The body of a document that must be fine.
pub(crate) fn translated(text: &str) -> Body {
    translate(text).unwrap_or_else(|errors| panic!("refused: {errors:#?}"))
}

/// The one error of a document, and the line where it points.
pub(crate) fn refused(text: &str) -> (Diagnostic, String) {
    the_error(translate(text))
}

/// The one error, and the line where it points.
pub(crate) fn the_error(outcome: Result<Body, Vec<Diagnostic>>) -> (Diagnostic, String) {
    let mut errors = outcome.expect_err("must be refused");
    assert_eq!(errors.len(), 1, "one mistake, one error: {errors:#?}");
    let error = errors.remove(0);
    assert!(error.help.is_some(), "says what would be right: {error:?}");
    let line = line(&error, 0);
    (error, line)
}

/// The line at which a place of a message points.
pub(crate) fn line(diagnostic: &Diagnostic, place: usize) -> String {
    diagnostic.places.get(place).map_or_else(String::new, |place| {
        let text = &place.source.text;
        let start = text[..place.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        text[start..].lines().next().unwrap_or_default().trim().to_owned()
    })
}

/// Whether a note says this.
pub(crate) fn noted(body: &Body, text: &str) -> bool {
    body.notes.iter().any(|note| note.message.contains(text))
}

/// A validator for one model of a body, as draft 4.
pub(crate) fn validator(document: &Json, model: &str) -> jsonschema::Validator {
    let schemas = &document["components"]["schemas"];
    assert!(schemas.get(model).is_some(), "no model {model}: {:?}", names(schemas));
    let schema = json!({
        "$ref": format!("#/components/schemas/{model}"),
        "components": { "schemas": schemas },
    });
    jsonschema::draft4::new(&schema).unwrap_or_else(|error| panic!("model {model}: {error}"))
}

/// The keys of an object.
pub(crate) fn names(object: &Json) -> Vec<&str> {
    object.as_object().map_or_else(Vec::new, |object| object.keys().map(String::as_str).collect())
}

/// A template with its variables filled in, as API Gateway does it: text for text.
pub(crate) fn rendered(template: &Json) -> Json {
    let text = template
        .as_str()
        .expect("a template is text")
        .replace("$context.requestId", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef");
    assert!(!text.contains('$'), "a variable is left: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
