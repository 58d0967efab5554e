//! `dynoxide`'s server, which nobody but this process reaches.
//!
//! It can only be had on a port, and it lets the pages of any website read what it answers (`Access-Control-Allow-Origin: *`).
//! So nothing listens for longer than it takes to make a connection, which then stays, and is used for one request after
//! another. The connection of this process is the first one on a port that nobody has been told of.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use dynoxide::Database;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::ORIGIN;
use hyper::{Request, Version};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http::{Answer, Asked, Server, whole};

type Connection = SendRequest<Full<Bytes>>;

/// The server, and the connections to it.
pub(super) struct Private {
    database: Database,
    idle: Mutex<Vec<Connection>>,
    tasks: Mutex<JoinSet<()>>,
    /// The server's ends of the connections end when this is dropped.
    ending: watch::Sender<()>,
}

impl Private {
    pub(super) fn new(database: Database) -> Self {
        Self { database, idle: Mutex::default(), tasks: Mutex::default(), ending: watch::Sender::default() }
    }

    /// Hands a request on and returns the server's answer.
    pub(super) async fn answer(&self, asked: Asked) -> io::Result<Answer> {
        let mut asked = asked.map(Full::new);
        *asked.version_mut() = Version::HTTP_11;
        // Where there is one, the answer says that everybody may read it.
        asked.headers_mut().remove(ORIGIN);
        let idle = lock(&self.idle).pop().filter(|connection| !connection.is_closed());
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let answer = whole(connection.send_request(asked).await.map_err(io::Error::other)?).await;
        if connection.ready().await.is_ok() {
            lock(&self.idle).push(connection);
        }
        answer.map_err(io::Error::other)
    }

    async fn connect(&self) -> io::Result<Connection> {
        let listener = Server::bind(0).await?;
        let stream = TcpStream::connect(listener.local_addr()?).await?;
        stream.set_nodelay(true)?;
        let mut ending = self.ending.subscribe();
        let serving = dynoxide::server::serve_with_shutdown(listener, self.database.clone(), async move {
            // Nothing is ever sent.
            let _ = ending.changed().await;
        });
        let (mut connection, task) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        self.keep(async {
            // Its error is that of a request, too.
            let _ = task.await;
        });
        let accepted = async {
            let answer = connection.send_request(Request::new(Full::default())).await.map_err(io::Error::other)?;
            answer.into_body().collect().await.map_err(io::Error::other)?;
            connection.ready().await.map_err(io::Error::other)
        };
        // The port goes with the first of them; connections that were accepted have tasks of their own.
        tokio::select! {
            ended = serving => return Err(io::Error::other(ended.err().unwrap_or_default())),
            accepted = accepted => accepted?,
        }
        Ok(connection)
    }

    fn keep(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Ends the connections, and waits until they have.
    pub(super) async fn stop(self) {
        let Self { idle, tasks, ending, .. } = self;
        drop((idle, ending));
        let mut tasks = tasks.into_inner().unwrap_or_else(PoisonError::into_inner);
        while tasks.join_next().await.is_some() {}
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    // No caller can leave it half-changed.
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
