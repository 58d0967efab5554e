//! Headers that API Gateway does not pass on as they are.
//!
//! The table of <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis>,
//! as far as it is about functions.

/// Dropped from a request. Of `Transfer-Encoding` the table says "Exception", and not which: it says nothing of a body
/// that has arrived whole.
const DROPPED_FROM_REQUEST: [&str; 11] = [
    "connection",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// Dropped from a response.
const DROPPED_FROM_RESPONSE: [&str; 8] =
    ["expect", "host", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade", "via"];

/// Renamed in a response, so that nothing behind the gateway speaks for it.
const REMAPPED: [&str; 8] =
    ["authorization", "connection", "content-md5", "date", "max-forwards", "server", "user-agent", "www-authenticate"];

/// Whether nothing behind the gateway ever sees this header.
pub(crate) fn never_passed_on(name: &str) -> bool {
    listed(&DROPPED_FROM_REQUEST, name)
}

/// Overrides the method: "in order to pass the header to the backend, the header needs to be added to the integration
/// request", the same page.
pub(crate) const METHOD: &str = "x-http-method-override";

/// Whether a header is for the gateway, which mappings and authorizers can read and no integration is handed: a method, or a
/// signature.
pub(crate) fn for_the_gateway(name: &str, value: &str) -> bool {
    let signature = || value.trim_start().starts_with("AWS4-HMAC-SHA256");
    name.eq_ignore_ascii_case(METHOD) || (name.eq_ignore_ascii_case("authorization") && signature())
}

/// The name under which a header of an integration reaches the client; `None` for one that does not.
pub(crate) fn outgoing(name: &str) -> Option<String> {
    if listed(&DROPPED_FROM_RESPONSE, name) {
        return None;
    }
    if listed(&REMAPPED, name) {
        return Some(format!("x-amzn-Remapped-{name}"));
    }
    Some(name.to_owned())
}

fn listed(list: &[&str], name: &str) -> bool {
    list.iter().any(|listed| listed.eq_ignore_ascii_case(name))
}
