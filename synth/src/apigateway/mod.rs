//! From the specifications to the one OpenAPI body that `AWS::ApiGateway::RestApi` imports.
//!
//! API Gateway takes most of OpenAPI 3.0, ignores some of it without a word, and refuses the rest when the stack is
//! already being deployed. Here all of that is decided beforehand: what can be said in API Gateway's terms is
//! translated, what it would ignore or take in another sense is an error or a note. `docs/api-gateway.md` has the list.

mod checks;
mod fault;
mod gateway_responses;
mod integration;
mod models;
mod operation;
mod problems;
mod routes;
mod schema;
mod security;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use self::fault::{METHOD_NOT_ALLOWED, NOT_FOUND};
use self::models::Models;
use self::problems::Problems;
use self::security::Schemes;
use crate::report::Diagnostic;
use crate::specification::{Method, Operation, Specification};

/// "The maximum size of the API definition file is 6 MB": API Gateway quotas, importing a REST API.
const BODY_LIMIT: usize = 6 * 1024 * 1024;

/// What the stack knows and the specification does not. Each value may be a CloudFormation intrinsic.
pub struct Targets<'a> {
    /// Invocation URI of `gen`, `arn:…:lambda:path/2015-03-31/functions/…/invocations`.
    pub gen_uri: Json,
    /// Invocation URI of `auth`.
    pub authorizer_uri: Json,
    /// ARN of the role with which API Gateway invokes functions.
    pub invoke_credentials: Json,
    /// ARN of the role with which API Gateway calls DynamoDB.
    pub table_credentials: Json,
    /// URI of a DynamoDB action, `arn:…:dynamodb:action/Query`, for the action's name.
    pub dynamodb_uri: &'a dyn Fn(&str) -> Json,
}

/// Where the requests of an operation go.
#[derive(Debug, Clone)]
pub enum Route {
    /// Straight to the table.
    Table(TableOperation),
    /// To the function `gen`.
    Gen,
}

/// An operation that mapping templates turn into a DynamoDB action. A template may be a CloudFormation intrinsic.
#[derive(Debug, Clone)]
pub struct TableOperation {
    /// The action, such as `GetItem`.
    pub action: String,
    /// Template of the request.
    pub request: Json,
    /// What becomes of each kind of answer.
    pub responses: Vec<TableResponse>,
}

/// What becomes of one kind of DynamoDB's answers.
#[derive(Debug, Clone)]
pub struct TableResponse {
    /// Regular expression over the status of the answer, or `default`.
    pub selection_pattern: String,
    /// Status where the template sets no other one through `$context.responseOverride.status`.
    pub status: u16,
    /// Template of the response; may be a CloudFormation intrinsic.
    pub template: Json,
}

/// What a stack can choose.
#[derive(Debug, Clone)]
pub struct Options {
    /// Title of the API; without one that of the first specification.
    pub title: Option<String>,
    /// Whether API Gateway validates what goes to `gen`. It names one fault and no field, where R71 asks for all of
    /// them with their names; so by default `gen` and the templates do it.
    pub request_validation: bool,
    /// Whether every operation also asks for an API key of a usage plan, in `x-api-key`.
    pub api_key_required: bool,
    /// How long an integration may take, in milliseconds.
    pub integration_timeout_ms: u32,
    /// Whether an operation may go without security. In a processing log that is a mistake.
    pub allow_open: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            title: None,
            request_validation: false,
            api_key_required: false,
            integration_timeout_ms: *checks::TIMEOUT_MS.end(),
            allow_open: false,
        }
    }
}

/// The body, and what there is to know about it.
#[derive(Debug, Clone)]
pub struct Body {
    /// The OpenAPI document for `AWS::ApiGateway::RestApi`'s `Body`. The same input gives the same bytes.
    pub document: Json,
    /// What was changed or left out, and why.
    pub notes: Vec<Diagnostic>,
    /// The operations, in the order of the specifications.
    pub routes: Vec<RouteEntry>,
}

/// One operation of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteEntry {
    /// Its `operationId`.
    pub operation_id: String,
    /// Its method.
    pub method: Method,
    /// Its path, as in the specification.
    pub path: String,
    /// The scopes that its specification lists. They are not in the body: API Gateway has no place for them.
    pub scopes: Vec<String>,
    /// Value of its `API-version` header: the version of its own specification.
    pub api_version: String,
}

/// One path, while its methods are collected.
struct PathItem {
    methods: Map<String, Json>,
    allow: Vec<String>,
    parameters: Vec<Json>,
    version: String,
}

/// Translates the specifications into one body.
///
/// # Errors
///
/// Everything that API Gateway would refuse, would ignore where that matters, or that contradicts itself: all of it
/// at once, each with its place.
pub fn body(
    specifications: &[Specification],
    routes: &IndexMap<String, Route>,
    targets: &Targets<'_>,
    options: &Options,
) -> Result<Body, Vec<Diagnostic>> {
    let mut problems = Problems::default();
    let Some(first) = specifications.first() else {
        problems.error(Vec::new(), "there is no specification", "name at least one OpenAPI document");
        return Err(problems.finish().err().unwrap_or_default());
    };
    checks::options(options, &mut problems);
    for specification in specifications {
        checks::version(specification, &mut problems);
        checks::schemas(specification, &mut problems);
    }
    routes::check(specifications, &mut problems);
    checks::targets(specifications, routes, &mut problems);

    let mut models = Models::new(specifications);
    let mut schemes = Schemes::default();
    let mut entries = Vec::new();
    let mut paths: IndexMap<String, PathItem> = IndexMap::new();
    for (document, specification) in specifications.iter().enumerate() {
        for operation in &specification.operations {
            let Some(access) = schemes.access(specification, operation, options, &mut problems) else {
                continue;
            };
            let Some(route) = routes.get(&operation.id) else {
                continue;
            };
            let mut out = describe(document, specification, operation, &mut models, &mut problems);
            let mut responses = operation::responses(document, specification, operation, &mut models, &mut problems);
            let (integration, validator) = match route {
                Route::Gen => (
                    integration::to_function(targets, options),
                    if options.request_validation { "full" } else { "none" },
                ),
                Route::Table(table) => (
                    integration::to_table(
                        specification,
                        operation,
                        table,
                        (targets, options),
                        &mut responses,
                        &mut problems,
                    ),
                    "none",
                ),
            };
            out.insert("responses".to_owned(), Json::Object(responses));
            out.insert("security".to_owned(), schemes.requirement(&access));
            out.insert("x-amazon-apigateway-request-validator".to_owned(), json!(validator));
            out.insert("x-amazon-apigateway-integration".to_owned(), integration);

            let item = paths.entry(operation.path.text.clone()).or_insert_with(|| PathItem {
                methods: Map::new(),
                allow: Vec::new(),
                parameters: operation::path_parameters(&operation.path.segments),
                version: specification.version.clone(),
            });
            item.methods.insert(operation.method.key().to_owned(), Json::Object(out));
            item.allow.push(operation.method.key().to_uppercase());
            entries.push(RouteEntry {
                operation_id: operation.id.clone(),
                method: operation.method,
                path: operation.path.text.clone(),
                scopes: access.scopes,
                api_version: specification.version.clone(),
            });
        }
    }

    let mut all_paths = Map::new();
    for (path, item) in paths {
        all_paths.insert(path, with_refusal(item));
    }
    add_unknown_routes(specifications, first, &mut all_paths, &mut problems);

    let document = assemble(first, all_paths, models, &schemes, targets, options, &mut problems);
    let size = document.to_string().len();
    if size > BODY_LIMIT {
        problems.error(
            Vec::new(),
            format!("the API's body takes {size} bytes"),
            format!("API Gateway imports at most {BODY_LIMIT}: split the specifications over two stacks"),
        );
    }
    let notes = problems.finish()?;
    Ok(Body { document, notes, routes: entries })
}

/// What an operation is called and takes.
fn describe(
    document: usize,
    specification: &Specification,
    operation: &Operation,
    models: &mut Models<'_>,
    problems: &mut Problems,
) -> Map<String, Json> {
    let mut out = Map::new();
    if !operation.tags.is_empty() {
        out.insert("tags".to_owned(), json!(operation.tags));
    }
    if let Some(summary) = &operation.summary {
        out.insert("summary".to_owned(), json!(summary));
    }
    if operation.description.is_some() {
        problems.left_out(
            specification,
            &operation.span,
            "description of an operation",
            "it says nothing that API Gateway acts on, and a CloudFormation template may hold 1 MB",
        );
    }
    out.insert("operationId".to_owned(), json!(operation.id));
    let parameters = operation::parameters(specification, operation, problems);
    if !parameters.is_empty() {
        out.insert("parameters".to_owned(), Json::Array(parameters));
    }
    if let Some(body) = operation::request_body(document, specification, operation, models, problems) {
        out.insert("requestBody".to_owned(), body);
    }
    out
}

/// A path with its methods, and 405 for every other one (R72).
fn with_refusal(item: PathItem) -> Json {
    let mut methods = item.methods;
    methods.insert(
        "x-amazon-apigateway-any-method".to_owned(),
        integration::refusal(&METHOD_NOT_ALLOWED, item.parameters, &item.version, &[("Allow", item.allow.join(", "))]),
    );
    Json::Object(methods)
}

/// 404 for every path that no specification has (R72). API Gateway's own answer is not enough: it takes a bearer
/// token on an unknown route for a malformed AWS signature, and says so.
fn add_unknown_routes(
    specifications: &[Specification],
    first: &Specification,
    paths: &mut Map<String, Json>,
    problems: &mut Problems,
) {
    let refusal = |parameters| {
        json!({
            "x-amazon-apigateway-any-method":
                integration::refusal(&NOT_FOUND, parameters, &first.version, &[]),
        })
    };
    if !paths.contains_key("/") {
        paths.insert("/".to_owned(), refusal(Vec::new()));
    }
    if routes::root_has_parameter(specifications) {
        problems.note(
            Vec::new(),
            "there is no route of our own for unknown paths",
            "the first segment of a path is a parameter already; gateway responses answer unknown paths",
        );
    } else {
        let parameter = crate::specification::Segment::Parameter("proxy+".to_owned());
        let parameters = operation::path_parameters(&[parameter]);
        paths.insert("/{proxy+}".to_owned(), refusal(parameters));
    }
}

fn assemble(
    first: &Specification,
    paths: Map<String, Json>,
    models: Models<'_>,
    schemes: &Schemes,
    targets: &Targets<'_>,
    options: &Options,
    problems: &mut Problems,
) -> Json {
    let mut info = Map::new();
    info.insert("title".to_owned(), json!(options.title.as_ref().unwrap_or(&first.title)));
    if let Some(description) = &first.description {
        info.insert("description".to_owned(), json!(description));
    }
    info.insert("version".to_owned(), json!(first.version));

    let mut document = Map::new();
    document.insert("openapi".to_owned(), json!("3.0.1"));
    document.insert("info".to_owned(), Json::Object(info));
    document.insert("paths".to_owned(), Json::Object(paths));
    document.insert(
        "components".to_owned(),
        json!({
            "schemas": models.finish(problems),
            "securitySchemes": schemes.definitions(targets),
        }),
    );
    if schemes.has_api_key() {
        document.insert("x-amazon-apigateway-api-key-source".to_owned(), json!("HEADER"));
    }
    document.insert(
        "x-amazon-apigateway-request-validators".to_owned(),
        json!({
            "full": { "validateRequestBody": true, "validateRequestParameters": true },
            "none": { "validateRequestBody": false, "validateRequestParameters": false },
        }),
    );
    document.insert(
        "x-amazon-apigateway-gateway-responses".to_owned(),
        gateway_responses::gateway_responses(&first.version),
    );
    Json::Object(document)
}
