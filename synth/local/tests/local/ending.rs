//! How a server ends.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use local::http::{Answer, Asked, Dropped, Handler, Server, answer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Says when a request is under way, and answers it when it is told to.
#[derive(Default)]
struct Slow {
    begun: Notify,
    go_on: Notify,
}

impl Handler for Slow {
    async fn handle(&self, _: Asked) -> Result<Answer, Dropped> {
        self.begun.notify_one();
        self.go_on.notified().await;
        Ok(answer(StatusCode::OK, "text/plain", "done"))
    }
}

async fn serving() -> (Server, Arc<Slow>, TcpStream) {
    let slow = Arc::new(Slow::default());
    let server = Server::start(Server::bind(0).await.unwrap(), slow.clone()).unwrap();
    let mut client = TcpStream::connect(server.address()).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
    slow.begun.notified().await;
    (server, slow, client)
}

async fn rest(mut client: TcpStream) -> String {
    let mut text = Vec::new();
    // A connection that was cut off has no more to say.
    let _ = client.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_request_that_is_under_way_is_answered_and_nothing_new_is_begun() {
    let (server, slow, client) = serving().await;
    let address = server.address();
    // Somebody who has asked nothing yet is not waited for.
    let idle = TcpStream::connect(address).await.unwrap();
    let ending = tokio::spawn(server.finish(Duration::from_secs(3600)));
    assert_eq!(rest(idle).await, "");
    assert!(TcpStream::connect(address).await.is_err(), "it listens no longer");
    slow.go_on.notify_one();
    let answer = rest(client).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("done"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    ending.await.unwrap();
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_that() {
    let (server, _slow, client) = serving().await;
    server.finish(Duration::from_millis(10)).await;
    assert_eq!(rest(client).await, "");
    let (server, _slow, client) = serving().await;
    server.stop().await;
    assert_eq!(rest(client).await, "");
}
