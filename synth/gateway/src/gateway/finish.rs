//! What every response has.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderName, HeaderValue, StatusCode};

use super::{Arrived, Reply};

/// Adds what every response has.
pub(super) fn finish(reply: Reply, arrived: &Arrived) -> http::Response<Bytes> {
    let Arrived { facts, ids, .. } = arrived;
    // HTTP gives these no body, whatever was rendered.
    let bodiless = matches!(reply.status, 204 | 304);
    let body = if bodiless { Bytes::new() } else { reply.body };
    let length = body.len();
    let mut response = http::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in &reply.headers {
        // A header that HTTP cannot carry is left out: it would break the whole response.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
            headers.append(name, value);
        }
    }
    if let Some(given) = headers.remove(CONTENT_LENGTH).filter(|_| !bodiless) {
        // What is not true is not passed on. Of the answer to a HEAD, nobody here knows better.
        let unknown = facts.sent_as_head && length == 0;
        let given = given.to_str().ok().and_then(|given| given.parse::<u64>().ok()).filter(|_| unknown);
        headers.insert(CONTENT_LENGTH, given.map_or_else(|| length.into(), HeaderValue::from));
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
