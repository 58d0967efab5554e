//! What the client gets.

use std::collections::BTreeMap;

use contract::fout::{self, Soort};
use domain::fout::{Fout, Rejection};
use serde::Serialize;

use crate::aws::Failure;

/// An answer as API Gateway's proxy integration takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// HTTP status.
    pub status_code: u16,
    /// Headers.
    pub headers: BTreeMap<&'static str, String>,
    /// JSON, or nothing.
    pub body: String,
    /// Never: it is text.
    pub is_base64_encoded: bool,
}

/// Seconds after which trying again makes sense; what API Gateway's own answers say too.
const RETRY_AFTER: &str = "5";

impl Answer {
    /// A success with an actie.
    ///
    /// # Errors
    /// None that is known: every type in it can be written.
    pub(super) fn json(status_code: u16, body: &impl Serialize) -> Result<Self, Refusal> {
        let body = serde_json::to_string(body).map_err(|_| Rejection::Internal)?;
        Ok(Self { body, ..Self::empty(status_code) }.with("Content-Type", "application/json"))
    }

    /// A success of which there is nothing to tell.
    pub(super) fn empty(status_code: u16) -> Self {
        Self { status_code, headers: BTreeMap::new(), body: String::new(), is_base64_encoded: false }
    }

    /// With a header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }
}

/// Why a request is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// By the rules of the standard.
    Rejected(Rejection),
    /// The `Idempotency-Key` came before with another body (S09).
    KeyReused,
    /// The operation is not built.
    NotSupported,
    /// Something that it takes cannot be reached in time.
    Unavailable(Outcome),
}

/// What became of a change that was not answered with success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing.
    Nothing,
    /// That is not known; doing it again does no harm.
    Repeatable,
    /// That is not known.
    Unknown,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Failure> for Refusal {
    /// Before anything was changed.
    fn from(failure: Failure) -> Self {
        Self::failed(&failure, Outcome::Nothing)
    }
}

impl Refusal {
    /// A service failed, and this is what became of the change.
    pub(super) fn failed(failure: &Failure, outcome: Outcome) -> Self {
        match failure {
            Failure::Unavailable { .. } => Self::Unavailable(outcome),
            Failure::Refused { .. } => Self::Rejected(Rejection::Internal),
        }
    }

    fn own(&self) -> Option<(Soort, &'static str)> {
        Some(match self {
            Self::Rejected(_) => return None,
            Self::KeyReused => {
                (fout::SLEUTEL_HERGEBRUIKT, "Deze Idempotency-Key hoort al bij een verzoek met een andere inhoud.")
            }
            Self::NotSupported => {
                (fout::NIET_ONDERSTEUND, "De Inzage API is in deze versie van het log niet ingebouwd.")
            }
            Self::Unavailable(Outcome::Nothing) => (
                fout::NIET_BESCHIKBAAR,
                "Het log is even niet bereikbaar. Er is niets vastgelegd; probeer het later opnieuw.",
            ),
            Self::Unavailable(Outcome::Repeatable) => {
                (fout::NIET_BESCHIKBAAR, "Het log is even niet bereikbaar. Herhaal hetzelfde verzoek later.")
            }
            Self::Unavailable(Outcome::Unknown) => (
                fout::NIET_BESCHIKBAAR,
                "Het log is even niet bereikbaar. Het is niet zeker of de actie is vastgelegd.",
            ),
        })
    }

    /// The answer (R70).
    pub(super) fn answer(&self, request_id: &str) -> Answer {
        let fout = match (self, self.own()) {
            (Self::Rejected(rejection), _) => rejection.fout(request_id),
            (_, Some((soort, detail))) => fout_of(soort, detail, request_id),
            (_, None) => Rejection::Internal.fout(request_id),
        };
        // Every type in it can be written.
        let body = serde_json::to_string(&fout).unwrap_or_default();
        let answer = Answer { body, ..Answer::empty(fout.status) }.with("Content-Type", fout::MEDIA_TYPE);
        if matches!(self, Self::Unavailable(_)) { answer.with("Retry-After", RETRY_AFTER) } else { answer }
    }
}

fn fout_of(soort: Soort, detail: &str, request_id: &str) -> Fout {
    Fout {
        r#type: fout::TYPE,
        code: soort.code,
        title: soort.title,
        status: soort.status,
        detail: detail.to_owned(),
        instance: format!("urn:uuid:{request_id}"),
        invalid_params: None,
    }
}
