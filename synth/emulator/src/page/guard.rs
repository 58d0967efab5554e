//! Who may ask for a page, and what a browser may do with one.
//!
//! Anything on this machine's network card is kept out by the address that is listened on. A page of another origin in the
//! same browser is not: it could send forms here, or have its own name resolve to this address (DNS rebinding).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::HEXLOWER;
use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use local::http::Asked;

use super::Wrong;
use super::fields::Fields;

/// The field of every form that says that this program made it.
const FIELD: &str = "csrf";

/// With every answer. Nothing is loaded from elsewhere, nothing runs that is not a file of this program, and nobody else
/// may frame it, read it, or keep it.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    // With `no-referrer` a browser says that a form's origin is `null`.
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cache-control", "no-store"),
];

/// Browsers leave it out of `Host` and `Origin`: <https://url.spec.whatwg.org/#default-port>.
const DEFAULT_PORT: u16 = 80;

/// What a request has to have.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: Vec<String>,
    token: String,
}

impl Guard {
    /// Of the program that listens on this port.
    pub(super) fn new(port: u16) -> Self {
        let mut random = [0; 32];
        getrandom::fill(&mut random).expect("the operating system has random numbers");
        let names = ["127.0.0.1", "localhost"];
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == DEFAULT_PORT {
            hosts.extend(names.map(str::to_owned));
        }
        Self { hosts, token: HEXLOWER.encode(&random) }
    }

    /// What every form has in its field `csrf`.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Whether a request is for this program by its own name; gives that name.
    pub(super) fn host<'a>(&self, asked: &'a Asked) -> Result<&'a str, Wrong> {
        let host = only(asked.headers(), &HOST).unwrap_or_default();
        match self.hosts.iter().any(|known| known == host) {
            true => Ok(host),
            false => Err(Wrong::Refused(format!("open this page at http://{}/_local/", self.hosts[0]))),
        }
    }

    /// Whether a form was sent by one of this program's pages.
    pub(super) fn form(&self, asked: &Asked, host: &str, fields: &Fields) -> Result<(), Wrong> {
        let origin = only(asked.headers(), &ORIGIN).unwrap_or_default();
        if origin.strip_prefix("http://") != Some(host) {
            return Err(Wrong::Refused("this form was not sent by a page of this program".to_owned()));
        }
        let token = fields.get(FIELD).unwrap_or_default();
        verify_slices_are_equal(token.as_bytes(), self.token.as_bytes()).map_err(|_| {
            Wrong::Refused("this form was made by a program that has ended; load its page again".to_owned())
        })
    }
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Puts the headers on that every answer has.
pub(super) fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::Request;

    use super::*;

    fn asked(headers: &[(&str, &str)]) -> Asked {
        let request = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        request.body(Bytes::new()).unwrap()
    }

    /// Browsers leave the port out of `Host` and `Origin` where it is the scheme's own.
    #[test]
    fn on_port_80_the_names_have_no_port() {
        let guard = Guard::new(80);
        for host in ["127.0.0.1", "localhost", "127.0.0.1:80", "localhost:80"] {
            let origin = format!("http://{host}");
            let asked = asked(&[("host", host), ("origin", &origin)]);
            assert_eq!(guard.host(&asked).ok(), Some(host));
            let token = format!("csrf={}", guard.token());
            assert!(guard.form(&asked, host, &Fields::read(token.as_bytes())).is_ok(), "{host}");
        }
        assert!(guard.host(&asked(&[("host", "evil.example")])).is_err());
        assert!(Guard::new(8080).host(&asked(&[("host", "127.0.0.1")])).is_err());
    }
}
