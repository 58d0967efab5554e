//! API keys and usage plans.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html>

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::definition::{DefinitionError, UsagePlan};
use crate::gateway_responses::{Refusal, ResponseType as T};
use crate::throttle::{Bucket, Quota};

/// The keys that open a stage.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Whether the authorizer names the key, and not a header.
    pub(crate) from_authorizer: bool,
    /// By what a client sends.
    known: HashMap<String, Key>,
}

#[derive(Debug)]
struct Key {
    id: String,
    enabled: bool,
    /// By resource and method, `/items/{id}/GET`.
    methods: HashMap<String, Bucket>,
    all: Option<Bucket>,
    quota: Option<Quota>,
}

impl Keys {
    pub(crate) fn parse(api: &Json, plans: &[UsagePlan], api_id: &str, stage: &str) -> Result<Self, DefinitionError> {
        let source = api.get("ApiKeySourceType").and_then(Json::as_str);
        let from_body = api.get("Body").and_then(|body| body.get("x-amazon-apigateway-api-key-source"));
        let source = from_body.and_then(Json::as_str).or(source).unwrap_or("HEADER");
        let mut known = HashMap::new();
        for plan in plans {
            let stages = plan.properties.get("ApiStages").and_then(Json::as_array).into_iter().flatten();
            let mut stages = stages.filter(|given| given["ApiId"] == api_id && given["Stage"] == stage);
            let Some(plan_stage) = stages.next() else { continue };
            for key in &plan.keys {
                let properties = &plan.properties;
                let wrong = |reason| DefinitionError::new("usage plan", reason);
                let throttle = |limits: &Json| Bucket::parse(limits, "RateLimit", "BurstLimit").map_err(wrong);
                let mut methods = HashMap::new();
                for (method, limits) in plan_stage.get("Throttle").and_then(Json::as_object).into_iter().flatten() {
                    methods.extend(throttle(limits)?.map(|bucket| (method.clone(), bucket)));
                }
                let key_in_plan = Key {
                    id: key.id.clone(),
                    enabled: key.enabled,
                    methods,
                    all: properties.get("Throttle").map(throttle).transpose()?.flatten(),
                    quota: properties.get("Quota").map(Quota::parse).transpose().map_err(wrong)?.flatten(),
                };
                if known.insert(key.value.clone(), key_in_plan).is_some() {
                    let reason = format!("the key {} is in two plans of this stage, or two keys are the same", key.id);
                    return Err(DefinitionError::new("usage plan", reason));
                }
            }
        }
        match source {
            "HEADER" => Ok(Self { from_authorizer: false, known }),
            "AUTHORIZER" => Ok(Self { from_authorizer: true, known }),
            other => {
                Err(DefinitionError::new("ApiKeySourceType", format!("it is HEADER or AUTHORIZER, not `{other}`")))
            }
        }
    }

    /// Lets a request through by its key, and gives the key's id. Limits of the method go before those of the plan.
    pub(crate) fn admit(&self, value: Option<&str>, resource: &str, method: &str, now: i64) -> Result<&str, Refusal> {
        let invalid = |reason: &str| Refusal::new(T::InvalidApiKey, "Forbidden", reason);
        let value = value.ok_or_else(|| invalid("the request has no API key"))?;
        let key = self.known.get(value).ok_or_else(|| invalid("no usage plan of this stage has the API key"))?;
        if !key.enabled {
            return Err(invalid("the API key is not enabled"));
        }
        let named = key.methods.get(&format!("{resource}/{method}"));
        if named.into_iter().chain(&key.all).any(|bucket| !bucket.take(now)) {
            return Err(throttled(format!("the usage plan's rate of API key {}", key.id)));
        }
        if key.quota.as_ref().is_some_and(|quota| !quota.take(now)) {
            let reason = format!("the usage plan's quota of API key {} is used up", key.id);
            return Err(Refusal::new(T::QuotaExceeded, "Limit Exceeded", reason));
        }
        Ok(&key.id)
    }
}

pub(crate) fn throttled(limit: String) -> Refusal {
    Refusal::new(T::Throttled, "Too Many Requests", format!("faster than {limit}"))
}
