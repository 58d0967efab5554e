//! R72: how the keys of issuers are fetched and kept.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use handlers::auth::Reason::*;
use handlers::auth::{Auth, Fault, HttpKeys, Issuer, KeySource, Settings, SourceError};
use serde_json::{Value as Json, json};

use crate::world::*;

pub(crate) fn named(signer: &Signer, kid: &str) -> Json {
    changed(signer.jwk(), json!({ "kid": kid }))
}

/// A token of key `kid` that does not expire while a test goes on.
fn long(signer: &Signer, kid: &str) -> String {
    let header = json!({"alg": signer.algorithm(), "kid": kid});
    signer.token(&header, &claims(json!({"exp": NOW + 100_000})))
}

#[tokio::test]
async fn r72_keys_are_fetched_once_and_kept() {
    let world = World::new(Signer::p256());
    for second in [NOW, NOW + 1, NOW + 100, NOW + 299] {
        assert!(world.ask_at(&long(&world.signer, "a"), second).await.is_ok());
    }
    assert_eq!(world.issuer.asked(), 1);
    assert!(world.ask_at(&long(&world.signer, "a"), NOW + 300).await.is_ok());
    assert_eq!(world.issuer.asked(), 2);
}

#[tokio::test]
async fn r72_a_new_key_is_found_and_a_withdrawn_one_forgotten() {
    let world = World::new(Signer::p256());
    assert!(world.ask(&long(&world.signer, "a")).await.is_ok());
    let new = Signer::rsa();
    world.issuer.set(&[named(&new, "b")]);
    assert!(world.ask_at(&long(&new, "b"), NOW + 60).await.is_ok());
    assert_eq!(world.issuer.asked(), 2);
    let outcome = world.ask_at(&long(&world.signer, "a"), NOW + 61).await;
    assert!(unauthorized(&outcome, Key), "{outcome:?}");
    // Also without anybody using the new one.
    world.issuer.set(&[]);
    assert!(world.ask_at(&long(&new, "b"), NOW + 359).await.is_ok());
    assert!(world.ask_at(&long(&new, "b"), NOW + 360).await.is_err());
}

#[tokio::test]
async fn r72_an_unknown_key_id_asks_the_issuer_once_a_minute_at_most() {
    let world = World::new(Signer::p256());
    for second in 0..120 {
        let outcome = world.ask_at(&long(&world.signer, &format!("unknown{second}")), NOW + second).await;
        assert!(unauthorized(&outcome, Key), "{outcome:?}");
        assert!(world.ask_at(&long(&world.signer, "a"), NOW + second).await.is_ok(), "others go on");
    }
    assert_eq!(world.issuer.asked(), 2);
    // The same when the issuer is down.
    world.issuer.fail(SourceError::Timeout);
    for second in 120..240 {
        let outcome = world.ask_at(&long(&world.signer, "unknown"), NOW + second).await;
        assert!(unauthorized(&outcome, Key), "{outcome:?}");
    }
    assert_eq!(world.issuer.asked(), 4);
}

#[tokio::test]
async fn r72_old_keys_stay_in_use_while_the_issuer_is_down() {
    let world = World::new(Signer::p256());
    assert!(world.ask(&long(&world.signer, "a")).await.is_ok());
    for down in [SourceError::Connection, SourceError::Timeout, SourceError::Status(503), SourceError::TooLarge] {
        world.issuer.fail(down);
        assert!(world.ask_at(&long(&world.signer, "a"), NOW + 90_000).await.is_ok(), "{down}");
    }
    world.issuer.raw("<html>Onderhoud</html>");
    assert!(world.ask_at(&long(&world.signer, "a"), NOW + 95_000).await.is_ok());
}

/// API Gateway makes 500 of it (`AUTHORIZER_FAILURE`). 401 would tell a client to throw a good token away.
#[tokio::test]
async fn r72_a_cold_start_while_the_issuer_is_down_is_no_401() {
    let world = World::new(Signer::p256());
    world.issuer.fail(SourceError::Connection);
    let token = long(&world.signer, "a");
    let outcome = world.ask(&token).await;
    assert_eq!(failed(&outcome), Some(&Fault::Keys(SourceError::Connection)));
    // It is not asked at every request, but soon again.
    let outcome = world.ask_at(&token, NOW + 4).await;
    assert_eq!(failed(&outcome), Some(&Fault::JustNow("keys of an issuer")));
    assert_eq!(world.issuer.asked(), 1);
    world.issuer.set(&[named(&world.signer, "a")]);
    assert!(world.ask_at(&token, NOW + 5).await.is_ok());
    // What is not valid whatever the keys are, is 401 all the same.
    let world = World::new(Signer::p256());
    world.issuer.fail(SourceError::Connection);
    let outcome = world.ask(&world.token(json!({"aud": "other"}))).await;
    assert!(unauthorized(&outcome, Audience), "{outcome:?}");
}

#[tokio::test]
async fn r72_requests_at_the_same_time_share_one_fetch() {
    let world = Arc::new(World::new(Signer::p256()));
    let token = long(&world.signer, "a");
    let asked = (0..50).map(|_| world.ask(&token));
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.issuer.asked(), 1);
}

#[tokio::test]
async fn r72_the_keys_of_one_issuer_say_nothing_of_another() {
    let world = World::new(Signer::p256());
    let mut settings = settings();
    settings.issuers.push(Issuer { issuer: "https://other.example.nl".to_owned(), ..settings.issuers[0].clone() });
    settings.issuers[1].audience = "other".to_owned();
    let auth = Auth::new(settings, world.secrets.clone(), world.issuer.clone());
    for (iss, aud, valid) in [
        (ISSUER, AUDIENCE, true),
        ("https://other.example.nl", "other", true),
        (ISSUER, "other", false),
        ("https://other.example.nl", AUDIENCE, false),
    ] {
        let token = world.token(json!({"iss": iss, "aud": aud}));
        assert_eq!(auth.authorize_at(&Event::read(&token).json(), at(NOW)).await.is_ok(), valid, "{iss} {aud}");
    }
    // Each has been asked for its own keys.
    assert_eq!(world.issuer.asked(), 2);
}

/// A server on this machine that gives every connection the same bytes, and counts them.
pub(crate) fn serve(answer: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            read_request(&mut connection);
            // Whoever has read enough may hang up.
            let _ = connection.write_all(&answer);
        }
    });
    (address, asked)
}

/// The head of a request; nothing where the connection ends before.
pub(crate) fn read_request(connection: &mut impl Read) -> Vec<u8> {
    let mut request = Vec::new();
    let mut byte = [0; 1];
    // A TLS client begins with 22, and would wait for an answer to that.
    while !request.ends_with(b"\r\n\r\n") && request != [22] {
        if connection.read(&mut byte).unwrap_or(0) == 0 {
            return Vec::new();
        }
        request.extend_from_slice(&byte);
    }
    request
}

pub(crate) fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn r72_keys_come_over_http_from_this_machine() {
    let signer = Signer::rsa();
    let (address, asked) = serve(http("200 OK", "", &json!({"keys": [named(&signer, "a")]}).to_string()));
    let issuer = Issuer {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        jwks_uri: format!("http://{address}/jwks.json"),
    };
    let secrets = World::new(Signer::ed25519()).secrets;
    let auth = Auth::new(Settings { issuers: vec![issuer], ..settings() }, secrets, HttpKeys::default());
    for _ in 0..3 {
        let answer = auth.authorize_at(&Event::read(&long(&signer, "a")).json(), at(NOW)).await.unwrap();
        assert!(answer.is_allowed());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn r72_what_is_no_plain_answer_gives_no_keys() {
    let keys = HttpKeys::default();
    let (elsewhere, asked) = serve(http("200 OK", "", r#"{"keys":[]}"#));
    let location = format!("Location: http://{elsewhere}/\r\n");
    let endless = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), b"10000\r\n".to_vec()].concat();
    let chunk = [vec![b'a'; 0x10000], b"\r\n10000\r\n".to_vec()].concat();
    for (answer, fout) in [
        (http("302 Found", &location, ""), SourceError::Status(302)),
        (http("301 Moved Permanently", &location, ""), SourceError::Status(301)),
        (http("404 Not Found", "", r#"{"keys":[]}"#), SourceError::Status(404)),
        (http("503 Service Unavailable", "", ""), SourceError::Status(503)),
        (http("204 No Content", "", ""), SourceError::Status(204)),
        (http("200 OK", "", &"a".repeat(256 * 1024 + 1)), SourceError::TooLarge),
        ([endless, chunk.repeat(5)].concat(), SourceError::TooLarge),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\"".to_vec(), SourceError::Connection),
        (b"no HTTP at all\r\n\r\n".to_vec(), SourceError::Connection),
        (Vec::new(), SourceError::Connection),
    ] {
        let (address, _) = serve(answer);
        assert_eq!(keys.fetch(&format!("http://{address}/")).await, Err(fout));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "no redirect is followed");

    let largest = "a".repeat(256 * 1024);
    let (address, _) = serve(http("200 OK", "", &largest));
    assert_eq!(keys.fetch(&format!("http://{address}/")).await.map(|keys| keys.len()), Ok(largest.len()));
}

#[tokio::test]
async fn r72_nobody_there_and_no_tls_give_no_keys() {
    let keys = HttpKeys::default();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(keys.fetch(&format!("http://127.0.0.1:{free}/")).await, Err(SourceError::Connection));
    let (address, _) = serve(http("200 OK", "", r#"{"keys":[]}"#));
    assert_eq!(keys.fetch(&format!("https://{address}/")).await, Err(SourceError::Connection));
    for address in ["http://login.example.nl/", "file:///etc/passwd", "", "https://"] {
        assert_eq!(keys.fetch(address).await, Err(SourceError::Address), "{address}");
    }
}

/// Time stands still until there is nothing left to do but to wait: the time-outs pass at once.
#[tokio::test(start_paused = true)]
async fn r72_an_issuer_that_does_not_answer_gives_no_keys() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // The connection is made by the system's own queue; nobody ever reads from it.
    assert_eq!(HttpKeys::default().fetch(&format!("http://127.0.0.1:{port}/")).await, Err(SourceError::Timeout));
}
