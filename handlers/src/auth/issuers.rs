//! Tokens of issuers that publish their keys.

use domain::scopes::Scopes;
use jiff::Timestamp;
use serde::Deserialize;

use super::Identity;
use super::cache::Cached;
use super::jwks::Keys;
use super::refusal::{Fault, Reason, Refusal};
use super::source::{self, KeySource};
use super::token::Token;

/// Somebody whose tokens are accepted, as the stack file names them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issuer {
    /// The claim `iss`.
    pub issuer: String,
    /// What the claim `aud` must have among its values.
    pub audience: String,
    /// Where the keys are published.
    pub jwks_uri: String,
}

impl Issuer {
    /// Whether this can be trusted: an issuer and an audience are named, and the keys come over TLS.
    pub(super) fn is_safe(&self) -> bool {
        !self.issuer.is_empty() && !self.audience.is_empty() && source::is_safe(&self.jwks_uri)
    }
}

/// All of them, with their keys.
#[derive(Debug)]
pub(super) struct Issuers<K> {
    all: Vec<(Issuer, Cached<Keys>)>,
    source: K,
}

impl<K: KeySource> Issuers<K> {
    pub(super) fn new(issuers: Vec<Issuer>, source: K) -> Self {
        let all = issuers.into_iter().map(|issuer| (issuer, Cached::new("keys of an issuer"))).collect();
        Self { all, source }
    }

    /// Whose token this is, which is certain once this returns.
    ///
    /// # Errors
    /// The token is not valid; or the issuer's keys cannot be had, and none are kept.
    pub(super) async fn identify(&self, token: &Token<'_>, now: Timestamp) -> Result<Identity, Refusal> {
        if token.is_symmetric() {
            return Err(Reason::Algorithm.into());
        }
        let named = self.all.iter().find(|(issuer, _)| token.issuer() == Some(&issuer.issuer));
        let (issuer, keys) = named.ok_or(Reason::Issuer)?;
        // What can be refused without keys, is: nobody can make us fetch them with a token that could never be valid.
        if !token.is_for(&issuer.audience) {
            return Err(Reason::Audience.into());
        }
        token.check_term(now)?;
        let client_id = token.client_id()?;

        let suffices = |keys: &Keys| !keys.matching(token.kid(), token.algorithm()).is_empty();
        let keys = keys.get(now, suffices, self.fetch(issuer)).await?;
        let matching = keys.matching(token.kid(), token.algorithm());
        if matching.is_empty() {
            return Err(Reason::Key.into());
        }
        if !matching.into_iter().any(|key| token.is_signed_with(key)) {
            return Err(Reason::Signature.into());
        }
        let scopes = token.scopes().map_or_else(Scopes::default, Scopes::of);
        Ok(Identity { client_id: client_id.to_owned(), scopes })
    }

    async fn fetch(&self, issuer: &Issuer) -> Result<Keys, Fault> {
        Ok(Keys::parse(&self.source.fetch(&issuer.jwks_uri).await?)?)
    }
}
