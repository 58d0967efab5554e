//! Headers that API Gateway does not pass on as they are.
//!
//! The table of <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis>.

/// Dropped from a request, whatever the integration.
const DROPPED_FROM_REQUEST: [&str; 12] = [
    "connection",
    "content-length",
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

/// Renamed in a response, so that nothing behind the gateway speaks for it.
const REMAPPED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

const DROPPED_FROM_RESPONSE: [&str; 1] = ["transfer-encoding"];

/// Whether nothing behind the gateway ever sees this header.
pub(crate) fn never_passed_on(name: &str) -> bool {
    listed(&DROPPED_FROM_REQUEST, name)
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
