//! What every response has.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use super::{Ids, Reply};

/// Adds what every response has.
pub(super) fn finish(reply: Reply, ids: &Ids) -> http::Response<Bytes> {
    // HTTP gives these no body, whatever was rendered.
    let body = if matches!(reply.status, 100..200 | 204 | 304) { Bytes::new() } else { reply.body };
    let mut response = http::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in &reply.headers {
        // A header that HTTP cannot carry is left out: it would break the whole response.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
            headers.append(name, value);
        }
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
