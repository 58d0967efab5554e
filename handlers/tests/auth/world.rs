//! Keys, tokens and events; an issuer and a secret store that do what a test tells them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as sig, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use data_encoding::BASE64URL_NOPAD as BASE64;
use handlers::auth::{Answer, Auth, Fault, Issuer, KeySource, Reason, Refusal, Settings, SourceError};
use handlers::aws::{Failure, Secrets};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

pub(crate) const ISSUER: &str = "https://login.example.nl";
pub(crate) const AUDIENCE: &str = "verwerkingenlog";
pub(crate) const CLIENT_SECRET: &str = "fVtQ2mT5oX8rB1nZ4kL7pS0wY3cE6hJ9";
pub(crate) const PSEUDONYM_SECRET: &str = r#"{"id":"1","sleutel":"abcdefghijklmnopqrstuvwxyz0123456789"}"#;
/// Of a BSN, as `domain` has it for this key.
pub(crate) const PSEUDONYM: &str = "k1.NKJL2R6DcET6dNmAqs_Oee7i2tOF-EPMPUI3";

/// The time in the tests, in seconds since 1970.
pub(crate) const NOW: i64 = 1_768_466_400;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Something that signs, made anew by each test run.
pub(crate) enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Hmac(Vec<u8>),
}

impl Signer {
    pub(crate) fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub(crate) fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&sig::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn p384() -> Self {
        Self::P384(EcdsaKeyPair::generate(&sig::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    /// The algorithm that it signs with where nothing else is said.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::P384(_) => "ES384",
            Self::Ed25519(_) => "EdDSA",
            Self::Hmac(_) => "HS256",
        }
    }

    /// The public key as an issuer publishes it, without an id.
    pub(crate) fn jwk(&self) -> Json {
        let point = |pair: &EcdsaKeyPair, curve: &str| {
            let (x, y) = pair.public_key().as_ref()[1..].split_at((pair.public_key().as_ref().len() - 1) / 2);
            json!({"kty": "EC", "crv": curve, "x": BASE64.encode(x), "y": BASE64.encode(y)})
        };
        match self {
            Self::Rsa(pair) => {
                let n = BASE64.encode(pair.public_key().modulus().big_endian_without_leading_zero());
                let e = BASE64.encode(pair.public_key().exponent().big_endian_without_leading_zero());
                json!({"kty": "RSA", "n": n, "e": e})
            }
            Self::P256(pair) => point(pair, "P-256"),
            Self::P384(pair) => point(pair, "P-384"),
            Self::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64.encode(pair.public_key().as_ref())})
            }
            Self::Hmac(secret) => json!({"kty": "oct", "k": BASE64.encode(secret)}),
        }
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let padding: &dyn sig::RsaEncoding = match algorithm {
                    "RS384" => &sig::RSA_PKCS1_SHA384,
                    "RS512" => &sig::RSA_PKCS1_SHA512,
                    "PS256" => &sig::RSA_PSS_SHA256,
                    "PS384" => &sig::RSA_PSS_SHA384,
                    "PS512" => &sig::RSA_PSS_SHA512,
                    _ => &sig::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Self::P256(pair) | Self::P384(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Hmac(secret) => hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec(),
        }
    }

    /// A token with exactly this header and these claims.
    pub(crate) fn token(&self, header: &Json, claims: &Json) -> String {
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// The same, of texts that need not be JSON.
    pub(crate) fn token_of(&self, header: &str, claims: &str) -> String {
        let algorithm = serde_json::from_str::<Json>(header).unwrap_or_default();
        let message = format!("{}.{}", BASE64.encode(header.as_bytes()), BASE64.encode(claims.as_bytes()));
        let signature = self.sign(algorithm["alg"].as_str().unwrap_or_default(), message.as_bytes());
        format!("{message}.{}", BASE64.encode(&signature))
    }
}

/// Claims of a good token of the issuer, with changes: `null` removes.
pub(crate) fn claims(changes: Json) -> Json {
    changed(
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "client_id": "zaaksysteem", "scope": "read:normal", "exp": NOW + 300,
            "iat": NOW, "nbf": NOW,
        }),
        changes,
    )
}

/// Claims of a good token in the ZGW way, with changes.
pub(crate) fn zgw_claims(changes: Json) -> Json {
    let claims = json!({
        "iss": "zaken", "client_id": "zaken", "iat": NOW, "user_id": "jan", "user_representation": "Jan Jansen",
    });
    changed(claims, changes)
}

pub(crate) fn changed(mut whole: Json, changes: Json) -> Json {
    let Json::Object(changes) = changes else { panic!("changes are an object") };
    for (name, value) in changes {
        if value.is_null() {
            whole.as_object_mut().unwrap().remove(&name);
        } else {
            whole[name] = value;
        }
    }
    whole
}

/// An issuer that publishes what it is told to, and counts how often it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Published(Arc<Mutex<Result<Vec<u8>, SourceError>>>, Arc<AtomicUsize>);

impl Published {
    pub(crate) fn set(&self, keys: &[Json]) {
        *self.0.lock().unwrap() = Ok(json!({ "keys": keys }).to_string().into_bytes());
    }

    pub(crate) fn fail(&self, fout: SourceError) {
        *self.0.lock().unwrap() = Err(fout);
    }

    pub(crate) fn raw(&self, document: &str) {
        *self.0.lock().unwrap() = Ok(document.as_bytes().to_vec());
    }

    pub(crate) fn asked(&self) -> usize {
        self.1.load(Ordering::SeqCst)
    }
}

impl KeySource for Published {
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, SourceError> {
        assert_eq!(address, "https://login.example.nl/jwks.json");
        self.1.fetch_add(1, Ordering::SeqCst);
        // Others get their turn, as they do while a connection is made.
        tokio::task::yield_now().await;
        self.0.lock().unwrap().clone()
    }
}

/// Secrets by name.
#[derive(Clone, Debug)]
pub(crate) struct Store(Arc<Mutex<BTreeMap<&'static str, String>>>, Arc<AtomicUsize>);

impl Store {
    pub(crate) fn set(&self, name: &'static str, secret: &str) {
        self.0.lock().unwrap().insert(name, secret.to_owned());
    }

    pub(crate) fn remove(&self, name: &'static str) {
        self.0.lock().unwrap().remove(name);
    }

    pub(crate) fn asked(&self) -> usize {
        self.1.load(Ordering::SeqCst)
    }
}

impl Secrets for Store {
    async fn get(&self, name: &str) -> Result<String, Failure> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let down = || Failure::Unavailable { service: "Secrets Manager", code: "Timeout".to_owned() };
        self.0.lock().unwrap().get(name).cloned().ok_or_else(down)
    }
}

/// The authorizer with its surroundings.
pub(crate) struct World {
    pub(crate) auth: Auth<Store, Published>,
    pub(crate) issuer: Published,
    pub(crate) secrets: Store,
    pub(crate) signer: Signer,
}

pub(crate) fn settings() -> Settings {
    Settings {
        issuers: vec![Issuer {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            jwks_uri: "https://login.example.nl/jwks.json".to_owned(),
        }],
        clients_secret: Some("clients".to_owned()),
        pseudonym_secret: "pseudonym".to_owned(),
        tijdzone: TimeZone::get("Europe/Amsterdam").unwrap(),
    }
}

impl World {
    /// An issuer with this one key, called `a`, and one client in the ZGW way with scope `read:normal`.
    pub(crate) fn new(signer: Signer) -> Self {
        let issuer = Published(Arc::new(Mutex::new(Err(SourceError::Connection))), Arc::default());
        issuer.set(&[changed(signer.jwk(), json!({"kid": "a"}))]);
        let secrets = Store(Arc::default(), Arc::default());
        secrets.set("pseudonym", PSEUDONYM_SECRET);
        secrets.set(
            "clients",
            &json!({"zaken": {"sleutel": CLIENT_SECRET, "scopes": "read:normal create:normal"}}).to_string(),
        );
        let auth = Auth::new(settings(), secrets.clone(), issuer.clone());
        Self { auth, issuer, secrets, signer }
    }

    pub(crate) fn header(&self) -> Json {
        json!({"alg": self.signer.algorithm(), "typ": "JWT", "kid": "a"})
    }

    /// A token of the issuer with these changes of its claims.
    pub(crate) fn token(&self, changes: Json) -> String {
        self.signer.token(&self.header(), &claims(changes))
    }

    pub(crate) async fn ask(&self, token: &str) -> Result<Answer, Refusal> {
        self.ask_at(token, NOW).await
    }

    pub(crate) async fn ask_at(&self, token: &str, second: i64) -> Result<Answer, Refusal> {
        self.auth.authorize_at(&Event::read(token).json(), at(second)).await
    }

    /// GET of a list with a token of these scopes.
    pub(crate) async fn list(&self, scopes: &str, query: &[(&str, &str)]) -> Result<Answer, Refusal> {
        let event = Event::list(&self.token(json!({"scope": scopes})), query);
        self.auth.authorize_at(&event.json(), at(NOW)).await
    }
}

/// API Gateway's event.
pub(crate) struct Event {
    pub(crate) method: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, Vec<String>)>,
    pub(crate) query: Vec<(String, String)>,
}

impl Event {
    /// GET of one actie.
    pub(crate) fn read(token: &str) -> Self {
        Self {
            method: "GET",
            resource: "/verwerkingsacties/{actieId}",
            path: "/verwerkingsacties/3f0c8f5e-6f0e-4d0a-9a35-6b0c5f0e4d0a".to_owned(),
            headers: vec![
                ("Authorization".to_owned(), vec![format!("Bearer {token}")]),
                ("Accept".to_owned(), vec!["application/json".to_owned()]),
            ],
            query: Vec::new(),
        }
    }

    /// GET of the list.
    pub(crate) fn list(token: &str, query: &[(&str, &str)]) -> Self {
        Self {
            resource: "/verwerkingsacties",
            path: "/verwerkingsacties".to_owned(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..Self::read(token)
        }
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/v1/{}{}", self.method, self.path)
    }

    pub(crate) fn json(&self) -> Json {
        let mut query: Map<String, Json> = Map::new();
        for (name, value) in &self.query {
            query.entry(name).or_insert_with(|| json!([])).as_array_mut().unwrap().push(json!(value));
        }
        let last = |all: &Json| all.as_array().and_then(|all| all.last().cloned()).unwrap_or_default();
        let headers: Map<String, Json> =
            self.headers.iter().map(|(name, values)| (name.clone(), json!(values))).collect();
        let single = |map: &Map<String, Json>| -> Json {
            map.iter().map(|(name, all)| (name.clone(), last(all))).collect::<Map<_, _>>().into()
        };
        json!({
            "type": "REQUEST",
            "methodArn": self.arn(),
            "resource": self.resource,
            "path": self.path,
            "httpMethod": self.method,
            "headers": single(&headers),
            "multiValueHeaders": headers,
            "queryStringParameters": single(&query),
            "multiValueQueryStringParameters": query,
            "pathParameters": {},
            "stageVariables": {"tabel": "log"},
            "requestContext": {"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "stage": "v1"},
        })
    }
}

/// Whether it is refused with 401, and for this reason.
pub(crate) fn unauthorized(outcome: &Result<Answer, Refusal>, reason: Reason) -> bool {
    outcome.as_ref().is_err_and(|fout| *fout == Refusal::Unauthorized(reason) && fout.to_string() == "Unauthorized")
}

/// Whether nothing could be decided, which is no 401.
pub(crate) fn failed(outcome: &Result<Answer, Refusal>) -> Option<&Fault> {
    match outcome {
        Err(Refusal::Fault(fault)) if outcome.as_ref().is_err_and(|fout| fout.to_string() != "Unauthorized") => {
            Some(fault)
        }
        _ => None,
    }
}
