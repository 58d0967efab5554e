//! R72: keys come over HTTPS from whom the certificates say it is, and from nobody else.
//!
//! The program is asked, not the library: which authorities a process trusts is its environment's to say, and that of the
//! process that runs the tests is not to be changed.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::binary::{invoke, message, start};
use crate::keys::{http, named, read_request};
use crate::world::*;

/// Somebody who signs certificates.
struct Authority {
    issuer: rcgen::Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: rcgen::Issuer::new(params, key), certificate }
    }

    /// What a server needs to be known as `host` until the end of this year.
    fn server(&self, host: &str, until: i32) -> ServerConfig {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_after = date_time_ymd(until, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap()
    }
}

/// A server on this machine that gives every connection the same bytes, once the client has accepted its certificate.
/// Counts the requests that came.
fn serve(config: ServerConfig, answer: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = format!("https://127.0.0.1:{}/jwks.json", listener.local_addr().unwrap().port());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        for connection in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(session, connection.unwrap());
            if !read_request(&mut stream).is_empty() {
                count.fetch_add(1, Ordering::SeqCst);
                stream.write_all(&answer).unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        }
    });
    (address, asked)
}

#[tokio::test]
async fn r72_keys_come_over_https_from_whom_the_certificates_say() {
    let (trusted, stranger) = (Authority::new("Trusted"), Authority::new("Stranger"));
    let folder = tempfile::tempdir().unwrap();
    let authorities = folder.path().join("authorities.pem");
    std::fs::write(&authorities, trusted.certificate.pem()).unwrap();

    let signer = Signer::p256();
    let now = Timestamp::now().as_second();
    let claims = claims(json!({"exp": now + 300, "iat": now, "nbf": now}));
    let token = signer.token(&json!({"alg": "ES256", "kid": "a"}), &claims);
    for (what, server, good) in [
        ("of a trusted authority", trusted.server("127.0.0.1", 4000), true),
        ("of another authority", stranger.server("127.0.0.1", 4000), false),
        ("of another server", trusted.server("login.example.nl", 4000), false),
        ("of years ago", trusted.server("127.0.0.1", 2020), false),
    ] {
        let (address, asked) = serve(server, http("200 OK", "", &json!({"keys": [named(&signer, "a")]}).to_string()));
        let issuers = json!([{"issuer": ISSUER, "audience": AUDIENCE, "jwksUri": address}]);
        let function = start([
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("PSEUDONYM_SECRET_ARN", "pseudonym"),
            ("TIJDZONE", "Europe/Amsterdam"),
            ("TOKEN_ISSUERS", issuers.to_string().as_str()),
            ("SSL_CERT_FILE", authorities.to_str().unwrap()),
        ])
        .await;
        let outcome = invoke(&function, &Event::read(&token).json()).await;
        if good {
            assert_eq!(outcome.unwrap()["policyDocument"]["Statement"][0]["Effect"], "Allow", "a certificate {what}");
        } else {
            assert_eq!(message(&outcome), "The request cannot be authorized now", "a certificate {what}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), usize::from(good), "a certificate {what}");
    }
}
