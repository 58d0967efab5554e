//! Integrations of a template that is not deployed, and requests that nobody sent: for looking at mapping templates.

use std::collections::BTreeMap;
use std::sync::Arc;

use apigateway_vtl::Inputs;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::{AllValues, Call, HttpResponse, Integration, IntegrationError, Target};
use crate::ServiceAnswer;
use crate::context::Known;
use crate::request::{last, last_values, percent_decoded};

/// The API of a template.
#[derive(Debug)]
pub struct Api {
    body: Json,
    stage: String,
    stage_variables: Map<String, Json>,
}

/// One operation of it, behind mapping templates.
#[derive(Debug)]
pub struct Operation<'a> {
    /// HTTP method, upper case.
    pub method: String,
    /// Its route.
    pub path: &'a str,
    /// The service's name of the call.
    pub action: Arc<str>,
    integration: Integration,
    api: &'a Api,
}

/// A request of a client, and what the authorizer found out about it.
#[derive(Debug, Clone, Default)]
pub struct HttpRequest {
    /// The path that was asked for, without the stage; gives the path parameters.
    pub path: Option<String>,
    /// Path parameters, where no path gives them.
    pub path_parameters: IndexMap<String, String>,
    /// Query parameters; one may come several times.
    pub query: IndexMap<String, Vec<String>>,
    /// Headers; one may come several times.
    pub headers: IndexMap<String, Vec<String>>,
    /// The body.
    pub body: String,
    /// What the authorizer handed on.
    pub authorizer: Map<String, Json>,
    /// Parts of `$context` that are to be different from the usual.
    pub context: Map<String, Json>,
}

impl Api {
    /// The API of a CloudFormation template. A reference to another resource is replaced by its logical id, since nothing
    /// is deployed.
    ///
    /// # Errors
    /// A template without an API.
    pub fn of(template: &Json) -> Result<Self, IntegrationError> {
        let resources = || template.get("Resources").and_then(Json::as_object).into_iter().flatten();
        let of_kind = |kind: &str| resources().find(|(_, resource)| resource["Type"] == kind).map(|(_, found)| found);
        let property = |kind: &str, key: &str| of_kind(kind)?.get("Properties")?.get(key).map(undeployed);
        let body = property("AWS::ApiGateway::RestApi", "Body").ok_or(IntegrationError::NoApi)?;
        let stage = property("AWS::ApiGateway::Stage", "StageName");
        let variables = property("AWS::ApiGateway::Stage", "Variables");
        Ok(Self {
            body,
            stage: stage.and_then(|stage| stage.as_str().map(str::to_owned)).unwrap_or_default(),
            stage_variables: variables.and_then(|variables| variables.as_object().cloned()).unwrap_or_default(),
        })
    }

    /// An operation.
    ///
    /// # Errors
    /// One that is not there, or that has no mapping templates or faulty ones.
    pub fn operation(&self, asked: &str) -> Result<Operation<'_>, IntegrationError> {
        let mut known = Vec::new();
        for (path, item) in self.body["paths"].as_object().into_iter().flatten() {
            for (method, definition) in item.as_object().into_iter().flatten() {
                let Some(id) = definition.get("operationId").and_then(Json::as_str) else { continue };
                if id != asked {
                    known.push(id.to_owned());
                    continue;
                }
                let Some(definition) = definition.get("x-amazon-apigateway-integration") else { continue };
                let integration = Integration::parse(id, definition)?;
                let Target::Service { action, .. } = integration.target() else {
                    let kind = definition.get("type").and_then(Json::as_str).unwrap_or_default();
                    return Err(IntegrationError::NoTemplates { operation: id.to_owned(), kind: kind.to_owned() });
                };
                let action = Arc::clone(action);
                return Ok(Operation { method: method.to_uppercase(), path, action, integration, api: self });
            }
        }
        Err(IntegrationError::NoOperation { asked: asked.to_owned(), known })
    }
}

impl Operation<'_> {
    /// Renders the request template.
    ///
    /// # Errors
    /// A path that is not the operation's, a content type without a template, a template that fails on this request.
    pub fn call(&self, request: &HttpRequest) -> Result<Call, IntegrationError> {
        let path = self.asked_path(request)?;
        let inputs = Inputs {
            body: request.body.clone(),
            path: self.path_parameters(request, &path),
            querystring: last_values(&request.query),
            header: last_values(&request.headers),
            context: self.context(request, &path),
            stage_variables: self.api.stage_variables.clone(),
        };
        let all = AllValues { query: request.query.clone(), headers: request.headers.clone() };
        self.integration.call(inputs, all, last(&request.headers, "content-type"))
    }

    /// Renders the response template, as for a client without preferences.
    ///
    /// # Errors
    /// A status that nothing selects, a template that fails on this answer.
    pub fn answer(&self, call: &Call, answer: &ServiceAnswer) -> Result<HttpResponse, IntegrationError> {
        self.integration.answer(call.clone(), answer, None)
    }

    /// The path that the client asked for: as the request has it, else the route with its parameters filled in.
    fn asked_path(&self, request: &HttpRequest) -> Result<String, IntegrationError> {
        let Some(path) = &request.path else {
            let fill = |segment: &str| match name(segment).and_then(|name| request.path_parameters.get(name)) {
                Some(value) => value.clone(),
                None => segment.to_owned(),
            };
            return Ok(self.path.split('/').map(fill).collect::<Vec<_>>().join("/"));
        };
        let fits = |(route, given): (&str, &str)| route == given || (name(route).is_some() && !given.is_empty());
        let as_long = path.split('/').count() == self.path.split('/').count();
        if as_long && self.path.split('/').zip(path.split('/')).all(fits) {
            return Ok(path.clone());
        }
        Err(IntegrationError::Path { given: path.clone(), route: self.path.to_owned() })
    }

    /// What a template sees of the path is decoded, and a `+` in it is a plus sign.
    fn path_parameters(&self, request: &HttpRequest, path: &str) -> Map<String, Json> {
        let given = self.path.split('/').zip(path.split('/')).filter(|(segment, value)| segment != value);
        let from_path = given.filter_map(|(segment, value)| Some((name(segment)?, percent_decoded(value))));
        let mut parameters: Map<_, _> = from_path.map(|(name, value)| (name.to_owned(), Json::String(value))).collect();
        let named = request.path_parameters.iter();
        parameters.extend(named.map(|(name, value)| (name.clone(), Json::String(value.clone()))));
        parameters
    }

    /// The context of a request. Ids are fixed, so that the same request gives the same output; a request's own
    /// `context` has the last word.
    fn context(&self, request: &HttpRequest, path: &str) -> Map<String, Json> {
        let stage = &self.api.stage;
        let known = Known {
            account_id: "111122223333",
            api_id: "api",
            authorizer: Some(&request.authorizer),
            domain_name: "api.execute-api.eu-west-1.amazonaws.com",
            extended_request_id: "extended-request-id",
            http_method: &self.method,
            path: &format!("/{stage}{path}"),
            protocol: "HTTP/1.1",
            request_id: "00000000-0000-4000-8000-000000000000",
            resource_path: self.path,
            source_ip: "127.0.0.1".to_owned(),
            stage,
            time: jiff::Timestamp::now().as_millisecond(),
            user_agent: Some("synth"),
        };
        let mut context = known.context();
        context.extend(request.context.clone());
        context
    }
}

/// The name in a segment `{name}`.
fn name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// A value before deployment: a reference as the logical id that it points at, a pseudo parameter as something of its
/// kind.
fn undeployed(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(undeployed).collect(),
        Json::Object(object) => {
            let only = object.iter().next().filter(|_| object.len() == 1);
            match only.map(|(key, value)| (key.as_str(), value)) {
                Some(("Ref", Json::String(id))) => reference(id).into(),
                Some(("Fn::GetAtt", Json::Array(path))) => path.first().cloned().unwrap_or_default(),
                Some(("Fn::GetAtt", Json::String(path))) => reference(path).into(),
                Some(("Fn::Sub", Json::String(text))) => substituted(text).into(),
                _ => Json::Object(object.iter().map(|(key, value)| (key.clone(), undeployed(value))).collect()),
            }
        }
        other => other.clone(),
    }
}

fn reference(path: &str) -> String {
    let pseudo = BTreeMap::from([
        ("AWS::AccountId", "111122223333"),
        ("AWS::Partition", "aws"),
        ("AWS::Region", "eu-west-1"),
        ("AWS::StackName", "stack"),
        ("AWS::URLSuffix", "amazonaws.com"),
    ]);
    let id = path.split('.').next().unwrap_or(path);
    pseudo.get(id).copied().unwrap_or(id).to_owned()
}

fn substituted(text: &str) -> String {
    let mut parts = text.split("${");
    let mut done = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            // `${!x}` is `${x}` as it stands.
            Some((path, rest)) if path.starts_with('!') => done.extend(["${", &path[1..], "}", rest]),
            Some((path, rest)) => done.extend([reference(path).as_str(), rest]),
            None => done.extend(["${", part]),
        }
    }
    done
}
