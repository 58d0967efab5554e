//! A request on its way through the gateway.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use apigateway_vtl::{ErrorKind, Inputs};
use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use http::{HeaderName, HeaderValue, StatusCode};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::authorizer::Answer;
use crate::backend::{Backend, InvokeError, ServiceAnswer, ServiceCall};
use crate::clock::{Clock, SystemClock};
use crate::context::Known;
use crate::definition::{Definition, DefinitionError, Method, Parsed};
use crate::gateway_responses::{Refusal, ResponseType as T, at};
use crate::headers;
use crate::integration::{Call, IntegrationError, ProxyAnswer, Target, mock_status, proxy_event, request_parts};
use crate::policy::Verdict;
use crate::request::{Facts, last_values, percent_decoded};
use crate::trace::{AuthorizerOutcome, AuthorizerTrace, IntegrationTarget, IntegrationTrace, Trace};

/// The largest body that API Gateway takes, in bytes: 10 MB,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// How long an authorizer may take: the same as an integration.
const AUTHORIZER_TIME: Duration = Duration::from_secs(29);

/// A REST API and one stage of it.
pub struct Gateway {
    definition: Parsed,
    clock: Box<dyn Clock>,
}

/// A response, and how it came to be.
#[derive(Debug)]
pub struct Exchange {
    /// What the client gets.
    pub response: http::Response<Bytes>,
    /// How it came to be.
    pub trace: Trace,
}

/// What the client gets, before the headers that every response has.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// Whether a service or function was asked: then the response names the trace.
    traced: bool,
}

/// A request that a method was found for.
struct Routed<'g> {
    method: &'g Method,
    /// As they were sent.
    parameters: Vec<(&'g str, String)>,
    context: Map<String, Json>,
}

impl Gateway {
    /// Reads a definition. Everything is parsed here: routes, mapping templates, selections of responses, authorizers,
    /// validators and gateway responses.
    ///
    /// # Errors
    /// The first thing that cannot be carried out, with its place.
    pub fn new(definition: Definition) -> Result<Self, DefinitionError> {
        Self::with_clock(definition, SystemClock)
    }

    /// The same, with a clock that is handed in.
    ///
    /// # Errors
    /// As [`Gateway::new`].
    pub fn with_clock(definition: Definition, clock: impl Clock + 'static) -> Result<Self, DefinitionError> {
        Ok(Self { definition: Parsed::new(definition)?, clock: Box::new(clock) })
    }

    /// What the definition says that changes nothing here, each thing once: where, and what it is.
    pub fn not_emulated(&self) -> &[String] {
        &self.definition.not_emulated
    }

    /// Carries a request out. `client` is the address that it comes from.
    pub async fn handle(&self, request: http::Request<Bytes>, client: IpAddr, backend: &impl Backend) -> Exchange {
        let started = Instant::now();
        let now = self.clock.now();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let mut facts = Facts::new(request, client);
        let ids = Ids::new(now, facts.header("x-amzn-trace-id"));
        facts.add_forwarding(&ids.trace);
        let mut trace = Trace {
            request_id: ids.request.clone(),
            at: now,
            method: facts.method.clone(),
            path: facts.full_path.clone(),
            query,
            body: facts.body.clone(),
            operation: None,
            resource: None,
            authorizer: None,
            integration: None,
            gateway_response: None,
            reason: None,
            status: 0,
            response: Bytes::new(),
            took: Duration::ZERO,
        };
        let mut context = self.context(&facts, &ids, now, "");
        let reply = match self.reply(&facts, &ids, now, &mut context, &mut trace, backend).await {
            Ok(reply) => reply,
            Err(refusal) => self.refuse(&refusal, &facts, &context, &mut trace),
        };
        let response = finish(reply, &ids);
        trace.status = response.status().as_u16();
        trace.response = response.body().clone();
        trace.took = started.elapsed();
        Exchange { response, trace }
    }

    async fn reply(
        &self,
        facts: &Facts,
        ids: &Ids,
        now: i64,
        context: &mut Map<String, Json>,
        trace: &mut Trace,
        backend: &impl Backend,
    ) -> Result<Reply, Refusal> {
        if facts.body.len() > LARGEST_BODY {
            let reason = format!("the body has {} bytes, {LARGEST_BODY} are allowed", facts.body.len());
            return Err(Refusal::new(T::RequestTooLarge, "Request Too Long", reason));
        }
        let missing =
            |reason: String| Refusal::new(T::MissingAuthenticationToken, "Missing Authentication Token", reason);
        if facts.stage != self.definition.stage {
            return Err(missing(format!(
                "there is no stage `{}`: paths start with /{}/",
                facts.stage, self.definition.stage
            )));
        }
        let found = self.definition.routes.find(&facts.path, &facts.method);
        let found = found.ok_or_else(|| missing(format!("there is no resource for {}", facts.path)))?;
        let method = found.target.ok_or_else(|| missing(format!("the resource has no {}", facts.method)))?;
        trace.operation = method.operation.clone();
        trace.resource = Some(Arc::clone(&method.resource));
        *context = self.context(facts, ids, now, &method.resource);
        let parameters = found.parameters.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        let mut routed = Routed { method, parameters, context: std::mem::take(context) };
        let outcome = self.authorize(facts, ids, now, &mut routed, trace, backend).await;
        *context = routed.context.clone();
        outcome?;
        self.integrate(facts, ids, routed, trace, backend).await
    }

    fn context(&self, facts: &Facts, ids: &Ids, now: i64, resource: &str) -> Map<String, Json> {
        let definition = &self.definition;
        let known = Known {
            account_id: &definition.account,
            api_id: &definition.api_id,
            authorizer: None,
            domain_name: facts.header("host").unwrap_or_default(),
            extended_request_id: &ids.extended,
            http_method: &facts.method,
            path: &facts.full_path,
            protocol: facts.protocol,
            request_id: &ids.request,
            resource_path: resource,
            source_ip: facts.source_ip.to_string(),
            stage: &definition.stage,
            time: now,
            user_agent: facts.header("user-agent"),
        };
        known.context()
    }

    async fn authorize(
        &self,
        facts: &Facts,
        ids: &Ids,
        now: i64,
        routed: &mut Routed<'_>,
        trace: &mut Trace,
        backend: &impl Backend,
    ) -> Result<Option<Arc<Answer>>, Refusal> {
        let definition = &self.definition;
        let Some(authorizer) = routed.method.authorizer.and_then(|index| definition.authorizers.get(index)) else {
            return Ok(None);
        };
        let mut seen = AuthorizerTrace {
            name: Arc::clone(&authorizer.name),
            outcome: AuthorizerOutcome::NotAsked,
            cached: false,
            context: Map::new(),
            took: Duration::ZERO,
        };
        let Some(identity) = authorizer.identity(facts, &routed.context, &definition.stage_variables) else {
            trace.authorizer = Some(seen);
            return Err(Refusal::new(
                T::Unauthorized,
                "Unauthorized",
                "an identity source of the authorizer is missing",
            ));
        };
        let arn = self.method_arn(facts);
        let started = Instant::now();
        let answer = match authorizer.remembered(&identity, now) {
            Some(answer) => {
                seen.cached = true;
                Ok(answer)
            }
            None => {
                let parameters = routed.borrowed();
                let request = || {
                    let context = routed.context.clone();
                    request_parts(facts, &routed.method.resource, &parameters, &definition.stage_variables, context)
                };
                let event = Bytes::from(authorizer.event(&arn, &identity, request).to_string());
                let invoked = backend.invoke(&authorizer.function, event, AUTHORIZER_TIME, Some(&ids.trace));
                let invoked = tokio::time::timeout(AUTHORIZER_TIME, invoked).await;
                judge(invoked.unwrap_or(Err(InvokeError::TimedOut)), &mut seen.outcome)
            }
        };
        seen.took = started.elapsed();
        let answer = match answer {
            Ok(answer) => answer,
            Err(refusal) => {
                trace.authorizer = Some(seen);
                return Err(refusal);
            }
        };
        if !seen.cached {
            authorizer.remember(identity, &answer, now);
        }
        let verdict = answer.verdict(&arn);
        let mut context = answer.context.clone();
        let latency = u64::try_from(seen.took.as_millis()).unwrap_or(u64::MAX);
        context.insert("integrationLatency".to_owned(), latency.into());
        seen.outcome = AuthorizerOutcome::Denied;
        let outcome = match verdict {
            Verdict::Allowed => {
                seen.outcome = AuthorizerOutcome::Allowed;
                seen.context = context.clone();
                Ok(Some(Arc::clone(&answer)))
            }
            Verdict::NotAllowed => Err(Refusal::new(
                T::AccessDenied,
                "User is not authorized to access this resource",
                format!("the authorizer's policy does not allow {arn}"),
            )),
            Verdict::Denied => Err(Refusal::new(
                T::AccessDenied,
                "User is not authorized to access this resource with an explicit deny",
                format!("the authorizer's policy denies {arn}"),
            )),
        };
        routed.context.insert("authorizer".to_owned(), Json::Object(context));
        trace.authorizer = Some(seen);
        outcome
    }

    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>
    fn method_arn(&self, facts: &Facts) -> String {
        let Parsed { region, account, api_id, stage, .. } = &self.definition;
        format!("arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/{}{}", facts.method, facts.path)
    }

    async fn integrate(
        &self,
        facts: &Facts,
        ids: &Ids,
        routed: Routed<'_>,
        trace: &mut Trace,
        backend: &impl Backend,
    ) -> Result<Reply, Refusal> {
        let integration = &routed.method.integration;
        if let Target::Proxy(arn) = integration.target() {
            return self.proxy(arn, facts, ids, &routed, trace, backend).await;
        }
        let decoded = |(name, value): &(&str, String)| ((*name).to_owned(), Json::String(percent_decoded(value)));
        let inputs = Inputs {
            body: facts.text(),
            path: routed.parameters.iter().map(decoded).collect(),
            querystring: last_values(&facts.query),
            header: last_values(&facts.headers),
            context: routed.context,
            stage_variables: self.definition.stage_variables.clone(),
        };
        let mut call = integration.call(inputs, facts.header("content-type")).map_err(not_called)?;
        let request = Bytes::from(std::mem::take(&mut call.body));
        let target = match integration.target() {
            Target::Service { service, action } => {
                IntegrationTarget::Service { service: Arc::clone(service), action: Arc::clone(action) }
            }
            Target::Function(arn) | Target::Proxy(arn) => IntegrationTarget::Function(Arc::clone(arn)),
            Target::Mock => IntegrationTarget::Mock,
        };
        let seen =
            IntegrationTrace { target, request: request.clone(), status: None, answer: None, took: Duration::ZERO };
        let seen = trace.integration.insert(seen);
        let started = Instant::now();
        let answer = self.ask(integration.target(), integration.timeout(), &call, request, ids, backend).await;
        seen.took = started.elapsed();
        let answer = answer?;
        seen.status = Some(answer.status);
        seen.answer = Some(answer.body.clone());
        let response = integration.answer(call, &answer, facts.header("accept")).map_err(not_answered)?;
        let renamed = |(name, value): (String, String)| Some((headers::outgoing(&name)?, value));
        Ok(Reply {
            status: response.status,
            headers: response.headers.into_iter().filter_map(renamed).collect(),
            body: response.body.into(),
            traced: *integration.target() != Target::Mock,
        })
    }

    /// Asks what is behind mapping templates.
    async fn ask(
        &self,
        target: &Target,
        time_left: Duration,
        call: &Call,
        request: Bytes,
        ids: &Ids,
        backend: &impl Backend,
    ) -> Result<ServiceAnswer, Refusal> {
        let plain = |status, body| ServiceAnswer { status, headers: IndexMap::new(), body };
        match target {
            Target::Service { service, action } => {
                let headers = call.headers.clone();
                let (service, action) = (Arc::clone(service), Arc::clone(action));
                let call = backend.call(ServiceCall { service, action, headers, body: request, time_left });
                let answer = tokio::time::timeout(time_left, call).await.map_err(|_| timed_out(time_left))?;
                let network = "Network error communicating with endpoint";
                answer.map_err(|error| Refusal::new(T::IntegrationFailure, network, error.to_string()))
            }
            Target::Function(arn) | Target::Proxy(arn) => {
                let invoked =
                    tokio::time::timeout(time_left, backend.invoke(arn, request, time_left, Some(&ids.trace)));
                match invoked.await.unwrap_or(Err(InvokeError::TimedOut)) {
                    Ok(body) => Ok(plain(200, body)),
                    Err(InvokeError::Function { error_type, message }) => {
                        let body = serde_json::json!({"errorMessage": message, "errorType": error_type});
                        Ok(plain(200, body.to_string().into()))
                    }
                    Err(InvokeError::Unavailable(reason)) => Err(not_run(reason)),
                    Err(InvokeError::TimedOut) => Err(timed_out(time_left)),
                }
            }
            Target::Mock => {
                let rendered = std::str::from_utf8(&request).unwrap_or_default();
                let no_status = || Refusal::internal(T::Default5xx, "the mock's template renders no `statusCode`");
                Ok(plain(mock_status(rendered).ok_or_else(no_status)?, Bytes::new()))
            }
        }
    }

    async fn proxy(
        &self,
        arn: &Arc<str>,
        facts: &Facts,
        ids: &Ids,
        routed: &Routed<'_>,
        trace: &mut Trace,
        backend: &impl Backend,
    ) -> Result<Reply, Refusal> {
        let definition = &self.definition;
        let time_left = routed.method.integration.timeout();
        let binary = self.is_binary(facts.header("content-type"));
        let context = routed.context.clone();
        let parameters = routed.borrowed();
        let event =
            proxy_event(facts, &routed.method.resource, &parameters, &definition.stage_variables, context, binary);
        let event = Bytes::from(Json::Object(event).to_string());
        let target = IntegrationTarget::Function(Arc::clone(arn));
        let seen =
            IntegrationTrace { target, request: event.clone(), status: None, answer: None, took: Duration::ZERO };
        let seen = trace.integration.insert(seen);
        let started = Instant::now();
        let invoked = tokio::time::timeout(time_left, backend.invoke(arn, event, time_left, Some(&ids.trace))).await;
        seen.took = started.elapsed();
        // A function that fails and one whose result is no response look the same to a client: 502.
        let bad = |reason: String| Refusal::internal(T::Default5xx, reason).with_status(502);
        let result = match invoked.unwrap_or(Err(InvokeError::TimedOut)) {
            Ok(result) => result,
            Err(InvokeError::TimedOut) => return Err(timed_out(time_left)),
            Err(InvokeError::Unavailable(reason)) => return Err(not_run(reason)),
            Err(error @ InvokeError::Function { .. }) => return Err(bad(format!("the function failed: {error}"))),
        };
        seen.status = Some(200);
        seen.answer = Some(result.clone());
        let answer =
            ProxyAnswer::parse(&result).map_err(|reason| bad(format!("malformed proxy response: {reason}")))?;
        let body = if answer.is_base64 && self.is_binary(facts.header("accept")) {
            let decoded = BASE64.decode(answer.body.as_bytes());
            decoded.map_err(|error| bad(format!("the body is not in base64: {error}")))?.into()
        } else {
            answer.body.into()
        };
        let renamed = |(name, value): (String, String)| Some((headers::outgoing(&name)?, value));
        Ok(Reply {
            status: answer.status,
            headers: answer.headers.into_iter().filter_map(renamed).collect(),
            body,
            traced: true,
        })
    }

    /// Whether a media type, the first of a list of them, is one of the API's binary ones:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html>.
    fn is_binary(&self, media_types: Option<&str>) -> bool {
        let first = media_types.unwrap_or_default().split([',', ';']).next().unwrap_or_default().trim();
        let (kind, _) = first.split_once('/').unwrap_or((first, ""));
        self.definition.binary_media_types.iter().any(|binary| {
            binary == "*/*"
                || binary.eq_ignore_ascii_case(first)
                || binary.strip_suffix("/*").is_some_and(|b| b == kind)
        })
    }

    fn refuse(&self, refusal: &Refusal, facts: &Facts, context: &Map<String, Json>, trace: &mut Trace) -> Reply {
        let lookup = |path: &str| {
            if let Some(path) = path.strip_prefix("context.") {
                return at(context, path);
            }
            if let Some(name) = path.strip_prefix("stageVariables.") {
                return at(&self.definition.stage_variables, name);
            }
            if let Some(name) = path.strip_prefix("method.request.header.") {
                return facts.header(name).map(str::to_owned);
            }
            let name = path.strip_prefix("method.request.querystring.")?;
            facts.query.get(name)?.last().cloned()
        };
        let rendered = self.definition.gateway_responses.render(refusal, facts.header("accept"), lookup);
        trace.gateway_response = Some(refusal.kind);
        trace.reason = Some(refusal.reason.clone());
        Reply { status: rendered.status, headers: rendered.headers, body: rendered.body.into(), traced: false }
    }
}

impl Routed<'_> {
    fn borrowed(&self) -> Vec<(&str, &str)> {
        self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

/// The ids of a request.
struct Ids {
    request: String,
    extended: String,
    trace: String,
}

impl Ids {
    fn new(now: i64, trace: Option<&str>) -> Self {
        let mut random = [0_u8; 44];
        // Without random bytes, ids are the same for every request, and nothing else is worse for it.
        let _ = getrandom::fill(&mut random);
        let hex = HEXLOWER.encode(&random[..16]);
        let variant = ["8", "9", "a", "b"][usize::from(random[8] & 3)];
        let request =
            format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]);
        let root = || format!("Root=1-{:08x}-{}", now / 1000, HEXLOWER.encode(&random[16..28]));
        Self { request, extended: BASE64.encode(&random[28..39]), trace: trace.map_or_else(root, str::to_owned) }
    }
}

/// What an authorizer's function answered, or why that is no answer.
fn judge(invoked: Result<Bytes, InvokeError>, outcome: &mut AuthorizerOutcome) -> Result<Arc<Answer>, Refusal> {
    *outcome = AuthorizerOutcome::Failed;
    // The message of both is null.
    let silent = |kind, reason| Refusal { message: None, ..Refusal::internal(kind, reason) };
    match invoked {
        Ok(answer) => Answer::parse(&answer).map(Arc::new).map_err(|reason| {
            silent(T::AuthorizerConfigurationError, format!("the authorizer's answer is none: {reason}"))
        }),
        // "You can return a 401 Unauthorized response by raising an exception": with exactly this message,
        // <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>.
        Err(InvokeError::Function { message, .. }) if message == "Unauthorized" => {
            *outcome = AuthorizerOutcome::Unauthorized;
            Err(Refusal::new(T::Unauthorized, "Unauthorized", "the authorizer said so"))
        }
        Err(error @ InvokeError::Function { .. }) => {
            Err(silent(T::AuthorizerFailure, format!("the authorizer failed: {error}")))
        }
        Err(error) => Err(silent(T::AuthorizerConfigurationError, format!("the authorizer: {error}"))),
    }
}

fn timed_out(time: Duration) -> Refusal {
    Refusal::new(
        T::IntegrationTimeout,
        "Endpoint request timed out",
        format!("no answer within {} ms", time.as_millis()),
    )
}

fn not_run(reason: String) -> Refusal {
    Refusal::internal(T::IntegrationFailure, format!("the function cannot be run: {reason}")).with_status(500)
}

/// Why a request did not get as far as the backend.
fn not_called(error: IntegrationError) -> Refusal {
    match &error {
        IntegrationError::MediaType { .. } => {
            Refusal::new(T::UnsupportedMediaType, "Unsupported Media Type", error.to_string())
        }
        IntegrationError::Render { error: cause, .. } if matches!(cause.kind, ErrorKind::NotJson(_)) => {
            let message = format!("Could not parse request body into json: {}", cause.kind);
            Refusal::new(T::Default4xx, &message, error.to_string())
        }
        _ => Refusal::internal(T::Default5xx, error.to_string()),
    }
}

/// Why a backend's answer did not become a response.
fn not_answered(error: IntegrationError) -> Refusal {
    let kind = match &error {
        IntegrationError::NotSelected(_) => T::ApiConfigurationError,
        _ => T::Default5xx,
    };
    Refusal::internal(kind, error.to_string())
}

/// Adds what every response has.
fn finish(reply: Reply, ids: &Ids) -> http::Response<Bytes> {
    // HTTP gives these no body, whatever was rendered.
    let body = if matches!(reply.status, 100..200 | 204 | 304) { Bytes::new() } else { reply.body };
    let mut response = http::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in &reply.headers {
        // A header that HTTP cannot carry is left out: it would break the whole response.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
            headers.append(name, value);
        }
    }
    let standard = HeaderValue::from_static("application/json");
    headers.entry(http::header::CONTENT_TYPE).or_insert(standard);
    let trace = reply.traced.then_some(("x-amzn-trace-id", &ids.trace));
    let own = [("x-amzn-requestid", &ids.request), ("x-amz-apigw-id", &ids.extended)];
    for (name, value) in own.into_iter().chain(trace) {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}
