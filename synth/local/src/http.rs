//! The one port: reads requests whole, has them answered, and ends with whoever holds it.

use std::fmt;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

/// A request that has been read to its end.
pub type Asked = Request<Bytes>;
/// An answer, whole.
pub type Answer = Response<Full<Bytes>>;

/// The largest request body, in bytes: four times what DynamoDB takes, and more than a backup object has.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// The media type of the JSON protocol in its version 1.0, <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>.
pub(crate) const AWS_JSON: &str = "application/x-amz-json-1.0";

/// Why a connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped on purpose")]
pub struct Dropped;

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// Where it refuses large bodies itself: the most that it takes, in bytes. Of a longer one it gets a byte more than that.
    const LARGEST_BODY: Option<usize> = None;

    /// The answer, or an error where the client is to get none and to see its connection end.
    fn handle(&self, asked: Asked) -> impl Future<Output = Result<Answer, Dropped>> + Send;
}

/// A listening port; it and its connections end when this is dropped.
pub struct Server {
    address: SocketAddr,
    /// Is told how long requests may take that are under way.
    stop: Option<oneshot::Sender<Duration>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Takes `port` of 127.0.0.1, or a free one where `port` is 0.
    ///
    /// # Errors
    /// Where the port is taken, or may not be had.
    pub async fn bind(port: u16) -> std::io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
    }

    /// Answers what comes in on `listener`.
    ///
    /// # Errors
    /// Where the socket does not say where it listens.
    pub fn start(listener: TcpListener, handler: Arc<impl Handler>) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, mut stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            let (serving, ending) = watch::channel(());
            let grace = loop {
                tokio::select! {
                    accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                        // Small answers are not to wait for a full packet. A socket that refuses serves all the same.
                        let _ = stream.set_nodelay(true);
                        connections.spawn(connection(TokioIo::new(stream), handler.clone(), ending.clone()));
                    },
                    // Finished connections are let go of.
                    Some(_) = connections.join_next() => {}
                    grace = &mut stopped => break grace.unwrap_or_default(),
                }
            };
            drop((listener, serving));
            let finished = async { while connections.join_next().await.is_some() {} };
            // What is not finished by then has no answer.
            let _ = tokio::time::timeout(grace, finished).await;
            connections.shutdown().await;
        });
        Ok(Self { address, stop: Some(stop), task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it and its connections, and waits until nothing of them is left.
    pub async fn stop(self) {
        self.finish(Duration::ZERO).await;
    }

    /// The same, but requests that are under way are answered, if that takes no longer than this. Nothing new is begun.
    pub async fn finish(mut self, grace: Duration) {
        if let Some(stop) = self.stop.take() {
            // Where nobody hears it, it has ended.
            let _ = stop.send(grace);
        }
        // The task ends by itself and does not panic.
        let _ = (&mut self.task).await;
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connection<H: Handler>(io: TokioIo<tokio::net::TcpStream>, handler: Arc<H>, mut ending: watch::Receiver<()>) {
    let service = service_fn(|request: Request<Incoming>| {
        let handler = handler.clone();
        async move {
            match read(request, H::LARGEST_BODY).await {
                // On the heap: it is large, and would be copied on its way into the connection.
                Ok(asked) => Box::pin(handler.handle(asked)).await,
                Err(refusal) => Ok(refusal),
            }
        }
    });
    let mut connection = pin!(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
    // An error here is a client that went away, or a fault that a test asked for.
    tokio::select! {
        _ = connection.as_mut() => return,
        // The sender is dropped when the server ends.
        _ = ending.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn read(request: Request<Incoming>, largest: Option<usize>) -> Result<Asked, Answer> {
    let (head, body) = request.into_parts();
    // What is surely small enough is taken as it comes, without a copy.
    let most = largest.filter(|most| body.size_hint().upper().is_none_or(|length| length > *most as u64));
    let read = match most {
        Some(most) => beginning(body, most.saturating_add(1)).await.ok(),
        None => Limited::new(body, MAX_BODY).collect().await.ok().map(Collected::to_bytes),
    };
    match read {
        Some(body) => Ok(Request::from_parts(head, body)),
        // Whoever broke off does not hear it.
        None => {
            Err(answer(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", format!("the limit is {MAX_BODY} bytes of body\n")))
        }
    }
}

/// So many bytes of a body; the others are read, so that its client goes on to the answer, and let go of.
async fn beginning(mut body: Incoming, most: usize) -> Result<Bytes, hyper::Error> {
    let mut kept = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let data = frame?.into_data().unwrap_or_default();
        kept.extend_from_slice(&data[..data.len().min(most - kept.len())]);
    }
    Ok(kept.freeze())
}

/// An answer with a body of this media type, and a request id of its own as every AWS service gives.
pub fn answer(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    let id = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()).expect("a UUID is ASCII");
    answer.headers_mut().insert(HeaderName::from_static("x-amzn-requestid"), id);
    answer
}

/// Reads the body of another server's answer.
pub(crate) async fn whole<B>(response: Response<B>) -> Result<Answer, B::Error>
where
    B: Body<Data = Bytes>,
{
    let (head, body) = response.into_parts();
    Ok(Response::from_parts(head, Full::new(body.collect().await?.to_bytes())))
}
