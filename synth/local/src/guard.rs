//! Who may ask on the port of the services: a program of this machine, not a page of another website.
//!
//! No service asks for a password here, so a browser must not ask in anybody's name. A page of another origin can send requests
//! to 127.0.0.1, which the browser marks; or it has its own name resolve to this address (DNS rebinding), which `Host` says.

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, HeaderValue, ORIGIN};

/// Who asks, as a browser says (<https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header>).
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is refused, if it is.
pub(crate) fn refusal(headers: &HeaderMap) -> Option<&'static str> {
    let host = only(headers, &HOST).unwrap_or_default();
    let name = host.split_once(':').map_or(host, |(name, port)| if is_port(port) { name } else { "" });
    if !["127.0.0.1", "localhost"].iter().any(|own| name.eq_ignore_ascii_case(own)) {
        return Some("the services answer by the names 127.0.0.1 and localhost only; this request has another Host");
    }
    let foreign = |site: &HeaderValue| site != "none" && site != "same-origin";
    let own = |origin: &HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host))
    };
    if headers.get_all(SITE).iter().any(foreign) || !headers.get_all(ORIGIN).iter().all(own) {
        return Some("this request comes from a page of another website than 127.0.0.1, which no service answers");
    }
    None
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
