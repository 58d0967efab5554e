//! What a client asks and gets.

use std::collections::BTreeMap;
use std::fmt::Write;

use hyper::HeaderMap;
use hyper::body::Bytes;
use serde_json::Value;

/// Every scope of the standard.
pub(crate) const ALL_SCOPES: &str = "create:confidential read:confidential update:confidential delete:confidential";

/// What a client asks.
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    /// With its query; or the whole address.
    pub(crate) path: String,
    pub(crate) token: Token<'a>,
    pub(crate) headers: Vec<(&'a str, String)>,
    pub(crate) body: Bytes,
}

/// What stands in `Authorization`.
pub(crate) enum Token<'a> {
    /// A token of the local issuer with these scopes.
    With(&'a str),
    /// This.
    Text(&'a str),
    /// Nothing: there is no such header.
    None,
}

/// What a client gets.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// `null` where it is empty.
    pub(crate) body: Value,
}

/// A request with all scopes.
pub(crate) fn ask<'a>(method: &'a str, path: &str) -> Ask<'a> {
    Ask { method, path: path.to_owned(), token: Token::With(ALL_SCOPES), headers: Vec::new(), body: Bytes::new() }
}

impl<'a> Ask<'a> {
    pub(crate) fn query(mut self, query: &[(&str, &str)]) -> Self {
        for (name, value) in query {
            self.path.push(if self.path.contains('?') { '&' } else { '?' });
            self.path.push_str(name);
            self.path.push('=');
            for byte in value.bytes() {
                match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => self.path.push(byte.into()),
                    _ => write!(self.path, "%{byte:02X}").expect("a text can be written to"),
                }
            }
        }
        self
    }

    pub(crate) fn body(self, body: &Value) -> Self {
        self.bytes("application/json", body.to_string())
    }

    pub(crate) fn bytes(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self.header("Content-Type", content_type) }
    }

    pub(crate) fn header(mut self, name: &'a str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn scopes(self, scopes: &'a str) -> Self {
        Self { token: Token::With(scopes), ..self }
    }

    pub(crate) fn token(self, token: Token<'a>) -> Self {
        Self { token, ..self }
    }
}

impl Reply {
    pub(crate) fn read(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = |value: &hyper::header::HeaderValue| value.to_str().expect("a header of ASCII").to_owned();
        let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let body = match body.trim_ascii() {
            [] => Value::Null,
            // What the gateway says of a request that is too large is no JSON.
            text if status == 413 && !text.starts_with(b"{") => String::from_utf8_lossy(text).into(),
            body => serde_json::from_slice(body)
                .unwrap_or_else(|why| panic!("{status}: {why}: {}", String::from_utf8_lossy(body))),
        };
        Self { status, headers, body }
    }

    pub(crate) fn actie_id(&self) -> String {
        self.body["actieId"].as_str().unwrap_or_else(|| panic!("no actie: {self:?}")).to_owned()
    }

    /// Holds this to be an error of this status, in the shape that all errors have (R70, R71).
    pub(crate) fn is_fout(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        let header = |name: &str| self.headers.get(name).map(String::as_str);
        assert_eq!(header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(header("api-version"), Some("0.9.0"), "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        for field in ["type", "code", "title", "detail"] {
            assert!(self.body[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {self:?}");
        }
        let id = self.body["instance"].as_str().and_then(|urn| urn.strip_prefix("urn:uuid:"));
        assert!(
            id.is_some_and(|id| id.len() == 36 && header("x-amzn-requestid").is_none_or(|it| it == id)),
            "{self:?}"
        );
        assert_eq!(status == 400, self.body["invalidParams"].is_array(), "{self:?}");
    }

    /// Names of the fields that are said to be wrong, in their order.
    pub(crate) fn wrong_fields(&self) -> Vec<&str> {
        let fields = self.body["invalidParams"].as_array().into_iter().flatten();
        fields.filter_map(|field| field["name"].as_str()).collect()
    }
}
