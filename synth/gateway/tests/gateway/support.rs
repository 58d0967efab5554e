//! A backend that remembers what it was asked, and bodies to ask it through.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use gateway::{
    Backend, Clock, Definition, DefinitionError, Exchange, Gateway, Invocation, InvokeError, ServiceAnswer,
    ServiceCall, Unreachable,
};
use http::Request;
use indexmap::IndexMap;
use serde_json::{Value, json};

pub(crate) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
pub(crate) const AUTH: &str = "arn:aws:lambda:eu-west-1:111122223333:function:auth";
pub(crate) const WORK: &str = "arn:aws:lambda:eu-west-1:111122223333:function:work";

type Invoke = dyn Fn(&str, &Value) -> Result<Bytes, InvokeError> + Send + Sync;
type Call = dyn Fn(&ServiceCall) -> Result<ServiceAnswer, Unreachable> + Send + Sync;

/// A backend that remembers what it was asked.
pub(crate) struct Fake {
    invoke: Box<Invoke>,
    call: Box<Call>,
    pub(crate) events: Mutex<Vec<(String, Value)>>,
    pub(crate) traces: Mutex<Vec<Option<String>>>,
    pub(crate) calls: Mutex<Vec<ServiceCall>>,
}

impl Default for Fake {
    /// Functions answer 200, services an empty object.
    fn default() -> Self {
        Self {
            invoke: Box::new(|_, _| Ok(Bytes::from_static(b"{\"statusCode\":200,\"body\":\"done\"}"))),
            call: Box::new(|_| Ok(answer(200, &json!({})))),
            events: Mutex::default(),
            traces: Mutex::default(),
            calls: Mutex::default(),
        }
    }
}

impl Fake {
    pub(crate) fn invoking(
        invoke: impl Fn(&str, &Value) -> Result<Bytes, InvokeError> + Send + Sync + 'static,
    ) -> Self {
        Self { invoke: Box::new(invoke), ..Self::default() }
    }

    /// Every function gives this result.
    pub(crate) fn giving(result: Value) -> Self {
        Self::invoking(move |_, _| Ok(result.to_string().into()))
    }

    pub(crate) fn replace_invoke(
        &mut self,
        invoke: impl Fn(&str, &Value) -> Result<Bytes, InvokeError> + Send + Sync + 'static,
    ) {
        self.invoke = Box::new(invoke);
    }

    pub(crate) fn calling(
        call: impl Fn(&ServiceCall) -> Result<ServiceAnswer, Unreachable> + Send + Sync + 'static,
    ) -> Self {
        Self { call: Box::new(call), ..Self::default() }
    }

    /// The only event that a function got.
    pub(crate) fn event(&self) -> Value {
        let events = self.events.lock().unwrap();
        assert_eq!(events.len(), 1, "{events:?}");
        events[0].1.clone()
    }

    /// The only call that a service got.
    pub(crate) fn called(&self) -> ServiceCall {
        let calls = self.calls.lock().unwrap();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls[0].clone()
    }

    pub(crate) fn asked(&self) -> usize {
        self.events.lock().unwrap().len() + self.calls.lock().unwrap().len()
    }
}

impl Backend for Fake {
    async fn invoke(&self, invocation: Invocation<'_>) -> Result<Bytes, InvokeError> {
        let event: Value = serde_json::from_slice(&invocation.event).unwrap_or(Value::Null);
        self.events.lock().unwrap().push((invocation.function.to_owned(), event.clone()));
        self.traces.lock().unwrap().push(invocation.trace_header.map(str::to_owned));
        (self.invoke)(invocation.function, &event)
    }

    async fn invoke_later(&self, invocation: Invocation<'_>) -> Result<(), InvokeError> {
        self.invoke(invocation).await.map(drop)
    }

    async fn call(&self, call: ServiceCall) -> Result<ServiceAnswer, Unreachable> {
        self.calls.lock().unwrap().push(call.clone());
        (self.call)(&call)
    }
}

/// A backend that never answers.
pub(crate) struct Silent;

impl Backend for Silent {
    async fn invoke(&self, _: Invocation<'_>) -> Result<Bytes, InvokeError> {
        std::future::pending().await
    }

    async fn invoke_later(&self, _: Invocation<'_>) -> Result<(), InvokeError> {
        std::future::pending().await
    }

    async fn call(&self, _: ServiceCall) -> Result<ServiceAnswer, Unreachable> {
        std::future::pending().await
    }
}

/// A clock that stands still until it is moved on.
#[derive(Clone, Default)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> i64 {
        1_767_268_800_123 + self.0.load(Ordering::SeqCst)
    }
}

pub(crate) fn answer(status: u16, body: &Value) -> ServiceAnswer {
    ServiceAnswer { status, headers: IndexMap::new(), body: body.to_string().into() }
}

pub(crate) fn uri(function: &str) -> String {
    format!("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations")
}

/// An operation that goes to a function.
pub(crate) fn proxy() -> Value {
    json!({"x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri(WORK)}})
}

/// An operation that goes to DynamoDB through a template.
pub(crate) fn table(template: &str) -> Value {
    json!({
        "operationId": "read",
        "x-amazon-apigateway-integration": {
            "type": "aws",
            "httpMethod": "POST",
            "uri": "arn:aws:apigateway:eu-west-1:dynamodb:action/GetItem",
            "passthroughBehavior": "never",
            "requestTemplates": {"application/json": template},
            "responses": {"default": {"statusCode": "200"}}
        }
    })
}

/// An operation that the gateway answers itself.
pub(crate) fn mock(status: u16) -> Value {
    json!({"x-amazon-apigateway-integration": {
        "type": "mock",
        "requestTemplates": {"application/json": format!("{{\"statusCode\": {status}}}")},
        "responses": {"default": {"statusCode": status.to_string(), "responseTemplates": {"application/json": "{}"}}}
    }})
}

/// The body of an API with these paths.
pub(crate) fn body(paths: Value) -> Value {
    json!({"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": paths})
}

pub(crate) fn definition(body: Value) -> Definition {
    let stage = json!({"StageName": "v1", "Variables": {"table": "items"}});
    let account = "111122223333".to_owned();
    Definition { account, ..Definition::new(json!({"Body": body}), stage) }
}

pub(crate) fn gateway(body: Value) -> Gateway {
    Gateway::new(definition(body)).unwrap()
}

pub(crate) fn refused(body: Value) -> DefinitionError {
    Gateway::new(definition(body)).expect_err("a mistake in the definition")
}

pub(crate) fn get(uri: &str) -> Request<Bytes> {
    Request::get(uri).header("Host", "api.example").body(Bytes::new()).unwrap()
}

pub(crate) fn post(uri: &str, media_type: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::post(uri).header("Content-Type", media_type).body(body.into()).unwrap()
}

pub(crate) async fn ask(gateway: &Gateway, request: Request<Bytes>, backend: &impl Backend) -> Exchange {
    gateway.handle(request, CLIENT, backend).await
}

pub(crate) fn text(exchange: &Exchange) -> &str {
    std::str::from_utf8(exchange.response.body()).unwrap()
}

pub(crate) fn parsed(exchange: &Exchange) -> Value {
    serde_json::from_slice(exchange.response.body()).unwrap()
}

pub(crate) fn header<'e>(exchange: &'e Exchange, name: &str) -> Option<&'e str> {
    exchange.response.headers().get(name).map(|value| value.to_str().unwrap())
}

pub(crate) fn status(exchange: &Exchange) -> u16 {
    exchange.response.status().as_u16()
}
