//! Why there is no policy: the token is not valid, or nothing can be decided.

use std::fmt;

use lambda_runtime::Diagnostic;

use super::source::SourceError;
use crate::aws::Failure;

/// What is wrong with a token, as the log names it. The client only hears 401 (R72): which check failed is nothing that
/// somebody without a valid token should learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No `Authorization`, several of them, or another scheme than `Bearer`.
    Missing,
    /// Larger than 8 KB.
    TooLarge,
    /// Not a JWT: three parts of base64url, the first two JSON objects.
    Malformed,
    /// An algorithm that is not accepted here, such as `none`.
    Algorithm,
    /// Another type of token, by its header `typ`.
    Type,
    /// Header parameters that must be understood, and are not (`crit`).
    Critical,
    /// Nobody who is configured issued it.
    Issuer,
    /// Not meant for this API.
    Audience,
    /// No published key fits the key id and the algorithm.
    Key,
    /// The signature is not that of the key.
    Signature,
    /// Past its end, or without one.
    Expired,
    /// From the future.
    NotYetValid,
    /// It does not say whose it is, or in a way that cannot be handed on.
    Client,
}

impl Reason {
    /// Name in the log.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "no token",
            Self::TooLarge => "token too large",
            Self::Malformed => "token malformed",
            Self::Algorithm => "token algorithm",
            Self::Type => "token type",
            Self::Critical => "token critical header",
            Self::Issuer => "token issuer",
            Self::Audience => "token audience",
            Self::Key => "token key",
            Self::Signature => "token signature",
            Self::Expired => "token expired",
            Self::NotYetValid => "token not yet valid",
            Self::Client => "token client",
        }
    }
}

/// Why nothing can be decided. Not the client's doing, so never 401.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The event is not that of a REQUEST authorizer.
    #[error("the event is not that of a REQUEST authorizer")]
    Event,
    /// The issuer's keys cannot be had, and none are kept.
    #[error("the keys of an issuer cannot be fetched: {0}")]
    Keys(#[from] SourceError),
    /// A secret cannot be had, and none is kept.
    #[error(transparent)]
    Unavailable(#[from] Failure),
    /// A secret does not say what it should. The text says what would be right, and nothing of the secret.
    #[error("{0}")]
    Secret(String),
    /// It could not be had a moment ago, and was not asked for again.
    #[error("{0} could not be fetched a moment ago")]
    JustNow(&'static str),
}

impl Fault {
    /// Name in the log.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Keys(_) => "keys",
            Self::Unavailable(_) => "secret unavailable",
            Self::Secret(_) => "secret form",
            Self::JustNow(_) => "just now",
        }
    }
}

/// There is no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// API Gateway answers 401.
    Unauthorized(Reason),
    /// API Gateway answers 500.
    Fault(Fault),
}

/// What API Gateway goes by: this very text is what makes it answer 401.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized(_) => f.write_str("Unauthorized"),
            Self::Fault(_) => f.write_str("The request cannot be authorized now"),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::Unauthorized(reason)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refusal> for Diagnostic {
    fn from(refusal: Refusal) -> Self {
        let error_type = match &refusal {
            Refusal::Unauthorized(_) => "Unauthorized",
            Refusal::Fault(_) => "Fault",
        };
        Self { error_type: error_type.to_owned(), error_message: refusal.to_string() }
    }
}
