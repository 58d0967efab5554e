//! Refusals, and the answers `Fout` and `ValidatieFout` that they become (R70, R71).
//!
//! No text here ever repeats a value from the request: it might be somebody's number, and errors end up in log files.

use contract::fout::{self, Soort};
use serde::Serialize;

use crate::validation::MAX_INVALID_PARAMS;

/// One wrong field of a request (`FieldValidationError`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InvalidParam {
    /// Path of the field, such as `verwerkteObjecten.0.objectId`; `body` where it is the body as a whole.
    pub name: String,
    /// One of the `VELD_` codes of [`contract::fout`].
    pub code: &'static str,
    /// What is wrong and what would be right, in Dutch.
    pub reason: String,
}

impl InvalidParam {
    /// A wrong field.
    pub fn new(name: impl Into<String>, code: &'static str, reason: impl Into<String>) -> Self {
        Self { name: name.into(), code, reason: reason.into() }
    }

    /// A field that had to be there.
    pub fn required(name: impl Into<String>) -> Self {
        Self::new(name, fout::VELD_VERPLICHT, "Is verplicht.")
    }

    /// A field whose value has the wrong shape.
    pub fn invalid(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new(name, fout::VELD_ONGELDIG, reason)
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Fields are wrong: all of them, each once (R71).
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<InvalidParam>),
    /// Too few scopes; the text says which one would do.
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// There is no such actie, or no longer (R22, R50, R52).
    #[error("no such actie")]
    UnknownActie,
    /// No actie has this verwerkingId (R32).
    #[error("no actie of such a verwerking")]
    UnknownVerwerking,
    /// The body is larger than can be received or stored.
    #[error("too large")]
    TooLarge,
    /// The body is not declared to be JSON.
    #[error("wrong content type")]
    MediaType,
    /// Our own mistake. What went wrong belongs in the log, not in the answer.
    #[error("internal error")]
    Internal,
}

impl Rejection {
    /// Wrong fields, of which an answer lists no more than [`MAX_INVALID_PARAMS`].
    pub fn invalid(mut faults: Vec<InvalidParam>) -> Self {
        faults.truncate(MAX_INVALID_PARAMS);
        Self::Invalid(faults)
    }

    /// Status, code and title, which are the same wherever the error is raised.
    pub fn soort(&self) -> Soort {
        match self {
            Self::Invalid(_) => fout::ONGELDIG,
            Self::Forbidden(_) => fout::NIET_TOEGESTAAN,
            Self::UnknownActie | Self::UnknownVerwerking => fout::NIET_GEVONDEN,
            Self::TooLarge => fout::TE_GROOT,
            Self::MediaType => fout::MEDIATYPE_NIET_ONDERSTEUND,
            Self::Internal => fout::INTERN,
        }
    }

    fn detail(&self) -> &str {
        match self {
            Self::Invalid(_) => "Het verzoek bevat ongeldige gegevens.",
            Self::Forbidden(detail) => detail,
            Self::UnknownActie => "Er is geen verwerkingsactie met deze actieId.",
            Self::UnknownVerwerking => "Er is geen verwerkingsactie met deze verwerkingId.",
            Self::TooLarge => {
                "De verwerkingsactie is groter dan het log kan bewaren. Verdeel de objecten over meer acties."
            }
            Self::MediaType => "De inhoud moet Content-Type application/json hebben.",
            Self::Internal => "Het verzoek kon niet worden verwerkt.",
        }
    }

    /// The answer to the client. `request_id` is the UUID of the request, by which it is found in the log.
    pub fn fout(&self, request_id: &str) -> Fout {
        let soort = self.soort();
        Fout {
            r#type: fout::TYPE,
            code: soort.code,
            title: soort.title,
            status: soort.status,
            detail: self.detail().to_owned(),
            instance: format!("urn:uuid:{request_id}"),
            invalid_params: match self {
                Self::Invalid(params) => Some(params.clone()),
                _ => None,
            },
        }
    }
}

/// The body of every error, media type [`fout::MEDIA_TYPE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fout {
    /// Kind of error as a URI.
    pub r#type: &'static str,
    /// Kind of error for programs.
    pub code: &'static str,
    /// Kind of error for people.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What is wrong this time.
    pub detail: String,
    /// `urn:uuid:` and the id of the request.
    pub instance: String,
    /// The wrong fields; only of a `ValidatieFout`.
    #[serde(rename = "invalidParams", skip_serializing_if = "Option::is_none")]
    pub invalid_params: Option<Vec<InvalidParam>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const REQUEST_ID: &str = "7d1b9f3e-3a5c-4f0e-9a63-0d1c2b3a4f5e";

    #[test]
    fn r70_an_error_has_the_fields_of_fout_and_no_others() {
        let fout = serde_json::to_value(Rejection::UnknownActie.fout(REQUEST_ID)).unwrap();
        assert_eq!(
            fout,
            json!({
                "type": "about:blank",
                "code": "not_found",
                "title": "Niet gevonden",
                "status": 404,
                "detail": "Er is geen verwerkingsactie met deze actieId.",
                "instance": format!("urn:uuid:{REQUEST_ID}"),
            })
        );
    }

    #[test]
    fn r71_a_validatie_fout_lists_each_wrong_field() {
        let params = vec![InvalidParam::required("tijdstip"), InvalidParam::invalid("bewaartermijn", "Nee.")];
        let fout = serde_json::to_value(Rejection::Invalid(params).fout(REQUEST_ID)).unwrap();
        assert_eq!(fout["status"], 400);
        assert_eq!(
            fout["invalidParams"],
            json!([
                {"name": "tijdstip", "code": "required", "reason": "Is verplicht."},
                {"name": "bewaartermijn", "code": "invalid", "reason": "Nee."},
            ])
        );
    }

    #[test]
    fn r72_each_refusal_has_its_status() {
        let statuses = [
            Rejection::Forbidden(String::new()),
            Rejection::UnknownVerwerking,
            Rejection::TooLarge,
            Rejection::MediaType,
            Rejection::Internal,
        ]
        .map(|rejection| rejection.soort().status);
        assert_eq!(statuses, [403, 404, 413, 415, 500]);
    }
}
