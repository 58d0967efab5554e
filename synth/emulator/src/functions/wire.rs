//! The SDK's requests, answered in this process: the same bytes as over HTTP, past the same faults, without a socket.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use hyper::Request;
use local::Services;

/// A way to the services for clients of the SDK.
#[derive(Debug)]
pub(super) struct Wire(SharedHttpConnector);

impl Wire {
    pub(super) fn to(services: Arc<Services>) -> Self {
        Self(SharedHttpConnector::new(Connector(services)))
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.0.clone()
    }
}

#[derive(Debug)]
struct Connector(Arc<Services>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let services = self.0.clone();
        HttpConnectorFuture::new(async move { answered(&services, request).await })
    }
}

async fn answered(services: &Services, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|why| ConnectorError::user(why.into()))?;
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
    // A connection that is dropped on purpose looks like one that broke.
    let dropped = |why: local::http::Dropped| ConnectorError::io(why.into());
    let answer = services.handle(Request::from_parts(head, body)).await.map_err(dropped)?;
    let (head, body) = answer.into_parts();
    let Ok(body) = body.collect().await;
    let answer = hyper::Response::from_parts(head, SdkBody::from(body.to_bytes()));
    HttpResponse::try_from(answer).map_err(|why| ConnectorError::other(why.into(), None))
}
