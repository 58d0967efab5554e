//! The API's port: the gateway in front of functions and services, and what is this machine's own under `/_local/`.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use gateway::{Backend, Gateway, Invocation, InvokeError, ServiceAnswer, ServiceCall, Unreachable};
use http_body_util::{BodyExt, Full};
use hyper::StatusCode;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use indexmap::IndexMap;
use local::Services;
use local::http::{Answer, Asked, Dropped, Handler, answer};

use crate::finisher::Finisher;
use crate::functions::Functions;
use crate::journal::Journal;
use crate::page::Page;

/// Everything under this path is not the API's.
pub(crate) const OWN: &str = "/_local/";
/// Where the local issuer's keys are published.
pub(crate) const KEYS: &str = "/_local/jwks.json";

/// What answers on the API's port.
pub(crate) struct Front {
    pub(crate) api: Arc<Api>,
    pub(crate) page: Page,
    /// The local issuer's keys, as JSON.
    pub(crate) published: Arc<[u8]>,
    pub(crate) finisher: Finisher,
}

/// The API, and who takes note of what it is asked.
pub(crate) struct Api {
    pub(crate) gateway: Gateway,
    pub(crate) behind: Behind,
    pub(crate) journal: Journal,
    pub(crate) quiet: bool,
}

/// What the gateway calls.
pub(crate) struct Behind {
    pub(crate) services: Arc<Services>,
    pub(crate) functions: Arc<Functions>,
    pub(crate) finisher: Finisher,
}

impl Handler for Front {
    const LARGEST_BODY: Option<usize> = Some(Gateway::LARGEST_BODY);

    async fn handle(&self, asked: Asked) -> Result<Answer, Dropped> {
        if asked.uri().path().starts_with(OWN) {
            return Ok(self.own(&asked).await);
        }
        let api = self.api.clone();
        // A request that has come in whole is carried out, whether or not its client hangs up.
        Ok(self.finisher.finish(async move { api.answer(asked).await }).await)
    }
}

impl Api {
    async fn answer(&self, asked: Asked) -> Answer {
        let (method, path) = (asked.method().clone(), asked.uri().path().to_owned());
        let began = Instant::now();
        let exchange = self.gateway.handle(asked, IpAddr::V4(Ipv4Addr::LOCALHOST), &self.behind).await;
        if !self.quiet {
            // No query: it names the person that somebody asks about.
            let (status, took) = (exchange.response.status().as_u16(), began.elapsed());
            let _ = writeln!(std::io::stderr().lock(), "{method} {path} {status} {} ms", took.as_millis());
        }
        let xray = exchange.response.headers().get("x-amzn-trace-id").cloned();
        self.journal.request(exchange.trace, xray);
        exchange.response.map(Full::new)
    }
}

impl Front {
    async fn own(&self, asked: &Asked) -> Answer {
        match asked.uri().path() {
            KEYS => answer(StatusCode::OK, "application/jwk-set+json", Bytes::copy_from_slice(&self.published)),
            _ => self.page.answer(asked).await,
        }
    }
}

impl Backend for Behind {
    async fn invoke(&self, it: Invocation<'_>) -> Result<Bytes, InvokeError> {
        self.functions.invoke_as(it.request_id, it.function, it.event, it.trace_header).await
    }

    async fn invoke_later(&self, it: Invocation<'_>) -> Result<(), InvokeError> {
        self.functions.invoke_later(it.request_id, it.function, it.event, it.trace_header)
    }

    async fn call(&self, call: ServiceCall) -> Result<ServiceAnswer, Unreachable> {
        let prefix = match &*call.service {
            "dynamodb" => "DynamoDB_20120810",
            "sqs" => "AmazonSQS",
            other => {
                let reason = format!("{other} is not emulated behind an API");
                return Err(Unreachable { service: call.service, reason });
            }
        };
        let services = self.services.clone();
        let target = format!("{prefix}.{}", call.action);
        let header = |(name, value): (String, String)| Some((name.parse().ok()?, value.parse().ok()?));
        // How the call itself is made is not for an integration to say.
        let own = |name: &HeaderName| [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING].contains(name);
        let headers: Vec<_> = call.headers.into_iter().filter_map(header).filter(|(name, _)| !own(name)).collect();
        let asked = async move { services.call_with(&target, headers, call.body).await };
        match self.finisher.finish(asked).await {
            Ok(answer) => {
                let (head, body) = answer.into_parts();
                let text = |(name, value): (&HeaderName, &HeaderValue)| {
                    Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
                };
                let headers: IndexMap<_, _> = head.headers.iter().filter_map(text).collect();
                let Ok(body) = body.collect().await;
                Ok(ServiceAnswer { status: head.status.as_u16(), headers, body: body.to_bytes() })
            }
            Err(why) => Err(Unreachable { service: call.service, reason: why.to_string() }),
        }
    }
}
