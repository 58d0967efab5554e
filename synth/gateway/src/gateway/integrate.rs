//! Asking what is behind the gateway, and making a response of the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use apigateway_vtl::{ErrorKind, Inputs};
use bytes::Bytes;
use data_encoding::BASE64;
use indexmap::IndexMap;
use serde_json::Value as Json;

use super::ids::of_invocation;
use super::invoke::{invoke, invoke_as, timed_out};
use super::{Arrived, Gateway, Ids, Reply, Routed};
use crate::backend::{Backend, Invocation, ServiceAnswer, ServiceCall};
use crate::gateway_responses::{Refusal, ResponseType as T};
use crate::headers;
use crate::integration::{AllValues, Call, IntegrationError, ProxyAnswer, Target, mock_status, proxy_event};
use crate::request::{last_values, percent_decoded};
use crate::trace::{IntegrationTarget, IntegrationTrace, Trace};

impl Gateway {
    pub(super) async fn integrate(
        &self,
        arrived: &Arrived,
        routed: Routed<'_>,
        trace: &mut Trace,
        backend: &impl Backend,
    ) -> Result<Reply, Refusal> {
        let Arrived { facts, ids, .. } = arrived;
        let integration = &routed.method.integration;
        if let Target::Proxy(arn) = integration.target() {
            return self.proxy(arn, arrived, &routed, trace, backend).await;
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
        let all = AllValues { query: facts.query.clone(), headers: facts.headers.clone() };
        let mut call = integration.call(inputs, all, facts.header("content-type")).map_err(not_called)?;
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
                let request_id = of_invocation();
                let (function, trace_header) = (&**arn, Some(ids.trace.as_str()));
                let invocation =
                    Invocation { function, request_id: &request_id, event: request, trace_header, time_left };
                let kind = call.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("X-Amz-Invocation-Type"));
                let kind = kind.map(|(_, kind)| kind.as_str());
                let (status, answered) = invoke_as(kind, invocation, backend).await?;
                // The headers of Lambda's own answer, <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>.
                let mut headers = IndexMap::from([("x-amzn-RequestId".to_owned(), request_id)]);
                headers.insert("X-Amzn-Trace-Id".to_owned(), ids.trace.clone());
                if status == 200 {
                    headers.insert("Content-Type".to_owned(), "application/json".to_owned());
                    headers.insert("X-Amz-Executed-Version".to_owned(), "$LATEST".to_owned());
                }
                if answered.is_err() {
                    headers.insert("X-Amz-Function-Error".to_owned(), "Unhandled".to_owned());
                }
                let body = answered.unwrap_or_else(|failure| failure.answer().clone());
                Ok(ServiceAnswer { status, headers, body })
            }
            Target::Mock => {
                let rendered = std::str::from_utf8(&request).unwrap_or_default();
                let no_status = || Refusal::internal(T::Default5xx, "the mock's template renders no `statusCode`");
                let status = mock_status(rendered).ok_or_else(no_status)?;
                Ok(ServiceAnswer { status, headers: IndexMap::new(), body: Bytes::new() })
            }
        }
    }

    async fn proxy(
        &self,
        arn: &Arc<str>,
        arrived: &Arrived,
        routed: &Routed<'_>,
        trace: &mut Trace,
        backend: &impl Backend,
    ) -> Result<Reply, Refusal> {
        let Arrived { facts, ids, .. } = arrived;
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
        let (request_id, trace_header) = (of_invocation(), Some(ids.trace.as_str()));
        let invocation = Invocation { function: arn, request_id: &request_id, event, trace_header, time_left };
        let invoked = invoke(invocation, backend).await;
        seen.took = started.elapsed();
        // A function that fails and one whose result is no response look the same to a client: 502.
        let bad = |reason: String| Refusal::internal(T::Default5xx, reason).with_status(502);
        let result = match invoked? {
            Ok(result) => result,
            Err(failure) => {
                seen.answer = Some(failure.answer().clone());
                return Err(bad(format!("the function failed: {failure}")));
            }
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
