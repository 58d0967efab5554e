//! What a handler gets of a request's body.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hyper::StatusCode;
use local::http::{Answer, Asked, Dropped, Handler, Server, answer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Takes four bytes, and remembers what it got.
#[derive(Default)]
struct Four(Mutex<Vec<Bytes>>);

impl Handler for Four {
    const LARGEST_BODY: Option<usize> = Some(4);

    async fn handle(&self, asked: Asked) -> Result<Answer, Dropped> {
        self.0.lock().unwrap().push(asked.into_body());
        Ok(answer(StatusCode::OK, "text/plain", "done"))
    }
}

#[tokio::test]
async fn who_refuses_large_bodies_itself_gets_a_byte_more_than_it_takes_and_nothing_of_what_broke_off() {
    let four = Arc::new(Four::default());
    let server = Server::start(Server::bind(0).await.unwrap(), four.clone()).unwrap();
    for (body, done) in [
        ("Content-Length: 4\r\n\r\n1234", true),
        ("Content-Length: 6\r\n\r\n123456", true),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\n12\r\n2\r\n34\r\n0\r\n\r\n", true),
        ("Transfer-Encoding: chunked\r\n\r\n3\r\n123\r\n3\r\n456\r\n0\r\n\r\n", true),
        ("Content-Length: 6\r\n\r\n12345", false),
        ("Transfer-Encoding: chunked\r\n\r\n3\r\n123\r\n", false),
    ] {
        let mut client = TcpStream::connect(server.address()).await.unwrap();
        client.write_all(format!("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n{body}").as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let mut said = Vec::new();
        // Who breaks off may find the connection cut.
        let _ = client.read_to_end(&mut said).await;
        assert_eq!(String::from_utf8(said).unwrap().starts_with("HTTP/1.1 200 OK"), done, "{body}");
    }
    assert_eq!(*four.0.lock().unwrap(), ["1234", "12345", "1234", "12345"]);
}
