//! A request that somebody can paste into a shell.

use gateway::UsagePlan;
use serde_json::{Value, json};

use super::Error;
use super::resources::Resources;

/// Where an actie is recorded.
const RECORD: &str = "/verwerkingsacties";

/// What a search is about, by the names that the standard's APIs have for it.
const SOUGHT: [(&str, &str); 3] = [("objecttype", "persoon"), ("soortObjectId", "BSN"), ("objectId", "999990019")];

/// The key of the first client that has one, where the API wants keys.
pub(super) fn key(plans: &[UsagePlan]) -> Option<String> {
    plans.iter().flat_map(|plan| &plan.keys).find(|key| key.enabled).map(|key| key.value.clone())
}

/// A line that works when it is pasted into a shell: it records an actie, or searches where the API records none.
pub(super) fn line(resources: &Resources<'_>, api: &str, token: &str, key: Option<&str>) -> Result<String, Error> {
    let paths = &resources.the("AWS::ApiGateway::RestApi")?.properties["Body"]["paths"];
    let key = key.map(|key| format!(" -H {}", quoted(&format!("x-api-key: {key}")))).unwrap_or_default();
    let headers = format!("-H 'Authorization: Bearer {token}'{key}");
    if paths[RECORD]["post"].is_object() {
        let actie = quoted(&actie());
        return Ok(format!("curl -sS -X POST {api}{RECORD} {headers} -H 'Content-Type: application/json' -d {actie}"));
    }
    let paths = paths.as_object().into_iter().flatten();
    let mut readable = paths.filter(|(path, item)| item["get"].is_object() && !path.contains('{'));
    let (path, query) = readable.next().map_or(("/", String::new()), |(path, item)| (path.as_str(), query(item)));
    Ok(format!("curl -sS {} {headers}", quoted(&format!("{api}{path}{query}"))))
}

/// What a GET of this path has to say.
fn query(item: &Value) -> String {
    let parameters = [&item["parameters"], &item["get"]["parameters"]];
    let required = parameters.into_iter().filter_map(Value::as_array).flatten().filter(|one| one["required"] == true);
    let names: Vec<_> = required.filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str()).collect();
    let sought = SOUGHT.iter().filter(|(name, _)| names.contains(name));
    let pairs: Vec<_> = sought.map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

fn actie() -> String {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    json!({
        "actieNaam": "Adres controleren", "handelingNaam": "Raadplegen", "vertrouwelijkheid": "normaal",
        "tijdstip": now.to_string(),
        "verwerkteObjecten": [{"objecttype": "persoon", "soortObjectId": "BSN", "objectId": "999990019"}],
    })
    .to_string()
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
