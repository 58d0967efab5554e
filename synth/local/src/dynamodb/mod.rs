//! DynamoDB: the `dynoxide-rs` crate, and tables as CloudFormation declares them.

mod digest;
mod direct;
mod disk;
mod expiry;
mod lag;
mod server;
mod tokens;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::get_shard_iterator::decode_shard_iterator;
use dynoxide::actions::update_time_to_live::UpdateTimeToLiveRequest;
use dynoxide::errors::DynoxideError;
use hyper::StatusCode;
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::database::Place;
use crate::http::{self, AWS_JSON, Answer, Asked};
use direct::Shapes;
use expiry::Expiry;
use lag::Lag;
use server::Private;
use tokens::{Token, Tokens, Verdict};

/// Properties of `AWS::DynamoDB::Table` that make a difference here.
const EMULATED: &[&str] = &[
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "StreamSpecification",
    "TableClass",
    "TableName",
    "TimeToLiveSpecification",
];

/// The operation that has a token.
const TRANSACTION: &str = "TransactWriteItems";

/// Why a table was not made.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The value is not the properties of a table.
    #[error(
        "table {table}: {what}; it has to be the Properties of an AWS::DynamoDB::Table, intrinsic functions resolved"
    )]
    Properties {
        /// The table's name.
        table: String,
        /// What is wrong.
        what: String,
    },
    /// There is a table of this name with another key or other indexes.
    #[error("table {table} is there already with another {what}; choose another data folder, or delete this one")]
    Differs {
        /// The table's name.
        table: String,
        /// The property that differs.
        what: &'static str,
    },
    /// DynamoDB refuses it.
    #[error("table {table}: {source}")]
    Refused {
        /// The table's name.
        table: String,
        /// What DynamoDB says.
        source: DynoxideError,
    },
}

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
    /// follows the stream, `read` is the iterator that they have got to: what comes after it is kept, however old. A stream
    /// in memory is kept whole.
    ///
    /// # Errors
    /// See [`TrimError`].
    pub fn trim_stream(&self, table: &str, read: Option<&str>) -> Result<usize, TrimError> {
        let last = match read {
            None => i64::MAX,
            Some(read) => match decode_shard_iterator(read) {
                Some((of, _, last)) if of == table => last,
                _ => return Err(TrimError::Iterator(table.to_owned())),
            },
        };
        let Some(file) = &self.file else { return Ok(0) };
        let before = self.clock.now() / 1000 - KEPT;
        disk::trim(file, table, last, before).map_err(|source| TrimError::File { table: table.to_owned(), source })
    }

    /// Makes the table that a template declares, by `properties`, an `AWS::DynamoDB::Table`'s, as `name`; and turns its
    /// TTL on. A table that is there already is left as it is.
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

        let request: CreateTableRequest = read(name, create_table_request(name, properties))?;
        match self.database.create_table(request) {
            Ok(_) => {
                if let Some(time_to_live) = properties.get("TimeToLiveSpecification") {
                    let request = json!({"TableName": name, "TimeToLiveSpecification": time_to_live});
                    let request: UpdateTimeToLiveRequest = read(name, request)?;
                    self.database.update_time_to_live(request).map_err(refused)?;
                }
            }
            Err(DynoxideError::ResourceInUseException(_)) => self.compare(name, properties)?,
            Err(source) => return Err(refused(source)),
        }
        if let Some(expiry) = &self.expiry {
            let indexed = expiry.index().map_err(|why| DynoxideError::InternalServerError(why.to_string()));
            indexed.map_err(refused)?;
        }
        if let Some(lag) = &self.lag {
            lag.create_table(name, properties)?;
        }
        Ok(properties.keys().filter(|key| !EMULATED.contains(&key.as_str())).cloned().collect())
    }

    /// Whether the table that is there is the one that is wanted. It is not asked of `DescribeTable`, which counts the rows of
    /// the table and of its indexes, a second or two for a million acties.
    fn compare(&self, name: &str, properties: &Map<String, Value>) -> Result<(), TableError> {
        let refused = |source| TableError::Refused { table: name.to_owned(), source };
        let Some(there) = self.database.get_table_metadata(name).map_err(refused)? else { return Ok(()) };
        let definition = |text: Option<&str>| -> Result<Value, TableError> {
            let read = serde_json::from_str(text.unwrap_or("null"));
            read.map_err(|why| refused(DynoxideError::InternalServerError(why.to_string())))
        };
        let wanted = Value::Object(properties.clone());
        let differs = |what| Err(TableError::Differs { table: name.to_owned(), what });
        if definition(Some(&there.key_schema))? != wanted["KeySchema"] {
            return differs("KeySchema");
        }
        for (what, there) in
            [("GlobalSecondaryIndexes", &there.gsi_definitions), ("LocalSecondaryIndexes", &there.lsi_definitions)]
        {
            if indexes(&definition(there.as_deref())?) != indexes(&wanted[what]) {
                return differs(what);
            }
        }
        Ok(())
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

/// Name, key and projection of every index, in the order of their names.
fn indexes(of: &Value) -> Vec<(String, Value, Value)> {
    let all = of.as_array().into_iter().flatten();
    let mut all: Vec<_> = all
        .map(|index| {
            let name = index["IndexName"].as_str().unwrap_or_default().to_owned();
            (name, index["KeySchema"].clone(), index["Projection"]["ProjectionType"].clone())
        })
        .collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// Where CloudFormation's form is not that of the API, the API's.
fn create_table_request(name: &str, properties: &Map<String, Value>) -> Value {
    let mut request: Map<String, Value> = properties
        .iter()
        .filter(|(key, _)| EMULATED.contains(&key.as_str()) && *key != "TimeToLiveSpecification")
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    request.insert("TableName".to_owned(), name.into());
    // In CloudFormation, naming a stream turns it on.
    if let Some(Value::Object(stream)) = request.get_mut("StreamSpecification") {
        stream.retain(|key, _| key == "StreamViewType");
        stream.insert("StreamEnabled".to_owned(), true.into());
    }
    if let Some(Value::Array(indexes)) = request.get_mut("GlobalSecondaryIndexes") {
        for index in indexes.iter_mut().filter_map(Value::as_object_mut) {
            index.retain(|key, _| key != "ContributorInsightsSpecification" && key != "WarmThroughput");
        }
    }
    Value::Object(request)
}

fn read<T: serde::de::DeserializeOwned>(table: &str, request: Value) -> Result<T, TableError> {
    serde_json::from_value(request).map_err(|why| {
        let what = why.to_string().trim_start_matches("VALIDATION:").to_owned();
        TableError::Properties { table: table.to_owned(), what }
    })
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
