//! A request on its way through the gateway.

mod admit;
mod finish;
mod ids;
mod integrate;
mod invoke;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Map;
use serde_json::Value as Json;

use crate::backend::Backend;
use crate::clock::{Clock, SystemClock};
use crate::context::Known;
use crate::definition::{Definition, DefinitionError, Method, Parsed};
use crate::gateway_responses::{Refusal, ResponseType as T, at};
use crate::request::{Facts, percent_decoded};
use crate::trace::Trace;

use finish::finish;
use ids::Ids;

/// The largest body that API Gateway takes, and that it gives, in bytes: 10 MB,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// What a client gets for more: no page has the words, but many have seen them, as
/// <https://github.com/koki-develop/lgtm-generator/issues/10> has, with its headers.
const BODY_TOO_LARGE: &str = "HTTP content length exceeded 10485760 bytes.";

/// The longest request line and values of headers together, in bytes; the same page. It does not say what a client gets
/// for more: here that is 431, by `DEFAULT_4XX`.
const LARGEST_HEAD: usize = 10_240;

/// The longest ARN of a method that has an authorizer, in bytes,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>.
const LONGEST_ARN: usize = 1600;

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

/// A request that has come in.
struct Arrived {
    facts: Facts,
    ids: Ids,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    now: i64,
}

/// A request that a method was found for.
struct Routed<'g> {
    method: &'g Method,
    /// As they were sent.
    parameters: Vec<(&'g str, String)>,
    context: Map<String, Json>,
}

/// What a gateway response can name of a request, beside what the client sent.
#[derive(Default)]
struct Named<'g> {
    context: Map<String, Json>,
    /// As they were sent.
    parameters: Vec<(&'g str, String)>,
}

/// What the client gets, before the headers that every response has.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// Whether a service or function was asked: then the response names the trace.
    traced: bool,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("stage", &self.definition.stage).finish_non_exhaustive()
    }
}

impl Gateway {
    /// The largest body that is taken, in bytes. Of a longer one it is enough to hand over a byte more than that.
    pub const LARGEST_BODY: usize = LARGEST_BODY;

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
        let ids = Ids::new(now, &facts);
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
        let arrived = Arrived { facts, ids, now };
        let mut named = Named::default();
        let reply = match self.reply(&arrived, &mut named, &mut trace, backend).await {
            Ok(reply) => reply,
            Err(refusal) => {
                if named.context.is_empty() {
                    named.context = self.context(&arrived, "");
                }
                self.refuse(&refusal, &arrived.facts, &named, &mut trace)
            }
        };
        let response = finish(reply, &arrived);
        trace.status = response.status().as_u16();
        trace.response = response.body().clone();
        trace.took = started.elapsed();
        Exchange { response, trace }
    }

    /// `named` is left with what a gateway response can name of the request.
    async fn reply<'g>(
        &'g self,
        arrived: &Arrived,
        named: &mut Named<'g>,
        trace: &mut Trace,
        backend: &impl Backend,
    ) -> Result<Reply, Refusal> {
        let Parsed { stage, .. } = &self.definition;
        if arrived.facts.stage != *stage {
            trace.reason = Some(format!("there is no stage `{}`: paths start with /{stage}/", arrived.facts.stage));
            return Ok(Reply::of_no_stage());
        }
        let mut routed = self.route(arrived)?;
        trace.operation = routed.method.operation.clone();
        trace.resource = Some(Arc::clone(&routed.method.resource));
        if routed.method.authorizer.is_some() {
            let length = self.method_arn(&arrived.facts).len();
            if length > LONGEST_ARN {
                trace.reason = Some(format!("the ARN of the method has {length} bytes, {LONGEST_ARN} are allowed"));
                return Ok(Reply::of_too_long());
            }
        }
        let admitted = self.admit(arrived, &mut routed, trace, backend).await;
        *named = Named { context: routed.context.clone(), parameters: routed.parameters.clone() };
        admitted?;
        let reply = self.integrate(arrived, routed, trace, backend).await?;
        if reply.body.len() > LARGEST_BODY {
            let reason = format!("the response has {} bytes, {LARGEST_BODY} are allowed", reply.body.len());
            return Err(Refusal::internal(T::Default5xx, reason));
        }
        Ok(reply)
    }

    /// The method that a request leads to. What leads nowhere lacks an authentication token, as AWS has it.
    fn route(&self, arrived: &Arrived) -> Result<Routed<'_>, Refusal> {
        let facts = &arrived.facts;
        if facts.body.len() > LARGEST_BODY {
            let reason = format!("the body has more than {LARGEST_BODY} bytes");
            return Err(Refusal::new(T::RequestTooLarge, BODY_TOO_LARGE, reason));
        }
        if facts.head_size > LARGEST_HEAD {
            let size = facts.head_size;
            let reason = format!("its request line and headers have {size} bytes, {LARGEST_HEAD} are allowed");
            return Err(Refusal::new(T::Default4xx, "Request Header Fields Too Large", reason).with_status(431));
        }
        let nowhere =
            |reason: String| Refusal::new(T::MissingAuthenticationToken, "Missing Authentication Token", reason);
        let found = self.definition.routes.find(&facts.path, &facts.method);
        let found = found.ok_or_else(|| nowhere(format!("there is no resource for {}", facts.path)))?;
        let method = found.target.ok_or_else(|| nowhere(format!("the resource has no {}", facts.method)))?;
        let parameters = found.parameters.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        Ok(Routed { method, parameters, context: self.context(arrived, &method.resource) })
    }

    fn context(&self, arrived: &Arrived, resource: &str) -> Map<String, Json> {
        let Arrived { facts, ids, now } = arrived;
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
            time: *now,
            user_agent: facts.header("user-agent"),
        };
        known.context()
    }

    fn refuse(&self, refusal: &Refusal, facts: &Facts, named: &Named<'_>, trace: &mut Trace) -> Reply {
        trace.gateway_response = Some(refusal.kind);
        trace.reason = Some(refusal.reason.clone());
        if refusal.kind == T::RequestTooLarge {
            return Reply::of_too_large(refusal.message.as_deref().unwrap_or_default());
        }
        let lookup = |path: &str| {
            if let Some(path) = path.strip_prefix("context.") {
                return at(&named.context, path);
            }
            if let Some(name) = path.strip_prefix("method.request.path.") {
                let (_, value) = named.parameters.iter().find(|(known, _)| *known == name)?;
                return Some(percent_decoded(value));
            }
            if let Some(name) = path.strip_prefix("method.request.multivalueheader.") {
                let (_, values) = facts.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
                return Some(values.join(","));
            }
            if let Some(name) = path.strip_prefix("method.request.multivaluequerystring.") {
                return Some(facts.query.get(name)?.join(","));
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
        Reply { status: rendered.status, headers: rendered.headers, body: rendered.body.into(), traced: false }
    }
}

impl Reply {
    /// What a path gets that starts with no stage. The gateway responses are a stage's, so none of them comes into it. AWS
    /// documents nothing; this was seen.
    fn of_no_stage() -> Self {
        Self {
            status: 403,
            headers: vec![("x-amzn-ErrorType".to_owned(), "ForbiddenException".to_owned())],
            body: Bytes::from_static(br#"{"message":"Forbidden"}"#),
            traced: false,
        }
    }

    /// "Customizing the default gateway response for 413 REQUEST_TOO_LARGE isn't currently supported",
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>. The two messages have
    /// different forms.
    fn of_too_large(message: &str) -> Self {
        let (name, value, body) = match message {
            BODY_TOO_LARGE => ("Content-Type", "text; charset=utf-8", message.to_owned()),
            _ => ("x-amzn-ErrorType", "BadRequestException", format!(r#"{{"message": "{message}"}}"#)),
        };
        Self { status: 413, headers: vec![(name.to_owned(), value.to_owned())], body: body.into(), traced: false }
    }

    /// "The API client will receive a 414 Request URI too long response", and no type of response is listed for it:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>.
    fn of_too_long() -> Self {
        let body = Bytes::from_static(br#"{"message":"Request URI too long"}"#);
        Self { status: 414, headers: Vec::new(), body, traced: false }
    }
}

impl Routed<'_> {
    fn borrowed(&self) -> Vec<(&str, &str)> {
        self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}
