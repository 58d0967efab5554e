//! A JWT in its compact form (RFC 7515, 7519): what it says, before anybody believes it.
//!
//! The choice of key and of what a token must say is ours, so it is read here; `jsonwebtoken` does the cryptography. What
//! RFC 8725 warns of, each has its check: `none`, a symmetric algorithm with a public key, `crit`, a token for another use.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::refusal::Reason;

/// Largest token, in bytes. API Gateway takes 10 KB for all headers together.
const LARGEST: usize = 8 * 1024;
/// By how much the clocks of an issuer and of ours may differ, in seconds.
const LEEWAY: f64 = 60.0;
/// How long after its `iat` a token in the ZGW way is valid, in seconds: an hour, as Open Zaak has it.
const ZGW_AGE: f64 = 3600.0;

/// Algorithms that are accepted. HS256 only ever meets a client's secret, the others only ever a published key.
const ALGORITHMS: [(&str, Algorithm); 10] = [
    ("HS256", Algorithm::HS256),
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    /// Whatever it lists: none of it is understood here.
    #[serde(default)]
    crit: Present,
}

/// Whether a member is there, whatever its value: also `null`.
#[derive(Default)]
struct Present(bool);

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

/// One text, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Texts {
    One(String),
    Several(Vec<String>),
}

impl Texts {
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
        .iter()
        .map(String::as_str)
    }

    /// As scopes: each text holds any number of them, separated by white space.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.iter().flat_map(str::split_whitespace)
    }
}

/// What a token says. A claim that occurs twice makes it malformed (RFC 7519, 4).
#[derive(Debug, Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<Texts>,
    sub: Option<String>,
    client_id: Option<String>,
    azp: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    scope: Option<Texts>,
    scopes: Option<Texts>,
}

/// A token that can be read. Nothing in it is proven until [`Token::is_signed_with`].
pub(super) struct Token<'a> {
    algorithm: Algorithm,
    kid: Option<String>,
    claims: Claims,
    message: &'a [u8],
    signature: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub(super) fn parse(text: &'a str) -> Result<Self, Reason> {
        if text.len() > LARGEST {
            return Err(Reason::TooLarge);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(Reason::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Reason::Malformed)?;
        let header: Header = json(header)?;
        let known = ALGORITHMS.into_iter().find(|(name, _)| *name == header.alg);
        let (_, algorithm) = known.ok_or(Reason::Algorithm)?;
        if header.crit.0 {
            return Err(Reason::Critical);
        }
        if !header.typ.as_deref().is_none_or(is_access_token) {
            return Err(Reason::Type);
        }
        Ok(Self { algorithm, kid: header.kid, claims: json(claims)?, message: message.as_bytes(), signature })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether it says to be signed with a shared secret.
    pub(super) fn is_symmetric(&self) -> bool {
        self.algorithm == Algorithm::HS256
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub(super) fn issuer(&self) -> Option<&str> {
        self.claims.iss.as_deref()
    }

    pub(super) fn is_for(&self, audience: &str) -> bool {
        self.claims.aud.as_ref().is_some_and(|aud| aud.iter().any(|one| one == audience))
    }

    /// Whether this key made the signature. HMAC is compared in constant time.
    pub(super) fn is_signed_with(&self, key: &DecodingKey) -> bool {
        crypto::verify(self.signature, self.message, key, self.algorithm).unwrap_or(false)
    }

    /// That the time is within what an issuer's token says, which always says when it ends.
    pub(super) fn check_term(&self, now: Timestamp) -> Result<(), Reason> {
        let end = self.claims.exp.ok_or(Reason::Expired)?;
        self.check_times(now, end)
    }

    /// The same for a token in the ZGW way: it says when it was made, and need not say when it ends.
    pub(super) fn check_zgw_term(&self, now: Timestamp) -> Result<(), Reason> {
        let end = self.claims.iat.ok_or(Reason::Expired)? + ZGW_AGE;
        self.check_times(now, self.claims.exp.map_or(end, |exp| exp.min(end)))
    }

    fn check_times(&self, now: Timestamp, end: f64) -> Result<(), Reason> {
        let now = now.as_duration().as_secs_f64();
        if now >= end + LEEWAY {
            return Err(Reason::Expired);
        }
        let early = [self.claims.nbf, self.claims.iat].into_iter().flatten().any(|begin| begin > now + LEEWAY);
        if early { Err(Reason::NotYetValid) } else { Ok(()) }
    }

    /// Whose token an issuer says it is: `client_id` (RFC 9068), else `azp` (OpenID Connect), else `sub`, which for a
    /// token of an application names the application. A `sub` of digits alone is that of a person, and perhaps a BSN,
    /// which must not get into a log (R09).
    pub(super) fn client_id(&self) -> Result<&str, Reason> {
        let Claims { client_id, azp, sub, .. } = &self.claims;
        let sub = sub.as_deref().filter(|sub| !sub.bytes().all(|c| c.is_ascii_digit()));
        let id = client_id.as_deref().or(azp.as_deref()).or(sub).filter(|id| is_client_id(id));
        id.ok_or(Reason::Client)
    }

    /// The client that signed a token in the ZGW way: `client_id`, which is also its issuer.
    pub(super) fn zgw_client_id(&self) -> Result<&str, Reason> {
        let id = self.claims.client_id.as_deref().filter(|id| is_client_id(id)).ok_or(Reason::Client)?;
        if self.issuer() == Some(id) { Ok(id) } else { Err(Reason::Issuer) }
    }

    /// The scopes that it claims, of `scope` and `scopes` together; `None` where it has neither.
    pub(super) fn scopes(&self) -> Option<impl Iterator<Item = &str>> {
        let Claims { scope, scopes, .. } = &self.claims;
        let both = [scope, scopes].into_iter().flatten();
        (scope.is_some() || scopes.is_some()).then(|| both.flat_map(Texts::words))
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, Reason> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| Reason::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Reason::Malformed)
}

/// The types of access tokens (RFC 9068, 2.1; RFC 7519, 5.1), and not those of logouts, client assertions and the like.
fn is_access_token(typ: &str) -> bool {
    ["jwt", "at+jwt", "application/at+jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known))
}

/// Whether an id can be handed on: API Gateway's access log puts it between quotes as it is.
fn is_client_id(id: &str) -> bool {
    let plain = |c: u8| (c.is_ascii_graphic() || c == b' ') && !matches!(c, b'"' | b'\\');
    (1..=256).contains(&id.len()) && id.bytes().all(plain)
}
