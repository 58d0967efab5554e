//! DynamoDB: the `dynoxide-rs` crate, and tables as CloudFormation declares them.

mod digest;
mod direct;
mod disk;
mod expiry;
mod lag;
mod server;
mod table;
mod tokens;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dynoxide::Database;
use dynoxide::actions::get_shard_iterator::decode_shard_iterator;
use dynoxide::errors::DynoxideError;
use hyper::StatusCode;
use serde_json::Value;

use crate::clock::Clock;
use crate::database::Place;
use crate::http::{self, AWS_JSON, Answer, Asked};
use direct::Shapes;
use expiry::Expiry;
use lag::Lag;
use server::Private;
pub use table::TableError;
use tokens::{Token, Tokens, Verdict};

/// The operation that has a token.
const TRANSACTION: &str = "TransactWriteItems";

/// How long AWS keeps a record of a stream, in seconds:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>.
const KEPT: i64 = 24 * 60 * 60;

/// Why a stream was not trimmed.
#[derive(Debug, thiserror::Error)]
pub enum TrimError {
    /// What is said to have been read is no iterator of this table's stream.
    #[error("this is no iterator of the stream of {0}")]
    Iterator(String),
    /// The file.
    #[error("the stream of {table} cannot be trimmed: {source}")]
    File {
        /// The table's name.
        table: String,
        /// Why not.
        source: rusqlite::Error,
    },
}

/// A running DynamoDB; it stops when this is dropped.
pub struct DynamoDb {
    database: Database,
    /// Of a database on disk.
    expiry: Option<Expiry>,
    /// Where it lies, if not in memory.
    file: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    shapes: Shapes,
    tokens: Tokens,
    server: Private,
    /// How far indexes are behind, where they are.
    lag: Option<Lag>,
}

impl DynamoDb {
    /// Opens what is in `place`. In memory, streams and TTL go by `clock`; on disk
    /// they go by the machine's time. Global secondary indexes are `index_lag` behind.
    ///
    /// # Errors
    /// Where the database cannot be opened.
    pub async fn start(place: &Place, clock: Arc<dyn Clock>, index_lag: Duration) -> io::Result<Self> {
        let mut started = Self::open(place, clock.clone()).await?;
        if !index_lag.is_zero() {
            started.lag = Some(Lag::start(place, clock, index_lag).await?);
        }
        Ok(started)
    }

    async fn open(place: &Place, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (database, expiry) = match place {
            Place::Memory => {
                (Database::memory_with_clock(Arc::new(Seconds(clock.clone()))).map_err(io::Error::other)?, None)
            }
            Place::File(path) => match path.to_str() {
                Some(text) => {
                    let database = Database::new(text).map_err(io::Error::other)?;
                    disk::prepare(&database, path).map_err(io::Error::other)?;
                    (database, Some(Expiry::open(path).map_err(io::Error::other)?))
                }
                None => return Err(io::Error::other(format!("{} is not UTF-8", path.display()))),
            },
        };
        let file = match place {
            Place::Memory => None,
            Place::File(path) => Some(path.clone()),
        };
        Ok(Self {
            server: Private::new(database.clone()),
            database,
            expiry,
            file,
            clock,
            shapes: Shapes::default(),
            tokens: Tokens::default(),
            lag: None,
        })
    }

    /// Whether a table on disk has a row.
    pub(crate) fn has_rows(&self) -> rusqlite::Result<bool> {
        self.file.as_deref().map_or(Ok(false), disk::has_rows)
    }

    /// The database itself, for what needs no HTTP.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Takes away the rows whose TTL is over, and says how many went.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn sweep(&self) -> io::Result<usize> {
        if let Some(expiry) = &self.expiry {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_err(io::Error::other)?;
            // Seconds since 1970 fit for longer than the machine will run.
            let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
            if !expiry.is_due(now).map_err(io::Error::other)? {
                return Ok(0);
            }
        }
        if let Some(lag) = &self.lag {
            lag.sweep_later();
        }
        self.database.sweep_ttl().map_err(io::Error::other)
    }

    /// Forgets the records of a table's stream that are older than a day, as AWS does, and says how many. Where somebody
    /// follows the stream, `read` has the iterators that they have got to: what comes after any of them is kept, however old. A
    /// stream in memory is kept whole.
    ///
    /// # Errors
    /// See [`TrimError`].
    pub fn trim_stream<'a>(&self, table: &str, read: impl IntoIterator<Item = &'a str>) -> Result<usize, TrimError> {
        let places = read.into_iter().map(|read| match decode_shard_iterator(read) {
            Some((of, _, last)) if of == table => Ok(last),
            _ => Err(TrimError::Iterator(table.to_owned())),
        });
        let last = places.reduce(|one, other| Ok(one?.min(other?))).transpose()?.unwrap_or(i64::MAX);
        let Some(file) = &self.file else { return Ok(0) };
        let before = self.clock.now() / 1000 - KEPT;
        disk::trim(file, table, last, before).map_err(|source| TrimError::File { table: table.to_owned(), source })
    }

    /// Makes the table that a template declares, by `properties`, an `AWS::DynamoDB::Table`'s, as `name`; and turns its
    /// TTL on. Of a table that is there already, TTL, stream and protection become what the template says.
    ///
    /// Returns the names of the properties that make no difference here, such as encryption and backups.
    ///
    /// # Errors
    /// Where the properties are not a table's, or another table has this name.
    pub fn create_table(&self, name: &str, properties: &Value) -> Result<Vec<String>, TableError> {
        let Some(properties) = properties.as_object() else {
            return Err(TableError::Properties { table: name.to_owned(), what: "this is no object".to_owned() });
        };
        let refused = |source| TableError::Refused { table: name.to_owned(), source };

        table::make(&self.database, name, properties)?;
        if let Some(expiry) = &self.expiry {
            let indexed = expiry.index().map_err(|why| DynoxideError::InternalServerError(why.to_string()));
            indexed.map_err(refused)?;
        }
        if let Some(lag) = &self.lag {
            lag.create_table(name, properties)?;
        }
        Ok(table::ignored(properties).into_iter().collect())
    }

    /// Answers a request, from within this process or over HTTP. `writes` says that it may change something.
    pub(crate) async fn serve(
        &self,
        operation: &str,
        asked: Asked,
        inside: bool,
        writes: bool,
    ) -> Result<Answer, String> {
        match &self.lag {
            // On the heap: few have it.
            Some(lag) => Box::pin(lag.answer(self, operation, asked, inside, writes)).await,
            None => self.answer(operation, asked, inside).await,
        }
    }

    async fn answer(&self, operation: &str, asked: Asked, inside: bool) -> Result<Answer, String> {
        let of_stream = direct::Request::of_stream(operation, asked.body());
        if let Some(answer) = of_stream.and_then(|request| request.answer(&self.database)) {
            return Ok(http::answer(StatusCode::OK, AWS_JSON, answer));
        }
        if inside { self.answer_inside(operation, asked).await } else { self.hand_on(asked).await }
    }

    /// As [`DynamoDb::hand_on`], for a request from within this process.
    async fn answer_inside(&self, operation: &str, asked: Asked) -> Result<Answer, String> {
        let Some(mut request) = direct::Request::read(operation, asked.body()) else {
            return self.hand_on(asked).await;
        };
        let shape = request.shape();
        let known = self.shapes.knows(shape);
        let token = if operation == TRANSACTION { Token::take(request.members()) } else { None };
        let verdict = match token {
            Some(token) => self.tokens.once(token, || known.then(|| request.answer(&self.database)).flatten()),
            None if known => request.answer(&self.database).map_or(Verdict::AtServer, Verdict::Done),
            None => Verdict::AtServer,
        };
        match verdict {
            Verdict::Done(answer) => Ok(http::answer(StatusCode::OK, AWS_JSON, answer)),
            Verdict::Mismatch => {
                Ok(http::answer(StatusCode::BAD_REQUEST, AWS_JSON, Bytes::from_static(tokens::MISMATCH.as_bytes())))
            }
            Verdict::AtServer => {
                let answer = self.hand_on(asked).await?;
                if answer.status().is_success() {
                    self.shapes.learn(shape);
                }
                Ok(answer)
            }
        }
    }

    /// Hands a request on and returns DynamoDB's answer.
    async fn hand_on(&self, asked: Asked) -> Result<Answer, String> {
        self.server.answer(asked).await.map_err(|why| why.to_string())
    }

    /// Stops it and waits until it has.
    pub(crate) async fn stop(mut self) {
        if let Some(lag) = self.lag.take() {
            Box::pin(lag.stop()).await;
        }
        self.server.stop().await;
    }
}

/// Our clock, as `dynoxide` asks for it.
struct Seconds(Arc<dyn Clock>);

impl dynoxide::storage_backend::Clock for Seconds {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now() / 1000).unwrap_or(0)
    }

    fn now_unix_secs_f64(&self) -> f64 {
        // Milliseconds since 1970 stay exact in a double for 285,000 years.
        self.0.now() as f64 / 1000.0
    }
}
