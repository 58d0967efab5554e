//! What a request says, taken apart once.

use std::net::IpAddr;

use bytes::Bytes;
use http::HeaderName;
use http::header::CONTENT_LENGTH;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::headers;

/// How a client spelt the names of its headers, where a server knows: an extension of the request.
///
/// API Gateway hands names on as an HTTP/1.1 client spelt them. The `http` crate knows lower case alone, which is what
/// HTTP/2 clients send to AWS, so without this a request looks like one of theirs.
#[derive(Debug, Clone, Default)]
pub struct HeaderSpelling(pub Vec<String>);

/// A request, taken apart.
#[derive(Debug)]
pub(crate) struct Facts {
    /// In the place of the one that was sent, the one that a header overrides it with.
    pub(crate) method: String,
    /// Whether it was sent as a HEAD, whose client waits for no body.
    pub(crate) sent_as_head: bool,
    pub(crate) protocol: &'static str,
    /// With the stage, as it was sent.
    pub(crate) full_path: String,
    /// Below the stage, starting with one slash, as it was sent.
    pub(crate) path: String,
    /// The stage in the path; empty where there is none.
    pub(crate) stage: String,
    /// Decoded.
    pub(crate) query: IndexMap<String, Vec<String>>,
    pub(crate) headers: IndexMap<String, Vec<String>>,
    pub(crate) body: Bytes,
    pub(crate) source_ip: IpAddr,
    /// `https` where the request says so; what serves requests on one machine is `http`, and links that a function makes
    /// of this must lead there.
    scheme: &'static str,
    /// Bytes of its request line and of the values of its headers, as it came.
    pub(crate) head_size: usize,
}

impl Facts {
    pub(crate) fn new(request: http::Request<Bytes>, source_ip: IpAddr) -> Self {
        let (head, body) = request.into_parts();
        let full_path = head.uri.path().to_owned();
        let line = head.method.as_str().len() + head.uri.path_and_query().map_or(0, |path| path.as_str().len());
        let head_size = line + head.headers.values().map(http::HeaderValue::len).sum::<usize>();
        let below = full_path.trim_start_matches('/');
        let (stage, path) = below.split_once('/').unwrap_or((below, ""));
        let spelling = head.extensions.get::<HeaderSpelling>();
        Self {
            method: method(&head),
            sent_as_head: head.method == http::Method::HEAD,
            protocol: protocol(head.version),
            path: format!("/{}", path.trim_start_matches('/')),
            stage: stage.to_owned(),
            query: query(head.uri.query().unwrap_or_default()),
            headers: incoming(&head.headers, spelling, body.len()),
            body,
            source_ip,
            scheme: if head.uri.scheme() == Some(&http::uri::Scheme::HTTPS) { "https" } else { "http" },
            full_path,
            head_size,
        }
    }

    /// Adds the headers that API Gateway puts on what it passes on.
    pub(crate) fn add_forwarding(&mut self, trace: &str) {
        let address = self.source_ip.to_string();
        let forwarded = match self.header("x-forwarded-for") {
            Some(before) => format!("{before}, {address}"),
            None => address,
        };
        let standard = if self.scheme == "https" { "443" } else { "80" };
        let port = self.header("host").and_then(|host| host.rsplit_once(':')).map_or(standard, |(_, port)| port);
        let port = port.to_owned();
        for (name, value) in [
            ("X-Amzn-Trace-Id", trace.to_owned()),
            ("X-Forwarded-For", forwarded),
            ("X-Forwarded-Port", port),
            ("X-Forwarded-Proto", self.scheme.to_owned()),
        ] {
            self.headers.retain(|known, _| !known.eq_ignore_ascii_case(name));
            self.headers.insert(name.to_owned(), vec![value]);
        }
    }

    /// The last value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        last(&self.headers, name)
    }

    /// The body as text. What is no UTF-8 is replaced: without a binary media type, API Gateway takes every body for
    /// UTF-8, <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html>.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The last value of a header, whatever the case of its name.
pub(crate) fn last<'h>(all: &'h IndexMap<String, Vec<String>>, name: &str) -> Option<&'h str> {
    let values = all.iter().rfind(|(known, _)| known.eq_ignore_ascii_case(name));
    values.and_then(|(_, values)| values.last()).map(String::as_str)
}

/// One value a name, the last: what `$input.params()` has, and a function's `queryStringParameters`. AWS says so of the
/// latter, <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>, and
/// does not say which of several the former takes.
pub(crate) fn last_values(all: &IndexMap<String, Vec<String>>) -> Map<String, Json> {
    let last = |(name, values): (&String, &Vec<String>)| Some((name.clone(), Json::String(values.last()?.clone())));
    all.iter().filter_map(last).collect()
}

fn method(head: &http::request::Parts) -> String {
    let overridden = head.headers.get_all(headers::METHOD).iter().next_back().and_then(|value| value.to_str().ok());
    let overridden = overridden.map(str::trim).filter(|method| !method.is_empty());
    overridden.map_or_else(|| head.method.as_str().to_owned(), str::to_ascii_uppercase)
}

fn protocol(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_10 => "HTTP/1.0",
        http::Version::HTTP_2 => "HTTP/2.0",
        http::Version::HTTP_3 => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}

/// Headers as they go on, without those that API Gateway keeps from everything behind it. `Content-Length` is "generated
/// based on body".
fn incoming(
    all: &http::HeaderMap,
    spelling: Option<&HeaderSpelling>,
    body_length: usize,
) -> IndexMap<String, Vec<String>> {
    let mut headers = IndexMap::with_capacity(all.keys_len() + 1);
    let length = || vec![body_length.to_string()];
    for name in all.keys().filter(|name| !headers::never_passed_on(name.as_str())) {
        let values = || all.get_all(name).iter().map(|value| latin1(value.as_bytes())).collect();
        headers.insert(spelt(name, spelling), if name == CONTENT_LENGTH { length() } else { values() });
    }
    if body_length > 0 && !all.contains_key(CONTENT_LENGTH) {
        headers.insert("Content-Length".to_owned(), length());
    }
    headers
}

fn spelt(name: &HeaderName, spelling: Option<&HeaderSpelling>) -> String {
    let known = spelling.and_then(|known| known.0.iter().find(|known| known.eq_ignore_ascii_case(name.as_str())));
    known.cloned().unwrap_or_else(|| name.as_str().to_owned())
}

/// The value of a header is UTF-8 where it can be, and else what HTTP's older standard took it for.
fn latin1(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The parameters of a query, decoded; a `+` is a space. A name without `=` has the empty value. A semicolon "is not supported
/// for any request URL query string and results in the data being split", and so it is, as by `&`:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>.
fn query(text: &str) -> IndexMap<String, Vec<String>> {
    let mut all: IndexMap<String, Vec<String>> = IndexMap::new();
    for pair in text.split(['&', ';']).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text: &str| percent_decoded(&text.replace('+', " "));
        all.entry(decoded(name)).or_default().push(decoded(value));
    }
    all
}

/// The media type by which a template is chosen. Of several "API Gateway only honors the first", which the page of [`query`]
/// says too, and its parameters say nothing.
pub(crate) fn media_type(accept: &str) -> String {
    accept.split([',', ';']).next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Percent escapes decoded; what is no escape stays, and what is no UTF-8 is replaced.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = |hex: &&str| hex.bytes().all(|digit| digit.is_ascii_hexdigit());
        // `from_str_radix` alone would take a sign as well.
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').filter(digits);
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_hexadecimal_digits_are_an_escape() {
        for (text, decoded) in
            [("a%20b", "a b"), ("%C3%A9", "é"), ("%+1", "%+1"), ("%4", "%4"), ("%é", "%é"), ("%", "%")]
        {
            assert_eq!(percent_decoded(text), decoded, "{text}");
        }
    }

    #[test]
    fn a_query_keeps_every_value_of_a_name_in_order() {
        let all = query("a=1&b=x+y%2Bz&a=%32&c&&=d");
        let expected = [("a", vec!["1", "2"]), ("b", vec!["x y+z"]), ("c", vec![""]), ("", vec!["d"])];
        let expected =
            expected.map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()));
        assert_eq!(all.into_iter().collect::<Vec<_>>(), expected);
    }
}
