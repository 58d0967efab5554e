//! Clients that sign their own tokens, as the ZGW APIs have it: HS256, with a secret that the client and the log share.
//!
//! Who signs a token can write anything into it. So what such a client may do stands with its secret, where the ZGW APIs
//! have their register of authorizations; the scopes in its token can make that less and never more.

use std::collections::{BTreeMap, BTreeSet};

use domain::scopes::Scopes;
use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value as Json;

use super::Identity;
use super::cache::Cached;
use super::refusal::{Fault, Reason, Refusal};
use super::token::{Texts, Token};
use crate::aws::Secrets;

/// Least bytes of a secret for HS256 (RFC 7518, 3.2).
const SHORTEST: usize = 32;

/// A client as the secret has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    /// As CloudFormation makes the first one: a secret without scopes, which allows nothing.
    Text(String),
    Client {
        sleutel: String,
        #[serde(default)]
        eerdere: Vec<String>,
        scopes: Option<Texts>,
    },
}

#[derive(Debug)]
struct Client {
    /// The current secret, and earlier ones that still count.
    keys: Vec<DecodingKey>,
    scopes: Scopes,
}

#[derive(Debug)]
struct Register {
    clients: BTreeMap<String, Client>,
    /// Belongs to nobody: an unknown client's token is compared too, so that the time taken does not tell who is known.
    nobody: Client,
}

impl Register {
    fn parse(secret: &str) -> Result<Self, Fault> {
        let form = || {
            let example = r#"{"client": {"sleutel": "...", "scopes": "read:normal"}}"#;
            Fault::Secret(format!("the secret of the clients must be a JSON object like {example}"))
        };
        let entries: BTreeMap<String, Json> = serde_json::from_str(secret).map_err(|_| form())?;
        let all = entries.len();
        let read = |(id, entry): (String, Json)| Some((id, Client::read(serde_json::from_value(entry).ok()?)?));
        let clients: BTreeMap<_, _> = entries.into_iter().filter_map(read).collect();
        if clients.len() < all {
            // One mistake in it does not shut out the others.
            tracing::warn!(count = all - clients.len(), "clients without a usable secret of 32 bytes or more");
        }
        let mut key = [0; SHORTEST];
        getrandom::fill(&mut key).map_err(|_| Fault::Secret("no randomness".to_owned()))?;
        let nobody = Client { keys: vec![DecodingKey::from_secret(&key)], scopes: Scopes::default() };
        Ok(Self { clients, nobody })
    }
}

impl Client {
    fn read(entry: Entry) -> Option<Self> {
        let (secrets, scopes) = match entry {
            Entry::Text(sleutel) => (vec![sleutel], Scopes::default()),
            Entry::Client { sleutel, eerdere, scopes } => {
                let scopes = scopes.map_or_else(Scopes::default, |scopes| Scopes::of(scopes.words()));
                (std::iter::once(sleutel).chain(eerdere).collect(), scopes)
            }
        };
        let long = |secret: &String| secret.len() >= SHORTEST;
        let keys = secrets.iter().map(|secret| long(secret).then(|| DecodingKey::from_secret(secret.as_bytes())));
        Some(Self { keys: keys.collect::<Option<_>>()?, scopes })
    }
}

/// The clients.
#[derive(Debug)]
pub(super) struct Clients {
    secret: String,
    register: Cached<Register>,
}

impl Clients {
    /// Those in the secret of this name.
    pub(super) fn new(secret: String) -> Self {
        Self { secret, register: Cached::new("secret of the clients") }
    }

    /// Which client signed this token, which is certain once this returns.
    ///
    /// # Errors
    /// The token is not valid; or the secret cannot be had, and none is kept.
    pub(super) async fn identify<S: Secrets>(
        &self,
        token: &Token<'_>,
        secrets: &S,
        now: Timestamp,
    ) -> Result<Identity, Refusal> {
        let client_id = token.zgw_client_id()?;
        token.check_zgw_term(now)?;
        let known = |register: &Register| register.clients.contains_key(client_id);
        let register = self.register.get(now, known, self.fetch(secrets)).await?;
        let found = register.clients.get(client_id);
        let client = found.unwrap_or(&register.nobody);
        let signed = client.keys.iter().any(|key| token.is_signed_with(key));
        if found.is_none() || !signed {
            return Err(Reason::Signature.into());
        }
        let scopes = token.scopes().map_or(client.scopes, |claimed| common(client.scopes, Scopes::of(claimed)));
        Ok(Identity { client_id: client_id.to_owned(), scopes })
    }

    async fn fetch<S: Secrets>(&self, secrets: &S) -> Result<Register, Fault> {
        Register::parse(&secrets.get(&self.secret).await?)
    }
}

/// What both allow. `read:confidential` and `read:normal` have `read:normal` in common, since the former includes it (R73).
fn common(one: Scopes, other: Scopes) -> Scopes {
    let (one, other) = (one.to_string(), other.to_string());
    let one: BTreeSet<&str> = one.split(' ').collect();
    Scopes::of(other.split(' ').filter(|scope| one.contains(scope)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r73_a_token_claims_no_more_than_the_client_has() {
        for (granted, claimed, effective) in [
            ("read:normal", "read:confidential", "read:normal"),
            ("read:confidential", "read:normal", "read:normal"),
            ("read:normal", "create:normal", ""),
            ("", "read:normal", ""),
            ("read:normal", "", ""),
            (
                "read:confidential update:normal",
                "update:confidential read:confidential",
                "read:normal read:confidential update:normal",
            ),
        ] {
            let effect = common(Scopes::parse(granted), Scopes::parse(claimed));
            assert_eq!(effect.to_string(), effective, "{claimed} of {granted}");
        }
    }

    #[test]
    fn r72_a_client_needs_a_secret_that_nobody_guesses() {
        let secret = "s".repeat(SHORTEST);
        let json = format!(
            r#"{{"a":"{secret}","b":"short","c":{{"sleutel":"{secret}","scopes":["read:normal"]}},"d":{{"sleutel":"short"}},
                "e":{{"scopes":"read:normal"}},"f":null,"g":{{"sleutel":"{secret}","eerdere":["short"]}},"h":""}}"#
        );
        let register = Register::parse(&json).unwrap();
        assert_eq!(register.clients.keys().collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(register.clients["a"].scopes, Scopes::default());
        assert_eq!(register.clients["c"].scopes.to_string(), "read:normal");
        for none in ["", "[]", "null", "text"] {
            assert!(matches!(Register::parse(none), Err(Fault::Secret(_))), "{none}");
        }
    }
}
