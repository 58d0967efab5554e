//! `auth`: the authorizer. Verifies the token of a request, works out its scopes, and hands on what the mapping templates
//! and `gen` cannot find out themselves (R40, R42, R43, R46, R72, R73).
//!
//! ```text
//! event ─▶ request ─▶ token ─▶ issuers (published keys) ┐
//!                        └───▶ clients (HS256, ZGW)     ┴▶ identity ─▶ facts ─▶ policy
//! ```
//!
//! API Gateway makes of the outcome: a policy that allows: the integration; a policy that denies: 403; an error with the
//! text `Unauthorized`: 401; any other error: 500 (`AUTHORIZER_FAILURE`).
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>

mod cache;
mod clients;
mod facts;
mod issuers;
mod jwks;
mod pagina;
mod policy;
mod refusal;
mod request;
mod source;
mod token;

use std::time::Instant;

use contract::functions as names;
use domain::pseudoniem::Pseudonymizer;
use domain::scopes::Scopes;
use domain::tijd::Clock;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use crate::aws::{Clients as Aws, Secrets, SecretsManager};
use crate::configuration::{Configuration, ConfigurationError};
use crate::observe::{Line, Unit};
use cache::Cached;
use clients::Clients;
use issuers::Issuers;
use request::Request;
use token::Token;

pub use issuers::Issuer;
pub use policy::{Answer, Effect, Policy, Statement};
pub use refusal::{Fault, Reason, Refusal};
pub use source::{HttpKeys, KeySource, SourceError};

/// What the stack says about tokens and days.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whose tokens are accepted.
    pub issuers: Vec<Issuer>,
    /// Name of the secret with the keys of clients that sign their own tokens, where those are accepted.
    pub clients_secret: Option<String>,
    /// Name of the secret with the key of the pseudonyms.
    pub pseudonym_secret: String,
    /// The time zone in which days are counted (R46).
    pub tijdzone: TimeZone,
}

impl Settings {
    /// Reads a function's variables.
    ///
    /// # Errors
    /// A variable is missing or says what cannot be.
    pub fn read(configuration: &Configuration) -> Result<Self, ConfigurationError> {
        let fout = |name, expected| ConfigurationError::Form { name, expected };
        let issuers = configuration.optional(names::ENV_ISSUERS).unwrap_or_else(|| "[]".to_owned());
        let issuers: Vec<Issuer> = serde_json::from_str(&issuers)
            .map_err(|_| fout(names::ENV_ISSUERS, "a JSON array of objects with issuer, audience and jwksUri"))?;
        if !issuers.iter().all(Issuer::is_safe) {
            let expected = "a list of issuers, each with an audience and a jwksUri that begins with https://";
            return Err(fout(names::ENV_ISSUERS, expected));
        }
        let tijdzone = configuration.required(names::ENV_TIJDZONE)?;
        Ok(Self {
            issuers,
            clients_secret: configuration.optional(names::ENV_CLIENTS_SECRET),
            pseudonym_secret: configuration.required(names::ENV_PSEUDONYM_SECRET)?,
            tijdzone: TimeZone::get(&tijdzone)
                .map_err(|_| fout(names::ENV_TIJDZONE, "the name of a time zone, such as Europe/Amsterdam"))?,
        })
    }
}

/// Who asks, as the token proves.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    client_id: String,
    scopes: Scopes,
}

/// The authorizer. Keys and secrets are fetched when they are first needed, and kept.
#[derive(Debug)]
pub struct Auth<S, K> {
    issuers: Issuers<K>,
    clients: Option<Clients>,
    pseudonyms: Cached<Pseudonymizer>,
    secrets: S,
    settings: Settings,
    clock: Clock,
}

impl Auth<SecretsManager, HttpKeys> {
    /// The real one.
    ///
    /// # Errors
    /// See [`Settings::read`].
    pub fn configured(configuration: &Configuration, aws: &Aws) -> Result<Self, ConfigurationError> {
        let settings = Settings::read(configuration)?;
        Ok(Self::new(settings, SecretsManager::new(aws.secrets()), HttpKeys::default()))
    }
}

impl<S: Secrets, K: KeySource> Auth<S, K> {
    /// With these settings and these sources of secrets and keys.
    pub fn new(settings: Settings, secrets: S, source: K) -> Self {
        if settings.issuers.is_empty() && settings.clients_secret.is_none() {
            tracing::warn!("no issuer and no client is configured: every token will be refused");
        }
        let mut instance = [0; 8];
        // Without randomness the instance's digits are 0; they only make equal moments of two instances rarer.
        getrandom::fill(&mut instance).unwrap_or_default();
        Self {
            issuers: Issuers::new(settings.issuers.clone(), source),
            clients: settings.clients_secret.clone().map(Clients::new),
            pseudonyms: Cached::new("pseudonym secret"),
            secrets,
            settings,
            clock: Clock::new(u64::from_le_bytes(instance)),
        }
    }

    /// Decides about a request, given API Gateway's event of a REQUEST authorizer.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`] for a token that is missing or not valid, [`Refusal::Fault`] where nothing can be decided.
    pub async fn authorize(&self, event: &Json) -> Result<Answer, Refusal> {
        self.authorize_at(event, Timestamp::now()).await
    }

    /// The same, at a given time.
    ///
    /// # Errors
    /// As [`Auth::authorize`].
    pub async fn authorize_at(&self, event: &Json, now: Timestamp) -> Result<Answer, Refusal> {
        let began = Instant::now();
        let request = Request::read(event);
        let outcome = match &request {
            Some(request) => self.decide(request, now).await,
            None => Err(Refusal::Fault(Fault::Event)),
        };
        log(request.as_ref(), &outcome, began);
        outcome
    }

    async fn decide(&self, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
        let token = Token::parse(request.bearer()?)?;
        let identity = match &self.clients {
            Some(clients) if token.is_symmetric() => clients.identify(&token, &self.secrets, now).await?,
            _ => self.issuers.identify(&token, now).await?,
        };
        let facts = self.facts(request, identity.scopes, now).await?;
        Ok(policy::answer(request, identity, facts))
    }

    /// What is handed on, or `None` where the request is not allowed (R43).
    async fn facts(
        &self,
        request: &Request,
        scopes: Scopes,
        now: Timestamp,
    ) -> Result<Option<policy::Context>, Refusal> {
        if scopes == Scopes::default() {
            return Ok(None);
        }
        let mut context = policy::Context::from([(contract::authorizer::NU, self.clock.next(now).text().to_owned())]);
        if !request.is_collection() {
            return Ok(Some(context));
        }
        if request.is_list() && !facts::vertrouwelijkheden(&mut context, scopes, request) {
            return Ok(None);
        }
        facts::days(&mut context, request, &self.settings.tijdzone);
        if let Some(object) = facts::Object::asked_for(request) {
            let pseudonyms = self.pseudonyms.get(now, |_| true, self.load_pseudonyms()).await?;
            let sleutel = object.sleutel(&pseudonyms);
            let masker = pagina::masker(&pseudonyms, &sleutel);
            context
                .insert(contract::authorizer::MASKER, masker.map_err(|_| Fault::Secret("no randomness".to_owned()))?);
            if let Some(na) = request.once("pagina").and_then(|pagina| pagina::begin(&pseudonyms, &sleutel, pagina)) {
                context.insert(contract::authorizer::NA, na);
            }
            context.insert(contract::authorizer::OBJECT_SLEUTEL, sleutel);
        }
        Ok(Some(context))
    }

    async fn load_pseudonyms(&self) -> Result<Pseudonymizer, Fault> {
        let secret = self.secrets.get(&self.settings.pseudonym_secret).await?;
        Pseudonymizer::from_secret(&secret).map_err(|fout| Fault::Secret(fout.to_string()))
    }
}

/// One line a request: no token, no path, no query, and of what the client wrote only its id, once that is proven.
fn log(request: Option<&Request>, outcome: &Result<Answer, Refusal>, began: Instant) {
    let (status, reden) = match outcome {
        Ok(answer) if answer.is_allowed() => (200, "allowed"),
        Ok(_) => (403, "scopes"),
        Err(Refusal::Unauthorized(reason)) => (401, reason.code()),
        Err(Refusal::Fault(fault)) => (500, fault.code()),
    };
    let request_id = request.map_or("", |request| &request.request_id);
    if let Err(Refusal::Fault(fault)) = outcome {
        tracing::error!(requestId = request_id, fout = %fault, "the request cannot be authorized");
    }
    let of_class = |class: u64| if status / 100 == class { 1.0 } else { 0.0 };
    Line::new(names::AUTH, "autorisatie")
        // A dimension must not be empty.
        .dimension("operatie", &request.map_or_else(|| "onbekend".to_owned(), Request::operation))
        .text("requestId", request_id)
        .text("clientId", outcome.as_ref().map_or("", |answer| &answer.principal_id))
        .number("status", status)
        .text("reden", reden)
        .metric("duur", Unit::Milliseconds, began.elapsed().as_secs_f64() * 1000.0)
        .metric("verzoeken", Unit::Count, 1.0)
        .metric("fouten4xx", Unit::Count, of_class(4))
        .metric("fouten5xx", Unit::Count, of_class(5))
        .write();
}
