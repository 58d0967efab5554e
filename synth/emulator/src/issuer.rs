//! The local issuer: signs tokens that the local stack accepts, and that no deployed stack ever does, since nobody tells
//! one about this issuer.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::state::{self, StateError};

/// The claim `iss` of its tokens, and the claim `aud`.
pub const NAME: &str = "urn:synth:local";
/// File with its key (PKCS #8) in its folder.
const FILE: &str = "issuer.pk8";

/// Everything that the standard has a scope for.
pub const EVERY_SCOPE: &str = "create:confidential read:confidential update:confidential delete:confidential";

/// Why there is no issuer.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// Its folder.
    #[error(transparent)]
    State(#[from] StateError),
    /// What is in its file is no key of it.
    #[error("{} holds no key of a local issuer; delete it, and a new one is made", .0.display())]
    Key(std::path::PathBuf),
    /// The token cannot be made.
    #[error("cannot sign a token: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
}

/// What a token is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims<'a> {
    /// Separated by spaces.
    pub scopes: &'a str,
    /// Who asks.
    pub client: &'a str,
    /// How long it is valid.
    pub expires: Duration,
}

/// The issuer.
#[derive(Debug)]
pub struct Issuer {
    key: EncodingKey,
    id: String,
    public: String,
}

impl Issuer {
    /// The issuer whose key lies in this folder; makes the key where there is none yet.
    ///
    /// # Errors
    /// Where the folder cannot be used, or the file in it holds something else.
    pub fn open(folder: &Path) -> Result<Self, IssuerError> {
        state::make(folder)?;
        let path = folder.join(FILE);
        let document = state::read_or_make(&path, || {
            let made = Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8().map(|made| made.as_ref().to_vec()));
            made.expect("the operating system has random numbers")
        })?;
        let pair = Ed25519KeyPair::from_pkcs8(&document).map_err(|_| IssuerError::Key(path))?;
        let public = pair.public_key().as_ref();
        Ok(Self {
            key: EncodingKey::from_ed_der(&document),
            id: BASE64URL_NOPAD.encode(&Sha256::digest(public)[..12]),
            public: BASE64URL_NOPAD.encode(public),
        })
    }

    /// A token, as RFC 9068 has it.
    ///
    /// # Errors
    /// Where it cannot be signed.
    pub fn token(&self, claims: &Claims<'_>) -> Result<String, IssuerError> {
        let header =
            Header { typ: Some("at+jwt".to_owned()), kid: Some(self.id.clone()), ..Header::new(Algorithm::EdDSA) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let body = json!({
            "iss": NAME, "aud": NAME, "sub": claims.client, "client_id": claims.client, "scope": claims.scopes,
            "iat": now, "exp": now.saturating_add(claims.expires.as_secs()), "jti": uuid::Uuid::new_v4().to_string(),
        });
        Ok(jsonwebtoken::encode(&header, &body, &self.key)?)
    }

    /// Its public key, as a JWK Set (RFC 7517).
    pub fn published(&self) -> Value {
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": self.public}]})
    }
}
