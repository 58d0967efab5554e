//! The keys that an issuer publishes (RFC 7517, 7518, 8037).

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value as Json;

use super::source::SourceError;

/// What a key is good for, by its own shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Kind {
    fn suits(self, algorithm: Algorithm) -> bool {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        match self {
            Self::Rsa => matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512),
            Self::P256 => algorithm == ES256,
            Self::P384 => algorithm == ES384,
            Self::Ed25519 => algorithm == EdDSA,
        }
    }
}

/// As it is published. Members that are not listed here, such as certificates, are not looked at.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    /// The only algorithm that it may be used with, where its issuer names one.
    alg: Option<String>,
    kind: Kind,
    key: DecodingKey,
}

impl Key {
    /// `None` for a key that signs no token here: another kind or use, too small, or a symmetric one, which somebody
    /// published by mistake and everybody now knows.
    fn read(jwk: Jwk) -> Option<Self> {
        let signs = jwk.usage.as_deref().is_none_or(|usage| usage == "sig")
            && jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !signs {
            return None;
        }
        let (kind, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (jwk.n?, jwk.e?);
                // 2048 bits; aws-lc refuses smaller ones too.
                let modulus = BASE64URL_NOPAD.decode(n.as_bytes()).ok()?;
                if modulus.iter().skip_while(|byte| **byte == 0).count() < 256 {
                    return None;
                }
                (Kind::Rsa, DecodingKey::from_rsa_components(&n, &e).ok()?)
            }
            ("EC", Some("P-256")) => (Kind::P256, DecodingKey::from_ec_components(&jwk.x?, &jwk.y?).ok()?),
            ("EC", Some("P-384")) => (Kind::P384, DecodingKey::from_ec_components(&jwk.x?, &jwk.y?).ok()?),
            ("OKP", Some("Ed25519")) => (Kind::Ed25519, DecodingKey::from_ed_components(&jwk.x?).ok()?),
            _ => return None,
        };
        Some(Self { kid: jwk.kid, alg: jwk.alg, kind, key })
    }

    fn suits(&self, algorithm: Algorithm) -> bool {
        self.kind.suits(algorithm) && self.alg.as_deref().is_none_or(|alg| alg == format!("{algorithm:?}"))
    }
}

/// Keys of one issuer.
#[derive(Debug)]
pub(super) struct Keys(Vec<Key>);

impl Keys {
    /// Reads a JWK Set. Keys of a kind that is not known here are passed over, as RFC 7517, 5 asks.
    ///
    /// # Errors
    /// It is no JSON object with `keys`.
    pub(super) fn parse(document: &[u8]) -> Result<Self, SourceError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Json>,
        }
        let set: Set = serde_json::from_slice(document).map_err(|_| SourceError::Form)?;
        let keys = set.keys.into_iter().filter_map(|key| Key::read(serde_json::from_value(key).ok()?));
        Ok(Self(keys.collect()))
    }

    /// The keys that may have signed a token with this key id and algorithm. A token without a key id names its key only
    /// where there is just one that it can be.
    pub(super) fn matching(&self, kid: Option<&str>, algorithm: Algorithm) -> Vec<&DecodingKey> {
        let suitable = self.0.iter().filter(|key| key.suits(algorithm));
        match kid {
            Some(_) => suitable.filter(|key| key.kid.as_deref() == kid).map(|key| &key.key).collect(),
            None => {
                let all: Vec<_> = suitable.map(|key| &key.key).collect();
                if all.len() == 1 { all } else { Vec::new() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(json: &str) -> usize {
        Keys::parse(json.as_bytes()).unwrap().0.len()
    }

    #[test]
    fn r72_a_key_set_is_read_key_by_key() {
        assert_eq!(Keys::parse(b"[]").unwrap_err(), SourceError::Form);
        assert_eq!(Keys::parse(b"<html>").unwrap_err(), SourceError::Form);
        assert_eq!(keys(r#"{"keys":[]}"#), 0);
        let good = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        assert_eq!(
            keys(&format!(r#"{{"keys":[1,null,{{"kty":"new"}},{{"kty":"OKP","crv":"Ed448","x":"AA"}},{good}]}}"#)),
            1
        );
    }

    #[test]
    fn r72_a_key_for_something_else_is_passed_over() {
        let x = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
        for (more, count) in [
            (r#""use":"sig""#, 1),
            (r#""use":"enc""#, 0),
            (r#""key_ops":["verify"]"#, 1),
            (r#""key_ops":["sign","encrypt"]"#, 0),
        ] {
            assert_eq!(keys(&format!(r#"{{"keys":[{{{x},{more}}}]}}"#)), count, "{more}");
        }
        // A symmetric key, and an RSA key of 1024 bits.
        assert_eq!(keys(r#"{"keys":[{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}]}"#), 0);
        let small = BASE64URL_NOPAD.encode(&[0xff; 128]);
        assert_eq!(keys(&format!(r#"{{"keys":[{{"kty":"RSA","n":"{small}","e":"AQAB"}}]}}"#)), 0);
    }
}
