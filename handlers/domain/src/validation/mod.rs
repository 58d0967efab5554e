//! From the bytes of a request to what it asks for, or to everything that is wrong with it at once (R71).
//!
//! What the specification does not name is accepted and forgotten (R14). Texts may hold any character that JSON can
//! express, U+0000 among them: the specification forbids none, and the log keeps what it gets.

mod fields;
mod json;
mod rules;
mod shapes;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fout::{InvalidParam, Rejection};
use crate::pseudoniem::Pseudonymizer;
use crate::verwerkingsactie::{Patch, Request, is_uuid};
use fields::Field;
use json::NotRead;
use rules::Checker;

/// The most that a body may be, in bytes; API Gateway receives no more either.
pub const MAX_BODY: usize = 10 * 1024 * 1024;

/// The most wrong fields that one answer lists: an answer, too, has a largest size.
pub const MAX_INVALID_PARAMS: usize = 1000;

/// Checks requests.
#[derive(Debug, Clone, Copy)]
pub struct Validator<'a> {
    /// Whether a BSN must pass the eleven-test (R15).
    pub elfproef: bool,
    /// Tells a BSN from the pseudonym of one, which a client gets from a GET and may send back.
    pub pseudonyms: &'a Pseudonymizer,
}

impl Validator<'_> {
    /// The body of a POST.
    ///
    /// # Errors
    /// 415, 413 or 400, in this order.
    pub fn post(&self, content_type: Option<&str>, body: &[u8]) -> Result<Request, Rejection> {
        let mut faults = Vec::new();
        let value = self.body(content_type, body, fields::POST, &mut faults)?;
        outcome(value, faults)
    }

    /// The body of a PUT, and the `actieId` of its path, which is returned in lower case.
    ///
    /// # Errors
    /// 415, 413 or 400, in this order.
    pub fn put(&self, actie_id: &str, content_type: Option<&str>, body: &[u8]) -> Result<(String, Request), Rejection> {
        let mut faults = Vec::new();
        let value = self.body(content_type, body, fields::PUT, &mut faults)?;
        if !is_uuid(actie_id) && !faults.iter().any(|fout| fout.name == "actieId") {
            faults.insert(0, InvalidParam::invalid("actieId", rules::UUID));
        }
        Ok((actie_id.to_ascii_lowercase(), outcome(value, faults)?))
    }

    /// The body of a PATCH, and the values of its query parameter `verwerkingId`, of which there must be one (R31). It is
    /// returned in lower case.
    ///
    /// # Errors
    /// 415, 413 or 400, in this order.
    pub fn patch(
        &self,
        verwerking_ids: &[&str],
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<(String, Patch), Rejection> {
        let mut faults = Vec::new();
        let verwerking_id = match verwerking_ids {
            [] | [""] => {
                faults.push(InvalidParam::required("verwerkingId"));
                ""
            }
            [id] if is_uuid(id) => id,
            [_] => {
                faults.push(InvalidParam::invalid("verwerkingId", rules::UUID));
                ""
            }
            _ => {
                faults.push(InvalidParam::invalid("verwerkingId", rules::TWICE));
                ""
            }
        };
        let before_body = faults.len();
        let value = self.body(content_type, body, fields::PATCH, &mut faults)?;
        let empty = |field: &Field| value.get(field.name).is_none();
        if faults.len() == before_body && fields::PATCH.iter().all(empty) {
            faults.extend(fields::PATCH.iter().map(|field| {
                let reason = "Ten minste één van bewaartermijn en vertrouwelijkheid is verplicht.";
                InvalidParam::new(field.name, contract::fout::VELD_VERPLICHT, reason)
            }));
        }
        Ok((verwerking_id.to_ascii_lowercase(), outcome(value, faults)?))
    }

    /// Reads the body, adds what is wrong with it, and returns what the specification names of it.
    fn body(
        &self,
        content_type: Option<&str>,
        body: &[u8],
        fields: &'static [Field],
        faults: &mut Vec<InvalidParam>,
    ) -> Result<Value, Rejection> {
        if !content_type.is_some_and(is_json) {
            return Err(Rejection::MediaType);
        }
        if body.len() > MAX_BODY {
            return Err(Rejection::TooLarge);
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            faults.push(InvalidParam::required("body"));
            return Ok(Value::Null);
        }
        match json::parse(body, fields) {
            Ok(parsed) => {
                let mut checker = Checker { validator: self, twice: &parsed.twice, faults };
                Ok(checker.object("", parsed.value, fields))
            }
            Err(NotRead::TooLarge) => Err(Rejection::TooLarge),
            Err(NotRead::NotJson { line, column }) => {
                faults.push(InvalidParam::invalid(
                    "body",
                    format!("Is geen geldige JSON: zie regel {line}, teken {column}."),
                ));
                Ok(Value::Null)
            }
        }
    }
}

fn outcome<T: DeserializeOwned>(value: Value, faults: Vec<InvalidParam>) -> Result<T, Rejection> {
    if !faults.is_empty() {
        return Err(Rejection::invalid(faults));
    }
    // What passed every check has the form of the type; where it has not, the checks are wrong and not the request.
    serde_json::from_value(value).map_err(|_| Rejection::Internal)
}

/// `application/json`, perhaps with parameters; JSON is always UTF-8 (RFC 8259).
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

#[cfg(test)]
mod specification;
#[cfg(test)]
mod tests;
