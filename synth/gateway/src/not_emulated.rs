//! What a definition says that changes nothing here.

use serde_json::{Map, Value as Json};

use crate::integration::USUAL;
use crate::settings;

/// Properties of the API that change what AWS does.
const API: [(&str, &str); 6] = [
    ("DisableExecuteApiEndpoint", "there is one endpoint"),
    ("EndpointAccessMode", "there is one endpoint"),
    ("EndpointConfiguration", "there is one endpoint"),
    ("MinimumCompressionSize", "nothing is compressed"),
    ("Policy", "the resource policy is not evaluated"),
    ("SecurityPolicy", "there is no TLS"),
];

/// Properties of the stage that do.
const STAGE: [(&str, &str); 6] = [
    ("AccessLogSetting", "no access log is written"),
    ("CacheClusterEnabled", "responses are not cached"),
    ("CanarySetting", "there is no canary"),
    ("ClientCertificateId", "there is no TLS"),
    ("TracingEnabled", "no segments are sent to X-Ray"),
    ("WebAclArn", "there is no web application firewall"),
];

/// Settings of a stage's methods that do.
const METHOD_SETTINGS: [(&str, &str); 4] = [
    ("CachingEnabled", "responses are not cached"),
    ("DataTraceEnabled", "no execution log is written"),
    ("LoggingLevel", "no execution log is written"),
    ("MetricsEnabled", "no metrics are sent"),
];

/// Parts of the body that do.
const BODY: [(&str, &str); 4] = [
    ("servers", "there is one endpoint"),
    ("x-amazon-apigateway-endpoint-configuration", "there is one endpoint"),
    ("x-amazon-apigateway-minimum-compression-size", "nothing is compressed"),
    ("x-amazon-apigateway-policy", "the resource policy is not evaluated"),
];

/// Parts of an integration that do.
const INTEGRATION: [(&str, &str); 4] = [
    ("cacheKeyParameters", "responses are not cached"),
    ("contentHandling", "bodies are not converted"),
    ("credentials", "roles are not assumed, and permissions not checked"),
    ("tlsConfig", "there is no TLS"),
];

/// Paths and what they are, each once: what is said of many methods names the first of them.
pub(crate) fn not_emulated(api: &Json, stage: &Json) -> Vec<String> {
    let mut all = Vec::new();
    look(&mut all, "", api, &API);
    look(&mut all, "Stage.", stage, &STAGE);
    for settings in stage.get("MethodSettings").and_then(Json::as_array).into_iter().flatten() {
        look(&mut all, "Stage.MethodSettings.", settings, &METHOD_SETTINGS);
    }
    let body = api.get("Body").unwrap_or(&Json::Null);
    look(&mut all, "Body.", body, &BODY);
    let mut seen = Vec::new();
    for (path, item) in object(body.get("paths")) {
        for (method, operation) in object(Some(item)) {
            let Some(integration) = operation.get("x-amazon-apigateway-integration") else { continue };
            let at = format!("Body.paths.{path}.{method}.x-amazon-apigateway-integration.");
            let fresh = |(key, _): &&(&'static str, &'static str)| present(integration.get(key)) && !seen.contains(key);
            let found: Vec<_> = INTEGRATION.iter().filter(fresh).copied().collect();
            seen.extend(found.iter().map(|(key, _)| *key));
            look(&mut all, &at, integration, &found);
            let longer = matches!(settings::whole(integration, "timeoutInMillis"), Ok(Some(time)) if time > USUAL);
            if longer && !seen.contains(&"timeoutInMillis") {
                seen.push("timeoutInMillis");
                all.push(format!(
                    "{at}timeoutInMillis: AWS waits so long for a regional or private API with a raised quota"
                ));
            }
            for (to, _) in object(integration.get("requestParameters")) {
                let place = to.strip_prefix("integration.request.").and_then(|rest| rest.split('.').next());
                if place.is_some_and(|place| place != "header") && !seen.contains(&"requestParameters") {
                    seen.push("requestParameters");
                    all.push(format!(
                        "{at}requestParameters.{to}: a service is called by its JSON protocol, which has headers alone"
                    ));
                }
            }
        }
    }
    all
}

fn look(all: &mut Vec<String>, at: &str, value: &Json, keys: &[(&str, &str)]) {
    let found = keys.iter().filter(|(key, _)| present(value.get(key)));
    let lines = found.map(|(key, why)| format!("{at}{key}: {why}"));
    for line in lines {
        if !all.contains(&line) {
            all.push(line);
        }
    }
}

/// Whether a key says anything: what is switched off, by text as well, is as if it were not there.
fn present(value: Option<&Json>) -> bool {
    value.is_some_and(|value| !value.is_null() && *value != false && value != "false" && value != "OFF")
}

fn object(value: Option<&Json>) -> impl Iterator<Item = (&String, &Json)> {
    value.and_then(Json::as_object).map(Map::iter).into_iter().flatten()
}
