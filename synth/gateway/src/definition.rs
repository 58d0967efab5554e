//! What a gateway is made of, read and checked once.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::authorizer::Authorizer;
use crate::gateway_responses::GatewayResponses;
use crate::integration::{Integration, IntegrationError};
use crate::keys::Keys;
use crate::not_emulated::not_emulated;
use crate::routes::Routes;
use crate::settings;
use crate::throttle::Bucket;
use crate::validate::Validator;

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

impl ApiKey {
    /// Reads the properties of an `AWS::ApiGateway::ApiKey`, intrinsic functions resolved. `made` gives the value of a key
    /// that has none.
    ///
    /// # Errors
    /// A property that is not of its kind.
    pub fn read(id: String, properties: &Json, made: impl FnOnce() -> String) -> Result<Self, DefinitionError> {
        let enabled =
            settings::truth(properties, "Enabled").map_err(|reason| DefinitionError::new("API key", reason))?;
        let value = properties.get("Value").and_then(Json::as_str).map_or_else(made, str::to_owned);
        Ok(Self { id, value, enabled: enabled.unwrap_or(true) })
    }
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
    pub(crate) fn new(at: impl Into<String>, reason: impl ToString) -> Self {
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
    /// Whether it asks for an API key.
    pub(crate) keyed: bool,
    pub(crate) validator: Option<Validator>,
    /// The stage's limit for this method, which all clients share.
    pub(crate) limit: Option<Bucket>,
}

/// What stands behind the name of a security scheme.
#[derive(Debug, Clone, Copy)]
enum Scheme {
    /// Into [`Parsed::authorizers`].
    Authorizer(usize),
    ApiKey,
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
    pub(crate) keys: Keys,
    pub(crate) gateway_responses: GatewayResponses,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) not_emulated: Vec<String>,
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", ANY];
const ANY: &str = "x-amazon-apigateway-any-method";
const INTEGRATION: &str = "x-amazon-apigateway-integration";
const API_KEY: &str = "x-api-key";

impl Parsed {
    pub(crate) fn new(definition: Definition) -> Result<Self, DefinitionError> {
        let Definition { api, stage, usage_plans, api_id, account, region } = definition;
        let body = api.get("Body").filter(|body| body.is_object());
        let body = body.ok_or_else(|| DefinitionError::new("Body", "there is none; `BodyS3Location` is not read"))?;
        is_openapi_3(body)?;
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
                let name = if key == ANY { "ANY".to_owned() } else { key.to_uppercase() };
                let parts = Parts { body, item, operation, path, method: &name, stage: &stage };
                let mut method = parts.method(&schemes).map_err(|reason| DefinitionError::new(&at, reason))?;
                method.limit = parts.limit().map_err(|reason| DefinitionError::new("Stage.MethodSettings", reason))?;
                let key = (key != ANY).then_some(name);
                routes.add(path, key.as_deref(), method).map_err(|error| DefinitionError::new(&at, error))?;
            }
        }
        let binary = body.get("x-amazon-apigateway-binary-media-types").or_else(|| api.get("BinaryMediaTypes"));
        Ok(Self {
            stage: name.to_owned(),
            stage_variables: stage.get("Variables").and_then(Json::as_object).cloned().unwrap_or_default(),
            gateway_responses: GatewayResponses::parse(body)?,
            binary_media_types: texts(binary),
            not_emulated: not_emulated(&api, &stage),
            keys: Keys::parse(&api, &usage_plans, &api_id, name)?,
            api_id,
            account,
            region,
            routes,
            authorizers,
        })
    }
}

/// A body of Swagger 2.0 says other things in other places: nothing in it would be validated or authorized.
fn is_openapi_3(body: &Json) -> Result<(), DefinitionError> {
    let right = "a body is OpenAPI 3, `openapi: 3.0.1`";
    let shown = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let version = |key: &str| body.get(key).filter(|version| !version.is_null()).map(shown);
    if let Some(version) = version("swagger") {
        return Err(DefinitionError::new("Body.swagger", format!("Swagger {version} is not read: {right}")));
    }
    match version("openapi") {
        Some(version) if version.starts_with("3.") => Ok(()),
        Some(version) => Err(DefinitionError::new("Body.openapi", format!("`{version}` is not read: {right}"))),
        None => Err(DefinitionError::new("Body.openapi", format!("there is none: {right}"))),
    }
}

/// The authorizers, and what each security scheme stands for. One that API Gateway knows nothing of is refused: it would
/// take no notice of it, and leave open what it was to protect.
fn authorizers(body: &Json) -> Result<(Vec<Authorizer>, HashMap<&str, Scheme>), DefinitionError> {
    let mut authorizers = Vec::new();
    let mut schemes = HashMap::new();
    let components = body.get("components").unwrap_or(&Json::Null);
    for (name, scheme) in object(components, "securitySchemes") {
        let at = format!("Body.components.securitySchemes.{name}");
        if scheme.get("x-amazon-apigateway-authorizer").is_some() {
            let authorizer = Authorizer::parse(name, scheme).map_err(|reason| DefinitionError::new(at, reason))?;
            schemes.insert(name.as_str(), Scheme::Authorizer(authorizers.len()));
            authorizers.push(authorizer);
            continue;
        }
        let header = scheme.get("name").and_then(Json::as_str).unwrap_or_default();
        let custom = scheme.get("x-amazon-apigateway-authtype").is_some();
        if custom || scheme["type"] != "apiKey" || !header.eq_ignore_ascii_case(API_KEY) {
            let reason = format!("it is neither a Lambda authorizer nor an API key in the header `{API_KEY}`");
            return Err(DefinitionError::new(at, reason));
        }
        schemes.insert(name.as_str(), Scheme::ApiKey);
    }
    Ok((authorizers, schemes))
}

/// What a method is made of.
struct Parts<'a> {
    body: &'a Json,
    item: &'a Json,
    operation: &'a Json,
    path: &'a str,
    /// Upper case, or `ANY`.
    method: &'a str,
    stage: &'a Json,
}

impl Parts<'_> {
    fn method(&self, schemes: &HashMap<&str, Scheme>) -> Result<Method, String> {
        let id = self.operation.get("operationId").and_then(Json::as_str);
        let integration = self.operation.get(INTEGRATION).ok_or_else(|| format!("there is no `{INTEGRATION}`"))?;
        let label = id.map_or_else(|| format!("{} {}", self.method, self.path), str::to_owned);
        let integration = Integration::parse(&label, integration);
        let mut method = Method {
            operation: id.map(Arc::from),
            resource: self.path.into(),
            integration: integration.map_err(|error: IntegrationError| error.to_string())?,
            authorizer: None,
            keyed: false,
            validator: Validator::parse(self.body, self.item, self.operation)?,
            limit: None,
        };
        let requirements = self.operation.get("security").and_then(Json::as_array);
        for name in requirements.into_iter().flatten().filter_map(Json::as_object).flat_map(Map::keys) {
            match schemes.get(name.as_str()) {
                Some(Scheme::Authorizer(index)) => method.authorizer = Some(*index),
                Some(Scheme::ApiKey) => method.keyed = true,
                None => return Err(format!("there is no security scheme `{name}`")),
            }
        }
        Ok(method)
    }

    /// The stage's settings for this method, or else for all: "limits are applied at the API method level for a stage".
    /// A slash in a path is `~1` there.
    fn limit(&self) -> Result<Option<Bucket>, String> {
        let all = self.stage.get("MethodSettings").and_then(Json::as_array);
        let own = format!("/{}", self.path.replace('/', "~1"));
        let fits = |settings: &&Json, path: &str, method: &str| {
            settings["ResourcePath"] == path && settings["HttpMethod"] == method
        };
        let find = |path: &str, method: &str| all.into_iter().flatten().find(|settings| fits(settings, path, method));
        let settings = find(&own, self.method).or_else(|| find(self.path, self.method)).or_else(|| find("/*", "*"));
        let bucket = |settings| Bucket::parse(settings, "ThrottlingRateLimit", "ThrottlingBurstLimit");
        settings.map_or(Ok(None), bucket)
    }
}

fn object<'a>(value: &'a Json, key: &str) -> impl Iterator<Item = (&'a String, &'a Json)> + use<'a> {
    value.get(key).and_then(Json::as_object).map(Map::iter).into_iter().flatten()
}

fn texts(list: Option<&Json>) -> Vec<String> {
    let items = list.and_then(Json::as_array).into_iter().flatten();
    items.filter_map(Json::as_str).map(str::to_owned).collect()
}
