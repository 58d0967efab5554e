//! The protocols of AWS, spoken plainly: nobody here looks at signatures.

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

pub(crate) type Http = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn http() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

/// AWS, at an address.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    pub(crate) endpoint: String,
    http: Http,
}

impl Aws {
    pub(crate) fn at(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), http: http() }
    }

    /// A request of a service, to its end.
    ///
    /// # Panics
    /// Where it fails.
    pub(crate) async fn call(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Bytes {
        let scope = format!("local/20260101/eu-west-1/{service}/aws4_request");
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let request = Request::builder().method(method).uri(format!("{}{path}", self.endpoint));
        let request = request.header("Authorization", signature).header("X-Amz-Date", "20260101T000000Z");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Full::new(body.into())).expect("a request");
        let answer = self.http.request(request).await.unwrap_or_else(|why| panic!("{service}: {why}"));
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a whole answer").to_bytes();
        assert!(status.is_success(), "{service}, {method} {path}: {status} {}", String::from_utf8_lossy(&body));
        body
    }

    async fn json(&self, service: &str, target: &str, body: &Value) -> Value {
        let headers = [("X-Amz-Target", target), ("Content-Type", "application/x-amz-json-1.0")];
        let answer = self.call(service, "POST", "/", &headers, body.to_string()).await;
        serde_json::from_slice(&answer).expect("JSON")
    }

    pub(crate) async fn dynamodb(&self, operation: &str, body: &Value) -> Value {
        self.json("dynamodb", &format!("DynamoDB_20120810.{operation}"), body).await
    }

    pub(crate) async fn secrets(&self, operation: &str, body: &Value) -> Value {
        self.json("secretsmanager", &format!("secretsmanager.{operation}"), body).await
    }

    pub(crate) async fn put_object(&self, path: &str, content: impl Into<Bytes>) {
        self.call("s3", "PUT", path, &[], content).await;
    }

    /// The query protocol, which answers in XML.
    pub(crate) async fn cloudformation(&self, fields: &[(&str, &str)]) -> String {
        let fields = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = self.call("cloudformation", "POST", "/", &form, fields).await;
        String::from_utf8(answer.to_vec()).expect("XML is text")
    }
}
