//! Where an issuer's keys come from: its address, over HTTPS.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;

/// Largest document with keys, in bytes. Some publish a chain of certificates with every key.
const LARGEST: usize = 256 * 1024;
/// For the connection, and for the whole, after which the client is told that it cannot be done now.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(3);

/// Keys could not be fetched. Nothing of what came is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Neither `https` nor this machine.
    #[error("the address of the keys does not begin with https://")]
    Address,
    /// No connection, or it broke off.
    #[error("no connection")]
    Connection,
    /// Nothing, or not everything, in time.
    #[error("no answer in time")]
    Timeout,
    /// Another status than 200. A redirect is one: where to is not what was configured.
    #[error("an answer with status {0}")]
    Status(u16),
    /// More than a document with keys has.
    #[error("an answer of more than 256 KB")]
    TooLarge,
    /// It is no JWK Set.
    #[error("an answer that is no JSON object with keys")]
    Form,
}

/// Fetches documents with keys.
pub trait KeySource: Send + Sync {
    /// The document at this address.
    fn fetch(&self, address: &str) -> impl Future<Output = Result<Vec<u8>, SourceError>> + Send;
}

/// Over HTTP, with the client that the SDK has too.
#[derive(Debug, Default)]
pub struct HttpKeys {
    /// Made when it is first needed: it reads all certificates of the machine.
    connector: OnceLock<Connector>,
}

impl HttpKeys {
    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            let settings =
                HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(TIMEOUT).build();
            Connector::builder()
                .connector_settings(settings)
                // Between two fetches Lambda may freeze the process for hours; no connection survives that.
                .pool_max_idle_per_host(0)
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .build()
        })
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, SourceError> {
        let mut request = HttpRequest::get(address).map_err(|_| SourceError::Address)?;
        request.headers_mut().insert("accept", "application/jwk-set+json, application/json");
        let answer = self
            .connector()
            .call(request)
            .await
            .map_err(|fout| if fout.is_timeout() { SourceError::Timeout } else { SourceError::Connection })?;
        if answer.status().as_u16() != 200 {
            return Err(SourceError::Status(answer.status().as_u16()));
        }
        let mut body = ByteStream::new(answer.into_body());
        let mut document = Vec::new();
        while let Some(bytes) = body.next().await {
            document.extend_from_slice(&bytes.map_err(|_| SourceError::Connection)?);
            if document.len() > LARGEST {
                return Err(SourceError::TooLarge);
            }
        }
        Ok(document)
    }
}

impl KeySource for HttpKeys {
    async fn fetch(&self, address: &str) -> Result<Vec<u8>, SourceError> {
        if !is_safe(address) {
            return Err(SourceError::Address);
        }
        tokio::time::timeout(TIMEOUT, self.get(address)).await.unwrap_or(Err(SourceError::Timeout))
    }
}

/// Whether keys from this address can be trusted: over TLS, or from this very machine, where `synth local` has them.
pub(super) fn is_safe(address: &str) -> bool {
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    if let Some(rest) = address.strip_prefix("https://") {
        return !host(rest).is_empty();
    }
    let Some(rest) = address.strip_prefix("http://") else { return false };
    let host = host(rest);
    let port = host.strip_prefix("127.0.0.1");
    port.is_some_and(|port| port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r72_keys_come_over_https_or_from_this_machine() {
        for (address, safe) in [
            ("https://login.example.nl/jwks.json", true),
            ("https://login.example.nl:8443/jwks.json?a=b", true),
            ("http://127.0.0.1/jwks.json", true),
            ("http://127.0.0.1:8080/jwks.json", true),
            ("https:///jwks.json", false),
            ("http://login.example.nl/jwks.json", false),
            ("http://127.0.0.1.example.nl/jwks.json", false),
            ("http://127.0.0.1:80@example.nl/jwks.json", false),
            ("http://127.0.0.1@example.nl/", false),
            ("http://localhost/", false),
            ("ftp://127.0.0.1/", false),
            ("file:///etc/passwd", false),
            ("", false),
        ] {
            assert_eq!(is_safe(address), safe, "{address}");
        }
    }
}
