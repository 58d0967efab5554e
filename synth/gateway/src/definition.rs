//! What a gateway is made of, read and checked once.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::authorizer::Authorizer;
use crate::gateway_responses::GatewayResponses;
use crate::integration::{Integration, IntegrationError};
use crate::routes::Routes;

/// What a gateway is made of. In `api` and `stage` intrinsic functions are resolved: all that is left is text.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Properties of the `AWS::ApiGateway::RestApi`, with `Body`.
    pub api: Json,
    /// Properties of the `AWS::ApiGateway::Stage`.
    pub stage: Json,
    /// Usage plans, with the keys that are in them.
    pub usage_plans: Vec<UsagePlan>,
    /// Id of the API, in ARNs and in `$context`.
    pub api_id: String,
    /// Account that it is in.
    pub account: String,
    /// Region that it is in.
    pub region: String,
}

/// A usage plan.
#[derive(Debug, Clone)]
pub struct UsagePlan {
    /// Properties of the `AWS::ApiGateway::UsagePlan`, intrinsic functions resolved. A plan counts for an API and stage
    /// that its `ApiStages` name by [`Definition::api_id`] and the stage's name.
    pub properties: Json,
    /// The keys that are in it.
    pub keys: Vec<ApiKey>,
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, `$context.identity.apiKeyId`.
    pub id: String,
    /// What a client sends.
    pub value: String,
    /// Whether it may be used.
    pub enabled: bool,
}

impl Definition {
    /// A definition without usage plans, with ids of its own.
    pub fn new(api: Json, stage: Json) -> Self {
        Self {
            api,
            stage,
            usage_plans: Vec::new(),
            api_id: "api".to_owned(),
            account: "000000000000".to_owned(),
            region: "eu-west-1".to_owned(),
        }
    }
}

/// Why a definition cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[error("{at}: {reason}")]
pub struct DefinitionError {
    /// Where: a path into `api` or `stage`, `Body.paths./items.get`.
    pub at: String,
    /// What is wrong there, and what would be right.
    pub reason: String,
}

impl DefinitionError {
    fn new(at: impl Into<String>, reason: impl ToString) -> Self {
        Self { at: at.into(), reason: reason.to_string() }
    }
}

/// A method of a resource.
#[derive(Debug)]
pub(crate) struct Method {
    /// Its `operationId`.
    pub(crate) operation: Option<Arc<str>>,
    pub(crate) resource: Arc<str>,
    pub(crate) integration: Integration,
    /// Into [`Parsed::authorizers`].
    pub(crate) authorizer: Option<usize>,
}

/// A definition, read.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) api_id: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) stage: String,
    pub(crate) stage_variables: Map<String, Json>,
    pub(crate) routes: Routes<Method>,
    pub(crate) authorizers: Vec<Authorizer>,
    pub(crate) gateway_responses: GatewayResponses,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) not_emulated: Vec<String>,
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", ANY];
const ANY: &str = "x-amazon-apigateway-any-method";
const INTEGRATION: &str = "x-amazon-apigateway-integration";

impl Parsed {
    pub(crate) fn new(definition: Definition) -> Result<Self, DefinitionError> {
        let Definition { api, stage, api_id, account, region, .. } = definition;
        let body = api.get("Body").filter(|body| body.is_object());
        let body = body.ok_or_else(|| DefinitionError::new("Body", "there is none; `BodyS3Location` is not read"))?;
        let name = stage.get("StageName").and_then(Json::as_str).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| DefinitionError::new("StageName", "the stage has none"))?;
        let (authorizers, schemes) = authorizers(body)?;
        let mut routes = Routes::new();
        for (path, item) in object(body, "paths") {
            for (key, operation) in item.as_object().into_iter().flatten() {
                if !METHODS.contains(&key.as_str()) {
                    continue;
                }
                let at = format!("Body.paths.{path}.{key}");
                let method =
                    method(body, path, operation, &schemes).map_err(|reason| DefinitionError::new(&at, reason))?;
                let key = (key != ANY).then(|| key.to_uppercase());
                routes.add(path, key.as_deref(), method).map_err(|error| DefinitionError::new(&at, error))?;
            }
        }
        let binary = body.get("x-amazon-apigateway-binary-media-types").or_else(|| api.get("BinaryMediaTypes"));
        Ok(Self {
            stage: name.to_owned(),
            stage_variables: stage.get("Variables").and_then(Json::as_object).cloned().unwrap_or_default(),
            gateway_responses: GatewayResponses::parse(body)
                .map_err(|reason| DefinitionError::new("Body.x-amazon-apigateway-gateway-responses", reason))?,
            binary_media_types: texts(binary),
            not_emulated: not_emulated(&api, &stage),
            api_id,
            account,
            region,
            routes,
            authorizers,
        })
    }
}

/// The authorizers, and for each security scheme by name: the index of its authorizer, or `None` for an API key.
fn authorizers(body: &Json) -> Result<(Vec<Authorizer>, Map<String, Json>), DefinitionError> {
    let mut authorizers = Vec::new();
    let mut schemes = Map::new();
    let components = body.get("components").unwrap_or(&Json::Null);
    for (name, scheme) in object(components, "securitySchemes").chain(object(body, "securityDefinitions")) {
        if scheme.get("x-amazon-apigateway-authorizer").is_none() {
            schemes.insert(name.clone(), Json::Null);
            continue;
        }
        let at = format!("Body.components.securitySchemes.{name}");
        let authorizer = Authorizer::parse(name, scheme).map_err(|reason| DefinitionError::new(at, reason))?;
        schemes.insert(name.clone(), authorizers.len().into());
        authorizers.push(authorizer);
    }
    Ok((authorizers, schemes))
}

fn method(body: &Json, path: &str, operation: &Json, schemes: &Map<String, Json>) -> Result<Method, String> {
    let id = operation.get("operationId").and_then(Json::as_str);
    let integration = operation.get(INTEGRATION).ok_or_else(|| format!("there is no `{INTEGRATION}`"))?;
    let integration = Integration::parse(id.unwrap_or(path), integration);
    let integration = integration.map_err(|error: IntegrationError| error.to_string())?;
    let mut authorizer = None;
    let requirements = operation.get("security").and_then(Json::as_array);
    for name in requirements.into_iter().flatten().filter_map(Json::as_object).flat_map(Map::keys) {
        let scheme = schemes.get(name).ok_or_else(|| format!("there is no security scheme `{name}`"))?;
        if let Some(index) = scheme.as_u64() {
            authorizer = usize::try_from(index).ok();
        }
    }
    let _ = body;
    Ok(Method { operation: id.map(Arc::from), resource: path.into(), integration, authorizer })
}

fn object<'a>(value: &'a Json, key: &str) -> impl Iterator<Item = (&'a String, &'a Json)> + use<'a> {
    value.get(key).and_then(Json::as_object).map(Map::iter).into_iter().flatten()
}

fn texts(list: Option<&Json>) -> Vec<String> {
    let items = list.and_then(Json::as_array).into_iter().flatten();
    items.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn not_emulated(_api: &Json, _stage: &Json) -> Vec<String> {
    Vec::new()
}
