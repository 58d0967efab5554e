//! What a request must pass before anything is asked for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use super::ids::of_invocation;
use super::{Arrived, Gateway, Routed};
use crate::authorizer::Answer;
use crate::backend::{Backend, Invocation, InvokeError};
use crate::definition::{Method, Parsed};
use crate::gateway_responses::{Refusal, ResponseType as T};
use crate::integration::request_parts;
use crate::keys::throttled;
use crate::policy::Verdict;
use crate::request::Facts;
use crate::trace::{AuthorizerOutcome, AuthorizerTrace, Trace};

/// How long an authorizer may take: the same as an integration.
const AUTHORIZER_TIME: Duration = Duration::from_secs(29);

impl Gateway {
    /// All that a request must pass before anything is asked for it: the authorizer, its key and limits, what it must have.
    pub(super) async fn admit(
        &self,
        arrived: &Arrived,
        routed: &mut Routed<'_>,
        trace: &mut Trace,
        backend: &impl Backend,
    ) -> Result<(), Refusal> {
        let Arrived { facts, now, .. } = arrived;
        let answer = self.authorize(arrived, routed, trace, backend).await?;
        let Method { resource, keyed, limit, validator, .. } = routed.method;
        if *keyed {
            let keys = &self.definition.keys;
            let value = if keys.from_authorizer {
                answer.as_ref().and_then(|answer| answer.usage_identifier_key.as_deref())
            } else {
                facts.header("x-api-key")
            };
            let id = keys.admit(value, resource, &facts.method, *now)?;
            if let Some(identity) = routed.context.get_mut("identity").and_then(Json::as_object_mut) {
                identity.insert("apiKey".to_owned(), value.into());
                identity.insert("apiKeyId".to_owned(), id.into());
            }
        }
        if limit.as_ref().is_some_and(|limit| !limit.take(*now)) {
            return Err(throttled(format!("the stage's rate of {} {resource}", facts.method)));
        }
        validator.as_ref().map_or(Ok(()), |validator| validator.check(facts, &routed.parameters))
    }

    async fn authorize(
        &self,
        arrived: &Arrived,
        routed: &mut Routed<'_>,
        trace: &mut Trace,
        backend: &impl Backend,
    ) -> Result<Option<Arc<Answer>>, Refusal> {
        let definition = &self.definition;
        let Arrived { facts, ids, now } = arrived;
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
        let answer = match authorizer.remembered(&identity, *now) {
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
                let request_id = of_invocation();
                let invoked = backend.invoke(Invocation {
                    function: &authorizer.function,
                    request_id: &request_id,
                    event,
                    trace_header: Some(&ids.trace),
                    time_left: AUTHORIZER_TIME,
                });
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
            authorizer.remember(identity, &answer, *now);
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
    pub(super) fn method_arn(&self, facts: &Facts) -> String {
        let Parsed { region, account, api_id, stage, .. } = &self.definition;
        format!("arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/{}{}", facts.method, facts.path)
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
        // An error with exactly this message is how a function asks for a 401,
        // <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>.
        Err(InvokeError::Function(failure)) if failure.message() == "Unauthorized" => {
            *outcome = AuthorizerOutcome::Unauthorized;
            Err(Refusal::new(T::Unauthorized, "Unauthorized", "the authorizer said so"))
        }
        Err(error @ InvokeError::Function(_)) => {
            Err(silent(T::AuthorizerFailure, format!("the authorizer failed: {error}")))
        }
        Err(error) => Err(silent(T::AuthorizerConfigurationError, format!("the authorizer: {error}"))),
    }
}
